//! Versions, words and crates, as the papers name them.

use crate::pages::{page, root};
use std::fs;

#[test]
fn the_readme_names_the_versions_that_count() {
    let readme = page("README.md").text;
    let oldest_rust = format!("Rust {} or newer", env!("CARGO_PKG_RUST_VERSION"));
    assert!(readme.contains(&oldest_rust), "{oldest_rust}");
    assert!(
        page("CONTRIBUTING.md").text.contains(&oldest_rust),
        "{oldest_rust}"
    );
    let sqlite = format!("SQLite {} ", rusqlite::version());
    assert!(readme.contains(&sqlite), "{sqlite}");
}

#[test]
fn the_architecture_names_every_crate() {
    let architecture = page("ARCHITECTURE.md").text;
    let in_crates = fs::read_dir(root().join("crates")).unwrap();
    let in_crates = in_crates.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    for name in in_crates
        .map(|name| format!("**{name}**"))
        .chain(["`xtask`", "`bench`", "`e2e`"].map(String::from))
    {
        assert!(architecture.contains(&name), "{name}");
    }
}

#[test]
fn every_decision_is_in_the_list_of_decisions() {
    let list = page("docs/adr/README.md").text;
    for entry in fs::read_dir(root().join("docs/adr")).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        assert!(
            name == "README.md" || list.contains(&format!("({name})")),
            "{name}"
        );
    }
}
