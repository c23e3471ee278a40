//! What is in front of nginx and between the tiers, set so that nothing gets past it and LINE's webhooks come through.

use crate::object::{Object, list, of, pairs, pods, text};
use serde_json::Value;

/// What `deploy/terraform` makes in Secret Manager, or is told to.
const SECRETS: [&str; 7] = [
    "linebot-channel-secret",
    "linebot-channel-access-token",
    "linebot-app-password",
    "linebot-migrate-password",
    "linebot-backup-password",
    "linebot-monitor-password",
    "linebot-root-password",
];

/// The port of every node, as in all papers.
const NODE_PORT: u64 = 30082;

/// What is wrong with the settings of load balancers, mesh and stores of secrets.
pub fn problems(objects: &[Object]) -> Vec<String> {
    let mut problems = Vec::new();
    for object in objects {
        let found = match object.kind() {
            "Service" => service(object),
            "BackendConfig" => [
                health(object, "/spec/healthCheck/requestPath"),
                drains(object.get("/spec")),
            ]
            .concat(),
            "HealthCheckPolicy" => {
                health(object, "/spec/default/config/httpHealthCheck/requestPath")
            }
            "GCPBackendPolicy" => drains(object.get("/spec/default")),
            "DestinationRule" => idle(object),
            "HTTPRoute" => route(object),
            "FrontendConfig" => redirect(object),
            "Gateway" => gateway(object),
            "PeerAuthentication" => mutual(object),
            "AuthorizationPolicy" => authorization(object),
            "ExternalSecret" | "SecretProviderClass" => stored(object),
            "ConfigMap" => only(
                text(&object.0, "/data/real-ip.conf").contains("/0;"),
                "everybody's word on the client's address is taken",
            ),
            "Secret" => vec!["a secret in the manifests".to_owned()],
            _ => continue,
        };
        problems.extend(
            found
                .into_iter()
                .map(|problem| format!("{}: {problem}", object.title())),
        );
    }
    let meshed = |object: &Object| object.api_version().contains("istio.io");
    if objects.iter().any(meshed) {
        problems.extend(mesh(objects));
    }
    problems
}

fn only(wrong: bool, problem: &str) -> Vec<String> {
    if wrong {
        vec![problem.to_owned()]
    } else {
        Vec::new()
    }
}

fn service(service: &Object) -> Vec<String> {
    let mut problems = Vec::new();
    let kind = text(&service.0, "/spec/type");
    let ports = list(service.get("/spec/ports"));
    if kind == "LoadBalancer" && !ports.iter().any(|port| port["port"] == 443) {
        problems.push("open to the world without TLS, and LINE calls https only".to_owned());
    }
    let policy = service.get("/spec/externalTrafficPolicy");
    if !policy.is_null() && (policy != "Local" || kind != "LoadBalancer") {
        problems.push("a policy for traffic that does not come".to_owned());
    }
    for port in ports {
        let number = port["nodePort"].as_u64();
        if number != (kind == "NodePort").then_some(NODE_PORT) {
            problems.push(format!("the port of the nodes is {number:?}"));
        }
    }
    // The name is the address of pods, and nginx would know only those that were there when it started.
    let headless = text(&service.0, "/spec/clusterIP") == "None";
    if headless && service.get("/spec/selector/app") != "mysql-db" {
        problems.push("it has no address that stays".to_owned());
    }
    if *service.get("/spec/publishNotReadyAddresses") == true {
        problems.push("pods that are not ready get traffic".to_owned());
    }
    let annotations = pairs(service.get("/metadata/annotations"));
    if annotations.contains_key("cloud.google.com/backend-config")
        && annotations.get("cloud.google.com/neg") != Some(&r#"{"ingress": true}"#)
    {
        problems.push("the load balancer would go through the nodes".to_owned());
    }
    problems
}

/// nginx answers this one by itself, so that a bot without its database takes nothing out of service.
fn health(object: &Object, pointer: &str) -> Vec<String> {
    only(
        text(&object.0, pointer) != "/healthz",
        "asks for more than nginx itself",
    )
}

/// nginx gives up the bot after 5 s, and ends its requests in 20 s.
fn drains(settings: &Value) -> Vec<String> {
    let right = settings["timeoutSec"].as_u64() > Some(5)
        && settings["connectionDraining"]["drainingTimeoutSec"].as_u64() > Some(20);
    only(!right, "the load balancer gives up before nginx does")
}

/// The sidecar closes an idle connection before the bot does, which drains for 20 s.
fn idle(rule: &Object) -> Vec<String> {
    let idle = text(
        &rule.0,
        "/spec/trafficPolicy/connectionPool/http/idleTimeout",
    );
    let seconds = idle
        .strip_suffix('s')
        .and_then(|seconds| seconds.parse::<u32>().ok());
    only(
        seconds.is_none_or(|seconds| seconds >= 20),
        "connections are kept longer than the bot drains",
    )
}

/// A route leads to a Service or to https.
fn route(route: &Object) -> Vec<String> {
    let rules = list(route.get("/spec/rules"));
    let right = |rule: &Value| {
        !list(&rule["backendRefs"]).is_empty()
            || rule["filters"][0]["requestRedirect"]["scheme"] == "https"
    };
    only(
        rules.is_empty() || !rules.iter().all(right),
        "it leads neither to nginx nor to https",
    )
}

fn redirect(object: &Object) -> Vec<String> {
    let redirect = object.get("/spec/redirectToHttps");
    only(
        redirect["enabled"] != true || redirect["responseCodeName"] != "PERMANENT_REDIRECT",
        "no redirect that leaves a POST a POST",
    )
}

/// Istio's; that of the Gateway API has listeners.
fn gateway(gateway: &Object) -> Vec<String> {
    let mut problems = Vec::new();
    for server in list(gateway.get("/spec/servers")) {
        if list(&server["hosts"]).iter().any(|host| host == "*") {
            problems.push("it takes any host".to_owned());
        }
        let right = match text(server, "/port/protocol") {
            "HTTP" => server["tls"]["httpsRedirect"] == true,
            _ => server["tls"]["minProtocolVersion"] == "TLSV1_2",
        };
        if !right {
            problems.push("it takes what is not encrypted, or not well".to_owned());
        }
    }
    problems
}

fn mutual(object: &Object) -> Vec<String> {
    only(
        text(&object.0, "/spec/mtls/mode") != "STRICT",
        "it takes callers without a certificate",
    )
}

/// Who may call is named, except where metrics are collected from outside the mesh.
fn authorization(policy: &Object) -> Vec<String> {
    let rules = list(policy.get("/spec/rules"));
    let metrics = |rule: &Value| {
        let to = list(&rule["to"]);
        !to.is_empty() && to.iter().all(|to| ports(to) == ["9090"])
    };
    let named = |rule: &Value| {
        let from = list(&rule["from"]);
        !from.is_empty()
            && from
                .iter()
                .all(|from| !list(&from["source"]["principals"]).is_empty())
    };
    only(
        text(&policy.0, "/spec/action") != "ALLOW"
            || rules.is_empty()
            || !rules.iter().all(|rule| named(rule) || metrics(rule)),
        "it lets in anybody",
    )
}

fn ports(to: &Value) -> Vec<&str> {
    list(&to["operation"]["ports"])
        .iter()
        .filter_map(Value::as_str)
        .collect()
}

/// Both tiers are in the mesh and closed, and nothing else is in it.
fn mesh(objects: &[Object]) -> Vec<String> {
    let mut problems = Vec::new();
    for (tier, port) in [("linebot-nginx", "8080"), ("app-server", "5000")] {
        let policy = of(objects, "AuthorizationPolicy")
            .find(|policy| policy.get("/spec/selector/matchLabels/app") == tier);
        let rules = policy.map_or(&[][..], |policy| list(policy.get("/spec/rules")));
        let names = |rule: &Value| list(&rule["to"]).iter().any(|to| ports(to) == [port]);
        if !rules.iter().any(names) || rules.iter().any(|rule| list(&rule["to"]).is_empty()) {
            problems.push(format!("no AuthorizationPolicy for {tier}"));
        }
    }
    if !of(objects, "PeerAuthentication").any(|one| one.get("/spec/selector").is_null()) {
        problems.push("no PeerAuthentication for all".to_owned());
    }
    for pod in pods(objects) {
        let title = pod.owner.title();
        let outside = pod.labels.get("sidecar.istio.io/inject") == Some(&"false");
        if pod.labels.contains_key("in-mesh") == outside {
            problems.push(format!("{title}: in the mesh, or not?"));
        }
        let template = pod.owner.get("/spec/template/metadata/annotations");
        let past =
            pairs(template).get("traffic.sidecar.istio.io/excludeOutboundPorts") == Some(&"3306");
        if !outside && !past {
            problems.push(format!("{title}: MySQL through the sidecar"));
        }
    }
    problems
}

/// Every secret that is asked for exists.
fn stored(object: &Object) -> Vec<String> {
    let listed = list(object.get("/spec/data")).iter();
    let remote = listed.map(|data| text(data, "/remoteRef/key"));
    let mounted = text(&object.0, "/spec/parameters/secrets").lines();
    let mounted = mounted.filter_map(|line| line.split("/secrets/").nth(1)?.split('/').next());
    remote
        .chain(mounted)
        .filter(|name| !SECRETS.contains(name))
        .map(|name| format!("no {name} in Secret Manager"))
        .collect()
}
