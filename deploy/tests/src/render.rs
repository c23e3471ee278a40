//! Rendering kustomizations with kubectl.

use crate::object::Object;
use crate::tools;
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{LazyLock, Mutex, PoisonError};

/// Where the manifests are.
pub fn manifests() -> PathBuf {
    tools::root().join("deploy/k8s")
}

/// The names of all overlays.
///
/// # Panics
///
/// When there are none.
pub fn overlays() -> Vec<String> {
    let folder = fs::read_dir(manifests().join("overlays")).expect("the overlays are there");
    let mut names: Vec<String> = folder
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .collect();
    names.sort();
    assert!(!names.is_empty(), "there are no overlays");
    names
}

/// An overlay as it would be applied, with what people fill in filled in.
///
/// # Panics
///
/// When it cannot be rendered.
pub fn overlay(name: &str) -> Vec<Object> {
    static RENDERED: LazyLock<Mutex<BTreeMap<String, Vec<Object>>>> = LazyLock::new(Mutex::default);
    let mut rendered = RENDERED.lock().unwrap_or_else(PoisonError::into_inner);
    let objects = rendered
        .entry(name.to_owned())
        .or_insert_with(|| folder(&manifests().join("overlays").join(name)));
    objects.clone()
}

/// The kustomization in `folder`, as it would be applied.
///
/// # Panics
///
/// When it cannot be rendered.
pub fn folder(folder: &Path) -> Vec<Object> {
    match try_folder(folder) {
        Ok(objects) => objects,
        Err(error) => panic!("{}: {error}", folder.display()),
    }
}

/// The kustomization in `folder`, or what kubectl says of it.
pub fn try_folder(folder: &Path) -> Result<Vec<Object>, String> {
    let output = Command::new(tools::kubectl())
        .arg("kustomize")
        .arg(folder)
        .output()
        .map_err(|error| format!("kubectl does not run: {error}"))?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into_owned());
    }
    parse(&filled_in(&String::from_utf8_lossy(&output.stdout)))
}

/// A kustomization of its own in an empty folder; `text` may name `DEPLOY`, the folder of the manifests.
///
/// # Panics
///
/// When it cannot be rendered.
pub fn text(text: &str) -> Vec<Object> {
    files(&[("kustomization.yaml", text)])
}

/// The same with other files beside it, each by its name and its text.
///
/// # Panics
///
/// When it cannot be rendered.
pub fn files(files: &[(&str, &str)]) -> Vec<Object> {
    let folder = tempfile::tempdir().expect("a folder can be made");
    // kustomize refuses absolute paths, so: up to the root, and down again.
    let here = folder.path().canonicalize().expect("it is there");
    let up = "../".repeat(here.components().count() - 1);
    let deploy = format!("{up}{}", manifests().display()).replace("//", "/");
    for (name, text) in files {
        fs::write(folder.path().join(name), text.replace("DEPLOY", &deploy))
            .expect("a file can be written");
    }
    self::folder(folder.path())
}

/// What `deploy/k8s/README.md` tells people to fill in.
pub fn filled_in(text: &str) -> String {
    text.replace("PROJECT_ID", "example-project")
        // A variable is called that.
        .replace("name: example-project\n", "name: PROJECT_ID\n")
        .replace("(example-project)", "(PROJECT_ID)")
        .replace("linebot.example.com", "bot.example.org")
}

/// The objects in a stream of YAML documents.
pub fn parse(text: &str) -> Result<Vec<Object>, String> {
    // The API server's YAML knows `y` as a boolean and kustomize quotes it as a text.
    let options = serde_saphyr::options! { strict_booleans: true };
    let documents: Vec<Value> = serde_saphyr::from_multiple_with_options(text, options)
        .map_err(|error| error.to_string())?;
    Ok(documents
        .into_iter()
        .filter(|document| !document.is_null())
        .map(Object)
        .collect())
}
