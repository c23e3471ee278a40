//! What is in the images, and what is not.

use deploy_tests::containers::{ended, podman, succeeded};
use deploy_tests::tools::root;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::process::Command;
use tempfile::TempDir;

const APP: &str = "app-server:local";
const NGINX: &str = "linebot-nginx:local";

/// 20 MB, of which the program has 15.
const LARGEST: u64 = 20_000_000;

fn inspect(image: &str) -> anyhow::Result<Value> {
    let told = succeeded(&mut podman(&["image", "inspect", image])?)?;
    Ok(serde_json::from_str::<Value>(&told)?[0].clone())
}

/// The layers of an image, each as `tar` lists it: mode, owner, size, time and path of every file.
fn layers(image: &str) -> anyhow::Result<Vec<Vec<String>>> {
    let folder = TempDir::new()?;
    let saved = folder.path().join("image");
    succeeded(
        podman(&["save", "--quiet", "--format", "oci-dir", "--output"])?
            .arg(&saved)
            .arg(image),
    )?;
    let blob = |digest: &Value| {
        let digest = digest["digest"].as_str().unwrap_or_default();
        saved.join("blobs").join(digest.replace(':', "/"))
    };
    let read = |path: &Path| anyhow::Ok(serde_json::from_slice::<Value>(&fs::read(path)?)?);
    let index = read(&saved.join("index.json"))?;
    let manifest = read(&blob(&index["manifests"][0]))?;
    let layers = manifest["layers"].as_array().expect("an image has layers");
    layers
        .iter()
        .map(|layer| {
            let mut tar = Command::new("tar");
            tar.args([
                "--list",
                "--verbose",
                "--numeric-owner",
                "--full-time",
                "--utc",
                "--file",
            ])
            .arg(blob(layer));
            Ok(succeeded(&mut tar)?.lines().map(str::to_owned).collect())
        })
        .collect()
}

fn path(listed: &str) -> &str {
    listed.rsplit(' ').next().unwrap_or_default()
}

#[test]
#[ignore = "needs podman and the images: cargo xtask test"]
fn the_image_of_the_bot_is_one_program_and_certificates_and_nothing_else() -> anyhow::Result<()> {
    let layers = layers(APP)?;
    assert_eq!(layers.len(), 1, "{layers:?}");
    let paths: Vec<&str> = layers[0].iter().map(|file| path(file)).collect();
    assert_eq!(
        paths,
        [
            "etc/",
            "etc/ssl/",
            "etc/ssl/certs/",
            "etc/ssl/certs/ca-certificates.crt",
            "linebot"
        ]
    );
    let modes: BTreeMap<&str, &str> = layers[0]
        .iter()
        .map(|file| (path(file), &file[..10]))
        .collect();
    assert_eq!(modes["linebot"], "-r-xr-xr-x");
    assert_eq!(modes["etc/ssl/certs/ca-certificates.crt"], "-r--r--r--");
    for file in &layers[0] {
        assert!(file.contains(" 0/0 "), "nobody's but root's: {file}");
    }
    Ok(())
}

#[test]
#[ignore = "needs podman and the images: cargo xtask test"]
fn the_image_of_the_bot_is_small_and_runs_as_nobody() -> anyhow::Result<()> {
    let image = inspect(APP)?;
    let size = image["Size"].as_u64().expect("a size");
    assert!(size <= LARGEST, "{size} bytes");
    let config = &image["Config"];
    assert_eq!(config["User"], "65532:65532");
    assert_eq!(config["Entrypoint"], serde_json::json!(["/linebot"]));
    assert_eq!(config["Cmd"], serde_json::json!(["serve"]));
    let labels = &config["Labels"];
    assert_eq!(
        labels["org.opencontainers.image.version"],
        env!("CARGO_PKG_VERSION")
    );
    let revision = labels["org.opencontainers.image.revision"].as_str();
    assert!(
        revision.is_some_and(|revision| revision.len() >= 40),
        "{labels}"
    );
    Ok(())
}

#[test]
#[ignore = "needs podman and the images: cargo xtask test"]
fn the_program_needs_nothing_around_it() -> anyhow::Result<()> {
    let alone = [
        "run",
        "--rm",
        "--read-only",
        "--network=none",
        "--cap-drop=all",
    ];
    let said = succeeded(podman(&alone)?.args([APP, "--version"]))?;
    assert_eq!(said, format!("linebot {}\n", env!("CARGO_PKG_VERSION")));
    for shell in ["/bin/sh", "/bin/bash", "sh", "/busybox/sh"] {
        let refused = ended(podman(&alone)?.args(["--entrypoint", shell, APP, "-c", "true"]))?;
        // As shells do: there is no such command.
        assert_eq!(refused.status.code(), Some(127), "{shell}: {refused:?}");
    }
    Ok(())
}

#[test]
#[ignore = "needs podman and the images: cargo xtask test"]
fn we_add_to_nginx_its_configuration_and_nothing_else() -> anyhow::Result<()> {
    let written = fs::read_to_string(root().join("deploy/images/nginx.Containerfile"))?;
    let base = written.lines().find_map(|line| line.strip_prefix("FROM "));
    let base = base.expect("a base");
    let added = succeeded(&mut podman(&["image", "diff", NGINX, base])?)?;
    // Folders change when something is put into them.
    let files: BTreeSet<&str> = added
        .lines()
        .filter(|line| !["C /etc", "C /etc/nginx"].contains(line))
        .map(|line| line.trim_start_matches(['A', 'C', ' ']))
        .collect();
    let wanted = ["listen", "nginx", "real-ip", "upstream"];
    let wanted = wanted.map(|name| format!("/etc/nginx/{name}.conf"));
    assert_eq!(files, wanted.iter().map(String::as_str).collect());
    let config = &inspect(NGINX)?["Config"];
    assert_eq!(config["User"], "10101:10101");
    assert_eq!(config["StopSignal"], "SIGQUIT");
    assert_eq!(
        config["Entrypoint"],
        serde_json::json!(["nginx", "-g", "daemon off;"])
    );
    Ok(())
}

#[test]
#[ignore = "needs podman and the images: cargo xtask test"]
fn nginx_takes_its_configuration_as_nobody_on_a_read_only_root() -> anyhow::Result<()> {
    let mut check = podman(&["run", "--rm", "--read-only", "--read-only-tmpfs=false"])?;
    check.args(["--cap-drop=all", "--network=none", "--tmpfs=/tmp:mode=1777"]);
    // The bot, whose name is looked up at the start.
    check.args(["--add-host=app-server:127.0.0.1", NGINX, "-t"]);
    let checked = ended(&mut check)?;
    let said = String::from_utf8_lossy(&checked.stderr);
    assert!(checked.status.success(), "{said}");
    assert!(said.contains("test is successful"), "{said}");
    Ok(())
}

#[test]
#[ignore = "needs podman and the images: cargo xtask test"]
fn no_variable_of_an_image_is_a_secret() -> anyhow::Result<()> {
    for image in [APP, NGINX] {
        let config = &inspect(image)?["Config"];
        for variable in config["Env"].as_array().into_iter().flatten() {
            let variable = variable.as_str().unwrap_or_default();
            let (name, _) = variable.split_once('=').unwrap_or((variable, ""));
            assert_eq!(name, "PATH", "{image}");
        }
    }
    Ok(())
}

/// What lies about in the folder of somebody who works on the bot.
const PRIVATE: [&str; 9] = [
    ".env",
    ".git/config",
    "compose.override.yaml",
    "deploy/compose/private/secrets/channel-secret",
    "crates/cli/development.json.db",
    "linebot.db",
    "lists.jsonl",
    "target/debug/linebot",
    "e2e/browser/node_modules/left.pem",
];

#[test]
#[ignore = "needs podman: cargo xtask test"]
fn no_secret_of_the_folder_gets_near_an_image() -> anyhow::Result<()> {
    let folder = TempDir::new()?;
    let wanted = [
        "Cargo.toml",
        "crates/cli/src/main.rs",
        "deploy/k8s/base/web/nginx.conf",
    ];
    for file in PRIVATE.iter().chain(&wanted) {
        let file = folder.path().join(file);
        fs::create_dir_all(file.parent().expect("in a folder"))?;
        fs::write(file, "hunter2")?;
    }
    fs::copy(
        root().join(".dockerignore"),
        folder.path().join(".dockerignore"),
    )?;
    let containerfile = folder.path().join("Containerfile");
    fs::write(&containerfile, "FROM scratch\nCOPY . /\n")?;
    let name = "localhost/linebot-test-context:1";
    succeeded(
        podman(&["build", "--quiet", "--no-cache", "--tag", name, "--file"])?
            .arg(&containerfile)
            .arg(folder.path()),
    )?;
    let layers = layers(name);
    succeeded(&mut podman(&["image", "rm", name])?)?;
    let layers = layers?;
    let files: Vec<&str> = layers
        .iter()
        .flatten()
        .filter(|file| file.starts_with('-'))
        .map(|file| path(file))
        .collect();
    assert_eq!(files, wanted);
    Ok(())
}
