//! Every argument in Terraform's files is one that its provider has.
//!
//! Providers are in no registry that packages come from, so `terraform validate` cannot look. `known_arguments.txt` lists what is
//! used, and was checked against the description of the Google provider 6.50 (the npm package `@cdktf/provider-google`).

use crate::files::{has_ending, read, under};
use std::collections::BTreeSet;

/// Arguments of Terraform's own, which every resource has.
const OF_TERRAFORM: [&str; 5] = ["count", "for_each", "depends_on", "lifecycle", "provider"];

/// The arguments of the resources in a file: `TYPE.BLOCK.ARGUMENT`.
fn arguments(text: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    // What encloses the line; `None` for a value of several lines, whose inside is no argument.
    let mut around: Vec<Option<String>> = Vec::new();
    for line in text.lines().map(str::trim) {
        let is_closing = line.starts_with(['}', ']', ')']);
        if is_closing {
            around.pop();
        }
        let is_comment = line.starts_with('#') || line.is_empty();
        let opens = line.ends_with(['{', '[', '(']);
        let is_empty_block = line.ends_with("{}");
        if !is_comment && !is_closing {
            let words: Vec<&str> = line
                .split([' ', '"'])
                .filter(|word| !word.is_empty())
                .collect();
            let name = match words.first() {
                Some(&("resource" | "dynamic")) => words[1],
                Some(&"content") => "",
                Some(name) => name,
                None => continue,
            };
            let is_value = line.contains(" = ");
            let inside_value = around.iter().any(Option::is_none);
            let path: Vec<&str> = around
                .iter()
                .flatten()
                .map(String::as_str)
                .chain([name])
                .filter(|part| !part.is_empty())
                .collect();
            if path.len() > 1 && !inside_value && path[0].starts_with("google_") {
                let of_dynamic =
                    words.len() > 1 && words[0] == "for_each" || OF_TERRAFORM.contains(&path[1]);
                if !of_dynamic && (is_value || opens || is_empty_block) && !name.is_empty() {
                    found.insert(path.join("."));
                }
            }
            if opens {
                around.push((!is_value).then(|| name.to_owned()));
            }
        }
    }
    found
}

#[test]
fn every_argument_is_known_and_the_list_has_no_other() {
    let known: BTreeSet<String> = read("deploy/tests/tests/delivery/known_arguments.txt")
        .lines()
        .filter(|line| !line.starts_with('#'))
        .map(str::to_owned)
        .collect();
    let files = under("deploy/terraform");
    let used: BTreeSet<String> = files
        .iter()
        .filter(|path| has_ending(path, "tf"))
        .flat_map(|path| arguments(&read(path)))
        .collect();
    assert!(used.len() > 120, "{}", used.len());
    let (unknown, unused): (Vec<_>, Vec<_>) = (
        used.difference(&known).collect(),
        known.difference(&used).collect(),
    );
    assert!(
        unknown.is_empty(),
        "does the provider have these? {unknown:#?}"
    );
    assert!(unused.is_empty(), "nobody uses {unused:#?}");
}

#[test]
fn arguments_are_found_in_blocks_and_not_in_values() {
    let text = "resource \"google_a\" \"x\" {\n  b = 1\n  count = 2\n\n  c {\n    k {}\n    d = [\n      \"e\",\n    ]\n  }\n\n  \
                dynamic \"f\" {\n    for_each = [1]\n    content {\n      g = 1\n    }\n  }\n\n  h = {\n    i = 1\n  }\n}\n\
                variable \"j\" {\n  type = string\n}\n";
    let found: Vec<String> = arguments(text).into_iter().collect();
    let expected = [
        "google_a.b",
        "google_a.c",
        "google_a.c.d",
        "google_a.c.k",
        "google_a.f",
        "google_a.f.g",
        "google_a.h",
    ];
    assert_eq!(found, expected);
}
