//! The list of what is in the bot's image.

use deploy_tests::containers::{copy_out, succeeded, tool};
use deploy_tests::tools::{root, variable};
use serde_json::Value;
use std::collections::BTreeSet;
use std::fs;

fn list() -> anyhow::Result<Value> {
    Ok(serde_json::from_slice(&fs::read(variable(
        "LINEBOT_TEST_SBOM",
    )?)?)?)
}

/// The program, out of the image.
pub(crate) fn program() -> anyhow::Result<Vec<u8>> {
    let folder = tempfile::TempDir::new()?;
    copy_out("app-server:local", "linebot", folder.path())?;
    Ok(fs::read(folder.path().join("linebot"))?)
}

/// `name-version` of every crate on the list.
fn listed() -> anyhow::Result<BTreeSet<String>> {
    let list = list()?;
    let packages = list["packages"].as_array().expect("a list of packages");
    let text = |package: &Value, key: &str| package[key].as_str().unwrap_or_default().to_owned();
    Ok(packages
        .iter()
        .map(|package| format!("{}-{}", text(package, "name"), text(package, "versionInfo")))
        .collect())
}

/// `name-version` of the crates whose source files the program names, to say where it panicked.
fn named_in_the_program() -> anyhow::Result<BTreeSet<String>> {
    let program = program()?;
    let text = String::from_utf8_lossy(&program);
    let after_index = text.split("cargo/registry/src/index.crates.io-").skip(1);
    let folders = after_index.filter_map(|rest| rest.split('/').nth(1));
    Ok(folders.map(str::to_owned).collect())
}

#[test]
#[ignore = "needs spdx-tools and the list: cargo xtask test"]
fn the_list_is_valid_spdx() -> anyhow::Result<()> {
    let path = variable("LINEBOT_TEST_SBOM")?;
    succeeded(tool("pyspdxtools", &["--infile"])?.arg(path))?;
    assert_eq!(list()?["spdxVersion"], "SPDX-2.3");
    Ok(())
}

#[test]
#[ignore = "needs podman, the images and the list: cargo xtask test"]
fn every_crate_that_the_program_names_is_on_the_list() -> anyhow::Result<()> {
    let (listed, named) = (listed()?, named_in_the_program()?);
    assert!(named.len() > 30, "the program names crates: {named:?}");
    let missing: Vec<_> = named.difference(&listed).collect();
    assert!(missing.is_empty(), "{missing:?}");
    Ok(())
}

#[test]
#[ignore = "needs the list: cargo xtask test"]
fn what_only_tests_or_builds_the_bot_is_not_on_the_list() -> anyhow::Result<()> {
    let listed = listed()?;
    let lists = |name: &str| {
        listed
            .iter()
            .any(|crate_| crate_.starts_with(&format!("{name}-")))
    };
    for inside in [
        "linebot",
        "storage-mysql",
        "tokio",
        "rustls",
        "libsqlite3-sys",
    ] {
        assert!(lists(inside), "{inside}");
    }
    for outside in ["xtask", "e2e", "proptest", "clap_derive", "cc"] {
        assert!(!lists(outside), "{outside}");
    }
    Ok(())
}

#[test]
#[ignore = "needs the list: cargo xtask test"]
fn every_crate_from_outside_has_a_licence_and_the_checksum_of_the_lock_file() -> anyhow::Result<()>
{
    let lock = fs::read_to_string(root().join("Cargo.lock"))?;
    let list = list()?;
    let mut seen = 0;
    for package in list["packages"].as_array().into_iter().flatten() {
        let Some(checksum) = package["checksums"][0]["checksumValue"].as_str() else {
            continue;
        };
        let name = package["name"].as_str().unwrap_or_default();
        let version = package["versionInfo"].as_str().unwrap_or_default();
        let entry = format!("name = \"{name}\"\nversion = \"{version}\"\n");
        let (_, entry) = lock.split_once(&entry).expect(name);
        assert!(
            entry
                .split("\n\n")
                .next()
                .is_some_and(|entry| entry.contains(checksum)),
            "{name} {version}"
        );
        assert_ne!(package["licenseDeclared"], "NOASSERTION", "{name}");
        seen += 1;
    }
    assert!(seen > 100, "{seen}");
    Ok(())
}
