//! The files themselves.

use crate::none;
use deploy_tests::names::strange_blanks;
use deploy_tests::render::manifests;
use std::fs;
use std::path::{Path, PathBuf};

/// What the page of the overlay `podman` uses beside it.
const APART: [&str; 2] = ["podman/claim.yaml", "podman/store-secrets.sh"];

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)
        .expect("a folder")
        .map(|entry| entry.expect("an entry").path())
    {
        if entry.ends_with("private") {
            // The secrets of whoever tries the bot.
        } else if entry.is_dir() {
            found.extend(files(&entry));
        } else {
            found.push(entry);
        }
    }
    found
}

#[test]
fn no_blank_in_the_manifests_only_looks_like_a_space() {
    let files = files(&manifests());
    assert!(files.len() > 50, "{} files", files.len());
    let mut problems = Vec::new();
    for file in files {
        let text = fs::read_to_string(&file).expect("a text");
        for (line, blank) in strange_blanks(&text) {
            problems.push(format!(
                "{}:{line}: {}",
                file.display(),
                blank.escape_unicode()
            ));
        }
    }
    none("blanks", &problems);
}

#[test]
fn a_full_width_space_before_a_comment_is_found() {
    // As the tutorial has it: YAML takes all of the line for the name.
    assert_eq!(
        strange_blanks("a: 1\nname: linebot-ingress\u{3000}# the address"),
        [(2, '\u{3000}')]
    );
    assert_eq!(strange_blanks("name: 牛乳 # fine"), []);
}

#[test]
fn every_file_is_part_of_some_kustomization() {
    let root = manifests();
    let all = files(&root);
    let mut named = String::new();
    for file in all
        .iter()
        .filter(|file| file.ends_with("kustomization.yaml"))
    {
        named.push_str(&fs::read_to_string(file).expect("a text"));
    }
    let mut problems = Vec::new();
    for file in &all {
        let name = file.file_name().expect("a name").to_string_lossy();
        let apart = ["kustomization.yaml", "README.md", "secrets.sh"].contains(&name.as_ref())
            || APART.iter().any(|path| file.ends_with(path));
        if !apart
            && !named.lines().any(|line| {
                line.trim_start_matches(['-', ' '])
                    .trim_start_matches("path: ")
                    == name
            })
        {
            problems.push(file.display().to_string());
        }
    }
    none("files that nothing takes in", &problems);
}
