//! Python environments under the target folder, made once for each list of requirements.

use crate::{apt, command, paths};
use anyhow::{Context, Result};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// An environment called `name` with `requirements` (the text of a `requirements.txt`) installed.
pub(crate) fn environment(name: &str, requirements: &str) -> Result<PathBuf> {
    let folder = paths::target().join("python").join(name);
    let installed = folder.join("installed-requirements.txt");
    if fs::read_to_string(&installed).is_ok_and(|text| text == requirements) {
        return Ok(folder);
    }
    if !command::succeeds(Command::new("python3").args(["-c", "import ensurepip, venv"])) {
        apt::ensure(&["python3", "python3-venv"])?;
    }
    fs::create_dir_all(&folder)?;
    command::run(
        Command::new("python3")
            .args(["-m", "venv", "--clear"])
            .arg(&folder),
    )?;
    let wanted = folder.join("requirements.txt");
    fs::write(&wanted, requirements)?;
    command::run(
        Command::new(folder.join("bin/pip"))
            .args([
                "install",
                "--quiet",
                "--disable-pip-version-check",
                "--requirement",
            ])
            .arg(&wanted),
    )?;
    fs::rename(wanted, installed)?;
    Ok(folder)
}

/// The Python that has LINE's SDK, for the tests in `e2e/sdk`.
pub(crate) fn with_line_sdk() -> Result<PathBuf> {
    let text = read(&paths::root().join("e2e/sdk/requirements.txt"))?;
    Ok(environment("sdk", &text)?.join("bin/python"))
}

/// The folder of the programs that check images and Compose, for `deploy/tests`.
pub(crate) fn for_containers() -> Result<PathBuf> {
    let text = read(&paths::root().join("deploy/tests/tools/container-requirements.txt"))?;
    Ok(environment("containers", &text)?.join("bin"))
}

pub(crate) fn read(path: &Path) -> Result<String> {
    fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))
}
