//! A bot at work, and a shell beside it as the reader of a page has it.

use e2e::{Database, Linebot, Stage, process};
use simulator::Person;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::os::unix::fs::symlink;
use std::path::PathBuf;
use std::process::{Output, Stdio};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// A running bot that has had some traffic.
pub(crate) struct World {
    pub(crate) stage: Stage,
    pub(crate) bot: Linebot,
    pub(crate) address: SocketAddr,
    pub(crate) metrics: SocketAddr,
}

impl World {
    pub(crate) async fn new() -> anyhow::Result<Self> {
        let stage = Stage::new(Database::sqlite()?).await?;
        let (mut bot, address) = stage.serve().await?;
        let metrics = bot.metrics_address().await?;
        stage
            .simulator
            .user(&Person::alex().id)?
            .asks("milk")
            .await?;
        Ok(Self {
            stage,
            bot,
            address,
            metrics,
        })
    }

    /// LINE's webhooks come to this bot, whatever was set meanwhile.
    pub(crate) fn point_line_here(&self) {
        let url = format!("http://{}/callback", self.address);
        self.stage.simulator.set_webhook_url(url);
    }
}

/// A shell in an empty folder, with `linebot` in its path.
pub(crate) struct Shell {
    folder: TempDir,
}

impl Shell {
    pub(crate) fn new() -> anyhow::Result<Self> {
        let folder = TempDir::new()?;
        symlink(process::binary(), folder.path().join("linebot"))?;
        Ok(Self { folder })
    }

    /// A path in its folder.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Runs a line with nothing but these variables.
    pub(crate) async fn run(
        &self,
        line: &str,
        environment: &BTreeMap<String, String>,
    ) -> anyhow::Result<Output> {
        let path = format!("{}:/usr/bin:/bin", self.folder.path().display());
        let shell = tokio::process::Command::new("/bin/sh")
            .args(["-c", line])
            .env_clear()
            .envs(environment)
            .env("PATH", path)
            .current_dir(self.folder.path())
            .stdin(Stdio::null())
            .kill_on_drop(true)
            .output();
        Ok(tokio::time::timeout(process::PATIENCE, shell).await??)
    }

    /// Runs a line that has to succeed; what it wrote.
    pub(crate) async fn succeed(
        &self,
        line: &str,
        environment: &BTreeMap<String, String>,
    ) -> anyhow::Result<String> {
        let output = self.run(line, environment).await?;
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        anyhow::ensure!(
            output.status.success(),
            "`{line}` ended with {}:\n{}{}",
            output.status,
            text(&output.stdout),
            text(&output.stderr)
        );
        Ok(text(&output.stdout))
    }
}

/// One GET on a connection of its own: the whole answer as text.
pub(crate) async fn get(address: SocketAddr, path: &str) -> anyhow::Result<String> {
    let mut stream = TcpStream::connect(address).await?;
    let request = format!("GET {path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await?;
    Ok(String::from_utf8_lossy(&answer).into_owned())
}
