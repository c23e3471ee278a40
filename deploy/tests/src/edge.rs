//! The way in as a whole: one domain, the two ports of the web, TLS on one of them, and a route to nginx.

use crate::object::{Object, find, list, of, text};
use serde_json::{Value, json};

/// What `render` puts in place of the domain to fill in.
const DOMAIN: &str = "bot.example.org";

/// By kind: where an object has a fixed value, and which.
fn fixed(object: &Object) -> Vec<(&'static str, Value)> {
    let service = || {
        vec![(
            "/spec/targetRef",
            json!({"group": "", "kind": "Service", "name": "linebot-nginx"}),
        )]
    };
    match (object.kind(), object.name()) {
        ("ManagedCertificate", _) => vec![("/spec/domains", json!([DOMAIN]))],
        ("Certificate", "linebot-tls") => vec![("/spec/dnsNames", json!([DOMAIN]))],
        ("HTTPRoute", "linebot") => vec![("/spec/hostnames", json!([DOMAIN]))],
        ("VirtualService", "linebot-nginx") => vec![("/spec/hosts", json!([DOMAIN]))],
        ("Ingress", _) => vec![
            // GKE ignores an Ingress with the field.
            (
                "/metadata/annotations/kubernetes.io~1ingress.class",
                json!("gce"),
            ),
            ("/spec/ingressClassName", Value::Null),
        ],
        ("ExternalSecret", _) => vec![("/spec/secretStoreRef/kind", json!("SecretStore"))],
        ("BackendConfig", _) => vec![("/spec/healthCheck/type", json!("HTTP"))],
        ("HealthCheckPolicy", _) => {
            let own = [
                ("/spec/default/config/type", json!("HTTP")),
                (
                    "/spec/default/config/httpHealthCheck/portSpecification",
                    json!("USE_FIXED_PORT"),
                ),
            ];
            [service(), own.to_vec()].concat()
        }
        ("GCPBackendPolicy", _) => service(),
        ("GCPGatewayPolicy", _) => vec![
            ("/spec/targetRef/group", json!("gateway.networking.k8s.io")),
            ("/spec/targetRef/kind", json!("Gateway")),
        ],
        ("Gateway", _) if object.api_version().contains("istio") => vec![
            ("/spec/selector", json!({"istio": "ingressgateway"})),
            ("/spec/servers/0/port/number", json!(443)),
            ("/spec/servers/0/port/protocol", json!("HTTPS")),
            ("/spec/servers/0/hosts", json!([DOMAIN])),
            ("/spec/servers/0/tls/mode", json!("SIMPLE")),
            ("/spec/servers/0/tls/credentialName", json!("linebot-tls")),
            ("/spec/servers/1/port/number", json!(80)),
            ("/spec/servers/1/hosts", json!([DOMAIN])),
        ],
        ("Gateway", _) => vec![
            ("/spec/addresses/0/type", json!("NamedAddress")),
            ("/spec/listeners/0/port", json!(443)),
            ("/spec/listeners/0/protocol", json!("HTTPS")),
            ("/spec/listeners/1/port", json!(80)),
        ],
        _ => Vec::new(),
    }
}

/// What is wrong with the way in.
pub fn problems(objects: &[Object]) -> Vec<String> {
    let mut problems = Vec::new();
    let way_in = find(objects, "Service", "linebot-nginx");
    if way_in.is_none_or(|service| *service.get("/spec/ports/0/port") != 80) {
        problems.push("no Service linebot-nginx with the port 80".to_owned());
    }
    for object in objects {
        for (place, right) in fixed(object) {
            if *object.get(place) != right {
                problems.push(format!("{}: {place} is not {right}", object.title()));
            }
        }
        if object.kind() == "HTTPRoute" && list(object.get("/spec/parentRefs")).is_empty() {
            problems.push(format!("{}: it belongs to no Gateway", object.title()));
        }
    }
    // What only serves the other is not there alone.
    let there = |kind: &str, group: &str| {
        of(objects, kind).any(|object| object.api_version().contains(group))
    };
    for (helper, needed, group) in [
        ("BackendConfig", "Ingress", "networking.k8s.io"),
        ("GCPGatewayPolicy", "Gateway", "gateway.networking.k8s.io"),
        ("PeerAuthentication", "Gateway", "networking.istio.io"),
    ] {
        if there(helper, "") && !there(needed, group) {
            problems.push(format!("a {helper} and no {needed}"));
        }
    }
    let sections: Vec<&str> = of(objects, "HTTPRoute")
        .map(|route| text(&route.0, "/spec/parentRefs/0/sectionName"))
        .collect();
    if there("Gateway", "gateway.networking.k8s.io")
        && !["http", "https"].iter().all(|one| sections.contains(one))
    {
        problems.push("no route for each of http and https".to_owned());
    }
    problems
}
