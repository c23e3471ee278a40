//! Running programs, so that a failure says which one and why.

use crate::paths;
use anyhow::{Context, Result, bail};
use std::env;
use std::process::{Command, Stdio};

/// The cargo that runs us, in the root of the workspace.
///
/// Without what it told us about our own package: build scripts of dependencies (ring's) ask for that, and would run
/// again after every change between this and a cargo called by hand.
pub(crate) fn cargo<const COUNT: usize>(arguments: [&str; COUNT]) -> Command {
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command.args(arguments).current_dir(paths::root());
    for (name, _) in env::vars_os() {
        let about_us = name.to_str().is_some_and(|name| {
            name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_")
        });
        if about_us {
            command.env_remove(name);
        }
    }
    command
}

/// Runs `command` with its output shown, after printing it.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    let shown = show(command);
    eprintln!("$ {shown}");
    let status = command
        .stdin(Stdio::null())
        .status()
        .with_context(|| format!("cannot start `{shown}`"))?;
    if !status.success() {
        bail!("`{shown}` failed: {status}");
    }
    Ok(())
}

/// Runs `command` after printing it; what it says is shown only when it fails.
pub(crate) fn run_quietly(command: &mut Command) -> Result<()> {
    eprintln!("$ {}", show(command));
    output(command).map(drop)
}

/// Runs `command` and returns what it printed; its errors are shown only when it fails.
pub(crate) fn output(command: &mut Command) -> Result<String> {
    let shown = show(command);
    let output = command
        .stdin(Stdio::null())
        .output()
        .with_context(|| format!("cannot start `{shown}`"))?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stdout);
        let errors = String::from_utf8_lossy(&output.stderr);
        bail!("`{shown}` failed: {}\n{said}{errors}", output.status);
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Whether `command` can be run and ends well, showing nothing.
pub(crate) fn succeeds(command: &mut Command) -> bool {
    output(command).is_ok()
}

fn show(command: &Command) -> String {
    std::iter::once(command.get_program())
        .chain(command.get_args())
        .map(|word| word.to_string_lossy())
        .collect::<Vec<_>>()
        .join(" ")
}
