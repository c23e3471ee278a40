//! Folders that are made once and found made by later runs.

use crate::paths;
use anyhow::Result;
use std::fs::{self, File};
use std::path::{Path, PathBuf};

/// The file in such a folder that says what it was made of.
pub(crate) const MADE_OF: &str = "made-of";

/// The folder `name` of target/servers, filled by `make`; made again when `made_of` changes.
pub(crate) fn folder(
    name: &str,
    made_of: &str,
    make: impl FnOnce(&Path) -> Result<()>,
) -> Result<PathBuf> {
    let servers = paths::target().join("servers");
    fs::create_dir_all(&servers)?;
    // Two runs at once: the second waits for the first and finds it made.
    let lock = File::create(servers.join(format!("{name}-lock")))?;
    lock.lock()?;
    let folder = servers.join(name);
    if fs::read_to_string(folder.join(MADE_OF)).is_ok_and(|parts| parts == made_of) {
        return Ok(folder);
    }
    let unfinished = servers.join(format!("{name}-unfinished"));
    for old in [&unfinished, &folder] {
        if old.exists() {
            fs::remove_dir_all(old)?;
        }
    }
    fs::create_dir(&unfinished)?;
    make(&unfinished)?;
    fs::write(unfinished.join(MADE_OF), made_of)?;
    fs::rename(&unfinished, &folder)?;
    Ok(folder)
}
