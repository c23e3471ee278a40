//! Galera, which lets several MariaDB servers hold the same data: what tests need to start nodes of their own.

use crate::apt;
use anyhow::Result;
use std::path::PathBuf;

/// The library, and what the script that copies the data to a new node calls.
const PACKAGES: [&str; 5] = ["galera-4", "iproute2", "lsof", "procps", "rsync"];

/// Installs Galera where it is missing and returns the folder of that script.
pub(crate) fn scripts() -> Result<PathBuf> {
    apt::ensure(&PACKAGES)?;
    Ok(apt::unpacked("mariadb-server")?.join("usr/bin"))
}
