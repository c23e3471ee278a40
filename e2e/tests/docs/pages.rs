//! The Markdown of the repository.

use std::fs;
use std::path::{Path, PathBuf};

/// Not ours, or not there in a fresh clone.
const SKIPPED: [&str; 3] = ["target", "node_modules", ".git"];

/// A page of Markdown.
pub(crate) struct Page {
    /// From the root of the repository.
    pub(crate) path: PathBuf,
    pub(crate) text: String,
}

/// A fenced block of a page.
pub(crate) struct Block {
    /// For messages.
    pub(crate) page: String,
    /// What stands behind the fence: `sh`.
    pub(crate) language: String,
    pub(crate) text: String,
}

/// The root of the repository.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// Every page there is.
pub(crate) fn all() -> Vec<Page> {
    let mut pages = Vec::new();
    collect(&root(), &mut pages);
    assert!(pages.len() > 5, "the pages of the repository were found");
    pages
}

/// One page, by its path from the root.
pub(crate) fn page(path: &str) -> Page {
    Page {
        path: path.into(),
        text: fs::read_to_string(root().join(path))
            .unwrap_or_else(|error| panic!("{path}: {error}")),
    }
}

fn collect(folder: &Path, pages: &mut Vec<Page>) {
    for entry in fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        let (path, name) = (entry.path(), entry.file_name());
        if SKIPPED.iter().any(|skipped| name == *skipped) {
            continue;
        }
        if path.is_dir() {
            collect(&path, pages);
        } else if path.extension().is_some_and(|extension| extension == "md") {
            pages.push(page(path.strip_prefix(root()).unwrap().to_str().unwrap()));
        }
    }
}

impl Page {
    /// The fenced blocks, in order.
    pub(crate) fn blocks(&self) -> Vec<Block> {
        let mut blocks = Vec::new();
        let mut open: Option<Block> = None;
        for line in self.text.lines() {
            // Blocks in a list are indented.
            match (line.trim().strip_prefix("```"), &mut open) {
                (Some(language), None) => {
                    open = Some(Block {
                        page: self.path.display().to_string(),
                        language: language.to_owned(),
                        text: String::new(),
                    });
                }
                (Some(_), Some(_)) => blocks.extend(open.take()),
                (None, Some(block)) => {
                    block.text.push_str(line.trim_start());
                    block.text.push('\n');
                }
                (None, None) => {}
            }
        }
        assert!(
            open.is_none(),
            "{}: a block does not end",
            self.path.display()
        );
        blocks
    }

    /// Everything outside of fenced blocks.
    pub(crate) fn prose(&self) -> String {
        let mut inside = false;
        let lines = self.text.lines().filter(|line| {
            let fence = line.trim().starts_with("```");
            inside ^= fence;
            !inside && !fence
        });
        lines.collect::<Vec<_>>().join("\n")
    }

    /// What stands between backticks in the prose, on one line each.
    pub(crate) fn spans(&self) -> Vec<String> {
        let prose = self.prose();
        let spans = prose.split('`').skip(1).step_by(2);
        spans.map(|span| span.replace('\n', " ")).collect()
    }

    /// What stands between two comments, `NAME:begin` and `NAME:end`.
    pub(crate) fn between_marks(&self, name: &str) -> &str {
        let (_, rest) = self
            .text
            .split_once(&format!("<!-- {name}:begin -->"))
            .unwrap();
        rest.split_once(&format!("<!-- {name}:end -->")).unwrap().0
    }
}
