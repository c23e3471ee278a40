//! Cloud Build: fields that exist, names that lead somewhere, and what must not be done.

use crate::documents::OVERLAYS;
use crate::files::{parse_yaml, root, yaml};
use crate::pipelines::{has_exact_version, text, unknown_fields};
use crate::programs::{gcloud, gcloud_without_account};
use crate::workshop::said;
use serde_json::Value;
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use tempfile::TempDir;

/// Fields of a Cloud Build configuration, by their path: <https://cloud.google.com/build/docs/build-config-file-schema>.
const CLOUD_BUILD: &[&str] = &[
    "steps[].id",
    "steps[].name",
    "steps[].args[]",
    "steps[].script",
    "steps[].secretEnv[]",
    "availableSecrets.secretManager[].versionName",
    "availableSecrets.secretManager[].env",
    "substitutions._REGISTRY",
    "substitutions._OVERLAY",
    "substitutions._RELEASE_REPOSITORY",
    "serviceAccount",
    "timeout",
    "options.logging",
    "options.machineType",
    "options.diskSizeGb",
    "options.dynamicSubstitutions",
    "options.automapSubstitutions",
];

/// The builds, and who runs them.
const BUILDS: [(&str, &str); 2] = [
    ("deploy/cloudbuild.yaml", "linebot-delivery"),
    ("deploy/cloudbuild-pr.yaml", "linebot-proposal"),
];

/// What is wrong with a Cloud Build configuration that `account` runs.
fn problems_of_build(build: &Value, account: &str) -> Vec<String> {
    let mut problems = unknown_fields(build, CLOUD_BUILD);
    let account = format!(
        "projects/$PROJECT_ID/serviceAccounts/{account}@$PROJECT_ID.iam.gserviceaccount.com"
    );
    if build["serviceAccount"] != account {
        problems.push("it must run as its own account".to_owned());
    }
    if build["options"]["logging"] != "CLOUD_LOGGING_ONLY" {
        problems.push("an own account logs to Cloud Logging only".to_owned());
    }
    let steps = build["steps"].as_array().cloned().unwrap_or_default();
    if steps
        .first()
        .is_none_or(|step| step["id"] != "test" || !step["args"].to_string().contains(".ci/run"))
    {
        problems.push("the tests come first".to_owned());
    }
    for step in &steps {
        let arguments = step["args"].as_array().cloned().unwrap_or_default();
        let in_container = arguments
            .iter()
            .filter_map(Value::as_str)
            .find(|word| word.starts_with("rust:"));
        for image in step["name"].as_str().into_iter().chain(in_container) {
            if !has_exact_version(image) {
                problems.push(format!("{image} has no exact version"));
            }
        }
        let script = step["script"].as_str().unwrap_or_default();
        for word in script
            .split_whitespace()
            .filter(|word| word.starts_with("deploy/"))
        {
            if !root().join(word).exists() {
                problems.push(format!("there is no {word}"));
            }
        }
        if !script.is_empty() && !script.contains("set -eu") {
            problems.push(format!("{} goes on after an error", step["id"]));
        }
    }
    problems
}

#[test]
fn the_builds_test_first_and_run_as_their_own_account() {
    for (path, account) in BUILDS {
        let build = &yaml(path).expect("YAML")[0];
        let problems = problems_of_build(build, account);
        assert!(problems.is_empty(), "{path}: {problems:?}");
    }
}

#[test]
fn a_broken_build_is_found() {
    let (path, account) = BUILDS[0];
    let text = fs::read_to_string(root().join(path)).expect("there");
    for (right, wrong) in [
        ("timeout: 7200s", "time_out: 7200s"),
        ("docker:28.5.2-cli", "docker:latest"),
        ("rust:1.95.0-bookworm", "rust:1"),
        (
            "linebot-delivery@$PROJECT_ID.iam",
            "linebot-proposal@$PROJECT_ID.iam",
        ),
        ("CLOUD_LOGGING_ONLY", "GCS_ONLY"),
        ("- .ci/run", "- 'true'"),
        ("deploy/scripts/images", "deploy/scripts/pictures"),
        ("set -eu", "set -u"),
    ] {
        let broken = text.replace(right, wrong);
        assert_ne!(broken, text, "{right} is not there any more");
        let build = &parse_yaml(&broken).expect("YAML")[0];
        assert!(!problems_of_build(build, account).is_empty(), "{wrong}");
    }
}

#[test]
fn a_change_on_main_is_tested_built_and_released_in_this_order_and_a_proposal_is_not_released() {
    let steps = |path: &str| -> Vec<(String, String)> {
        let build = &yaml(path).expect("YAML")[0];
        let steps = build["steps"].as_array().expect("steps");
        steps
            .iter()
            .map(|step| (text(step, "/id").to_owned(), step["script"].to_string()))
            .collect()
    };
    let main = steps("deploy/cloudbuild.yaml");
    let ids: Vec<&str> = main.iter().map(|(id, _)| id.as_str()).collect();
    assert_eq!(ids, ["test", "build", "release"]);
    assert!(main[1].1.contains("--push"), "{}", main[1].1);
    assert!(
        main[2]
            .1
            .contains("deploy/scripts/release --commit release"),
        "{}",
        main[2].1
    );
    let proposal = steps("deploy/cloudbuild-pr.yaml");
    let ids: Vec<&str> = proposal.iter().map(|(id, _)| id.as_str()).collect();
    assert_eq!(ids, ["test", "build"]);
    assert!(!proposal[1].1.contains("--push"), "{}", proposal[1].1);
}

#[test]
fn every_substitution_used_is_declared_and_the_other_way_round() {
    let source = fs::read_to_string(root().join("deploy/cloudbuild.yaml")).expect("there");
    let used: BTreeSet<&str> = source
        .split("$_")
        .skip(1)
        .map(|rest| {
            rest.split(|character: char| !character.is_ascii_uppercase() && character != '_')
                .next()
                .unwrap_or("")
        })
        .collect();
    let build = &yaml("deploy/cloudbuild.yaml").expect("YAML")[0];
    let declared: BTreeSet<&str> = build["substitutions"]
        .as_object()
        .expect("substitutions")
        .keys()
        .map(|name| name.trim_start_matches('_'))
        .collect();
    assert_eq!(used, declared);
    assert!(OVERLAYS.contains(&text(build, "/substitutions/_OVERLAY")));
}

#[test]
#[ignore = "needs gcloud to say more than the tests above: cargo xtask test"]
fn gcloud_itself_reads_the_builds() {
    let Some(gcloud) = gcloud() else { return };
    let home = TempDir::new().expect("a folder");
    let submit = |path: &Path| {
        let output = gcloud_without_account(&gcloud, home.path())
            .args(["builds", "submit", "--no-source", "--config"])
            .arg(path)
            .output()
            .expect("gcloud runs");
        said(&output)
    };
    // It names fields that it does not know, before it looks for an account.
    let broken = home.path().join("broken.yaml");
    fs::write(&broken, "steps:\n  - name: docker\n    arguments: []\n").expect("written");
    assert!(submit(&broken).contains("arguments: unused"));
    for path in ["deploy/cloudbuild.yaml", "deploy/cloudbuild-pr.yaml"] {
        let answer = submit(&root().join(path));
        assert!(answer.contains("active account"), "{path}: {answer}");
    }
}
