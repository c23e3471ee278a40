//! `deploy/k8s/secrets.sh` makes what the overlays expect.

use deploy_tests::object::{Object, text};
use deploy_tests::references::MADE_BY_HAND;
use deploy_tests::render::{manifests, parse};
use std::collections::BTreeMap;
use std::process::Command;

fn secrets() -> Vec<Object> {
    let output = Command::new("sh")
        .arg(manifests().join("secrets.sh"))
        .env("LINE_CHANNEL_SECRET", "it's: a \"secret\"")
        .env("LINE_CHANNEL_ACCESS_TOKEN", "a/token+with=signs")
        .output()
        .expect("sh runs");
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    parse(&String::from_utf8_lossy(&output.stdout)).expect("YAML")
}

#[test]
fn the_secrets_made_by_hand_are_those_that_the_overlays_name() {
    let made = secrets();
    let shown: Vec<(&str, Vec<&str>)> = made
        .iter()
        .map(|secret| {
            let data = secret.get("/stringData").as_object().expect("a map");
            (secret.name(), data.keys().map(String::as_str).collect())
        })
        .collect();
    let sorted = |keys: &[&'static str]| {
        let mut keys = keys.to_vec();
        keys.sort_unstable();
        keys
    };
    let expected: Vec<(&str, Vec<&str>)> = MADE_BY_HAND
        .iter()
        .map(|(name, keys)| (*name, sorted(keys)))
        .collect();
    let shown: Vec<(&str, Vec<&str>)> = shown
        .into_iter()
        .map(|(name, mut keys)| {
            keys.sort_unstable();
            (name, keys)
        })
        .collect();
    assert_eq!(shown, expected);
}

#[test]
fn the_channel_comes_through_unharmed_and_no_password_is_there_twice() {
    let made = secrets();
    let secret = |name: &str| {
        made.iter()
            .find(|one| one.name() == name)
            .expect("it is there")
    };
    let channel = secret("line-channel");
    assert_eq!(
        text(&channel.0, "/stringData/channel-secret"),
        "it's: a \"secret\""
    );
    assert_eq!(
        text(&channel.0, "/stringData/channel-access-token"),
        "a/token+with=signs"
    );
    let mut passwords = BTreeMap::new();
    for (name, key) in [
        ("pass-secret", "password"),
        ("mysql-users", "root-password"),
        ("mysql-users", "migrate-password"),
        ("mysql-users", "backup-password"),
        ("mysql-users", "monitor-password"),
    ] {
        let password = text(&secret(name).0, &format!("/stringData/{key}")).to_owned();
        assert_eq!(password.len(), 32, "{key}");
        assert_eq!(passwords.insert(password, key), None, "{key}");
    }
    // The other names of the same things.
    assert_eq!(
        secret("dbsecret").get("/stringData/password"),
        secret("pass-secret").get("/stringData/password")
    );
    let url = text(&secret("pass-secret").0, "/stringData/url");
    assert!(
        url.contains(text(&secret("pass-secret").0, "/stringData/password")),
        "{url}"
    );
}

#[test]
fn without_a_channel_it_says_what_is_missing() {
    let output = Command::new("sh")
        .arg(manifests().join("secrets.sh"))
        .env_remove("LINE_CHANNEL_SECRET")
        .env_remove("LINE_CHANNEL_ACCESS_TOKEN")
        .output()
        .expect("sh runs");
    assert!(!output.status.success());
    assert!(String::from_utf8_lossy(&output.stderr).contains("LINE_CHANNEL_SECRET"));
    assert!(output.stdout.is_empty());
}
