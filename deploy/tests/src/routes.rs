//! Ways in that lead nowhere: Ingress, Gateway API, GKE's policies, Istio, and what external controllers are asked for.

use crate::object::{Object, find, list, of, pairs, pods, selects, text};
use serde_json::{Value, json};

/// What is made outside the manifests, and by whom.
pub const OUTSIDE: &[(&str, &str, &str)] = &[
    ("ClusterIssuer", "letsencrypt", "the administrator of cert-manager"),
    ("GatewayClass", "gke-l7-global-external-managed", "GKE"),
    ("SecurityPolicy", "linebot", "deploy/terraform"),
    ("SslPolicy", "linebot-modern", "deploy/terraform"),
    ("Address", "linebot-ingress", "deploy/terraform, or gcloud compute addresses create"),
    ("CertificateMap", "linebot", "gcloud certificate-manager maps create"),
    ("Secret", "istio-system/linebot-tls", "cert-manager in the namespace of Istio's gateway"),
    ("ServiceAccount", "istio-system/istio-ingressgateway-service-account", "Istio's installation"),
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

/// What an object names.
#[derive(Debug)]
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
                list(service.get("/spec/ports")).iter().any(|port| port["port"] == *number)
            }),
            Self::PodPort(name, number) => find(objects, "Service", name).is_some_and(|service| {
                let selector = json!({"matchLabels": service.get("/spec/selector")});
                let pods = pods(objects);
                let mut selected = pods.iter().filter(|pod| selects(&selector, &pod.labels));
                selected.any(|pod| pod.has_port(&json!(number)))
            }),
            Self::Listener(gateway, section) => find(objects, "Gateway", gateway).is_some_and(|gateway| {
                list(gateway.get("/spec/listeners")).iter().any(|one| one["name"] == *section)
            }),
            Self::Pods(selector) => pods(objects).iter().any(|pod| selects(selector, &pod.labels)),
        }
    }
}

fn references(object: &Object) -> Vec<Reference<'_>> {
    let at = |pointer| text(&object.0, pointer);
    let annotations = pairs(object.get("/metadata/annotations"));
    let annotation = |name: &str| annotations.get(name).copied();
    let mut found = Vec::new();
    match (object.kind(), object.api_version()) {
        ("Service", _) => {
            if let Some(json) = annotation("cloud.google.com/backend-config") {
                // {"default": "NAME"}
                found.push(Reference::Object("BackendConfig", json.rsplit('"').nth(1).unwrap_or(json)));
            }
            if let Some(name) = annotation("networking.gke.io/load-balancer-ip-addresses") {
                found.push(Reference::Outside("Address", name));
            }
        }
        ("Ingress", _) => {
            found.push(Reference::Port(
                at("/spec/defaultBackend/service/name"),
                number(object.get("/spec/defaultBackend/service/port/number")),
            ));
            let kinds = [
                ("networking.gke.io/managed-certificates", "ManagedCertificate"),
                ("networking.gke.io/v1beta1.FrontendConfig", "FrontendConfig"),
            ];
            for (name, kind) in kinds {
                found.push(Reference::Object(kind, annotation(name).unwrap_or_default()));
            }
            let address = annotation("kubernetes.io/ingress.global-static-ip-name");
            found.push(Reference::Outside("Address", address.unwrap_or_default()));
        }
        ("BackendConfig", _) => {
            found.push(Reference::PodPort(object.name(), number(object.get("/spec/healthCheck/port"))));
            found.push(Reference::Outside("SecurityPolicy", at("/spec/securityPolicy/name")));
        }
        ("FrontendConfig", _) => found.push(Reference::Outside("SslPolicy", at("/spec/sslPolicy"))),
        ("HealthCheckPolicy", _) => {
            let port = object.get("/spec/default/config/httpHealthCheck/port");
            found.push(Reference::PodPort(at("/spec/targetRef/name"), number(port)));
        }
        ("GCPBackendPolicy", _) => {
            found.push(Reference::Object("Service", at("/spec/targetRef/name")));
            found.push(Reference::Outside("SecurityPolicy", at("/spec/default/securityPolicy")));
        }
        ("GCPGatewayPolicy", _) => {
            found.push(Reference::Object("Gateway", at("/spec/targetRef/name")));
            found.push(Reference::Outside("SslPolicy", at("/spec/default/sslPolicy")));
        }
        ("Gateway", "gateway.networking.k8s.io/v1") => {
            found.push(Reference::Outside("GatewayClass", at("/spec/gatewayClassName")));
            found.push(Reference::Outside("Address", at("/spec/addresses/0/value")));
            let map = annotation("networking.gke.io/certmap");
            found.push(Reference::Outside("CertificateMap", map.unwrap_or_default()));
        }
        ("Gateway", _) => {
            for server in list(object.get("/spec/servers")) {
                if text(server, "/tls/credentialName") == "linebot-tls" {
                    found.push(Reference::Outside("Secret", "istio-system/linebot-tls"));
                }
            }
        }
        ("HTTPRoute", _) => {
            for parent in list(object.get("/spec/parentRefs")) {
                found.push(Reference::Listener(text(parent, "/name"), text(parent, "/sectionName")));
            }
            for backend in list(object.get("/spec/rules")).iter().flat_map(|rule| list(&rule["backendRefs"])) {
                found.push(Reference::Port(text(backend, "/name"), number(&backend["port"])));
            }
        }
        ("VirtualService", _) => {
            for name in list(object.get("/spec/gateways")) {
                found.push(Reference::Object("Gateway", name.as_str().unwrap_or_default()));
            }
            for route in routes(object) {
                let destination = &route["destination"];
                found.push(Reference::Port(service(destination), number(&destination["port"]["number"])));
            }
        }
        ("DestinationRule", _) => found.push(Reference::Object("Service", service(&object.0["spec"]))),
        ("AuthorizationPolicy", _) => {
            found.push(Reference::Pods(object.get("/spec/selector")));
            for principal in list(object.get("/spec/rules"))
                .iter()
                .flat_map(|rule| list(&rule["from"]))
                .flat_map(|from| list(&from["source"]["principals"]))
                .filter_map(Value::as_str)
            {
                // cluster.local/ns/NAMESPACE/sa/NAME
                let name = principal.rsplit('/').next().unwrap_or_default();
                found.push(if principal.starts_with("cluster.local/ns/linebot/sa/") {
                    Reference::Object("ServiceAccount", name)
                } else {
                    let known = OUTSIDE.iter().find(|(_, known, _)| known.ends_with(name));
                    Reference::Outside("ServiceAccount", known.map_or(name, |(_, known, _)| known))
                });
            }
        }
        ("PeerAuthentication", _) if !object.get("/spec/selector").is_null() => {
            found.push(Reference::Pods(object.get("/spec/selector")));
        }
        ("ExternalSecret", _) => found.push(Reference::Object("SecretStore", at("/spec/secretStoreRef/name"))),
        ("SecretStore", _) => found.push(Reference::Object(
            "ServiceAccount",
            at("/spec/provider/gcpsm/auth/workloadIdentity/serviceAccountRef/name"),
        )),
        ("Certificate", _) => found.push(match at("/spec/issuerRef/kind") {
            "ClusterIssuer" => Reference::Outside("ClusterIssuer", at("/spec/issuerRef/name")),
            kind => Reference::Object(kind, at("/spec/issuerRef/name")),
        }),
        _ => {}
    }
    found
}

/// Every subset a route names is one of the rule's, selects pods, and the weights are a hundred.
fn subsets(objects: &[Object]) -> Vec<String> {
    let mut problems = Vec::new();
    for rule in of(objects, "DestinationRule") {
        for subset in list(rule.get("/spec/subsets")) {
            let selector = json!({"matchLabels": subset["labels"]});
            let deployments = pods(objects).iter().filter(|pod| selects(&selector, &pod.labels)).count();
            if deployments != 1 {
                problems.push(format!("{}: {} is {deployments} Deployments", rule.title(), subset["name"]));
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
    list(service.get("/spec/http")).iter().flat_map(|http| list(&http["route"]))
}

/// The Service of a host like `app-server.linebot.svc.cluster.local`.
fn service(destination: &Value) -> &str {
    let host = text(destination, "/host");
    host.strip_suffix(".linebot.svc.cluster.local").unwrap_or_default()
}

fn number(value: &Value) -> u64 {
    value.as_u64().unwrap_or_default()
}
