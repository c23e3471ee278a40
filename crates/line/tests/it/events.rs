//! The sample events in `tests/events`.

use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};

/// A file that holds one webhook request with one event.
pub(crate) struct Sample {
    /// The file's name without `.json`; it begins with the event's kind.
    pub(crate) name: String,
    pub(crate) body: Vec<u8>,
}

impl Sample {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    pub(crate) fn event(&self) -> Value {
        self.json()["events"][0].take()
    }
}

/// Events as `webhook.yml` and LINE's reference describe them.
pub(crate) fn official() -> Vec<Sample> {
    folder("official")
}

/// Events LINE documents but has not put into `webhook.yml` yet.
pub(crate) fn newer() -> Vec<Sample> {
    folder("newer")
}

/// Events with something missing, unknown, more or wrong in them.
pub(crate) fn incomplete() -> Vec<Sample> {
    folder("incomplete")
}

pub(crate) fn all() -> Vec<Sample> {
    official()
        .into_iter()
        .chain(newer())
        .chain(incomplete())
        .collect()
}

fn folder(name: &str) -> Vec<Sample> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/events")
        .join(name);
    let mut files: Vec<PathBuf> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    files.sort();
    assert!(!files.is_empty());
    files
        .into_iter()
        .map(|path| Sample {
            name: path.file_stem().unwrap().to_str().unwrap().to_owned(),
            body: fs::read(path).unwrap(),
        })
        .collect()
}
