//! podman with the images under test, and the tools that check them, as `cargo xtask test` leaves them in the
//! environment.

use crate::tools::{root, variable};
use anyhow::{Context, bail, ensure};
use serde_json::{Value, json};
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Output, Stdio};
use tempfile::TempDir;

/// Where whoever tries the bot has his secrets.
const PRIVATE: [&str; 2] = [
    "deploy/compose/private",
    "deploy/k8s/overlays/podman/private",
];

/// How many seconds a container may take to log something: a machine that does other things may stop it for a minute.
const LOG_PATIENCE: &str = "180";

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

/// Everything a program said.
pub fn both(output: &Output) -> String {
    let (out, err) = (&output.stdout, &output.stderr);
    String::from_utf8_lossy(out).into_owned() + &String::from_utf8_lossy(err)
}

/// A copy of these files and folders of the repository, so that what a developer has beside them is left alone.
pub fn copy_of(parts: &[&str]) -> anyhow::Result<TempDir> {
    let copy = TempDir::new()?;
    for part in parts {
        let to = copy.path().join(part);
        if let Some(folder) = to.parent() {
            fs::create_dir_all(folder)?;
        }
        let mut cp = Command::new("cp");
        cp.args(["--recursive", "--preserve=mode"]);
        succeeded(cp.arg(root().join(part)).arg(&to))?;
        for private in PRIVATE.map(|folder| copy.path().join(folder)) {
            if private.starts_with(&to) && private.exists() {
                fs::remove_dir_all(private)?;
            }
        }
    }
    Ok(copy)
}

/// Waits until a container has logged `wanted` this many times.
pub fn logged(container: &str, wanted: &str, times: usize) -> anyhow::Result<()> {
    let mut podman = Command::new("timeout");
    podman.args([
        LOG_PATIENCE,
        "sh",
        "-c",
        "exec \"$0\" logs --follow \"$1\" 2>&1",
    ]);
    let mut child = podman
        .arg(variable("LINEBOT_TEST_PODMAN")?)
        .arg(container)
        .stdout(Stdio::piped())
        .spawn()?;
    let log = BufReader::new(child.stdout.take().context("a pipe")?).lines();
    let found = log
        .map_while(Result::ok)
        .filter(|line| line.contains(wanted));
    let found = found.take(times).count();
    child.kill()?;
    child.wait()?;
    ensure!(
        found == times,
        "{container} logged {wanted} {found} times only"
    );
    Ok(())
}

/// Runs a script in a running container.
pub fn exec(container: &str, script: &str) -> anyhow::Result<Output> {
    ended(&mut podman(&["exec", container, "bash", "-c", script])?)
}

/// Runs a statement as root of MySQL, who comes in through the socket.
pub fn as_root(container: &str, statement: &str) -> anyhow::Result<String> {
    let script = format!(
        "MYSQL_PWD=\"$(cat /run/secrets/db/root-password)\" \
         mysql --user=root --skip-column-names --execute=\"{statement}\" linebot"
    );
    let output = exec(container, &script)?;
    ensure!(output.status.success(), "{statement}: {}", both(&output));
    Ok(String::from_utf8(output.stdout)?)
}

/// Every row of the lists, as a text that differs when one differs.
pub fn rows(container: &str) -> anyhow::Result<String> {
    let tables = "conversations, tasks, closed_tasks, schema_migrations";
    as_root(container, &format!("CHECKSUM TABLE {tables}"))
}

/// What podman says of a container, which must have no more rights than it needs, and none of `secrets` in a variable.
pub fn confined(container: &str, secrets: &[String]) -> anyhow::Result<Value> {
    let told = succeeded(&mut podman(&["inspect", container])?)?;
    let mut told: Value = serde_json::from_str(&told)?;
    let told = told[0].take();
    let (host, config) = (&told["HostConfig"], &told["Config"]);
    ensure!(host["ReadonlyRootfs"] == true, "{container}");
    let capabilities = told["EffectiveCaps"].as_array();
    ensure!(capabilities.is_none_or(Vec::is_empty), "{container}");
    ensure!(
        host["SecurityOpt"] == json!(["no-new-privileges"]),
        "{container}: {}",
        host["SecurityOpt"]
    );
    ensure!(host["Memory"].as_u64() > Some(0), "{container}");
    let user = config["User"].as_str().unwrap_or_default();
    ensure!(
        !user.is_empty() && !user.starts_with('0'),
        "{container}: {user}"
    );
    // Secrets are read from files: none is among the variables.
    let variables = config["Env"].to_string();
    for secret in secrets {
        ensure!(!variables.contains(secret), "{container}");
    }
    Ok(told)
}

/// The ports of this machine that lead to a container, as its inspection tells.
pub fn published(told: &Value) -> Vec<&String> {
    let ports = told["NetworkSettings"]["Ports"].as_object();
    let ports = ports.into_iter().flatten();
    ports
        .filter(|(_, here)| !here.is_null())
        .map(|(port, _)| port)
        .collect()
}
