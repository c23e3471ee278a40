//! A copy of what `docker compose up` reads, in a folder of its own, so that the developer's .env, secrets and
//! containers are left alone.

use anyhow::bail;
use deploy_tests::containers::{
    as_root, both, copy_of, ended, exec, logged, podman, succeeded, tool,
};
use deploy_tests::nginx::free_address;
use deploy_tests::tools::variable;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::thread::sleep;
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// How long a service may take to be healthy: MySQL makes its data folder first.
const PATIENCE: Duration = Duration::from_mins(2);

/// A prepared project. What it started is removed when this is dropped.
pub(crate) struct Project {
    folder: TempDir,
    name: String,
    /// Where nginx listens on this machine.
    pub(crate) http_port: u16,
    /// Where the chat page is.
    pub(crate) chat_port: u16,
}

impl Project {
    /// Copies the files and runs prepare.sh.
    pub(crate) fn new() -> anyhow::Result<Self> {
        let folder = copy()?;
        let project = Self {
            name: format!("linebot-test-{}", std::process::id()),
            folder,
            http_port: free_address().port(),
            chat_port: free_address().port(),
        };
        project.prepare(&[], &[])?;
        Ok(project)
    }

    /// A file of the project.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Runs prepare.sh with these arguments and variables.
    pub(crate) fn prepare(
        &self,
        arguments: &[&str],
        variables: &[(&str, &str)],
    ) -> anyhow::Result<()> {
        succeeded(&mut prepare(self.folder.path(), arguments, variables)).map(drop)
    }

    /// `podman-compose` in the project, with all its profiles.
    pub(crate) fn compose(&self, arguments: &[&str]) -> anyhow::Result<Command> {
        let mut compose = tool("podman-compose", &["--project-name", &self.name])?;
        compose
            .args(["--profile=simulator", "--profile=backup", "--podman-path"])
            .arg(variable("LINEBOT_TEST_PODMAN")?)
            .args(arguments)
            .env("HTTP_PORT", self.http_port.to_string())
            .env("CHAT_PORT", self.chat_port.to_string())
            // Also when prepare.sh was given a channel and wrote LINE's own address into .env.
            .env("LINE_API_BASE_URL", "http://simulator:8080")
            .current_dir(self.folder.path());
        Ok(compose)
    }

    /// Starts a service and waits until it is healthy.
    ///
    /// One by one and without `depends_on`, in its order: podman 4 cannot start a chain of dependencies, and does not
    /// wait for health.
    pub(crate) fn up(&self, service: &str) -> anyhow::Result<()> {
        succeeded(&mut self.compose(&["up", "--detach", "--no-deps", "--no-build", service])?)?;
        self.healthy(service)
    }

    /// Waits until a service's own health check succeeds. There is no systemd to run it, so we do.
    pub(crate) fn healthy(&self, service: &str) -> anyhow::Result<()> {
        let container = self.container(service);
        let started = Instant::now();
        loop {
            let check = ended(&mut podman(&["healthcheck", "run", &container])?)?;
            if check.status.success() {
                return Ok(());
            }
            if started.elapsed() > PATIENCE {
                let log = ended(&mut podman(&["logs", "--tail=50", &container])?)?;
                bail!("{service} is not healthy; it wrote:\n{}", both(&log));
            }
            // A check costs more CPU than the service takes to start.
            sleep(Duration::from_millis(500));
        }
    }

    /// What the container of a service is called.
    pub(crate) fn container(&self, service: &str) -> String {
        format!("{}_{service}_1", self.name)
    }

    /// Waits until a service has logged `wanted` this many times.
    pub(crate) fn logs(&self, service: &str, wanted: &str, times: usize) -> anyhow::Result<()> {
        logged(&self.container(service), wanted, times)
    }

    /// Runs a script in a running container.
    pub(crate) fn exec(&self, service: &str, script: &str) -> anyhow::Result<Output> {
        exec(&self.container(service), script)
    }

    /// Runs a statement as root of the database.
    pub(crate) fn as_root(&self, statement: &str) -> anyhow::Result<String> {
        as_root(&self.container("mysql-db"), statement)
    }

    /// Removes everything, and says what is left: containers, volumes, networks.
    pub(crate) fn down(&self) -> anyhow::Result<String> {
        succeeded(&mut self.compose(&["down", "--volumes"])?)?;
        let mut left = String::new();
        for kind in [
            &["ps", "--all", "--format={{.Names}}"][..],
            &["volume", "ls", "--format={{.Name}}"],
            &["network", "ls", "--format={{.Name}}"],
        ] {
            let names = succeeded(&mut podman(kind)?)?;
            let ours = names.lines().filter(|name| name.starts_with(&self.name));
            left.extend(ours.map(|name| format!("{name}\n")));
        }
        Ok(left)
    }
}

impl Drop for Project {
    fn drop(&mut self) {
        // At once: what a failed test leaves needs no graceful end.
        if let Ok(mut down) = self.compose(&["down", "--volumes", "--timeout=0"]) {
            let _ = ended(&mut down);
        }
    }
}

/// compose.yaml and the folders it mounts.
pub(crate) fn copy() -> anyhow::Result<TempDir> {
    copy_of(&["compose.yaml", "deploy/compose", "deploy/k8s"])
}

/// prepare.sh of the project in `folder`.
pub(crate) fn prepare(folder: &Path, arguments: &[&str], variables: &[(&str, &str)]) -> Command {
    let mut prepare = Command::new(folder.join("deploy/compose/prepare.sh"));
    prepare
        .args(arguments)
        .env_remove("LINE_CHANNEL_SECRET")
        .env_remove("LINE_CHANNEL_ACCESS_TOKEN")
        .envs(variables.iter().copied());
    prepare
}
