//! What is in the bot's image, as SPDX 2.3 (<https://spdx.github.io/spdx-spec/v2.3/>): every crate that is part of the
//! program, with its licence and the checksum of Cargo.lock.
//!
//! Of our own rather than of `cargo sbom`, because the same commit has to give the same list, and because what only
//! builds and tests use is not in the image: `cargo tree` tells the two apart by the features in force.

use crate::image::Commit;
use crate::{command, paths};
use anyhow::{Context, Result};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

/// A crate by name and version; crates.io is the only source (deny.toml).
type Crate = (String, String);

/// Writes the list to `path`.
pub(crate) fn write(path: &Path, commit: &Commit) -> Result<()> {
    let document = document(commit)?;
    fs::write(path, format!("{document:#}\n"))
        .with_context(|| format!("cannot write {}", path.display()))
}

fn document(commit: &Commit) -> Result<Value> {
    let crates = crates_in_the_program()?;
    let checksums = checksums()?;
    let metadata: Value = serde_json::from_str(&command::output(&mut command::cargo([
        "metadata",
        "--format-version",
        "1",
        "--locked",
    ]))?)?;
    let mut packages = vec![image(commit), certificates()];
    let mut relationships = vec![
        relationship("SPDXRef-DOCUMENT", "DESCRIBES", IMAGE),
        relationship(IMAGE, "CONTAINS", CERTIFICATES),
    ];
    let known = metadata["packages"]
        .as_array()
        .context("cargo metadata lists packages")?;
    let mut ids = BTreeMap::new();
    for package in known {
        let Some(part) = identity(package).filter(|part| crates.contains(part)) else {
            continue;
        };
        let id = package["id"].as_str().unwrap_or_default();
        ids.insert(id, spdx_id(&part));
        if part.0 == "linebot" {
            relationships.push(relationship(IMAGE, "CONTAINS", &spdx_id(&part)));
        }
        packages.push(described(package, &part, checksums.get(&part)));
    }
    anyhow::ensure!(ids.len() == crates.len(), "cargo metadata lacks a crate");
    let nodes = metadata["resolve"]["nodes"]
        .as_array()
        .context("cargo metadata resolves dependencies")?;
    for node in nodes {
        let Some(from) = ids.get(node["id"].as_str().unwrap_or_default()) else {
            continue;
        };
        for dependency in node["deps"].as_array().into_iter().flatten() {
            let normal = dependency["dep_kinds"]
                .as_array()
                .is_some_and(|kinds| kinds.iter().any(|kind| kind["kind"].is_null()));
            if let Some(to) = ids.get(dependency["pkg"].as_str().unwrap_or_default())
                && normal
            {
                relationships.push(relationship(from, "DEPENDS_ON", to));
            }
        }
    }
    Ok(json!({
        "spdxVersion": "SPDX-2.3",
        "dataLicense": "CC0-1.0",
        "SPDXID": "SPDXRef-DOCUMENT",
        "name": "linebot app-server",
        "documentNamespace": format!("https://spdx.org/spdxdocs/linebot-app-server-{}", commit.revision),
        "creationInfo": {
            "created": commit.time,
            "creators": [format!("Tool: linebot-xtask-{}", env!("CARGO_PKG_VERSION"))],
        },
        "packages": packages,
        "relationships": relationships,
    }))
}

const IMAGE: &str = "SPDXRef-image";
const CERTIFICATES: &str = "SPDXRef-ca-certificates";

fn image(commit: &Commit) -> Value {
    package(
        IMAGE,
        "app-server",
        &commit.revision,
        "NOASSERTION",
        "Apache-2.0 OR MIT",
    )
}

/// Of the Debian that the compiler's image is made of.
fn certificates() -> Value {
    package(
        CERTIFICATES,
        "ca-certificates",
        "NOASSERTION",
        "NOASSERTION",
        "MPL-2.0",
    )
}

fn described(metadata: &Value, crate_: &Crate, checksum: Option<&String>) -> Value {
    let (name, version) = crate_;
    let licence = metadata["license"].as_str().unwrap_or("NOASSERTION");
    // As crates wrote it before 2017.
    let licence = licence.replace('/', " OR ");
    let download = match checksum {
        Some(_) => format!("https://crates.io/api/v1/crates/{name}/{version}/download"),
        None => "NOASSERTION".to_owned(),
    };
    let mut described = package(&spdx_id(crate_), name, version, &download, &licence);
    if let Some(checksum) = checksum {
        described["checksums"] = json!([{"algorithm": "SHA256", "checksumValue": checksum}]);
        described["externalRefs"] = json!([{
            "referenceCategory": "PACKAGE-MANAGER",
            "referenceType": "purl",
            "referenceLocator": format!("pkg:cargo/{name}@{version}"),
        }]);
    }
    described
}

fn package(id: &str, name: &str, version: &str, download: &str, licence: &str) -> Value {
    json!({
        "SPDXID": id,
        "name": name,
        "versionInfo": version,
        "downloadLocation": download,
        "licenseDeclared": licence,
        "licenseConcluded": "NOASSERTION",
        "copyrightText": "NOASSERTION",
        "filesAnalyzed": false,
    })
}

fn relationship(from: &str, kind: &str, to: &str) -> Value {
    json!({"spdxElementId": from, "relationshipType": kind, "relatedSpdxElement": to})
}

/// Letters, digits, dots and hyphens are all that an SPDX id may have.
fn spdx_id((name, version): &Crate) -> String {
    let word = format!("{name}-{version}").replace(['_', '+'], ".");
    format!("SPDXRef-crate-{word}")
}

fn identity(package: &Value) -> Option<Crate> {
    Some((
        package["name"].as_str()?.to_owned(),
        package["version"].as_str()?.to_owned(),
    ))
}

/// Without what runs only while the program is built.
fn crates_in_the_program() -> Result<BTreeSet<Crate>> {
    let tree = command::output(&mut command::cargo([
        "tree",
        "--package=linebot",
        "--edges=normal,no-proc-macro",
        "--prefix=none",
        "--format={p}",
        "--locked",
    ]))?;
    let crates = tree.lines().filter_map(|line| {
        let mut words = line.split(' ');
        let name = words.next().filter(|name| !name.is_empty())?;
        let version = words.next()?.strip_prefix('v')?;
        Some((name.to_owned(), version.to_owned()))
    });
    Ok(crates.collect())
}

/// The checksums of Cargo.lock; our own crates have none.
fn checksums() -> Result<BTreeMap<Crate, String>> {
    let lock: toml::Table = fs::read_to_string(paths::root().join("Cargo.lock"))?.parse()?;
    let packages = lock["package"]
        .as_array()
        .context("Cargo.lock lists packages")?;
    let text = |package: &toml::Value, key: &str| Some(package.get(key)?.as_str()?.to_owned());
    let checksums = packages.iter().filter_map(|package| {
        let crate_ = (text(package, "name")?, text(package, "version")?);
        Some((crate_, text(package, "checksum")?))
    });
    Ok(checksums.collect())
}
