//! Selectors, ports and targets that lead nowhere.

use crate::object::{Object, Pod, find, list, of, pairs, pods, selects, text};
use serde_json::{Value, json};

/// `LINEBOT_DATABASE_CONNECTIONS`, where it is not set.
const CONNECTIONS_OF_A_BOT: u64 = 10;

/// Migrate 2, backup 1, probes 2, people 10.
const OTHER_CONNECTIONS: u64 = 15;

/// What is wrong with the wiring of `objects`.
pub fn problems(objects: &[Object]) -> Vec<String> {
    let pods = pods(objects);
    let mut problems = Vec::new();
    for object in objects {
        let found = match object.kind() {
            "Deployment" | "StatefulSet" => workload(object, objects),
            "Service" => service(object, &pods),
            "PodDisruptionBudget" => budget(object, &pods),
            "HorizontalPodAutoscaler" => autoscaler(object, objects),
            "PodMonitor" => monitor(object, "/spec/podMetricsEndpoints", &pods),
            "PodMonitoring" => monitor(object, "/spec/endpoints", &pods),
            _ => continue,
        };
        problems.extend(
            found
                .into_iter()
                .map(|problem| format!("{}: {problem}", object.title())),
        );
    }
    for pod in &pods {
        problems.extend(
            probes(pod)
                .into_iter()
                .map(|problem| format!("{}: {problem}", pod.owner.title())),
        );
    }
    problems.extend(addresses(objects));
    problems
}

fn workload(object: &Object, objects: &[Object]) -> Vec<String> {
    let mut problems = Vec::new();
    let Some(pod) = object.pod() else {
        return problems;
    };
    let selector = object.get("/spec/selector");
    if pairs(&selector["matchLabels"]).is_empty() || !selects(selector, &pod.labels) {
        problems.push("its selector does not select its own pods".to_owned());
    }
    for other in pods(objects) {
        let replicated = ["Deployment", "StatefulSet"].contains(&other.owner.kind());
        if replicated && other.owner.name() != object.name() && selects(selector, &other.labels) {
            problems.push(format!(
                "its selector selects the pods of {}",
                other.owner.title()
            ));
        }
    }
    if pairs(&selector["matchLabels"]).get("app").copied() != Some(pod.tier()) {
        problems.push("its selector does not name its tier".to_owned());
    }
    for constraint in list(&pod.spec["topologySpreadConstraints"]) {
        let own = &constraint["labelSelector"];
        if pairs(&own["matchLabels"]).is_empty() || !selects(own, &pod.labels) {
            problems.push("it spreads pods that are not its own".to_owned());
        }
        // Nodes without a zone, as on one machine, would take no pod at all.
        if constraint["whenUnsatisfiable"] != "ScheduleAnyway" {
            problems.push("it waits for nodes that may not be there".to_owned());
        }
    }
    if object.kind() == "StatefulSet" {
        let name = text(&object.0, "/spec/serviceName");
        match find(objects, "Service", name) {
            None => problems.push(format!("no Service {name}")),
            Some(service) if text(&service.0, "/spec/clusterIP") != "None" => {
                problems.push(format!("the Service {name} is not headless"));
            }
            Some(_) => {}
        }
    }
    problems
}

fn service(service: &Object, pods: &[Pod<'_>]) -> Vec<String> {
    let mut problems = Vec::new();
    let selector = json!({"matchLabels": service.get("/spec/selector")});
    let selected: Vec<&Pod<'_>> = pods
        .iter()
        .filter(|pod| selects(&selector, &pod.labels))
        .collect();
    if selected.is_empty() || pairs(&selector["matchLabels"]).is_empty() {
        problems.push("it selects no pods".to_owned());
    }
    if selected.iter().any(|pod| pod.tier() != selected[0].tier()) {
        problems.push("it mixes the pods of several tiers".to_owned());
    }
    for port in list(service.get("/spec/ports")) {
        let target = port.get("targetPort").unwrap_or(&port["port"]);
        if *target != port["name"] {
            problems.push(format!("the port {} leads to {target}", port["name"]));
        }
        let protocol = match text(port, "/name") {
            "mysql" => "tcp",
            "https-port" => "https",
            _ => "http",
        };
        if port["appProtocol"] != protocol {
            problems.push(format!(
                "a mesh would not take {} for {protocol}",
                port["name"]
            ));
        }
        for pod in selected.iter().filter(|pod| !pod.has_port(target)) {
            problems.push(format!("{} has no port {target}", pod.owner.title()));
        }
    }
    problems
}

fn budget(budget: &Object, pods: &[Pod<'_>]) -> Vec<String> {
    let selector = budget.get("/spec/selector");
    let selected: Vec<_> = pods
        .iter()
        .filter(|pod| selects(selector, &pod.labels))
        .collect();
    match selected.as_slice() {
        [_] if text(&budget.0, "/spec/unhealthyPodEvictionPolicy") != "AlwaysAllow" => {
            vec!["a pod that is not ready holds up its node".to_owned()]
        }
        [_] => Vec::new(),
        [] => vec!["it selects no pods".to_owned()],
        several => vec![format!("it mixes the pods of {} workloads", several.len())],
    }
}

fn autoscaler(autoscaler: &Object, objects: &[Object]) -> Vec<String> {
    let kind = text(&autoscaler.0, "/spec/scaleTargetRef/kind");
    let name = text(&autoscaler.0, "/spec/scaleTargetRef/name");
    let Some(target) = find(objects, kind, name) else {
        return vec![format!("no {kind} {name}")];
    };
    let mut problems = Vec::new();
    if !target.get("/spec/replicas").is_null() {
        problems.push(format!(
            "{} has a number of replicas of its own",
            target.title()
        ));
    }
    let metric = autoscaler.get("/spec/metrics/0/resource");
    let share = metric["target"]["averageUtilization"].as_u64();
    if metric["name"] != "cpu"
        || metric["target"]["type"] != "Utilization"
        || !share.is_some_and(|share| (1..=100).contains(&share))
    {
        problems.push("it does not go by the CPU".to_owned());
    }
    if target.api_version() != text(&autoscaler.0, "/spec/scaleTargetRef/apiVersion") {
        problems.push(format!("{} is of another version", target.title()));
    }
    let pod = target.pod().map(|pod| pod.containers().collect::<Vec<_>>());
    let requests = |container: &&Value| container["resources"]["requests"]["cpu"].is_string();
    if !pod.is_some_and(|containers| containers.iter().all(requests)) {
        problems.push("a share of no CPU request cannot be computed".to_owned());
    }
    if name == "app-server"
        && let Some(settings) =
            of(objects, "ConfigMap").find(|map| map.name().starts_with("mysql-config"))
    {
        let allowed = text(&settings.0, "/data/my.cnf")
            .lines()
            .find_map(|line| line.strip_prefix("max_connections = ")?.parse::<u64>().ok());
        let replicas = autoscaler
            .get("/spec/maxReplicas")
            .as_u64()
            .unwrap_or(u64::MAX);
        let needed = replicas
            .saturating_add(1)
            .saturating_mul(CONNECTIONS_OF_A_BOT)
            .saturating_add(OTHER_CONNECTIONS);
        if allowed < Some(needed) {
            problems.push(format!(
                "{needed} connections, and MySQL allows {allowed:?}"
            ));
        }
    }
    problems
}

fn monitor(monitor: &Object, endpoints: &str, pods: &[Pod<'_>]) -> Vec<String> {
    let selector = monitor.get("/spec/selector");
    let selected: Vec<_> = pods
        .iter()
        .filter(|pod| selects(selector, &pod.labels))
        .collect();
    let mut problems = Vec::new();
    if selected.is_empty() {
        problems.push("it selects no pods".to_owned());
    }
    for endpoint in list(monitor.get(endpoints)) {
        if endpoint["port"] != "metrics" || endpoint["path"] != "/metrics" {
            problems.push("the bot's metrics are not there".to_owned());
        }
        for pod in selected
            .iter()
            .filter(|pod| !pod.has_port(&endpoint["port"]))
        {
            problems.push(format!(
                "{} has no port {}",
                pod.owner.title(),
                endpoint["port"]
            ));
        }
    }
    problems
}

fn probes(pod: &Pod<'_>) -> Vec<String> {
    let mut problems = Vec::new();
    for container in pod.containers() {
        let own = |port: &Value| {
            list(&container["ports"])
                .iter()
                .any(|own| &own["name"] == port || &own["containerPort"] == port)
        };
        for probe in ["startupProbe", "readinessProbe", "livenessProbe"] {
            let port = &container[probe]["httpGet"]["port"];
            if !port.is_null() && !own(port) {
                problems.push(format!(
                    "{probe} asks port {port}, which its container does not have"
                ));
            }
        }
    }
    problems
}

/// The addresses in settings and in nginx's configuration: they must be Services with that port, or a proxy beside it.
fn addresses(objects: &[Object]) -> Vec<String> {
    let mut problems = Vec::new();
    let known = |host: &str, port: u64| {
        // Podman has no Services: it finds a pod by its name.
        let pod = find(objects, "Pod", host).is_some();
        let service = find(objects, "Service", host).is_some_and(|service| {
            list(service.get("/spec/ports"))
                .iter()
                .any(|one| one["port"] == port)
        });
        let ours = host
            .split('.')
            .next()
            .and_then(|first| find(objects, "Service", first));
        pod || service || (host.contains('.') && ours.is_some())
    };
    for pod in pods(objects) {
        let beside = pod.containers().any(|container| {
            list(&container["args"])
                .iter()
                .any(|word| word == "--port=3306")
        });
        for container in pod.containers() {
            let mut settings = Vec::new();
            for source in list(&container["envFrom"]) {
                if let Some(map) = find(objects, "ConfigMap", text(source, "/configMapRef/name")) {
                    settings.push(text(&map.0, "/data/DB_HOST"));
                }
            }
            for variable in list(&container["env"]) {
                if variable["name"] == "DB_HOST" {
                    settings.push(text(variable, "/value"));
                }
            }
            for host in settings {
                let fine = if host == "127.0.0.1" {
                    beside
                } else {
                    known(host, 3306)
                };
                if !fine {
                    problems.push(format!("{}: no database at {host}", pod.owner.title()));
                }
            }
        }
    }
    for map in of(objects, "ConfigMap").filter(|map| map.name().starts_with("nginx-config")) {
        let upstream = text(&map.0, "/data/upstream.conf");
        let servers = upstream
            .lines()
            .filter_map(|line| line.trim().strip_prefix("server "));
        let mut count = 0;
        for server in servers {
            count += 1;
            let address = server.split([' ', ';']).next().unwrap_or_default();
            let fine = address
                .rsplit_once(':')
                .is_some_and(|(host, port)| port.parse().is_ok_and(|port| known(host, port)));
            if !fine {
                problems.push(format!("{}: nobody is at {address}", map.title()));
            }
        }
        if count == 0 {
            problems.push(format!("{}: nginx passes on to nobody", map.title()));
        }
    }
    problems
}
