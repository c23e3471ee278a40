//! Who may connect to whom: the network policies worked out, and compared with what is meant.

use crate::object::{Object, Pod, list, of, pods, selects, text};
use serde_json::Value;
use std::collections::BTreeSet;

/// Every connection that may exist, as `from -> to:port`. One between two tiers must exist where both are.
const BETWEEN_TIERS: &[&str] = &[
    "linebot-nginx -> app-server:5000",
    "app-server -> mysql-db:3306",
    "linebot-migrate -> mysql-db:3306",
    "mysql-backup -> mysql-db:3306",
];

/// The same with somebody outside.
const OUTSIDE: &[&str] = &[
    "anybody -> linebot-nginx:8080",
    "anybody -> linebot-nginx:8443",
    "app-server -> the internet:443",
    // Names.
    "linebot-nginx -> kube-system/kube-dns:53",
    "app-server -> kube-system/kube-dns:53",
    "linebot-migrate -> kube-system/kube-dns:53",
    "mysql-backup -> kube-system/kube-dns:53",
    "linebot-nginx -> 169.254.20.10/32:53",
    "app-server -> 169.254.20.10/32:53",
    "linebot-migrate -> 169.254.20.10/32:53",
    "mysql-backup -> 169.254.20.10/32:53",
    "linebot-nginx -> 169.254.25.10/32:53",
    "app-server -> 169.254.25.10/32:53",
    "linebot-migrate -> 169.254.25.10/32:53",
    "mysql-backup -> 169.254.25.10/32:53",
    "linebot-nginx -> 169.254.169.254/32:53",
    "app-server -> 169.254.169.254/32:53",
    "linebot-migrate -> 169.254.169.254/32:53",
    "mysql-backup -> 169.254.169.254/32:53",
    // Cloud SQL's proxy: the database, its identity, Google's API.
    "app-server -> 10.40.0.0/20:3307",
    "linebot-migrate -> 10.40.0.0/20:3307",
    "app-server -> 169.254.169.252/32:988",
    "linebot-migrate -> 169.254.169.252/32:988",
    "app-server -> 169.254.169.254/32:80",
    "linebot-migrate -> 169.254.169.254/32:80",
    "linebot-migrate -> the internet:443",
    // Sidecars.
    "linebot-nginx -> istio-system/istiod:15012",
    "app-server -> istio-system/istiod:15012",
    // Collectors of metrics.
    "monitoring/ -> app-server:9090",
    "gmp-system/ -> app-server:9090",
    "gke-gmp-system/ -> app-server:9090",
];

/// What must be there: without these nothing works.
const ALWAYS: &[&str] = &[
    "anybody -> linebot-nginx:8080",
    "app-server -> the internet:443",
];

/// Private and link-local addresses, which "the internet" must leave out.
const PRIVATE: [&str; 5] = [
    "10.0.0.0/8",
    "100.64.0.0/10",
    "169.254.0.0/16",
    "172.16.0.0/12",
    "192.168.0.0/16",
];

/// Connections allowed that should not be, and needed ones that are not.
///
/// Each side denies by itself: a connection is not meant when either of its ends allows it, and needs both.
pub fn problems(objects: &[Object]) -> Vec<String> {
    let edges = edges(objects);
    let public = |edge: &str| {
        edge.split_once(" -> ")
            .is_some_and(|(_, to)| OUTSIDE.contains(&format!("anybody -> {to}").as_str()))
    };
    let tiers: BTreeSet<&str> = pods(objects).iter().map(Pod::tier).collect();
    let here = |tier: &str| tiers.contains(tier);
    let mut problems = Vec::new();
    for edge in edges.union(&halves(objects)).filter(|edge| !public(edge)) {
        if !BETWEEN_TIERS.contains(&edge.as_str()) && !OUTSIDE.contains(&edge.as_str()) {
            problems.push(format!("network policies allow {edge}"));
        }
    }
    let mut needed: Vec<&str> = ALWAYS.to_vec();
    needed.extend(BETWEEN_TIERS.iter().filter(|edge| {
        edge.split_once(" -> ")
            .and_then(|(from, to)| Some(here(from) && here(to.split_once(':')?.0)))
            .unwrap_or_default()
    }));
    // Who connects by name needs names.
    needed.extend(OUTSIDE.iter().filter(|edge| {
        edge.strip_suffix(" -> kube-system/kube-dns:53")
            .is_some_and(here)
    }));
    let proxied = pods(objects)
        .iter()
        .flat_map(Pod::containers)
        .any(|container| container["name"] == "cloud-sql-proxy");
    if proxied {
        needed.extend(OUTSIDE.iter().filter(|edge| {
            edge.contains(":3307") || edge.contains(":988") || edge.ends_with("the internet:443")
        }));
    }
    let meshed = |pod: &Pod<'_>| pod.labels.contains_key("in-mesh");
    if pods(objects).iter().any(meshed) {
        needed.extend(OUTSIDE.iter().filter(|edge| edge.ends_with(":15012")));
    }
    if objects
        .iter()
        .any(|object| object.kind().starts_with("PodMonitor"))
        && !edges.iter().any(|edge| edge.ends_with(":9090"))
    {
        problems.push("nobody may collect the metrics".to_owned());
    }
    for edge in needed.iter().filter(|edge| !edges.contains(**edge)) {
        problems.push(format!("network policies deny {edge}"));
    }
    problems
}

/// Every connection that the policies allow.
pub fn edges(objects: &[Object]) -> BTreeSet<String> {
    let pods = pods(objects);
    let mut edges = BTreeSet::new();
    for from in &pods {
        let leaves = rules(objects, from, "Egress");
        for to in &pods {
            let comes = rules(objects, to, "Ingress");
            for port in ports(to) {
                if allows(leaves.as_deref(), "to", Some(to), port)
                    && allows(comes.as_deref(), "from", Some(from), port)
                {
                    edges.insert(format!("{} -> {}:{}", from.tier(), to.tier(), shown(port)));
                }
            }
        }
        match &leaves {
            None => drop(edges.insert(format!("{} -> anybody:any", from.tier()))),
            Some(rules) => {
                for (peer, port) in outside(rules, "to") {
                    edges.insert(format!("{} -> {peer}:{port}", from.tier()));
                }
            }
        }
    }
    for to in &pods {
        match rules(objects, to, "Ingress") {
            None => drop(edges.insert(format!("anybody -> {}:any", to.tier()))),
            Some(rules) => {
                for (peer, port) in outside(&rules, "from") {
                    edges.insert(format!("{peer} -> {}:{port}", to.tier()));
                }
            }
        }
    }
    edges
}

/// What the policies of one end alone allow between tiers.
fn halves(objects: &[Object]) -> BTreeSet<String> {
    let pods = pods(objects);
    let mut edges = BTreeSet::new();
    for (from, to) in pods
        .iter()
        .flat_map(|from| pods.iter().map(move |to| (from, to)))
    {
        let (leaves, comes) = (
            rules(objects, from, "Egress"),
            rules(objects, to, "Ingress"),
        );
        for port in ports(to) {
            if allows(leaves.as_deref(), "to", Some(to), port)
                || allows(comes.as_deref(), "from", Some(from), port)
            {
                edges.insert(format!("{} -> {}:{}", from.tier(), to.tier(), shown(port)));
            }
        }
    }
    edges
}

/// The ports of a pod, those that other pods have, and one that nobody has.
fn ports(pod: &Pod<'_>) -> Vec<u64> {
    let declared = pod.ports().into_iter().map(|(_, number)| number);
    let all: BTreeSet<u64> = declared.chain([1, 3306, 5000, 8080, 8443, 9090]).collect();
    all.into_iter().collect()
}

fn shown(port: u64) -> String {
    if port == 1 {
        "any".to_owned()
    } else {
        port.to_string()
    }
}

/// The rules for a pod in a direction; none when no policy restricts it.
fn rules<'a>(objects: &'a [Object], pod: &Pod<'_>, direction: &str) -> Option<Vec<&'a Value>> {
    let selecting: Vec<&Object> = of(objects, "NetworkPolicy")
        .filter(|policy| selects(policy.get("/spec/podSelector"), &pod.labels))
        .filter(|policy| {
            list(policy.get("/spec/policyTypes"))
                .iter()
                .any(|one| one == direction)
        })
        .collect();
    let field = if direction == "Egress" {
        "/spec/egress"
    } else {
        "/spec/ingress"
    };
    (!selecting.is_empty()).then(|| {
        selecting
            .iter()
            .flat_map(|policy| list(policy.get(field)))
            .collect()
    })
}

fn allows(rules: Option<&[&Value]>, side: &str, peer: Option<&Pod<'_>>, port: u64) -> bool {
    let Some(rules) = rules else {
        return true;
    };
    rules.iter().any(|rule| {
        let peers = list(&rule[side]);
        let known = peers.is_empty()
            || peers.iter().any(|one| {
                let same_namespace = one["namespaceSelector"].is_null();
                let every_namespace = one["namespaceSelector"] == serde_json::json!({});
                let selected = peer.is_some_and(|pod| selects(&one["podSelector"], &pod.labels));
                let pods = one.get("podSelector").is_some() || every_namespace;
                (pods && (same_namespace || every_namespace) && selected) || is_everything(one)
            });
        let ports = list(&rule["ports"]);
        known && (ports.is_empty() || ports.iter().any(|one| opens(one, port)))
    })
}

/// Whether it opens `port` to TCP, which is what everything here but DNS speaks.
fn opens(one: &Value, port: u64) -> bool {
    let first = one["port"].as_u64();
    let last = one["endPort"].as_u64().or(first);
    let tcp = one["protocol"].is_null() || one["protocol"] == "TCP";
    tcp && first <= Some(port) && Some(port) <= last
}

/// What to call a port, with all that is not usual about it.
fn called(one: &Value) -> Option<String> {
    let port = &one["port"];
    let range = &one["endPort"];
    match (text(one, "/protocol"), port == 53) {
        _ if !range.is_null() => Some(format!("{port}-{range}")),
        // Asked over UDP; TCP beside it is for long answers.
        ("UDP", true) | ("TCP" | "", false) => Some(port.to_string()),
        ("TCP", true) => None,
        (protocol, _) => Some(format!("{port}/{protocol}")),
    }
}

/// All addresses, those of pods included.
fn is_everything(peer: &Value) -> bool {
    text(peer, "/ipBlock/cidr") == "0.0.0.0/0"
        && !PRIVATE.iter().all(|range| {
            list(&peer["ipBlock"]["except"])
                .iter()
                .any(|one| one == range)
        })
}

/// Peers that are not pods of ours, with the ports.
fn outside(rules: &[&Value], side: &str) -> BTreeSet<(String, String)> {
    let mut found = BTreeSet::new();
    for rule in rules {
        let ports = list(&rule["ports"]);
        let mut shown: Vec<String> = ports.iter().filter_map(called).collect();
        if ports.is_empty() {
            shown.push("any".to_owned());
        }
        let mut peers: Vec<String> = list(&rule[side]).iter().flat_map(names).collect();
        if list(&rule[side]).is_empty() {
            peers.push("anybody".to_owned());
        }
        for peer in peers {
            found.extend(shown.iter().map(|port| (peer.clone(), port.clone())));
        }
    }
    found
}

/// What to call a peer outside; nothing for pods of ours.
fn names(peer: &Value) -> Vec<String> {
    let cidr = text(peer, "/ipBlock/cidr");
    if is_everything(peer) {
        return vec!["anybody".to_owned()];
    } else if cidr == "0.0.0.0/0" {
        return vec!["the internet".to_owned()];
    } else if !cidr.is_empty() {
        return vec![cidr.to_owned()];
    }
    let Some(namespaces) = peer.get("namespaceSelector") else {
        return Vec::new();
    };
    let pods = &peer["podSelector"]["matchLabels"];
    let pods = pods["k8s-app"]
        .as_str()
        .or(pods["app"].as_str())
        .unwrap_or_default();
    let label = "kubernetes.io/metadata.name";
    let mut known = Vec::new();
    known.extend(namespaces["matchLabels"][label].as_str());
    for expression in list(&namespaces["matchExpressions"]) {
        if expression["key"] == label && expression["operator"] == "In" {
            known.extend(list(&expression["values"]).iter().filter_map(Value::as_str));
        }
    }
    if known.is_empty() {
        known.push("any namespace");
    }
    known
        .into_iter()
        .map(|namespace| format!("{namespace}/{pods}"))
        .collect()
}
