//! How the images are written.

use deploy_tests::containers::{succeeded, tool};
use deploy_tests::tools::root;
use std::fs;

/// Every Containerfile of the repository.
fn containerfiles() -> Vec<String> {
    let mut files = Vec::new();
    for folder in ["deploy/images", "deploy/tests/stand-ins"] {
        for entry in fs::read_dir(root().join(folder)).expect(folder) {
            let name = entry.expect(folder).file_name();
            let name = name.to_string_lossy().into_owned();
            if name.ends_with(".Containerfile") {
                files.push(format!("{folder}/{name}"));
            }
        }
    }
    assert!(files.len() >= 5, "{files:?}");
    files
}

#[test]
#[ignore = "needs hadolint: cargo xtask test"]
fn hadolint_has_nothing_to_say() -> anyhow::Result<()> {
    for file in containerfiles() {
        let said = succeeded(&mut tool(
            "hadolint",
            &["--failure-threshold=style", &file],
        )?)?;
        assert_eq!(said, "", "{file}");
    }
    Ok(())
}

#[test]
#[ignore = "needs shellcheck: cargo xtask test"]
fn shellcheck_has_nothing_to_say() -> anyhow::Result<()> {
    let scripts = [
        "deploy/compose/prepare.sh",
        "deploy/k8s/overlays/podman/store-secrets.sh",
        "deploy/tests/stand-ins/mysql-entrypoint.sh",
    ];
    succeeded(tool("shellcheck", &["--severity=style"])?.args(scripts))?;
    Ok(())
}

#[test]
fn images_of_registries_are_named_by_exact_version() {
    for file in containerfiles() {
        let text = fs::read_to_string(root().join(&file)).expect(&file);
        let mut bases = text
            .lines()
            .filter_map(|line| line.strip_prefix("FROM "))
            .peekable();
        assert!(bases.peek().is_some(), "{file}");
        for base in bases {
            let image = base.split(' ').next().unwrap_or_default();
            let version = image.rsplit_once(':').map_or("", |(_, tag)| tag);
            let exact = version.split('.').count() >= 3
                && version.starts_with(|first: char| first.is_ascii_digit());
            assert!(
                exact || image == "scratch" || image.starts_with("localhost/"),
                "{file}: {image}"
            );
        }
    }
}
