//! The arrows between crates point one way.

use std::collections::BTreeMap;
use std::process::Command;

/// Who may depend on whom. Growing this table is an architectural decision: say why in `docs/adr/`.
const ALLOWED: &[(&str, &[&str])] = &[
    ("todo", &[]),
    ("line", &[]),
    ("simulator", &[]),
    ("storage", &["todo"]),
    ("storage-sqlite", &["storage", "todo"]),
    ("storage-mysql", &["storage", "todo"]),
    ("bot", &["line", "storage", "todo"]),
    ("server", &["bot", "line", "storage"]),
    (
        "linebot",
        &[
            "bot",
            "line",
            "server",
            "simulator",
            "storage",
            "storage-mysql",
            "storage-sqlite",
            "todo",
        ],
    ),
    ("xtask", &[]),
    (
        "bench",
        &[
            "bot",
            "line",
            "server",
            "simulator",
            "storage",
            "storage-mysql",
            "storage-sqlite",
            "todo",
        ],
    ),
    ("e2e", &["simulator"]),
    ("deploy-tests", &["e2e", "line", "simulator"]),
];

fn dependencies() -> BTreeMap<String, Vec<String>> {
    let output = Command::new(env!("CARGO"))
        .args([
            "metadata",
            "--no-deps",
            "--format-version",
            "1",
            "--offline",
        ])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .expect("cargo runs");
    let metadata: serde_json::Value =
        serde_json::from_slice(&output.stdout).expect("cargo metadata is JSON");
    let packages = metadata["packages"].as_array().expect("a list of packages");
    let names: Vec<&str> = packages
        .iter()
        .filter_map(|package| package["name"].as_str())
        .collect();
    packages
        .iter()
        .map(|package| {
            let ours = package["dependencies"]
                .as_array()
                .expect("a list of dependencies")
                .iter();
            // A crate's tests may look anywhere.
            let ours = ours.filter(|dependency| dependency["kind"].as_str() != Some("dev"));
            let ours = ours
                .filter_map(|dependency| dependency["name"].as_str())
                .filter(|name| names.contains(name));
            (
                package["name"].as_str().unwrap_or_default().to_owned(),
                ours.map(str::to_owned).collect(),
            )
        })
        .collect()
}

#[test]
fn no_arrow_between_crates_points_back() {
    let allowed: BTreeMap<_, _> = ALLOWED.iter().copied().collect();
    for (name, dependencies) in dependencies() {
        let allowed = allowed
            .get(name.as_str())
            .unwrap_or_else(|| panic!("{name} is not in the table of this test"));
        for dependency in dependencies {
            assert!(
                allowed.contains(&dependency.as_str()),
                "{name} must not depend on {dependency}"
            );
        }
    }
}

#[test]
fn the_pure_core_knows_no_runtime_no_database_and_no_line() {
    let output = Command::new(env!("CARGO"))
        .args([
            "tree",
            "--package",
            "todo",
            "--edges",
            "normal",
            "--prefix",
            "none",
            "--offline",
        ])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .expect("cargo runs");
    let tree = String::from_utf8_lossy(&output.stdout);
    assert!(
        tree.contains("fluent"),
        "the tree was not printed: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    for banned in [
        "tokio ",
        "hyper ",
        "axum ",
        "sqlx",
        "rusqlite",
        "async-trait ",
    ] {
        assert!(!tree.contains(banned), "todo depends on {banned}");
    }
}
