//! How a Deployment is replaced, as its manifest says; what it does not say is Kubernetes' default.

use deploy_tests::object::{Object, find, of, text};
use deploy_tests::rollout::{grace, pre_stop};
use serde_json::Value;
use std::time::Duration;

/// The numbers of one tier.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    pub(crate) replicas: usize,
    /// More than that while it rolls.
    pub(crate) surge: usize,
    /// Fewer than that while it rolls.
    pub(crate) unavailable: usize,
    /// A pod that has been ready this long is available.
    pub(crate) min_ready: Duration,
    pub(crate) progress_deadline: Duration,
    /// What a new pod must answer with 200, one after the other, before it is ready.
    pub(crate) probes: Vec<Probe>,
    /// From being told to stop to the signal.
    pub(crate) pre_stop: Duration,
    /// From being told to stop to the kill.
    pub(crate) grace: Duration,
    /// The image's STOPSIGNAL.
    pub(crate) signal: &'static str,
}

/// A GET, sent every so often.
#[derive(Clone, Debug)]
pub(crate) struct Probe {
    pub(crate) path: String,
    pub(crate) port: u16,
    pub(crate) period: Duration,
}

impl Plan {
    pub(crate) fn of(objects: &[Object], name: &str, signal: &'static str) -> Self {
        let deployment = find(objects, "Deployment", name).expect("it is rendered");
        let number = |pointer: &str| deployment.get(pointer).as_u64();
        let seconds = |pointer: &str| number(pointer).map(Duration::from_secs);
        let scaler = of(objects, "HorizontalPodAutoscaler")
            .find(|scaler| text(&scaler.0, "/spec/scaleTargetRef/name") == name)
            .and_then(|scaler| scaler.get("/spec/minReplicas").as_u64());
        let replicas = scaler.or(number("/spec/replicas")).unwrap_or(1);
        let strategy = |field| number(&format!("/spec/strategy/rollingUpdate/{field}"));
        // A quarter each: the one rounded up, the other down.
        let surge = strategy("maxSurge").unwrap_or(replicas.div_ceil(4));
        let unavailable = strategy("maxUnavailable").unwrap_or(replicas / 4);
        let container = deployment.get("/spec/template/spec/containers/0");
        Self {
            replicas: count(replicas),
            surge: count(surge),
            unavailable: count(unavailable),
            min_ready: seconds("/spec/minReadySeconds").unwrap_or_default(),
            progress_deadline: seconds("/spec/progressDeadlineSeconds")
                .unwrap_or(Duration::from_mins(10)),
            probes: ["startupProbe", "readinessProbe"]
                .iter()
                .filter_map(|name| probe(container, name))
                .collect(),
            pre_stop: Duration::from_secs(pre_stop(deployment)),
            grace: Duration::from_secs(grace(deployment)),
            signal,
        }
    }
}

fn probe(container: &Value, name: &str) -> Option<Probe> {
    let get = container[name].get("httpGet")?;
    let ports = deploy_tests::object::list(&container["ports"]);
    let named = ports.iter().find(|port| port["name"] == get["port"]);
    let port = named.map_or(&get["port"], |port| &port["containerPort"]);
    Some(Probe {
        path: text(get, "/path").to_owned(),
        port: port
            .as_u64()
            .and_then(|port| port.try_into().ok())
            .expect("a port"),
        period: Duration::from_secs(container[name]["periodSeconds"].as_u64().unwrap_or(10)),
    })
}

fn count(number: u64) -> usize {
    number.try_into().expect("a small number")
}
