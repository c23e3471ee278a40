//! How compose.yaml is written.

use deploy_tests::containers::{succeeded, tool};
use deploy_tests::tools::root;
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// A digest that nobody looked up is never written down: it comes with a release.
const DIGEST_MISSING: &str = "CL-0019";

fn file() -> Value {
    let text = fs::read_to_string(root().join("compose.yaml")).expect("compose.yaml");
    serde_saphyr::from_str(&text).expect("YAML")
}

fn services() -> Map<String, Value> {
    let services = file()["services"].as_object().expect("services").clone();
    assert!(services.len() >= 5, "{services:?}");
    services
}

#[test]
fn the_three_tiers_have_the_names_they_have_on_kubernetes() {
    let services = services();
    for name in ["linebot-nginx", "app-server", "mysql-db", "migrate"] {
        assert!(services.contains_key(name), "{name}");
        assert_eq!(
            services[name].get("profiles"),
            None,
            "{name} is always there"
        );
    }
    assert_eq!(services["simulator"]["profiles"], json!(["simulator"]));
}

#[test]
fn only_nginx_and_the_chat_page_are_published_and_only_on_this_machine() {
    let mut published = BTreeSet::new();
    for (name, service) in services() {
        for port in service["ports"].as_array().into_iter().flatten() {
            let port = port.as_str().expect("a port as text");
            assert!(port.starts_with("127.0.0.1:"), "{name}: {port}");
            published.insert(name.clone());
        }
        assert_ne!(service["network_mode"], "host", "{name}");
    }
    let wanted = ["linebot-nginx", "simulator"].map(str::to_owned);
    assert_eq!(published, BTreeSet::from(wanted));
}

#[test]
fn nobody_but_the_bot_and_what_belongs_to_it_is_in_the_network_of_the_database() {
    assert_eq!(file()["networks"]["database"]["internal"], true);
    let inside: BTreeSet<String> = services()
        .into_iter()
        .filter(|(_, service)| {
            let networks = service["networks"].as_array();
            networks.is_some_and(|networks| networks.contains(&json!("database")))
        })
        .map(|(name, _)| name)
        .collect();
    let wanted = ["app-server", "backup", "migrate", "mysql-db"].map(str::to_owned);
    assert_eq!(inside, BTreeSet::from(wanted));
}

#[test]
fn no_container_has_more_than_it_needs() {
    for (name, service) in services() {
        assert_eq!(service["read_only"], true, "{name}");
        assert_eq!(service["cap_drop"], json!(["ALL"]), "{name}");
        assert_eq!(
            service["security_opt"],
            json!(["no-new-privileges:true"]),
            "{name}"
        );
        assert_eq!(service.get("privileged"), None, "{name}");
        let user = service["user"].as_str().unwrap_or("0:0");
        assert!(!user.starts_with("0:"), "{name} is {user}");
        let limits = &service["deploy"]["resources"]["limits"];
        for limit in ["cpus", "memory", "pids"] {
            assert!(!limits[limit].is_null(), "{name} has no limit of {limit}");
        }
    }
}

#[test]
fn whoever_stays_has_a_health_check_and_time_to_stop() {
    for (name, service) in services() {
        let stays = service["restart"] == "unless-stopped";
        let check = &service["healthcheck"];
        if stays {
            assert!(check["test"].is_array(), "{name}");
            assert!(service["stop_grace_period"].is_string(), "{name}");
        } else {
            assert_eq!(check["disable"], true, "{name} ends by itself");
        }
    }
}

#[test]
fn secrets_are_files_and_every_file_is_used() {
    let file = file();
    let secrets = file["secrets"].as_object().expect("secrets");
    let mut used = BTreeSet::new();
    for (name, service) in services() {
        for secret in service["secrets"].as_array().into_iter().flatten() {
            let source = secret["source"].as_str().expect("a source");
            assert!(secrets.contains_key(source), "{name}: {source}");
            used.insert(source.to_owned());
        }
        for (variable, value) in service["environment"].as_object().into_iter().flatten() {
            let secret = ["SECRET", "TOKEN", "PASSWORD"]
                .iter()
                .any(|word| variable.contains(word));
            assert!(
                !secret || variable.ends_with("_FILE"),
                "{name}: {variable}={value}"
            );
            // What a `…_FILE` names is mounted.
            if let Some(path) = value.as_str().filter(|_| variable.ends_with("_FILE")) {
                let mounted = service["secrets"].as_array().into_iter().flatten();
                assert!(
                    mounted.into_iter().any(|secret| secret["target"] == path),
                    "{name}: {path}"
                );
            }
        }
    }
    assert_eq!(used, secrets.keys().cloned().collect());
    for (name, secret) in secrets {
        let path = format!("deploy/compose/private/secrets/{name}");
        assert_eq!(secret["file"], Value::String(path), "{name}");
    }
}

#[test]
fn every_file_it_mounts_is_there() {
    for (name, service) in services() {
        for volume in service["volumes"].as_array().into_iter().flatten() {
            let volume = volume.as_str().expect("a volume as text");
            let source = volume.split(':').next().unwrap_or_default();
            let made_by_prepare = source.contains("/private/");
            if source.starts_with("./") && !made_by_prepare {
                assert!(root().join(source).exists(), "{name}: {source}");
            }
        }
        for path in service["env_file"].as_array().into_iter().flatten() {
            let path = path.as_str().expect("a path");
            assert!(root().join(path).exists(), "{name}: {path}");
        }
    }
}

/// The numbers of nginx are explained once, in the base; Compose changes how the bot is found, and nothing else.
#[test]
fn the_upstream_of_compose_has_the_numbers_of_kubernetes() {
    let settings = |path: &str| -> BTreeSet<String> {
        let text = fs::read_to_string(root().join(path)).expect(path);
        let lines = text.lines().map(str::trim);
        lines
            .filter(|line| !line.is_empty() && !line.starts_with('#'))
            .map(|line| line.replace(" resolve", ""))
            .collect()
    };
    let mut compose = settings("deploy/compose/upstream.conf");
    for own in ["include /tmp/resolver.conf;", "zone app 64k;"] {
        assert!(compose.remove(own), "{own}");
    }
    assert_eq!(compose, settings("deploy/k8s/base/web/upstream.conf"));
}

#[test]
#[ignore = "needs compose-lint: cargo xtask test"]
fn compose_lint_misses_nothing_but_digests() -> anyhow::Result<()> {
    // Elsewhere: it complains of every file mounted from a repository in root's home.
    let elsewhere = tempfile::tempdir()?;
    let settings = Path::new("deploy/k8s/base/app");
    fs::create_dir_all(elsewhere.path().join(settings))?;
    for file in [Path::new("compose.yaml"), &settings.join("app.env")] {
        fs::copy(root().join(file), elsewhere.path().join(file))?;
    }
    let mut lint = tool("compose-lint", &["--format", "json", "compose.yaml"])?;
    let report = succeeded(lint.current_dir(elsewhere.path()))?;
    let report: Value = serde_json::from_str(&report)?;
    let findings = report["findings"].as_array().expect("findings");
    assert!(
        !findings.is_empty(),
        "digests are missing on purpose: {report}"
    );
    for finding in findings {
        assert_eq!(finding["rule_id"], DIGEST_MISSING, "{finding}");
    }
    Ok(())
}
