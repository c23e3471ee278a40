//! What happens when the next release is applied over this one.

use crate::none;
use deploy_tests::object::{Object, of, text};
use deploy_tests::{problems, render};

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
