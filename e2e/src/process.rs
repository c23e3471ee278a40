//! The binary under test as a child process.

use anyhow::Context;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, AsyncRead, BufReader};
use tokio::process::Child;
use tokio::sync::watch;

/// How long anything the binary promises to do at once may take on a busy machine.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// The log lines kept for failure messages.
type Log = Arc<Mutex<Vec<String>>>;

/// A running `linebot`. Killed when dropped.
pub struct Linebot {
    child: Child,
    log: Log,
    lines: watch::Receiver<usize>,
}

/// The binary, built once a test run: `cargo test` builds only the packages it tests.
///
/// # Panics
///
/// If it does not build: no test can go on then.
pub fn binary() -> PathBuf {
    static BINARY: OnceLock<PathBuf> = OnceLock::new();
    BINARY
        .get_or_init(|| {
            let mut cargo = Command::new(env!("CARGO"));
            // Build scripts of dependencies (ring's) ask for what cargo says of the test's package, and would run again.
            for (name, _) in std::env::vars_os() {
                if name.to_str().is_some_and(|name| {
                    name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_")
                }) {
                    cargo.env_remove(name);
                }
            }
            let output = cargo
                .args([
                    "build",
                    "--quiet",
                    "--package",
                    "linebot",
                    "--message-format",
                    "json",
                ])
                .current_dir(env!("CARGO_MANIFEST_DIR"))
                .stderr(Stdio::inherit())
                .output()
                .expect("cargo runs");
            assert!(output.status.success(), "linebot does not build");
            String::from_utf8_lossy(&output.stdout)
                .lines()
                .filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok())
                .find_map(|message| Some(PathBuf::from(message["executable"].as_str()?)))
                .expect("cargo names the executable")
        })
        .clone()
}

impl Linebot {
    /// Starts `linebot` with these arguments and nothing in its environment but `environment`.
    pub fn start(
        arguments: &[&str],
        environment: &BTreeMap<String, String>,
    ) -> anyhow::Result<Self> {
        let mut child = tokio::process::Command::new(binary())
            .args(arguments)
            .env_clear()
            .envs(environment)
            .env("LINEBOT_LOG_FORMAT", "json")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .context("linebot does not start")?;
        let log = Log::default();
        let (count, lines) = watch::channel(0);
        let count = Arc::new(count);
        if let Some(stdout) = child.stdout.take() {
            tokio::spawn(collect(stdout, Arc::clone(&log), Arc::clone(&count)));
        }
        if let Some(stderr) = child.stderr.take() {
            tokio::spawn(collect(stderr, Arc::clone(&log), count));
        }
        Ok(Self { child, log, lines })
    }

    /// The first line it prints that satisfies `wanted`, also one printed before.
    pub async fn line<T>(
        &mut self,
        what: &str,
        wanted: impl Fn(&str) -> Option<T>,
    ) -> anyhow::Result<T> {
        let mut read = 0;
        let search = async {
            loop {
                let found = {
                    let log = self.log.lock().unwrap_or_else(PoisonError::into_inner);
                    let found = log[read..].iter().find_map(|line| wanted(line));
                    read = log.len();
                    found
                };
                if let Some(found) = found {
                    return Some(found);
                }
                if self.lines.changed().await.is_err() {
                    return None;
                }
            }
        };
        let found = tokio::time::timeout(PATIENCE, search).await.ok().flatten();
        found.with_context(|| format!("linebot never said {what}; it said:\n{}", self.log()))
    }

    /// Where it listens for webhooks.
    pub async fn address(&mut self) -> anyhow::Result<SocketAddr> {
        self.logged_address("bot").await
    }

    /// Where it serves its metrics.
    pub async fn metrics_address(&mut self) -> anyhow::Result<SocketAddr> {
        self.logged_address("metrics").await
    }

    async fn logged_address(&mut self, field: &str) -> anyhow::Result<SocketAddr> {
        self.line("where it listens", |line| {
            let line: serde_json::Value = serde_json::from_str(line).ok()?;
            (line["message"] == "listening").then(|| line[field].as_str()?.parse().ok())?
        })
        .await
    }

    /// Everything it has printed so far.
    pub fn log(&self) -> String {
        self.log
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .join("\n")
    }

    /// Its process, while it runs.
    pub fn process_id(&self) -> anyhow::Result<u32> {
        self.child.id().context("linebot has ended already")
    }

    /// Asks it to stop, as Kubernetes does.
    pub fn terminate(&self) -> anyhow::Result<()> {
        let id = self.process_id()?;
        // The standard library sends SIGKILL only.
        let status = Command::new("kill")
            .args(["-TERM", &id.to_string()])
            .status()?;
        anyhow::ensure!(status.success(), "kill -TERM {id} failed");
        Ok(())
    }

    /// SIGKILL: no handler runs, nothing is flushed.
    pub async fn kill(mut self) -> anyhow::Result<()> {
        self.child.kill().await.context("linebot cannot be killed")
    }

    /// Waits until it has ended by itself.
    pub async fn ended(&mut self) -> anyhow::Result<ExitStatus> {
        let ended = tokio::time::timeout(PATIENCE, self.child.wait()).await;
        Ok(ended.with_context(|| format!("linebot does not end; it said:\n{}", self.log()))??)
    }
}

async fn collect(output: impl AsyncRead + Unpin, log: Log, count: Arc<watch::Sender<usize>>) {
    let mut lines = BufReader::new(output).lines();
    while let Ok(Some(line)) = lines.next_line().await {
        log.lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(line);
        count.send_modify(|count| *count += 1);
    }
}
