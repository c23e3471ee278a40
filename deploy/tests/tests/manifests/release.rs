//! What happens when the next release is applied over this one.

use crate::none;
use deploy_tests::object::{Object, find, of, text};
use deploy_tests::{problems, render};
use serde_json::{Value, json};
use std::fs;
use std::process::Command;

fn release(image: &str) -> Vec<Object> {
    render::text(&format!(
        "
resources: [DEPLOY/base]
namespace: linebot
components:
  - DEPLOY/components/mysql
  - DEPLOY/components/migrate
  - DEPLOY/components/autoscaling
transformers: [DEPLOY/components/migrate/release]
images:
  - name: linebot-nginx
    newTag: 1.0.0
{image}"
    ))
}

fn job(objects: &[Object]) -> &Object {
    of(objects, "Job").next().expect("the migration")
}

#[test]
#[ignore = "needs kubectl: cargo xtask test"]
fn every_release_has_a_migration_of_its_own_because_a_job_cannot_be_changed() {
    let first =
        release("  - {name: app-server, newName: localhost:5000/app-server, newTag: 1.0.0}");
    let second =
        release("  - {name: app-server, newName: localhost:5000/app-server, newTag: 4f5d2c1}");
    assert_eq!(job(&first).name(), "linebot-migrate-1.0.0");
    assert_eq!(job(&second).name(), "linebot-migrate-4f5d2c1");
    none("the second release", &problems(&second));
}

#[test]
#[ignore = "needs kubectl: cargo xtask test"]
fn a_digest_beside_the_tag_pins_the_image_and_does_not_disturb_the_name() {
    let digest = format!("sha256:{}", "0123456789abcdef".repeat(4));
    let objects = release(&format!(
        "  - {{name: app-server, newTag: 1.0.1, digest: \"{digest}\"}}"
    ));
    assert_eq!(job(&objects).name(), "linebot-migrate-1.0.1");
    let image = text(&job(&objects).0, "/spec/template/spec/containers/0/image");
    assert_eq!(image, format!("app-server:1.0.1@{digest}"));
    none("a release by digest", &problems(&objects));
}

#[test]
#[ignore = "needs kubectl: cargo xtask test"]
fn a_digest_without_a_tag_is_found() {
    let digest = format!("sha256:{}", "0123456789abcdef".repeat(4));
    let objects = release(&format!("  - {{name: app-server, digest: \"{digest}\"}}"));
    let found = problems(&objects).join("\n");
    assert!(found.contains("not a valid name"), "{found}");
}

#[test]
#[ignore = "needs kubectl: cargo xtask test"]
fn a_changed_setting_rolls_the_bot_and_leaves_the_migration_alone() {
    let image = "  - {name: app-server, newTag: 1.0.0}\n";
    let changed = format!(
        "{image}configMapGenerator:\n  - name: app-config\n    behavior: merge\n    literals: [LINEBOT_LANGUAGE=en]\n"
    );
    let (first, second) = (release(image), release(&changed));
    let settings = |objects: &[Object]| {
        let bot = of(objects, "Deployment")
            .find(|one| one.name() == "app-server")
            .expect("the bot");
        text(
            &bot.0,
            "/spec/template/spec/containers/0/envFrom/0/configMapRef/name",
        )
        .to_owned()
    };
    assert_ne!(settings(&first), settings(&second));
    assert_eq!(job(&first).0, job(&second).0);
}

/// What the API server refuses to change in an object that exists.
fn fixed(object: &Object) -> Value {
    let spec = object.get("/spec");
    match object.kind() {
        "Job" | "PersistentVolume" | "PersistentVolumeClaim" => spec.clone(),
        "Deployment" => spec["selector"].clone(),
        "Service" => spec["clusterIP"].clone(),
        "StorageClass" => object.0.clone(),
        "StatefulSet" => {
            let mut spec = spec.clone();
            let fields = spec.as_object_mut().expect("a map");
            for field in [
                "minReadySeconds",
                "persistentVolumeClaimRetentionPolicy",
                "replicas",
                "revisionHistoryLimit",
                "template",
                "updateStrategy",
            ] {
                fields.remove(field);
            }
            spec
        }
        _ => Value::Null,
    }
}

/// What would be refused if `next` were applied over `first`.
fn refused(first: &[Object], next: &[Object]) -> Vec<String> {
    let changed = next.iter().filter(|object| {
        find(first, object.kind(), object.name()).is_some_and(|old| fixed(old) != fixed(object))
    });
    changed
        .map(|object| format!("{}: field is immutable", object.title()))
        .collect()
}

/// An overlay of the next release: other images and another setting of the bot, of nginx and of MySQL.
fn next_release(overlay: &str) -> Vec<Object> {
    let folder = tempfile::tempdir().expect("a folder");
    let copied = Command::new("cp")
        .arg("-r")
        .arg(render::manifests())
        .arg(folder.path())
        .status();
    assert!(copied.expect("cp runs").success());
    let root = folder.path().join("k8s");
    let overlays = fs::read_dir(root.join("overlays")).expect("the overlays");
    let mut changes: Vec<_> = overlays
        .map(|one| one.expect("an entry").path().join("kustomization.yaml"))
        .map(|file| (file, "newTag: 1.0.0", "newTag: 1.1.0"))
        .collect();
    for (file, from, to) in [
        ("base/app/app.env", "RUST_LOG=info", "RUST_LOG=warn"),
        (
            "base/web/nginx.conf",
            "worker_connections 2048",
            "worker_connections 1024",
        ),
        (
            "components/mysql/my.cnf",
            "max_connections = 120",
            "max_connections = 130",
        ),
    ] {
        changes.push((root.join(file), from, to));
    }
    for (file, from, to) in changes {
        let text = fs::read_to_string(&file).expect("a file");
        fs::write(&file, text.replace(from, to)).expect("a file");
    }
    render::folder(&root.join("overlays").join(overlay))
}

#[test]
#[ignore = "needs kubectl: cargo xtask test"]
fn the_next_release_of_every_overlay_can_be_applied_over_this_one() {
    for overlay in render::overlays() {
        let (first, next) = (render::overlay(&overlay), next_release(&overlay));
        none(&overlay, &refused(&first, &next));
        let names = |objects: &[Object]| {
            let mut names: Vec<String> = objects.iter().map(Object::title).collect();
            names.sort();
            names
        };
        // Of three ConfigMaps the names change with their content, and the Job's with the release.
        assert_ne!(names(&first), names(&next), "{overlay}");
    }
}

#[test]
#[ignore = "needs kubectl: cargo xtask test"]
fn a_change_that_is_refused_is_found() {
    let first = render::overlay("gke-ingress");
    for (kind, pointer, to) in [
        (
            "Job",
            "/spec/template/spec/containers/0/image",
            json!("app-server:2"),
        ),
        ("StatefulSet", "/spec/serviceName", json!("other")),
        (
            "StatefulSet",
            "/spec/volumeClaimTemplates/0/spec/storageClassName",
            json!("other"),
        ),
        (
            "Deployment",
            "/spec/selector/matchLabels/app",
            json!("other"),
        ),
        (
            "PersistentVolumeClaim",
            "/spec/accessModes",
            json!(["ReadWriteMany"]),
        ),
        ("StorageClass", "/parameters/type", json!("pd-ssd")),
    ] {
        let mut next = first.clone();
        let object = next.iter_mut().find(|object| object.kind() == kind);
        let object = object.expect("it is there");
        *object.0.pointer_mut(pointer).expect("a place") = to;
        assert_eq!(refused(&first, &next).len(), 1, "{kind} {pointer}");
    }
}
