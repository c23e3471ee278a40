//! Debian packages that are missing.

use crate::{command, once};
use anyhow::{Context, Result, bail};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Once;

/// Installs those of `packages` that are missing, or says how to when we may not.
pub(crate) fn ensure(packages: &[&str]) -> Result<()> {
    let missing: Vec<&str> = packages
        .iter()
        .copied()
        .filter(|package| !is_installed(package))
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    if !is_root() {
        bail!(
            "these Debian packages are missing; as root, run:\n  apt-get update\n  \
             apt-get install --no-install-recommends --yes {}",
            missing.join(" ")
        );
    }
    update_once();
    command::run_quietly(
        apt_get()
            .args(["install", "--no-install-recommends", "--yes"])
            .args(&missing),
    )
}

/// The folder of `package`, unpacked and not installed: installing a server starts the machine's own service.
pub(crate) fn unpacked(package: &str) -> Result<PathBuf> {
    once::folder(package, package, |folder| {
        let file = download(package, folder)?;
        command::run_quietly(
            Command::new("dpkg-deb")
                .arg("--extract")
                .arg(&file)
                .arg(folder),
        )?;
        Ok(fs::remove_file(file)?)
    })
}

/// Fetches `package` into the empty `folder` and returns its file.
fn download(package: &str, folder: &Path) -> Result<PathBuf> {
    update_once_if_never();
    // Its own user `_apt` may not write everywhere.
    command::run_quietly(
        apt_get()
            .args(["--option", "APT::Sandbox::User=root", "download", package])
            .current_dir(folder),
    )?;
    let file = fs::read_dir(folder)?.next();
    Ok(file.context("apt-get downloaded nothing")??.path())
}

/// The mirror this machine takes Debian's packages from.
pub(crate) fn debian_mirror() -> Result<String> {
    update_once_if_never();
    let mirrors = indexed_mirrors()?;
    mirrors
        .lines()
        .map(|line| line.trim_end_matches('/'))
        .find(|mirror| mirror.ends_with("/debian"))
        .map(str::to_owned)
        .context("apt knows no mirror whose address ends in /debian: see /etc/apt/sources.list.d")
}

/// Whether we may install packages and change users.
pub(crate) fn is_root() -> bool {
    command::output(Command::new("id").arg("-u")).is_ok_and(|id| id.trim() == "0")
}

fn is_installed(package: &str) -> bool {
    let query = command::output(Command::new("dpkg-query").args([
        "--show",
        "--showformat=${db:Status-Status}",
        package,
    ]));
    query.is_ok_and(|status| status == "installed")
}

fn indexed_mirrors() -> Result<String> {
    command::output(Command::new("apt-get").args(["indextargets", "--format", "$(REPO_URI)"]))
}

/// A machine that never ran `apt-get update` has no index targets.
fn update_once_if_never() {
    if indexed_mirrors().is_ok_and(|mirrors| mirrors.trim().is_empty()) && is_root() {
        update_once();
    }
}

fn update_once() {
    static UPDATE: Once = Once::new();
    UPDATE.call_once(|| {
        // A source that is of no use here may well be unreachable; installing tells whether it matters.
        if let Err(error) = command::run_quietly(apt_get().arg("update")) {
            eprintln!("warning: {error}");
        }
    });
}

fn apt_get() -> Command {
    let mut command = Command::new("apt-get");
    command
        .arg("--quiet")
        .env("DEBIAN_FRONTEND", "noninteractive");
    command
}
