//! Ways in that lead nowhere: Ingress, Gateway API, GKE's policies, Istio, and what external controllers are asked for.

use crate::object::{Object, find, list, of, pairs, pods, selects, text};
use serde_json::{Value, json};

/// What is made outside the manifests, and by whom.
pub const OUTSIDE: &[(&str, &str, &str)] = &[
    (
        "ClusterIssuer",
        "letsencrypt",
        "the administrator of cert-manager",
    ),
    ("GatewayClass", "gke-l7-global-external-managed", "GKE"),
    ("SecurityPolicy", "linebot", "deploy/terraform"),
    ("SslPolicy", "linebot-modern", "deploy/terraform"),
    (
        "Address",
        "linebot-ingress",
        "deploy/terraform, or gcloud compute addresses create",
    ),
    (
        "CertificateMap",
        "linebot",
        "gcloud certificate-manager maps create",
    ),
    (
        "Secret",
        "linebot-tls",
        "cert-manager in the namespace of Istio's gateway",
    ),
    (
        "Principal",
        "cluster.local/ns/istio-system/sa/istio-ingressgateway-service-account",
        "Istio's installation",
    ),
];

/// What is wrong with the ways in.
pub fn problems(objects: &[Object]) -> Vec<String> {
    objects
        .iter()
        .flat_map(|object| {
            let references = references(object);
            references
                .into_iter()
                .filter(|reference| !reference.leads_somewhere(objects))
                .map(|reference| format!("{}: no {reference:?}", object.title()))
        })
        .chain(subsets(objects))
        .collect()
}

/// Something that an object names.
#[derive(Clone, Debug)]
enum Reference<'a> {
    /// An object of ours.
    Object(&'a str, &'a str),
    /// Something made elsewhere.
    Outside(&'a str, &'a str),
    /// A Service and one of its ports.
    Port(&'a str, u64),
    /// A port that the pods of a tier listen on.
    PodPort(&'a str, u64),
    /// A part of a Gateway.
    Listener(&'a str, &'a str),
    /// Pods.
    Pods(&'a Value),
}

impl Reference<'_> {
    fn leads_somewhere(&self, objects: &[Object]) -> bool {
        match self {
            Self::Object(kind, name) => find(objects, kind, name).is_some(),
            Self::Outside(kind, name) => OUTSIDE.iter().any(|(k, n, _)| k == kind && n == name),
            Self::Port(name, number) => find(objects, "Service", name).is_some_and(|service| {
                list(service.get("/spec/ports"))
                    .iter()
                    .any(|port| port["port"] == *number)
            }),
            Self::PodPort(name, number) => find(objects, "Service", name).is_some_and(|service| {
                let selector = json!({"matchLabels": service.get("/spec/selector")});
                let pods = pods(objects);
                let mut selected = pods.iter().filter(|pod| selects(&selector, &pod.labels));
                selected.any(|pod| pod.has_port(&json!(number)))
            }),
            Self::Listener(gateway, section) => {
                find(objects, "Gateway", gateway).is_some_and(|gateway| {
                    list(gateway.get("/spec/listeners"))
                        .iter()
                        .any(|one| one["name"] == *section)
                })
            }
            Self::Pods(selector) => pods(objects)
                .iter()
                .any(|pod| selects(selector, &pod.labels)),
        }
    }
}

/// What an object names, by who understands it.
fn references(object: &Object) -> Vec<Reference<'_>> {
    [
        google(object),
        gateway(object),
        istio(object),
        controllers(object),
    ]
    .concat()
}

/// GKE's Ingress and policies.
fn google(object: &Object) -> Vec<Reference<'_>> {
    let at = |pointer| text(&object.0, pointer);
    let annotations = pairs(object.get("/metadata/annotations"));
    let annotation = |name: &str| annotations.get(name).copied();
    match object.kind() {
        "Service" => {
            // {"default": "NAME"}
            let backend = annotation("cloud.google.com/backend-config").map(|json| {
                Reference::Object("BackendConfig", json.rsplit('"').nth(1).unwrap_or(json))
            });
            let address = annotation("networking.gke.io/load-balancer-ip-addresses")
                .map(|name| Reference::Outside("Address", name));
            backend.into_iter().chain(address).collect()
        }
        "Ingress" => {
            let named = |name| annotation(name).unwrap_or_default();
            vec![
                Reference::Port(
                    at("/spec/defaultBackend/service/name"),
                    number(object.get("/spec/defaultBackend/service/port/number")),
                ),
                Reference::Object(
                    "ManagedCertificate",
                    named("networking.gke.io/managed-certificates"),
                ),
                Reference::Object(
                    "FrontendConfig",
                    named("networking.gke.io/v1beta1.FrontendConfig"),
                ),
                Reference::Outside(
                    "Address",
                    named("kubernetes.io/ingress.global-static-ip-name"),
                ),
            ]
        }
        "BackendConfig" => vec![
            Reference::PodPort(object.name(), number(object.get("/spec/healthCheck/port"))),
            Reference::Outside("SecurityPolicy", at("/spec/securityPolicy/name")),
        ],
        "FrontendConfig" => vec![Reference::Outside("SslPolicy", at("/spec/sslPolicy"))],
        "HealthCheckPolicy" => {
            let port = object.get("/spec/default/config/httpHealthCheck/port");
            vec![Reference::PodPort(at("/spec/targetRef/name"), number(port))]
        }
        "GCPBackendPolicy" => vec![
            Reference::Object("Service", at("/spec/targetRef/name")),
            Reference::Outside("SecurityPolicy", at("/spec/default/securityPolicy")),
        ],
        "GCPGatewayPolicy" => vec![
            Reference::Object("Gateway", at("/spec/targetRef/name")),
            Reference::Outside("SslPolicy", at("/spec/default/sslPolicy")),
        ],
        _ => Vec::new(),
    }
}

/// The Gateway API.
fn gateway(object: &Object) -> Vec<Reference<'_>> {
    let at = |pointer| text(&object.0, pointer);
    match (object.kind(), object.api_version()) {
        ("Gateway", "gateway.networking.k8s.io/v1") => {
            let annotations = pairs(object.get("/metadata/annotations"));
            let map = annotations.get("networking.gke.io/certmap").copied();
            vec![
                Reference::Outside("GatewayClass", at("/spec/gatewayClassName")),
                Reference::Outside("Address", at("/spec/addresses/0/value")),
                Reference::Outside("CertificateMap", map.unwrap_or_default()),
            ]
        }
        ("HTTPRoute", _) => {
            let parents = list(object.get("/spec/parentRefs")).iter();
            let parents = parents.map(|parent| {
                Reference::Listener(text(parent, "/name"), text(parent, "/sectionName"))
            });
            let rules = list(object.get("/spec/rules")).iter();
            let backends = rules.flat_map(|rule| list(&rule["backendRefs"]));
            let backends = backends
                .map(|backend| Reference::Port(text(backend, "/name"), number(&backend["port"])));
            parents.chain(backends).collect()
        }
        _ => Vec::new(),
    }
}

/// Istio.
fn istio(object: &Object) -> Vec<Reference<'_>> {
    let selected = || Reference::Pods(object.get("/spec/selector"));
    match (object.kind(), object.api_version()) {
        ("Gateway", "networking.istio.io/v1") => {
            let servers = list(object.get("/spec/servers")).iter();
            let names = servers.filter_map(|server| server["tls"]["credentialName"].as_str());
            names
                .map(|name| Reference::Outside("Secret", name))
                .collect()
        }
        ("VirtualService", _) => {
            let gateways = list(object.get("/spec/gateways"))
                .iter()
                .filter_map(Value::as_str);
            let gateways = gateways.map(|name| Reference::Object("Gateway", name));
            let routes = routes(object).map(|route| &route["destination"]);
            let routes =
                routes.map(|to| Reference::Port(service(to), number(&to["port"]["number"])));
            gateways.chain(routes).collect()
        }
        ("DestinationRule", _) => vec![Reference::Object("Service", service(&object.0["spec"]))],
        ("AuthorizationPolicy", _) => {
            let principals = list(object.get("/spec/rules"))
                .iter()
                .flat_map(|rule| list(&rule["from"]))
                .flat_map(|from| list(&from["source"]["principals"]))
                .filter_map(Value::as_str);
            let ours = "cluster.local/ns/linebot/sa/";
            let accounts = principals.map(|principal| match principal.strip_prefix(ours) {
                Some(name) => Reference::Object("ServiceAccount", name),
                None => Reference::Outside("Principal", principal),
            });
            accounts.chain([selected()]).collect()
        }
        ("PeerAuthentication", _) if !object.get("/spec/selector").is_null() => vec![selected()],
        _ => Vec::new(),
    }
}

/// External Secrets and cert-manager.
fn controllers(object: &Object) -> Vec<Reference<'_>> {
    let at = |pointer| text(&object.0, pointer);
    match object.kind() {
        "ExternalSecret" => vec![Reference::Object(
            "SecretStore",
            at("/spec/secretStoreRef/name"),
        )],
        "SecretStore" => {
            let account = at("/spec/provider/gcpsm/auth/workloadIdentity/serviceAccountRef/name");
            vec![Reference::Object("ServiceAccount", account)]
        }
        "Certificate" => vec![match at("/spec/issuerRef/kind") {
            "ClusterIssuer" => Reference::Outside("ClusterIssuer", at("/spec/issuerRef/name")),
            kind => Reference::Object(kind, at("/spec/issuerRef/name")),
        }],
        _ => Vec::new(),
    }
}

/// Every subset a route names is one of the rule's, selects pods, and the weights are a hundred.
fn subsets(objects: &[Object]) -> Vec<String> {
    let mut problems = Vec::new();
    for rule in of(objects, "DestinationRule") {
        for subset in list(rule.get("/spec/subsets")) {
            let selector = json!({"matchLabels": subset["labels"]});
            let deployments = pods(objects)
                .iter()
                .filter(|pod| selects(&selector, &pod.labels))
                .count();
            if deployments != 1 {
                problems.push(format!(
                    "{}: {} is {deployments} Deployments",
                    rule.title(),
                    subset["name"]
                ));
            }
        }
    }
    for service in of(objects, "VirtualService") {
        let mut weight = 0;
        for route in routes(service) {
            weight += route["weight"].as_u64().unwrap_or(100);
            let subset = &route["destination"]["subset"];
            let known = of(objects, "DestinationRule")
                .filter(|rule| rule.get("/spec/host") == &route["destination"]["host"])
                .flat_map(|rule| list(rule.get("/spec/subsets")))
                .any(|one| &one["name"] == subset);
            if !subset.is_null() && !known {
                problems.push(format!("{}: no subset {subset}", service.title()));
            }
        }
        if weight != 100 {
            problems.push(format!("{}: its weights make {weight}", service.title()));
        }
    }
    problems
}

fn routes(service: &Object) -> impl Iterator<Item = &Value> {
    list(service.get("/spec/http"))
        .iter()
        .flat_map(|http| list(&http["route"]))
}

/// The Service of a host like `app-server.linebot.svc.cluster.local`.
fn service(destination: &Value) -> &str {
    let host = text(destination, "/host");
    host.strip_suffix(".linebot.svc.cluster.local")
        .unwrap_or_default()
}

fn number(value: &Value) -> u64 {
    value.as_u64().unwrap_or_default()
}
