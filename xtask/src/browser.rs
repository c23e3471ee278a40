//! A browser and what drives it, for the tests in `e2e/browser`.

use crate::{apt, command, paths};
use anyhow::{Context, Result};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Debian's Chromium and the fonts without which Japanese is empty boxes.
const PACKAGES: [&str; 2] = ["chromium", "fonts-noto-cjk"];

/// Where Debian puts it.
const CHROMIUM: &str = "/usr/bin/chromium";

/// The browser, with the packages of `e2e/browser` installed.
pub(crate) fn chromium() -> Result<PathBuf> {
    apt::ensure(&PACKAGES)?;
    install_packages(&paths::root().join("e2e/browser"))?;
    Ok(CHROMIUM.into())
}

/// `npm ci`, unless the packages of this very lock file are there.
pub(crate) fn install_packages(tests: &Path) -> Result<()> {
    let lock_file = tests.join("package-lock.json");
    let lock =
        fs::read(&lock_file).with_context(|| format!("cannot read {}", lock_file.display()))?;
    let installed = tests.join("node_modules/.installed-package-lock.json");
    if fs::read(&installed).is_ok_and(|text| text == lock) {
        return Ok(());
    }
    if !command::succeeds(Command::new("npm").arg("--version")) {
        apt::ensure(&["nodejs", "npm"])?;
    }
    command::run(
        Command::new("npm")
            .args(["ci", "--no-audit", "--no-fund"])
            .current_dir(tests),
    )?;
    fs::create_dir_all(tests.join("node_modules"))?;
    fs::write(installed, lock)?;
    Ok(())
}
