//! YAML at large; Skaffold, Argo CD and Flux: fields that exist, names that lead somewhere.

use crate::documents::OVERLAYS;
use crate::files::{parse_yaml, root, under, yaml};
use serde_json::Value;
use std::collections::BTreeSet;

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
    "deploy.kubectl.flags.apply[]",
    "deploy.statusCheckDeadlineSeconds",
    "verify[].name",
    "verify[].container.name",
    "verify[].container.image",
    "verify[].container.args[]",
    "verify[].executionMode.kubernetesCluster",
    "profiles[].name",
    "profiles[].activation[].kubeContext",
    "profiles[].verify[].name",
    "profiles[].verify[].container.name",
    "profiles[].verify[].container.image",
    "profiles[].verify[].container.args[]",
    "profiles[].verify[].executionMode.kubernetesCluster",
    "profiles[].build.googleCloudBuild.machineType",
    "profiles[].build.googleCloudBuild.logging",
    "profiles[].manifests.kustomize.paths[]",
    "profiles[].patches[].op",
    "profiles[].patches[].path",
    "profiles[].patches[].value",
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

pub(crate) fn unknown_fields(document: &Value, known: &[&str]) -> Vec<String> {
    let mut found = BTreeSet::new();
    paths(document, "", &mut found);
    found
        .into_iter()
        .filter(|path| !known.contains(&path.as_str()))
        .collect()
}

pub(crate) fn text<'a>(value: &'a Value, path: &str) -> &'a str {
    let pointer = value.pointer(path);
    pointer
        .and_then(Value::as_str)
        .unwrap_or_else(|| panic!("{path} in {value}"))
}

/// An image with an exact version: three numbers, whatever follows.
pub(crate) fn has_exact_version(image: &str) -> bool {
    image.rsplit_once(':').is_some_and(|(_, tag)| {
        let tag = tag.trim_start_matches('v');
        let numbers = tag.split(['.', '-']).take(3);
        numbers.clone().count() == 3
            && numbers
                .into_iter()
                .all(|number| number.parse::<u32>().is_ok())
    })
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
    // Skaffold looks for these in what it rendered, by the whole name.
    assert_eq!(images, named_in("local"));
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
    for profile in profiles.iter().filter(|profile| profile["name"] != "local") {
        let patches = profile["patches"].as_array().expect("patches");
        let values: Vec<&str> = patches.iter().map(|patch| text(patch, "/value")).collect();
        assert_eq!(values, named_in(text(profile, "/name")));
    }
    for part in profiles.iter().chain([skaffold]) {
        // A list in a profile takes the place of the one for all.
        let checks = part.get("verify").unwrap_or(&skaffold["verify"]);
        let checks = checks.as_array().expect("checks");
        assert!(!checks.is_empty());
        // What is not in the mesh reaches nothing in it but the gateway.
        let in_mesh = part["name"] == "istio";
        for check in checks {
            assert!(
                has_exact_version(text(check, "/container/image")),
                "{check}"
            );
            let arguments = check["container"]["args"].to_string();
            assert_eq!(
                arguments.contains("istio-ingressgateway.istio-system"),
                in_mesh,
                "{check}"
            );
        }
    }
}

/// What the two images are called in an overlay.
fn named_in(overlay: &str) -> Vec<String> {
    let file = format!("deploy/k8s/overlays/{overlay}/kustomization.yaml");
    let kustomization = &yaml(&file).expect("YAML")[0];
    let images = kustomization["images"].as_array().expect("images");
    images
        .iter()
        .map(|image| text(image, "/newName").to_owned())
        .collect()
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
