//! The bot understands its settings as each overlay gives them.

use deploy_tests::object::{self, Object, Pod, pods};
use deploy_tests::render;
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::{Command, Output};

/// The variables of the bot or its migration, with the files that some of them name in `folder`.
fn variables(objects: &[Object], container: &str, folder: &Path) -> BTreeMap<String, String> {
    let pods = pods(objects);
    let mut containers = pods.iter().flat_map(Pod::containers);
    let container = containers
        .find(|one| one["name"] == container)
        .expect("it is there");
    let mut variables = BTreeMap::new();
    for (name, value) in object::variables(objects, container) {
        let mut value = value.to_owned();
        if name.ends_with("_FILE") {
            let file = folder.join(name);
            let secret = if name.starts_with("DATABASE_URL") {
                "mysql://linebot_app:x@mysql-db:3306/linebot"
            } else {
                "0123456789abcdef0123456789abcdef"
            };
            fs::write(&file, secret).expect("a file can be written");
            value = file.display().to_string();
        }
        variables.insert(name.to_owned(), value);
    }
    variables
}

fn checked(variables: &BTreeMap<String, String>) -> Output {
    Command::new(e2e::process::binary())
        .args(["config", "check"])
        .env_clear()
        .envs(variables)
        .output()
        .expect("it runs")
}

#[test]
#[ignore = "needs kubectl: cargo xtask test"]
fn the_bot_and_its_migration_know_every_setting_in_every_overlay() {
    for overlay in render::overlays() {
        let objects = render::overlay(&overlay);
        let folder = tempfile::tempdir().expect("a folder");
        let bot = variables(&objects, "app-server", folder.path());
        let output = checked(&bot);
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{overlay}: {said}");
        // Podman plays no Job.
        if overlay != "podman" {
            // A migration needs no channel, and the check is that of `serve`.
            let mut migration = variables(&objects, "migrate", folder.path());
            migration.extend(
                bot.into_iter()
                    .filter(|(name, _)| name.starts_with("LINE_")),
            );
            let output = checked(&migration);
            let said = String::from_utf8_lossy(&output.stderr);
            assert!(output.status.success(), "{overlay}: {said}");
        }
    }
}

#[test]
#[ignore = "needs kubectl: cargo xtask test"]
fn a_misspelt_setting_is_found() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut variables = variables(&render::overlay("local"), "app-server", folder.path());
    variables.insert("LINEBOT_LOG_FORMA".to_owned(), "json".to_owned());
    let output = checked(&variables);
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("LINEBOT_LOG_FORMA"));
}
