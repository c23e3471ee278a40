//! A database outside of the cluster, as `deploy/docs/choosing.md` tells people to use one.

use crate::none;
use deploy_tests::object::{self, Pod, pods};
use deploy_tests::{network, problems, render, tools};
use serde_json::Value;
use std::fs;

/// The overlays the page names, and the components it leaves out.
const OVERLAYS: [&str; 4] = ["loadbalancer", "istio", "gke-ingress", "local"];
const LEFT_OUT: [&str; 3] = ["mysql", "backup", "storage-gke"];

/// The database on the page.
const ADDRESS: &str = "192.0.2.10";

/// The two blocks of the page: what is added to the kustomization, and the file beside it.
fn blocks() -> [String; 2] {
    let page = fs::read_to_string(tools::root().join("deploy/docs/choosing.md")).expect("the page");
    let (_, section) = page
        .split_once("\n## A database you already have\n")
        .expect("the section");
    let section = section.split("\n## ").next().unwrap_or_default();
    let blocks: Vec<String> = section
        .split("```yaml\n")
        .skip(1)
        .filter_map(|rest| Some(rest.split("```").next()?.to_owned()))
        .collect();
    blocks.try_into().expect("two blocks")
}

fn parsed(text: &str) -> Value {
    render::parse(text).expect("YAML").remove(0).0
}

/// The overlay's kustomization with what the page leaves out and adds.
fn changed(overlay: &str, added: &Value) -> String {
    let file = render::manifests().join(format!("overlays/{overlay}/kustomization.yaml"));
    let mut kustomization = parsed(&fs::read_to_string(file).expect("the overlay"));
    let components = kustomization["components"].as_array_mut().expect("a list");
    components.retain(|component| {
        let name = component.as_str().and_then(|path| path.rsplit('/').next());
        !name.is_some_and(|name| LEFT_OUT.contains(&name))
    });
    for (field, items) in added.as_object().expect("fields") {
        let mut all = object::list(&kustomization[field]).to_vec();
        let new = object::list(items).iter();
        all.extend(
            new.filter(|item| !all.contains(item))
                .cloned()
                .collect::<Vec<_>>(),
        );
        kustomization[field] = Value::Array(all);
    }
    kustomization.to_string().replace("../../", "DEPLOY/")
}

#[test]
#[ignore = "needs kubectl: cargo xtask test"]
fn bot_and_migration_reach_a_database_outside_as_the_page_says() {
    let [added, policy] = blocks();
    let added = parsed(&added);
    for overlay in OVERLAYS {
        let objects = render::files(&[
            ("kustomization.yaml", &changed(overlay, &added)),
            ("database.yaml", &policy),
        ]);
        let pods = pods(&objects);
        for name in ["app-server", "migrate"] {
            let mut containers = pods.iter().flat_map(Pod::containers);
            let container = containers.find(|one| one["name"] == name).expect("it");
            let host = ("DB_HOST", ADDRESS);
            assert!(
                object::variables(&objects, container).contains(&host),
                "{overlay}: {name}"
            );
        }
        let ways_out =
            ["app-server", "linebot-migrate"].map(|tier| format!("{tier} -> {ADDRESS}/32:3306"));
        let edges = network::edges(&objects);
        for way in &ways_out {
            assert!(edges.contains(way), "{overlay}: {way}");
        }
        // An overlay of ours has its database among its objects.
        let mut problems = problems(&objects);
        problems.retain(|problem| !problem.contains(ADDRESS));
        none(overlay, &problems);
    }
}
