//! podman with the images under test, and the tools that check them, as `cargo xtask test` leaves them in the
//! environment.

use crate::tools::{root, variable};
use anyhow::{Context, bail};
use std::path::Path;
use std::process::{Command, Output};

/// podman on the storage of the tests, in the root of the repository.
pub fn podman(arguments: &[&str]) -> anyhow::Result<Command> {
    let mut command = Command::new(variable("LINEBOT_TEST_PODMAN")?);
    command.args(arguments).current_dir(root());
    Ok(command)
}

/// A tool of `deploy/tests/tools/container-requirements.txt`, in the root of the repository.
pub fn tool(name: &str, arguments: &[&str]) -> anyhow::Result<Command> {
    let mut command = Command::new(variable("LINEBOT_TEST_CONTAINER_TOOLS")?.join(name));
    command.args(arguments).current_dir(root());
    Ok(command)
}

/// Runs it and gives what it did, well or not.
pub fn ended(command: &mut Command) -> anyhow::Result<Output> {
    command
        .output()
        .with_context(|| format!("cannot start {}", command.get_program().display()))
}

/// Runs it and gives what it printed; it has to end well.
pub fn succeeded(command: &mut Command) -> anyhow::Result<String> {
    let output = ended(command)?;
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    if !output.status.success() {
        let complaint = String::from_utf8_lossy(&output.stderr);
        bail!("{command:?}: {}\n{said}{complaint}", output.status);
    }
    Ok(said)
}

/// Copies the file or folder `name` out of the root of an image into `folder`.
pub fn copy_out(image: &str, name: &str, folder: &Path) -> anyhow::Result<()> {
    let container = succeeded(&mut podman(&["create", image])?)?;
    let container = container.trim();
    let copied =
        succeeded(podman(&["cp", &format!("{container}:/{name}")])?.arg(folder.join(name)));
    succeeded(&mut podman(&["rm", container])?)?;
    copied.map(drop)
}
