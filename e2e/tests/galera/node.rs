//! One node: a MariaDB that a test may kill.

use crate::eventually;
use anyhow::{Context, bail, ensure};
use sqlx::{Connection, MySqlConnection, Row};
use std::fs::File;
use std::os::unix::fs::{MetadataExt, chown};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use tempfile::TempDir;

/// Debian's `nobody` and `nogroup`: as root, the daemon of `rsync` that takes a copy of the data becomes them anyway.
const NOBODY: u32 = 65_534;

/// Set by `cargo xtask test`: the folder of [`SCRIPTS`], where they are not installed.
const SCRIPTS_FOLDER: &str = "LINEBOT_TEST_WSREP_SCRIPTS";

/// What a node calls to copy its data to another, or to receive a copy.
const SCRIPTS: [&str; 2] = ["wsrep_sst_rsync", "wsrep_sst_common"];

/// Clients, the group, an incremental and a full copy of the data.
pub(crate) const PORTS: u16 = 4;

/// Killed and deleted when dropped. The kernel kills it too when the thread that started it ends.
pub(crate) struct Node {
    first_port: u16,
    folder: TempDir,
    /// Whether the test may, and so must, give up its rights.
    as_root: bool,
    process: Option<Child>,
}

impl Node {
    /// A node without data, which does not run, on [`PORTS`] ports from `first_port` on.
    pub(crate) fn new(first_port: u16) -> anyhow::Result<Self> {
        let folder = TempDir::new()?;
        // It belongs to whoever runs the test.
        let as_root = folder.path().metadata()?.uid() == 0;
        if as_root {
            chown(folder.path(), Some(NOBODY), Some(NOBODY))?;
        }
        // Copied: without rights, a node may not be allowed into the folders above them.
        if let Some(scripts) = std::env::var_os(SCRIPTS_FOLDER) {
            for script in SCRIPTS {
                let script_path = Path::new(&scripts).join(script);
                std::fs::copy(&script_path, folder.path().join(script))
                    .with_context(|| format!("no {}", script_path.display()))?;
            }
        }
        let node = Self {
            first_port,
            folder,
            as_root,
            process: None,
        };
        ensure!(
            node.unprivileged("mkdir")?
                .arg(node.data())
                .status()?
                .success(),
            "no folder for data"
        );
        Ok(node)
    }

    /// Makes the tables of the server and an empty database `linebot`. The others copy them when they join.
    pub(crate) fn install(&self) -> anyhow::Result<()> {
        let output = self
            .unprivileged("mariadb-install-db")?
            .args(["--no-defaults", "--skip-test-db"])
            .arg("--auth-root-authentication-method=normal")
            .arg(format!("--datadir={}", self.data().display()))
            .env("TMPDIR", self.folder.path())
            .output()
            .context("mariadb-install-db cannot be run: cargo xtask test")?;
        ensure!(output.status.success(), "{output:?}");
        let made = self
            .unprivileged("mkdir")?
            .arg(self.data().join("linebot"))
            .status()?;
        ensure!(made.success(), "no database");
        Ok(())
    }

    /// Starts it as a member of the cluster at `members`; the first member of a new one, if there are none.
    pub(crate) fn start(&mut self, members: &str) -> anyhow::Result<()> {
        let [clients, group, part, full] = [0, 1, 2, 3].map(|port| self.first_port + port);
        let log = File::create(self.log())?;
        let mut command = self.unprivileged("mariadbd")?;
        command
            .args(["--no-defaults", "--bind-address=127.0.0.1"])
            .arg(format!("--datadir={}", self.data().display()))
            .arg(format!("--socket={}", self.path("socket").display()))
            .arg(format!("--tmpdir={}", self.folder.path().display()))
            .arg(format!("--port={clients}"))
            // What Galera demands.
            .args(["--binlog-format=ROW", "--innodb-autoinc-lock-mode=2"])
            .args([
                "--wsrep-on=ON",
                "--wsrep-provider=/usr/lib/galera/libgalera_smm.so",
            ])
            .arg(format!("--wsrep-cluster-address=gcomm://{members}"))
            .arg(format!("--wsrep-node-address=127.0.0.1:{group}"))
            .args(["--wsrep-cluster-name=linebot", "--wsrep-sst-method=rsync"])
            .arg(format!("--wsrep-sst-receive-address=127.0.0.1:{full}"))
            .arg(format!(
                "--wsrep-provider-options=gmcast.listen_addr=tcp://127.0.0.1:{group};base_host=127.0.0.1;\
                 base_port={group};ist.recv_addr=127.0.0.1:{part};ist.recv_bind=127.0.0.1:{part};gcache.size=16M"
            ))
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log);
        if members.is_empty() {
            command.arg("--wsrep-new-cluster");
        }
        self.process = Some(command.spawn().context("mariadbd does not start")?);
        Ok(())
    }

    /// Waits until it has all data and takes writes.
    pub(crate) async fn synced(&mut self) -> anyhow::Result<()> {
        let log = self.path("log");
        let joined = eventually("a node has not joined", async || {
            let process = self.process.as_mut().context("it was not started")?;
            if let Some(status) = process.try_wait()? {
                bail!("a node has ended: {status}");
            }
            // Refused, then not ready, while it joins.
            let state = self.status("wsrep_local_state_comment").await.ok();
            Ok((state.as_deref() == Some("Synced")).then_some(()))
        })
        .await;
        joined.map_err(|error| {
            let log = std::fs::read_to_string(log).unwrap_or_default();
            error.context(format!("the node wrote:\n{log}"))
        })
    }

    /// As a crash ends it.
    pub(crate) fn kill(&mut self) -> anyhow::Result<()> {
        if let Some(mut process) = self.process.take() {
            process.kill()?;
            process.wait()?;
        }
        Ok(())
    }

    /// Where its group listens.
    pub(crate) fn member(&self) -> String {
        format!("127.0.0.1:{}", self.first_port + 1)
    }

    /// What goes into `DATABASE_URL`.
    pub(crate) fn url(&self) -> String {
        format!("mysql://root@127.0.0.1:{}/linebot", self.first_port)
    }

    /// A connection of the test's own.
    pub(crate) async fn connection(&self) -> anyhow::Result<MySqlConnection> {
        Ok(MySqlConnection::connect(&self.url()).await?)
    }

    /// What the server says of itself.
    pub(crate) async fn status(&self, name: &str) -> anyhow::Result<String> {
        let mut connection = self.connection().await?;
        let show = format!("SHOW GLOBAL STATUS LIKE '{name}'");
        let row = sqlx::raw_sql(&show).fetch_one(&mut connection).await?;
        Ok(row.try_get_unchecked(1)?)
    }

    /// [`Self::status`] that is a number.
    pub(crate) async fn count(&self, name: &str) -> anyhow::Result<u64> {
        Ok(self.status(name).await?.parse()?)
    }

    fn unprivileged(&self, program: &str) -> anyhow::Result<Command> {
        let mut command = Command::new("setpriv");
        command.arg("--pdeathsig=KILL");
        if self.as_root {
            command.arg(format!("--reuid={NOBODY}"));
            command.arg(format!("--regid={NOBODY}"));
            command.arg("--clear-groups");
        }
        let path = std::env::var_os("PATH").unwrap_or_default();
        let folders = std::iter::once(self.folder.path().to_owned());
        let folders = folders.chain(std::env::split_paths(&path));
        command
            .arg(program)
            .current_dir(self.folder.path())
            .env("PATH", std::env::join_paths(folders)?);
        Ok(command)
    }

    fn data(&self) -> PathBuf {
        self.path("data")
    }

    fn log(&self) -> PathBuf {
        self.path("log")
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        // Its data is thrown away: no need to let it flush.
        let _ = self.kill();
    }
}
