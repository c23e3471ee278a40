//! Network policies as iptables rules: what a network plugin does with them on a node.

use crate::actors::{Actor, OURS};
use deploy_tests::object::{Object, list, of, selects, text};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fmt::Write;

/// The rules for all pods in our namespace, for `iptables-restore`. On loopback each packet passes OUTPUT, where its sender's
/// policies are, and then INPUT, where its receiver's are.
pub(crate) fn rules(objects: &[Object], actors: &[Actor]) -> String {
    let mut chains = "*filter\n".to_owned();
    // Answers need no permission.
    let mut rules = "-A OUTPUT -m conntrack --ctstate ESTABLISHED,RELATED -j ACCEPT\n\
                     -A INPUT -m conntrack --ctstate ESTABLISHED,RELATED -j ACCEPT\n"
        .to_owned();
    for (number, pod) in actors
        .iter()
        .enumerate()
        .filter(|(_, actor)| actor.is_ours())
    {
        for (direction, chain, end) in [("Egress", "OUTPUT", "-s"), ("Ingress", "INPUT", "-d")] {
            let Some(allowed) = allowed(objects, pod, direction) else {
                continue;
            };
            let own = format!("{direction}-{number}");
            writeln!(chains, ":{own} - [0:0]").expect("a text takes everything");
            writeln!(rules, "-A {chain} {end} {} -j {own}", pod.address)
                .expect("a text takes everything");
            for (index, (rule, peer)) in allowed.into_iter().enumerate() {
                let peers = format!("{own}-{index}");
                writeln!(chains, ":{peers} - [0:0]").expect("a text takes everything");
                writeln!(rules, "-A {own} -j {peers}").expect("a text takes everything");
                let other_end = if end == "-s" { "-d" } else { "-s" };
                let ports = ports(rule);
                let (except, from) = addresses(peer, actors);
                for one in except {
                    writeln!(rules, "-A {peers} {other_end} {one} -j RETURN")
                        .expect("a text takes everything");
                }
                for (one, port) in from
                    .iter()
                    .flat_map(|one| ports.iter().map(move |port| (one, port)))
                {
                    writeln!(rules, "-A {peers} {other_end} {one} {port} -j ACCEPT")
                        .expect("a text takes everything");
                }
            }
            writeln!(
                rules,
                "-A {own} -p tcp -j REJECT --reject-with tcp-reset\n-A {own} -j REJECT"
            )
            .expect("a text takes everything");
        }
    }
    format!("{chains}{rules}COMMIT\n")
}

/// Each rule with each of its peers (`None`: anybody) for a pod; `None` when no policy restricts it.
fn allowed<'a>(
    objects: &'a [Object],
    pod: &Actor,
    direction: &str,
) -> Option<Vec<(&'a Value, Option<&'a Value>)>> {
    let mut selected = false;
    let mut allowed = Vec::new();
    for policy in of(objects, "NetworkPolicy") {
        assert_eq!(text(&policy.0, "/metadata/namespace"), OURS);
        let types = list(policy.get("/spec/policyTypes"));
        if !selects(policy.get("/spec/podSelector"), &labels(&pod.labels))
            || !types.iter().any(|one| one == direction)
        {
            continue;
        }
        selected = true;
        let (rules, peers) = match direction {
            "Egress" => ("/spec/egress", "to"),
            _ => ("/spec/ingress", "from"),
        };
        for rule in list(policy.get(rules)) {
            match list(&rule[peers]) {
                [] => allowed.push((rule, None)),
                some => allowed.extend(some.iter().map(|peer| (rule, Some(peer)))),
            }
        }
    }
    selected.then_some(allowed)
}

/// The addresses that a peer leaves out, and those that it is.
fn addresses(peer: Option<&Value>, actors: &[Actor]) -> (Vec<String>, Vec<String>) {
    let Some(peer) = peer else {
        return (Vec::new(), vec!["0.0.0.0/0".to_owned()]);
    };
    if let Some(block) = peer.get("ipBlock") {
        let except = list(&block["except"]).iter().filter_map(Value::as_str);
        return (
            except.map(str::to_owned).collect(),
            vec![text(block, "/cidr").to_owned()],
        );
    }
    let is_meant = |actor: &&Actor| {
        let Some(namespace) = actor.namespace else {
            return false;
        };
        let name = "kubernetes.io/metadata.name".to_owned();
        let of_namespace = BTreeMap::from([(name, namespace.to_owned())]);
        let there = match peer.get("namespaceSelector") {
            Some(selector) => selects(selector, &labels(&of_namespace)),
            None => namespace == OURS,
        };
        let every = json!({});
        let pods = peer.get("podSelector").unwrap_or(&every);
        there && selects(pods, &labels(&actor.labels))
    };
    let meant = actors.iter().filter(is_meant);
    (
        Vec::new(),
        meant.map(|actor| actor.address.to_string()).collect(),
    )
}

/// What matches the ports of a rule; none listed are all.
fn ports(rule: &Value) -> Vec<String> {
    let ports = list(&rule["ports"]);
    if ports.is_empty() {
        return vec![String::new()];
    }
    let matches = ports.iter().map(|port| {
        let protocol = port["protocol"].as_str().unwrap_or("TCP").to_lowercase();
        // A name would have to be looked up in each pod, a range to have its end read.
        assert!(port["endPort"].is_null(), "{port}");
        let number = port["port"].as_u64();
        format!(
            "-p {protocol} --dport {}",
            number.expect("ports are numbers")
        )
    });
    matches.collect()
}

fn labels(labels: &BTreeMap<String, String>) -> BTreeMap<&str, &str> {
    let pairs = labels.iter();
    pairs
        .map(|(key, value)| (key.as_str(), value.as_str()))
        .collect()
}
