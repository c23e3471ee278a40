//! checkov, gixy and nginx itself.

use crate::combinations::distinct_objects;
use deploy_tests::object::{Object, list, of, text};
use deploy_tests::{nginx, render, tools};
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;
use std::process::Command;

/// As the release writes it: every image by digest. (These are of the names, and lead to no image.)
fn with_digests(mut object: Object) -> Object {
    fn walk(value: &mut Value) {
        match value {
            Value::Object(map) => {
                for (key, value) in map {
                    match value {
                        Value::String(image) if key == "image" => image.push_str(&digest(image)),
                        other => walk(other),
                    }
                }
            }
            Value::Array(values) => values.iter_mut().for_each(walk),
            _ => {}
        }
    }
    walk(&mut object.0);
    object
}

fn digest(name: &str) -> String {
    let mut text = "@sha256:".to_owned();
    for byte in Sha256::digest(name) {
        write!(text, "{byte:02x}").expect("a text takes everything");
    }
    text
}

/// The ids of the checks that fail in each file of `folder`, and how many passed.
fn checkov(folder: &std::path::Path) -> (Vec<String>, u64) {
    let output = Command::new(tools::python().join("bin/checkov"))
        .arg("--directory")
        .arg(folder)
        .args([
            "--framework",
            "kubernetes",
            "--output",
            "json",
            "--quiet",
            "--compact",
        ])
        // Nothing is sent anywhere.
        .env("CKV_IGNORE_HIDDEN_DIRECTORIES", "false")
        .output()
        .expect("checkov runs");
    let report: Value = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&output.stderr)));
    assert_eq!(report["summary"]["skipped"], 0, "nothing is excused");
    assert_eq!(report["summary"]["parsing_errors"], 0);
    let failed = list(&report["results"]["failed_checks"])
        .iter()
        .map(|check| {
            format!(
                "{} {} {}",
                text(check, "/file_path"),
                text(check, "/check_id"),
                text(check, "/resource")
            )
        });
    (
        failed.collect(),
        report["summary"]["passed"].as_u64().unwrap_or_default(),
    )
}

fn write(folder: &std::path::Path, name: &str, objects: &[Object]) {
    let mut yaml = String::new();
    for object in objects {
        // JSON is YAML.
        writeln!(yaml, "---\n{}", object.0).expect("a text takes everything");
    }
    fs::write(folder.join(format!("{name}.yaml")), yaml).expect("a file can be written");
}

#[test]
#[ignore = "needs kubectl and checkov: cargo xtask test"]
fn checkov_finds_nothing_in_any_overlay_or_combination_and_is_asked_for_everything() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut by_origin: BTreeMap<String, Vec<Object>> = BTreeMap::new();
    for (from, object) in distinct_objects() {
        by_origin
            .entry(from)
            .or_default()
            .push(with_digests(object));
    }
    for (from, objects) in by_origin {
        write(folder.path(), &from, &objects);
    }
    let (failed, passed) = checkov(folder.path());
    crate::none("checkov", &failed);
    assert!(passed > 2000, "{passed} checks passed");
}

#[test]
#[ignore = "needs kubectl and checkov: cargo xtask test"]
fn checkov_finds_a_privileged_container_and_an_image_without_digest() {
    let mut objects = render::overlay("headless-mysql");
    let bot = objects
        .iter_mut()
        .find(|one| one.kind() == "Deployment")
        .expect("one");
    bot.0["spec"]["template"]["spec"]["containers"][0]["securityContext"]["privileged"] =
        true.into();
    let folder = tempfile::tempdir().expect("a folder");
    write(folder.path(), "wrong", &objects);
    let (failed, _) = checkov(folder.path());
    let failed = failed.join("\n");
    assert!(failed.contains("CKV_K8S_16"), "{failed}");
    assert!(failed.contains("CKV_K8S_43"), "{failed}");
}

/// The different configurations of nginx in all overlays, each with the name of an overlay that has it.
fn nginx_configurations() -> Vec<(String, Object)> {
    let mut found: Vec<(String, Object)> = Vec::new();
    for overlay in render::overlays() {
        for map in of(&render::overlay(&overlay), "ConfigMap") {
            let known = found
                .iter()
                .any(|(_, one)| one.get("/data") == map.get("/data"));
            if map.name().starts_with("nginx-config") && !known {
                found.push((overlay.clone(), map.clone()));
            }
        }
    }
    found
}

#[test]
#[ignore = "needs kubectl, nginx and gixy: cargo xtask test"]
fn nginx_loads_the_configuration_of_every_overlay_and_gixy_finds_nothing_in_it() {
    let configurations = nginx_configurations();
    assert_eq!(
        configurations.len(),
        4,
        "as everywhere, on GKE, with TLS, behind Istio"
    );
    for (overlay, map) in configurations {
        let folder = tempfile::tempdir().expect("a folder");
        nginx::write(folder.path(), &map, nginx::free_address(), &[]);
        let tested = nginx::command(folder.path())
            .arg("-t")
            .output()
            .expect("nginx runs");
        let said = String::from_utf8_lossy(&tested.stderr);
        assert!(tested.status.success(), "{overlay}: {said}");
        assert!(!said.contains("[warn]"), "{overlay}: {said}");
        let scanned = Command::new(tools::python().join("bin/gixy-next"))
            .args(["--format", "json"])
            .arg(folder.path().join("nginx.conf"))
            .output()
            .expect("gixy runs");
        let report = String::from_utf8_lossy(&scanned.stdout);
        let issues: Value =
            serde_json::from_str(&report).unwrap_or_else(|error| panic!("{error}: {report}"));
        assert!(
            issues.as_array().is_some_and(Vec::is_empty),
            "{overlay}: {report}"
        );
    }
}
