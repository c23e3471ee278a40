//! What scripts, pipelines and papers name of the manifests is in every rendered overlay.

use crate::documents::OVERLAYS;
use crate::files::{parse_yaml, root};
use crate::workshop::said;
use serde_json::Value;
use std::env;
use std::process::Command;

/// The label of what `delete` leaves.
const KEPT: &str = "kept-by-delete";

fn rendered(overlay: &str) -> Vec<Value> {
    let kubectl = env::var("LINEBOT_TEST_KUBECTL").unwrap_or_else(|_| "kubectl".to_owned());
    let output = Command::new(kubectl)
        .arg("kustomize")
        .arg(root().join("deploy/k8s/overlays").join(overlay))
        .output()
        .expect("kubectl runs");
    assert!(output.status.success(), "{overlay}: {}", said(&output));
    parse_yaml(&String::from_utf8_lossy(&output.stdout)).expect("YAML")
}

/// What of it is not as `scripts` and the papers take it to be.
fn problems(objects: &[Value]) -> Vec<String> {
    let mut problems = Vec::new();
    let of_kind = |kind: &'static str| objects.iter().filter(move |object| object["kind"] == kind);
    for object in objects {
        // A claim without a volume of ours gets one from the cluster's default class, which deletes it with the claim.
        let on_a_disk_of_the_cluster =
            object["kind"] == "PersistentVolumeClaim" && object["spec"]["volumeName"].is_null();
        let keep = object["kind"] == "Namespace" || on_a_disk_of_the_cluster;
        if object["metadata"]["labels"].get(KEPT).is_some() != keep {
            problems.push(format!(
                "`delete` should {} {} {}",
                if keep { "keep" } else { "take" },
                object["kind"],
                object["metadata"]["name"]
            ));
        }
    }
    if of_kind("Namespace").any(|namespace| namespace["metadata"]["name"] != "linebot") {
        problems.push("the namespace is not called linebot".to_owned());
    }
    let migrations: Vec<&Value> = of_kind("Job")
        .filter(|job| job["metadata"]["labels"]["app"] == "linebot-migrate")
        .collect();
    if migrations.len() != 1 {
        problems.push(format!("{} Jobs that migrate", migrations.len()));
    }
    for job in &migrations {
        // What Argo CD and Flux take away (deploy/gitops) has to be there.
        if job["spec"]["ttlSecondsAfterFinished"].is_null() {
            problems.push("the Job has no time to live".to_owned());
        }
        if job["spec"]["template"]["metadata"]["labels"]["app"] != "linebot-migrate" {
            problems.push("`logs migrate` would find nothing".to_owned());
        }
    }
    let pods = ["Deployment", "StatefulSet"].into_iter().flat_map(of_kind);
    let mut tiers = Vec::new();
    for workload in pods {
        let template = &workload["spec"]["template"];
        let (name, app) = (
            &workload["metadata"]["name"],
            &template["metadata"]["labels"]["app"],
        );
        let containers = template["spec"]["containers"]
            .as_array()
            .cloned()
            .unwrap_or_default();
        let expected = match app.as_str() {
            Some("mysql-db") => "mysql",
            Some(app) => app,
            None => "",
        };
        if containers
            .first()
            .is_none_or(|container| container["name"] != expected)
        {
            problems.push(format!("`shell` would not find the container of {name}"));
        }
        tiers.push(app.clone());
    }
    for tier in ["app-server", "linebot-nginx"] {
        if !tiers.iter().any(|app| app == tier) {
            problems.push(format!("there is no {tier}"));
        }
    }
    problems
}

#[test]
#[ignore = "needs kubectl: cargo xtask test"]
fn every_overlay_has_what_the_scripts_look_for() {
    if !root().join("deploy/k8s/base").exists() {
        eprintln!("not covered: the overlays (there is no deploy/k8s)");
        return;
    }
    // Podman's is played, not applied: no script of these touches it.
    for overlay in OVERLAYS.iter().filter(|overlay| **overlay != "podman") {
        let problems = problems(&rendered(overlay));
        assert!(problems.is_empty(), "{overlay}: {problems:#?}");
    }
}

#[test]
fn an_object_that_the_scripts_would_miss_is_found() {
    let right = "kind: Namespace\nmetadata: {name: linebot, labels: {kept-by-delete: yes}}\n---\n\
        kind: PersistentVolumeClaim\nmetadata: {name: dumps, labels: {kept-by-delete: yes}}\n---\n\
        kind: PersistentVolumeClaim\nmetadata: {name: folder}\nspec: {volumeName: folder}\n---\n\
        kind: Job\nmetadata: {name: a, labels: {app: linebot-migrate}}\nspec: {ttlSecondsAfterFinished: 1, template: \
        {metadata: {labels: {app: linebot-migrate}}}}\n---\n\
        kind: Deployment\nmetadata: {name: app-server}\nspec: {template: {metadata: {labels: {app: app-server}}, spec: \
        {containers: [{name: app-server}]}}}\n---\n\
        kind: Deployment\nmetadata: {name: linebot-nginx}\nspec: {template: {metadata: {labels: {app: linebot-nginx}}, spec: \
        {containers: [{name: linebot-nginx}]}}}\n";
    let parsed = |text: &str| parse_yaml(text).expect("YAML");
    assert_eq!(problems(&parsed(right)), Vec::<String>::new());
    for (word, other) in [
        ("linebot, labels: {kept-by-delete: yes}", "linebot"),
        ("dumps, labels: {kept-by-delete: yes}", "dumps"),
        (
            "{name: folder}\n",
            "{name: folder, labels: {kept-by-delete: yes}}\n",
        ),
        ("name: linebot,", "name: bot,"),
        (
            "{name: a, labels: {app: linebot-migrate}}",
            "{name: a, labels: {app: migrate}}",
        ),
        ("ttlSecondsAfterFinished: 1, ", ""),
        ("[{name: app-server}]", "[{name: app}]"),
        ("{app: linebot-nginx}", "{app: nginx}"),
    ] {
        let wrong = right.replace(word, other);
        assert_ne!(wrong, right, "{word}");
        assert!(!problems(&parsed(&wrong)).is_empty(), "{other}");
    }
}
