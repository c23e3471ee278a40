//! Numbers with which a rollout would lose requests. Why each is what it is: docs/operations.md and the manifests.

use crate::object::{Object, Pod, find, list, of, pods, selects, text};
use serde_json::{Value, json};

/// kube-proxy takes 1 to 2 s to learn that a pod is going.
const PRE_STOP_OF_THE_BOT: u64 = 5;
/// nginx stops at once, so what is in front of it must have learnt it.
const PRE_STOP_OF_NGINX: u64 = 10;
/// Load balancers take tens of seconds.
const PRE_STOP_BEHIND_A_LOAD_BALANCER: u64 = 45;
/// Between the last step and the kill.
const TO_SPARE: u64 = 5;

/// What is wrong with the numbers in `objects`.
pub fn problems(objects: &[Object]) -> Vec<String> {
    let mut problems = Vec::new();
    for deployment in of(objects, "Deployment") {
        let found = match deployment.pod().map(|pod| pod.tier().to_owned()).as_deref() {
            Some("app-server") => [rolls(deployment, objects), bot(deployment, objects)].concat(),
            Some("linebot-nginx") => {
                [rolls(deployment, objects), nginx(deployment, objects)].concat()
            }
            Some("mysql-db") => {
                database(deployment, objects, &[("/spec/strategy/type", "Recreate")])
            }
            tier => vec![format!("nobody said how a tier {tier:?} stops")],
        };
        problems.extend(
            found
                .into_iter()
                .map(|problem| format!("{}: {problem}", deployment.title())),
        );
    }
    for set in of(objects, "StatefulSet") {
        let kept = "/spec/persistentVolumeClaimRetentionPolicy";
        let (deleted, scaled) = (format!("{kept}/whenDeleted"), format!("{kept}/whenScaled"));
        let found = database(
            set,
            objects,
            &[
                (&deleted, "Retain"),
                (&scaled, "Retain"),
                // Or a pod that never got ready would be in the way of going back.
                ("/spec/podManagementPolicy", "Parallel"),
            ],
        );
        problems.extend(
            found
                .into_iter()
                .map(|problem| format!("{}: {problem}", set.title())),
        );
    }
    problems
}

/// What both tiers without state need: never fewer pods than asked for, and probes.
fn rolls(deployment: &Object, objects: &[Object]) -> Vec<String> {
    let mut problems = Vec::new();
    let mut expect = |right: bool, problem: &str| {
        if !right {
            problems.push(problem.to_owned());
        }
    };
    let number = |pointer: &str| deployment.get(pointer).as_u64();
    let strategy = "/spec/strategy/rollingUpdate";
    expect(
        number(&format!("{strategy}/maxUnavailable")) == Some(0),
        "a rollout takes pods away before it brings new ones",
    );
    expect(
        number(&format!("{strategy}/maxSurge")) >= Some(1),
        "a rollout cannot bring new pods first",
    );
    expect(
        number("/spec/minReadySeconds") >= Some(5),
        "a pod that fails at once counts as available",
    );
    expect(
        number("/spec/progressDeadlineSeconds").is_some(),
        "a rollout that hangs is not noticed",
    );
    expect(
        number("/spec/revisionHistoryLimit") != Some(0),
        "there is nothing to go back to",
    );
    let container = deployment.get("/spec/template/spec/containers/0");
    for probe in ["startupProbe", "readinessProbe", "livenessProbe"] {
        expect(
            container[probe]["httpGet"].is_object(),
            &format!("no {probe}"),
        );
        expect(
            container[probe]["httpGet"]["port"] == "http-port",
            &format!("{probe} asks another port than requests come to"),
        );
    }
    for probe in ["startupProbe", "livenessProbe"] {
        expect(
            text(&container[probe], "/httpGet/path") == "/healthz",
            &format!("its {probe} is not its own"),
        );
    }
    let seconds = |probe: &str| {
        let number = |field: &str, default| container[probe][field].as_u64().unwrap_or(default);
        number("periodSeconds", 10) * number("failureThreshold", 3)
    };
    expect(
        seconds("startupProbe") >= 30,
        "it is killed while it starts",
    );
    expect(
        seconds("readinessProbe") <= 10,
        "it gets traffic long after it has stopped to answer",
    );
    let scaler = of(objects, "HorizontalPodAutoscaler")
        .find(|scaler| text(&scaler.0, "/spec/scaleTargetRef/name") == deployment.name())
        .and_then(|scaler| scaler.get("/spec/minReplicas").as_u64());
    let replicas = scaler.or(number("/spec/replicas"));
    expect(
        replicas >= Some(2),
        "one pod alone: a rollout or a drained node interrupts",
    );
    let budgeted = of(objects, "PodDisruptionBudget").any(|budget| {
        let pod = deployment.pod();
        pod.is_some_and(|pod| selects(budget.get("/spec/selector"), &pod.labels))
            && budget.get("/spec/maxUnavailable") == 1
            && text(&budget.0, "/spec/unhealthyPodEvictionPolicy") == "AlwaysAllow"
    });
    expect(budgeted, "no PodDisruptionBudget of one pod");
    let topologies = list(deployment.get("/spec/template/spec/topologySpreadConstraints"));
    for topology in ["topology.kubernetes.io/zone", "kubernetes.io/hostname"] {
        let spread = topologies
            .iter()
            .any(|one| text(one, "/topologyKey") == topology);
        expect(spread, &format!("not spread over {topology}"));
    }
    problems
}

fn bot(deployment: &Object, objects: &[Object]) -> Vec<String> {
    let mut problems = Vec::new();
    let container = deployment.get("/spec/template/spec/containers/0");
    let settings = find(
        objects,
        "ConfigMap",
        text(container, "/envFrom/0/configMapRef/name"),
    );
    let setting = |name: &str| settings.and_then(|map| seconds(map.get(&format!("/data/{name}"))));
    let pre_stop = pre_stop(deployment);
    if pre_stop < PRE_STOP_OF_THE_BOT {
        problems.push(format!(
            "preStop of {pre_stop} s is shorter than the cluster takes to notice"
        ));
    }
    let (Some(drain), Some(stop)) = (
        setting("LINEBOT_DRAIN_SECONDS"),
        setting("LINEBOT_STOP_SECONDS"),
    ) else {
        problems.push("no time to drain".to_owned());
        return problems;
    };
    let grace = grace(deployment);
    if grace < pre_stop + drain + stop + TO_SPARE {
        problems.push(format!("killed after {grace} s, while it drains"));
    }
    for map in of(objects, "ConfigMap").filter(|map| map.name().starts_with("nginx-config")) {
        match directive(text(&map.0, "/data/upstream.conf"), "keepalive_timeout") {
            Some(idle) if idle < drain => {}
            idle => problems.push(format!(
                "nginx keeps idle connections for {idle:?} s, and {drain} s are drained"
            )),
        }
    }
    if text(container, "/readinessProbe/httpGet/path") != "/readyz" {
        problems.push("a pod that drains still counts as ready".to_owned());
    }
    problems
}

fn nginx(deployment: &Object, objects: &[Object]) -> Vec<String> {
    let mut problems = Vec::new();
    let balanced = objects.iter().any(|object| {
        ["BackendConfig", "HealthCheckPolicy"].contains(&object.kind())
            || text(&object.0, "/spec/type") == "LoadBalancer"
    });
    let least = if balanced {
        PRE_STOP_BEHIND_A_LOAD_BALANCER
    } else {
        PRE_STOP_OF_NGINX
    };
    let pre_stop = pre_stop(deployment);
    if pre_stop < least {
        problems.push(format!("preStop of {pre_stop} s, {least} s are needed"));
    }
    let configs: Vec<&Object> = of(objects, "ConfigMap")
        .filter(|map| map.name().starts_with("nginx-config"))
        .collect();
    let shutdown = configs
        .first()
        .and_then(|map| directive(text(&map.0, "/data/nginx.conf"), "worker_shutdown_timeout"));
    match shutdown {
        Some(shutdown) if grace(deployment) >= pre_stop + shutdown + TO_SPARE => {}
        _ => problems.push("killed while it ends its requests".to_owned()),
    }
    if deployment.get("/spec/template/spec/containers/0/readinessProbe/httpGet/path") != "/healthz"
    {
        problems.push("nginx is out of service with the bot".to_owned());
    }
    problems
}

fn database(object: &Object, objects: &[Object], fields: &[(&str, &str)]) -> Vec<String> {
    let mut problems = Vec::new();
    for (pointer, right) in fields {
        if text(&object.0, pointer) != *right {
            problems.push(format!("{pointer} is not {right}"));
        }
    }
    // Two would be two databases, and each message would go to one of them.
    if *object.get("/spec/replicas") != 1 {
        problems.push("it is not one".to_owned());
    }
    let image = |pod: &Pod<'_>| pod.containers().map(|one| one["image"].clone()).next();
    for other in pods(objects) {
        let on_mysql = other.tier().starts_with("mysql-");
        if on_mysql && image(&other) != object.pod().as_ref().and_then(image) {
            problems.push(format!(
                "{} has another version of MySQL",
                other.owner.title()
            ));
        }
    }
    for budget in of(objects, "PodDisruptionBudget") {
        let ours = object
            .pod()
            .is_some_and(|pod| selects(budget.get("/spec/selector"), &pod.labels));
        if ours && *budget.get("/spec/maxUnavailable") != 1 {
            problems.push("its node can never be drained".to_owned());
        }
    }
    if grace(object) < 120 {
        problems.push("MySQL is killed before it has written what it holds".to_owned());
    }
    // Over TCP: while an empty folder is initialised, a server without it runs for a moment.
    let ping = json!(["mysqladmin", "--host=127.0.0.1", "ping"]);
    let container = object.get("/spec/template/spec/containers/0");
    for probe in ["startupProbe", "livenessProbe"] {
        let command = &container[probe]["exec"]["command"];
        if *command != ping {
            problems.push(format!("no {probe} that asks for ping over TCP"));
        }
    }
    let asks = container["readinessProbe"]["exec"]["command"].to_string();
    if !asks.starts_with(r#"["sh","-c",""#)
        || !asks.contains("--host=127.0.0.1 ")
        || !asks.contains("'SELECT 1'")
    {
        problems.push("no readinessProbe that asks for a row over TCP".to_owned());
    }
    problems
}

/// How long a pod goes on after it was told to stop, before the signal.
pub fn pre_stop(object: &Object) -> u64 {
    let container = object.get("/spec/template/spec/containers/0");
    container["lifecycle"]["preStop"]["sleep"]["seconds"]
        .as_u64()
        .unwrap_or_default()
}

/// How long until the kill; Kubernetes' default is 30 s.
pub fn grace(object: &Object) -> u64 {
    let pods = pods(std::slice::from_ref(object));
    let seconds = pods
        .first()
        .map(|pod| &pod.spec["terminationGracePeriodSeconds"]);
    seconds.and_then(Value::as_u64).unwrap_or(30)
}

/// The seconds of a directive such as `keepalive_timeout 15s;`.
pub fn directive(config: &str, name: &str) -> Option<u64> {
    config.lines().find_map(|line| {
        let value = line.trim().strip_prefix(name)?.strip_prefix(' ')?;
        value.trim().strip_suffix("s;")?.parse().ok()
    })
}

fn seconds(value: &Value) -> Option<u64> {
    value.as_str()?.parse().ok()
}
