//! Who can connect to whom when the network policies are enforced: they are compiled to iptables in a network where
//! everybody is, and every connection is tried.
//!
//! `deploy_tests::network` reads the same policies and works out what they mean; here packets do.

mod actors;
mod compile;
mod probe;

use actors::Actor;
use deploy_tests::namespace::Namespace;
use deploy_tests::object::Object;
use deploy_tests::render;
use std::collections::BTreeSet;

/// Connections that must be possible, by overlay. All others must not be.
const LOCAL: &[&str] = &[
    "anybody -> linebot-nginx:8080",
    "linebot-nginx -> app-server:5000",
    "app-server -> mysql-db:3306",
    "linebot-migrate -> mysql-db:3306",
    "mysql-backup -> mysql-db:3306",
    "app-server -> the internet:443",
    "linebot-nginx -> kube-system/kube-dns:53",
    "app-server -> kube-system/kube-dns:53",
    "linebot-migrate -> kube-system/kube-dns:53",
    "mysql-backup -> kube-system/kube-dns:53",
    "linebot-nginx -> node-local DNS:53",
    "app-server -> node-local DNS:53",
    "linebot-migrate -> node-local DNS:53",
    "mysql-backup -> node-local DNS:53",
    "linebot-nginx -> kubespray's node-local DNS:53",
    "app-server -> kubespray's node-local DNS:53",
    "linebot-migrate -> kubespray's node-local DNS:53",
    "mysql-backup -> kubespray's node-local DNS:53",
];

/// The same, and the mesh and its collector of metrics.
const ISTIO: &[&str] = &[
    "linebot-nginx -> istio-system/istiod:15012",
    "app-server -> istio-system/istiod:15012",
    "monitoring/prometheus -> app-server:9090",
];

const GKE_CLOUDSQL: &[&str] = &[
    "anybody -> linebot-nginx:8080",
    "linebot-nginx -> app-server:5000",
    "app-server -> the internet:443",
    "linebot-nginx -> kube-system/kube-dns:53",
    "app-server -> kube-system/kube-dns:53",
    "linebot-migrate -> kube-system/kube-dns:53",
    "linebot-nginx -> node-local DNS:53",
    "app-server -> node-local DNS:53",
    "linebot-migrate -> node-local DNS:53",
    "linebot-nginx -> kubespray's node-local DNS:53",
    "app-server -> kubespray's node-local DNS:53",
    "linebot-migrate -> kubespray's node-local DNS:53",
    "linebot-nginx -> the metadata server:53",
    "app-server -> the metadata server:53",
    "linebot-migrate -> the metadata server:53",
    // The proxy beside the bot and beside the migration.
    "app-server -> Cloud SQL:3307",
    "linebot-migrate -> Cloud SQL:3307",
    "app-server -> the identity server:988",
    "linebot-migrate -> the identity server:988",
    "app-server -> the metadata server:80",
    "linebot-migrate -> the metadata server:80",
    "linebot-migrate -> the internet:443",
    "gmp-system/collector -> app-server:9090",
    "gke-gmp-system/collector -> app-server:9090",
];

#[test]
#[ignore = "needs root, iptables and kubectl: cargo xtask test"]
fn in_the_overlay_local_only_what_is_meant_can_connect() {
    only(LOCAL, &render::overlay("local"));
}

#[test]
#[ignore = "needs root, iptables and kubectl: cargo xtask test"]
fn in_the_overlay_gke_cloudsql_only_what_is_meant_can_connect() {
    only(GKE_CLOUDSQL, &render::overlay("gke-cloudsql"));
}

#[test]
#[ignore = "needs root, iptables and kubectl: cargo xtask test"]
fn in_the_overlay_istio_only_what_is_meant_can_connect() {
    only(&[LOCAL, ISTIO].concat(), &render::overlay("istio"));
}

#[test]
#[ignore = "needs root, iptables and kubectl: cargo xtask test"]
fn without_a_policy_its_edges_close_and_without_the_default_others_open() {
    let without = |name: &str| -> Vec<Object> {
        let mut objects = render::overlay("local");
        let count = objects.len();
        objects.retain(|object| object.title() != format!("NetworkPolicy {name}"));
        assert_eq!(objects.len(), count - 1, "there is no policy {name}");
        objects
    };
    let meant = expected(LOCAL, &actors::all(&render::overlay("local")));
    for (policy, edge) in [
        ("linebot-nginx", "linebot-nginx -> app-server:5000"),
        ("mysql-db", "app-server -> mysql-db:3306"),
        ("mysql-clients", "linebot-migrate -> mysql-db:3306"),
        ("dns", "mysql-backup -> kube-system/kube-dns:53 UDP"),
    ] {
        assert!(meant.contains(edge));
        assert!(!open_edges(&without(policy)).contains(edge), "{policy}");
    }
    let open = open_edges(&without("default-deny"));
    // No policy but the default selects it.
    let edge = "mysql-restore-check -> the internet:443";
    assert!(!meant.contains(edge) && open.contains(edge));
}

#[track_caller]
fn only(meant: &[&str], objects: &[Object]) {
    let open = open_edges(objects);
    let meant = expected(meant, &actors::all(objects));
    let wrong: Vec<_> = open.difference(&meant).collect();
    let missing: Vec<_> = meant.difference(&open).collect();
    assert!(
        wrong.is_empty() && missing.is_empty(),
        "open: {wrong:#?}\nclosed: {missing:#?}"
    );
}

fn open_edges(objects: &[Object]) -> BTreeSet<String> {
    let actors = actors::all(objects);
    let rules = compile::rules(objects, &actors);
    Namespace::new().run(|| probe::open_edges(&actors, &rules))
}

/// With `anybody` spelt out, and DNS by both protocols. Anybody is who is not one of our pods: those may leave only where
/// they are meant to.
fn expected(meant: &[&str], actors: &[Actor]) -> BTreeSet<String> {
    let mut expected = BTreeSet::new();
    for edge in meant {
        match edge.strip_prefix("anybody") {
            Some(rest) => {
                let others = actors.iter().filter(|actor| !actor.is_ours());
                expected.extend(others.map(|actor| format!("{}{rest}", actor.name)));
            }
            None => drop(expected.insert((*edge).to_owned())),
        }
        if edge.ends_with(":53") {
            expected.insert(format!("{edge} UDP"));
        }
    }
    expected
}
