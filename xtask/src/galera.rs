//! Galera, which lets several MariaDB servers hold the same data: what tests need to start nodes of their own.

use crate::{apt, command, paths};
use anyhow::Result;
use std::fs::{self, File};
use std::path::PathBuf;
use std::process::Command;

/// The library, and what the script that copies the data to a new node calls.
const PACKAGES: [&str; 5] = ["galera-4", "iproute2", "lsof", "procps", "rsync"];

/// Where that script is. Installed, it would start the machine's own service, so it is only unpacked.
const SCRIPTS_PACKAGE: &str = "mariadb-server";

/// Installs Galera where it is missing and returns the folder of its scripts.
pub(crate) fn scripts() -> Result<PathBuf> {
    apt::ensure(&PACKAGES)?;
    let servers = paths::target().join("servers");
    fs::create_dir_all(&servers)?;
    // Two runs at once: the second waits for the first and finds it made.
    let lock = File::create(servers.join("galera-lock"))?;
    lock.lock()?;
    let unpacked = servers.join("galera");
    if !unpacked.exists() {
        let unfinished = servers.join("galera-unfinished");
        if unfinished.exists() {
            fs::remove_dir_all(&unfinished)?;
        }
        fs::create_dir(&unfinished)?;
        let package = apt::download(SCRIPTS_PACKAGE, &unfinished)?;
        command::run_quietly(
            Command::new("dpkg-deb")
                .arg("--extract")
                .arg(&package)
                .arg(&unfinished),
        )?;
        fs::remove_file(package)?;
        fs::rename(&unfinished, &unpacked)?;
    }
    Ok(unpacked.join("usr/bin"))
}
