//! Cloud Build, Skaffold, Argo CD and Flux: fields that exist, names that lead somewhere, and what must not be done.

use crate::commands::{gcloud, gcloud_without_account};
use crate::documents::OVERLAYS;
use crate::files::{parse_yaml, root, under, yaml};
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

/// Fields of Skaffold's v4beta13: <https://skaffold.dev/docs/references/yaml/>.
const SKAFFOLD: &[&str] = &[
    "apiVersion",
    "kind",
    "metadata.name",
    "build.artifacts[].image",
    "build.artifacts[].context",
    "build.artifacts[].docker.dockerfile",
    "build.tagPolicy.inputDigest",
    "build.local.useBuildkit",
    "manifests.kustomize.paths[]",
    "deploy.kubectl",
    "deploy.statusCheckDeadlineSeconds",
    "verify[].name",
    "verify[].container.name",
    "verify[].container.image",
    "verify[].container.args[]",
    "verify[].executionMode.kubernetesCluster",
    "profiles[].name",
    "profiles[].activation[].kubeContext",
    "profiles[].build.googleCloudBuild.machineType",
    "profiles[].build.googleCloudBuild.logging",
    "profiles[].manifests.kustomize.paths[]",
];

/// Fields of Argo CD's Application (<https://argo-cd.readthedocs.io/en/stable/operator-manual/application-specification>), and of
/// Flux' `GitRepository` and Kustomization (<https://fluxcd.io/flux/components/>).
const GITOPS: &[&str] = &[
    "apiVersion",
    "kind",
    "metadata.name",
    "metadata.namespace",
    "spec.project",
    "spec.source.repoURL",
    "spec.source.targetRevision",
    "spec.source.path",
    "spec.source.kustomize.patches[].target.kind",
    "spec.source.kustomize.patches[].target.labelSelector",
    "spec.source.kustomize.patches[].patch",
    "spec.destination.server",
    "spec.destination.namespace",
    "spec.syncPolicy.automated.prune",
    "spec.syncPolicy.automated.selfHeal",
    "spec.syncPolicy.retry.limit",
    "spec.interval",
    "spec.retryInterval",
    "spec.timeout",
    "spec.url",
    "spec.ref.branch",
    "spec.prune",
    "spec.wait",
    "spec.path",
    "spec.sourceRef.kind",
    "spec.sourceRef.name",
    "spec.patches[].target.kind",
    "spec.patches[].target.labelSelector",
    "spec.patches[].patch",
];

/// The paths of all values in a document.
fn paths(value: &Value, at: &str, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(fields) if !fields.is_empty() => {
            for (name, value) in fields {
                let path = if at.is_empty() {
                    name.clone()
                } else {
                    format!("{at}.{name}")
                };
                paths(value, &path, found);
            }
        }
        Value::Array(items) => {
            for item in items {
                paths(item, &format!("{at}[]"), found);
            }
        }
        _ => {
            found.insert(at.to_owned());
        }
    }
}

fn unknown_fields(document: &Value, known: &[&str]) -> Vec<String> {
    let mut found = BTreeSet::new();
    paths(document, "", &mut found);
    found
        .into_iter()
        .filter(|path| !known.contains(&path.as_str()))
        .collect()
}

fn text<'a>(value: &'a Value, path: &str) -> &'a str {
    let pointer = value.pointer(path);
    pointer
        .and_then(Value::as_str)
        .unwrap_or_else(|| panic!("{path} in {value}"))
}

/// An image with an exact version: three numbers, whatever follows.
fn has_exact_version(image: &str) -> bool {
    image.rsplit_once(':').is_some_and(|(_, tag)| {
        let tag = tag.trim_start_matches('v');
        let numbers = tag.split(['.', '-']).take(3);
        numbers.clone().count() == 3
            && numbers
                .into_iter()
                .all(|number| number.parse::<u32>().is_ok())
    })
}

/// What is wrong with a Cloud Build configuration.
fn problems_of_build(build: &Value) -> Vec<String> {
    let mut problems = unknown_fields(build, CLOUD_BUILD);
    let account =
        "projects/$PROJECT_ID/serviceAccounts/linebot-delivery@$PROJECT_ID.iam.gserviceaccount.com";
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
fn every_yaml_file_is_read_strictly() {
    let mut seen = 0;
    for path in under("deploy").iter().chain(&["compose.yaml".to_owned()]) {
        let is_yaml =
            path.to_lowercase().ends_with(".yaml") || path.to_lowercase().ends_with(".yml");
        if is_yaml && root().join(path).exists() {
            seen += 1;
            if let Err(error) = yaml(path) {
                panic!("{path}: {error}");
            }
        }
    }
    assert!(seen >= 5, "{seen}");
}

#[test]
fn the_mistakes_of_the_seeds_are_no_yaml_here() {
    for text in [
        "metadata:\n  name: a\n  name: b\n",
        "spec:\naccessModes: - ReadWriteMany\n",
        "steps:\n- name: docker\n    args: ['build']\n",
    ] {
        assert!(parse_yaml(text).is_err(), "{text}");
    }
}

#[test]
fn the_builds_test_first_and_run_as_their_own_account() {
    for path in ["deploy/cloudbuild.yaml", "deploy/cloudbuild-pr.yaml"] {
        let build = &yaml(path).expect("YAML")[0];
        let problems = problems_of_build(build);
        assert!(problems.is_empty(), "{path}: {problems:?}");
    }
}

#[test]
fn a_broken_build_is_found() {
    let text = fs::read_to_string(root().join("deploy/cloudbuild.yaml")).expect("there");
    for (right, wrong) in [
        ("timeout: 7200s", "time_out: 7200s"),
        ("docker:28.5.2-cli", "docker:latest"),
        ("rust:1.95.0-bookworm", "rust:1"),
        (
            "linebot-delivery@$PROJECT_ID.iam",
            "default@$PROJECT_ID.iam",
        ),
        ("CLOUD_LOGGING_ONLY", "GCS_ONLY"),
        ("- .ci/run", "- 'true'"),
        ("deploy/scripts/images", "deploy/scripts/pictures"),
        ("set -eu", "set -u"),
    ] {
        let broken = text.replace(right, wrong);
        assert_ne!(broken, text, "{right} is not there any more");
        let build = &parse_yaml(&broken).expect("YAML")[0];
        assert!(!problems_of_build(build).is_empty(), "{wrong}");
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

#[test]
fn skaffold_builds_what_there_is_for_three_overlays() {
    let skaffold = &yaml("deploy/skaffold.yaml").expect("YAML")[0];
    assert_eq!(unknown_fields(skaffold, SKAFFOLD), Vec::<String>::new());
    assert!(text(skaffold, "/apiVersion").starts_with("skaffold/v4beta"));
    let artifacts = skaffold["build"]["artifacts"]
        .as_array()
        .expect("artifacts");
    let images: Vec<&str> = artifacts
        .iter()
        .map(|artifact| text(artifact, "/image"))
        .collect();
    assert_eq!(images, ["app-server", "linebot-nginx"]);
    for artifact in artifacts {
        assert_eq!(
            artifact["context"], "..",
            "the root of the repository, from deploy/"
        );
        let file = text(artifact, "/docker/dockerfile");
        assert!(file.starts_with("deploy/images/"), "{file}");
        assert!(
            root().join(file).exists() || !root().join("deploy/images").exists(),
            "{file}"
        );
    }
    let profiles = skaffold["profiles"].as_array().expect("profiles");
    let names: Vec<&str> = profiles
        .iter()
        .map(|profile| text(profile, "/name"))
        .collect();
    assert_eq!(names, ["local", "gke-ingress", "istio"]);
    for manifests in profiles
        .iter()
        .chain([skaffold])
        .filter_map(|part| part.get("manifests"))
    {
        overlay_of(
            text(manifests, "/kustomize/paths/0")
                .strip_prefix("k8s/")
                .expect("in k8s/"),
        );
    }
    let checks = skaffold["verify"].as_array().expect("checks");
    assert!(!checks.is_empty());
    for check in checks {
        assert!(
            has_exact_version(text(check, "/container/image")),
            "{check}"
        );
    }
}

/// Fails unless a path ends in an overlay that exists.
fn overlay_of(path: &str) {
    let overlay = path
        .strip_prefix("overlays/")
        .unwrap_or_else(|| panic!("{path}"));
    assert!(OVERLAYS.contains(&overlay), "{path}");
}

#[test]
fn argo_cd_and_flux_follow_the_branch_that_the_pipeline_writes() {
    let build = &yaml("deploy/cloudbuild.yaml").expect("YAML")[0];
    let overlay = format!(
        "deploy/k8s/overlays/{}",
        text(build, "/substitutions/_OVERLAY")
    );
    let argo = &yaml("deploy/gitops/argocd.yaml").expect("YAML")[0];
    let flux = yaml("deploy/gitops/flux.yaml").expect("YAML");
    for document in flux.iter().chain([argo]) {
        assert_eq!(unknown_fields(document, GITOPS), Vec::<String>::new());
    }
    assert_eq!(argo["apiVersion"], "argoproj.io/v1alpha1");
    assert_eq!(text(argo, "/spec/source/targetRevision"), "release");
    assert_eq!(text(argo, "/spec/source/path"), overlay);
    assert_eq!(text(argo, "/spec/destination/namespace"), "linebot");
    let [repository, kustomization] = &flux[..] else {
        panic!("two objects")
    };
    assert_eq!(repository["apiVersion"], "source.toolkit.fluxcd.io/v1");
    assert_eq!(
        kustomization["apiVersion"],
        "kustomize.toolkit.fluxcd.io/v1"
    );
    assert_eq!(text(repository, "/spec/ref/branch"), "release");
    assert_eq!(
        text(repository, "/metadata/name"),
        text(kustomization, "/spec/sourceRef/name")
    );
    assert_eq!(text(kustomization, "/spec/path"), format!("./{overlay}"));
    assert_eq!(
        text(repository, "/spec/url"),
        text(argo, "/spec/source/repoURL")
    );
    for patches in [
        &argo["spec"]["source"]["kustomize"]["patches"],
        &kustomization["spec"]["patches"],
    ] {
        assert_eq!(
            text(patches, "/0/target/labelSelector"),
            "app=linebot-migrate"
        );
        let patch = parse_yaml(text(patches, "/0/patch")).expect("YAML");
        assert_eq!(patch[0][0]["path"], "/spec/ttlSecondsAfterFinished");
    }
}
