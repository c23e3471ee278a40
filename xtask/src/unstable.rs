//! A minimal Debian unstable in a folder: for what Debian stable does not have, and as what the images of the tests are
//! built on.

use crate::{apt, command, paths};
use anyhow::Result;
use std::fs::{self, File};
use std::path::PathBuf;
use std::process::Command;

/// MySQL for the tests of the store; the rest for `containers`.
const PACKAGES: &str =
    "ca-certificates,gcc,libc6-dev,mysql-client-core,mysql-server-core,nginx,wget";

/// Its root, made once, which takes a minute, and again when the packages change.
pub(crate) fn root() -> Result<PathBuf> {
    apt::ensure(&["debootstrap"])?;
    let servers = paths::target().join("servers");
    fs::create_dir_all(&servers)?;
    // Two runs at once: the second waits for the first and finds it made.
    let lock = File::create(servers.join("lock"))?;
    lock.lock()?;
    let root = servers.join("unstable");
    let made_of = root.join("made-of");
    if fs::read_to_string(&made_of).is_ok_and(|packages| packages == PACKAGES) {
        return Ok(root);
    }
    let unfinished = servers.join("unstable-unfinished");
    for old in [&unfinished, &root] {
        if old.exists() {
            fs::remove_dir_all(old)?;
        }
    }
    command::run_quietly(
        Command::new("debootstrap")
            .args(["--variant=minbase", "--include", PACKAGES, "sid"])
            .arg(&unfinished)
            .arg(apt::debian_mirror()?),
    )?;
    fs::write(unfinished.join("made-of"), PACKAGES)?;
    fs::rename(&unfinished, &root)?;
    Ok(root)
}
