//! What stands behind `cargo` in the papers.

use crate::pages::{self, root};
use serde_json::Value;
use std::process::Command;
use std::sync::LazyLock;

/// What cargo knows about the workspace.
static METADATA: LazyLock<Value> = LazyLock::new(|| {
    let text = output(&[
        "metadata",
        "--no-deps",
        "--format-version",
        "1",
        "--offline",
    ]);
    serde_json::from_str(&text).expect("cargo metadata is JSON")
});

fn output(arguments: &[&str]) -> String {
    let output = Command::new(env!("CARGO"))
        .args(arguments)
        .current_dir(root())
        .output()
        .expect("cargo runs");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "cargo {arguments:?}: {errors}");
    String::from_utf8(output.stdout).expect("cargo writes text")
}

fn packages() -> &'static [Value] {
    METADATA["packages"].as_array().expect("a list of packages")
}

fn package(name: &str) -> Option<&'static Value> {
    packages().iter().find(|package| package["name"] == name)
}

fn has_target(package: &Value, kind: &str, name: &str) -> bool {
    let targets = package["targets"].as_array().expect("a list of targets");
    targets
        .iter()
        .any(|target| target["kind"][0] == kind && target["name"] == name)
}

/// Fails unless everything that `line` names exists: the command, packages, tests, chores and what is passed to them.
pub(crate) fn check(line: &str) {
    let words: Vec<&str> = line.split_whitespace().collect();
    let known = match words.get(1) {
        Some(&"xtask") => {
            let chore = words
                .get(2)
                .unwrap_or_else(|| panic!("{line}: which chore?"));
            // `help`, because a chore may pass on `--help`.
            output(&["run", "--quiet", "--package", "xtask", "--", "help", chore])
        }
        Some(command) => {
            assert!(
                output(&["--list"]).contains(command),
                "{line}: no such command"
            );
            output(&[command, "--help"])
        }
        None => panic!("{line}: which command?"),
    };
    let (mut last_package, mut before) = (None, "");
    for word in words.iter().skip(if words[1] == "xtask" { 3 } else { 2 }) {
        match before {
            "-p" | "--package" => {
                last_package = package(word);
                assert!(last_package.is_some(), "{line}: no package {word}");
            }
            "--test" => {
                let package = last_package.unwrap_or_else(|| panic!("{line}: of which package?"));
                assert!(has_target(package, "test", word), "{line}: no test {word}");
            }
            "--path" => assert!(root().join(word).join("Cargo.toml").exists(), "{line}"),
            _ if ["-p", "--test"].contains(word) => {}
            _ => assert!(known.contains(word), "{line}: {word} is not known"),
        }
        before = word;
    }
}

#[test]
fn every_cargo_command_named_in_the_text_exists() {
    for page in pages::all() {
        for span in page.spans() {
            if span.starts_with("cargo ") {
                check(&span);
            }
        }
    }
}

#[test]
fn cargo_run_starts_the_bot_and_nothing_else() {
    let members = METADATA["workspace_default_members"]
        .as_array()
        .expect("a list of members");
    let programs: Vec<&str> = packages()
        .iter()
        .filter(|package| members.contains(&package["id"]))
        .flat_map(|package| package["targets"].as_array().expect("a list of targets"))
        .filter(|target| target["kind"][0] == "bin")
        .filter_map(|target| target["name"].as_str())
        .collect();
    assert_eq!(programs, ["linebot"]);
}
