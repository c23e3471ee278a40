//! Files of the repository, and the Markdown among them.

pub(crate) use deploy_tests::tools::root;
use serde_json::Value;
use std::fs;
use std::path::Path;

/// A file's text, by its path from the root.
pub(crate) fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The files under a folder of the repository, by their paths from the root.
pub(crate) fn under(folder: &str) -> Vec<String> {
    let mut found = Vec::new();
    collect(&root(), &root().join(folder), &mut found);
    found.sort();
    found
}

/// Folders that hold what tools made, and secrets of whoever tries the bot.
const SKIPPED: [&str; 4] = ["node_modules", "target", "private", ".terraform"];

fn collect(root: &Path, folder: &Path, found: &mut Vec<String>) {
    let Ok(entries) = fs::read_dir(folder) else {
        return;
    };
    for entry in entries {
        let entry = entry.expect("an entry");
        let path = entry.path();
        if path.is_dir() {
            if !SKIPPED.iter().any(|skipped| entry.file_name() == *skipped) {
                collect(root, &path, found);
            }
        } else {
            let path = path.strip_prefix(root).expect("under the root");
            found.push(path.to_str().expect("a name in Unicode").to_owned());
        }
    }
}

/// Whether a file's name ends so.
pub(crate) fn has_ending(path: &str, ending: &str) -> bool {
    Path::new(path)
        .extension()
        .is_some_and(|extension| extension == ending)
}

/// The pages about delivery.
pub(crate) fn pages() -> Vec<String> {
    let pages: Vec<String> = under("deploy")
        .into_iter()
        .filter(|path| has_ending(path, "md"))
        .collect();
    assert!(pages.len() >= 8, "{pages:?}");
    pages
}

/// A YAML file: every document in it. A key that is there twice is an error.
pub(crate) fn yaml(path: &str) -> Result<Vec<Value>, String> {
    parse_yaml(&read(path))
}

pub(crate) fn parse_yaml(text: &str) -> Result<Vec<Value>, String> {
    let options = serde_saphyr::options! { strict_booleans: true };
    serde_saphyr::from_multiple_with_options(text, options).map_err(|error| error.to_string())
}

/// The lines of the `sh` blocks of a page.
pub(crate) fn shell_lines(text: &str) -> Vec<String> {
    let mut lines = Vec::new();
    let mut language: Option<String> = None;
    for line in text.lines() {
        // Blocks in a list are indented.
        match (line.trim().strip_prefix("```"), &language) {
            (Some(name), None) => language = Some(name.to_owned()),
            (Some(_), Some(_)) => language = None,
            (None, Some(name)) if name == "sh" && !line.trim().is_empty() => {
                lines.push(line.trim().to_owned());
            }
            (None, _) => {}
        }
    }
    assert!(language.is_none(), "a block does not end");
    lines
}

/// What stands between backticks outside of blocks. A column of a table that tells of others' text is left out:
/// `there`, `what was wrong` and their like.
pub(crate) fn spans(text: &str) -> Vec<String> {
    const OTHERS: [&str; 3] = ["there", "object there", "what was wrong"];
    let mut spans = Vec::new();
    let mut inside = false;
    let mut quoted: Vec<usize> = Vec::new();
    for line in text.lines() {
        if line.trim().starts_with("```") {
            inside = !inside;
            continue;
        }
        if inside {
            continue;
        }
        if !line.starts_with('|') {
            quoted.clear();
            spans.extend(between_backticks(line));
            continue;
        }
        let cells: Vec<&str> = line.split('|').map(str::trim).collect();
        if cells.iter().any(|cell| OTHERS.contains(cell)) {
            quoted = (0..cells.len())
                .filter(|index| OTHERS.contains(&cells[*index]))
                .collect();
        }
        for (index, cell) in cells.iter().enumerate() {
            if !quoted.contains(&index) {
                spans.extend(between_backticks(cell));
            }
        }
    }
    spans
}

fn between_backticks(text: &str) -> Vec<String> {
    let parts: Vec<&str> = text.split('`').collect();
    parts
        .iter()
        .skip(1)
        .step_by(2)
        .map(|part| (*part).to_owned())
        .collect()
}

#[test]
fn a_column_of_quotations_is_left_out_and_the_rest_is_not() {
    let text = "`a`\n| there | here |\n|---|---|\n| `b` | `c` |\n\n```sh\n`d`\n```\n`e`";
    assert_eq!(spans(text), ["a", "c", "e"]);
    assert_eq!(shell_lines(text), ["`d`"]);
}
