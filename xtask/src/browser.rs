//! A browser and what drives it, for the tests in `e2e/browser`.

use crate::{apt, command, paths};
use anyhow::Result;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Debian's Chromium and the fonts without which Japanese is empty boxes.
const PACKAGES: [&str; 2] = ["chromium", "fonts-noto-cjk"];

/// Where Debian puts it.
const CHROMIUM: &str = "/usr/bin/chromium";

/// The browser, with the packages of `e2e/browser` installed; `None` while there are none.
pub(crate) fn chromium() -> Result<Option<PathBuf>> {
    let tests = paths::root().join("e2e/browser");
    if !tests.join("package.json").exists() {
        return Ok(None);
    }
    apt::ensure(&PACKAGES)?;
    install_packages(&tests)?;
    Ok(Some(CHROMIUM.into()))
}

/// `npm ci`, unless the packages of this very lock file are there.
pub(crate) fn install_packages(tests: &Path) -> Result<()> {
    let lock = fs::read(tests.join("package-lock.json"))?;
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
