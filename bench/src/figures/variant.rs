//! What is measured: the bound, and the bot on each database.

use super::process::{self, Watched};
use anyhow::{Context, Result, ensure};
use sqlx::{Connection, MySqlConnection};
use std::fmt;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;
use tempfile::TempDir;

/// What webhooks are signed with here.
pub(super) const CHANNEL_SECRET: &str = "8c570fa6dd201bb328f1c1eac23a96d8";
/// What every call to LINE carries here.
pub(super) const CHANNEL_ACCESS_TOKEN: &str = "bench-channel-access-token";

/// A bot to be measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, clap::ValueEnum)]
pub enum Variant {
    /// In memory: what everything else is compared with.
    Bound,
    /// `linebot serve` on a SQLite file.
    Sqlite,
    /// `linebot serve` on a MySQL server.
    Mysql,
}

impl fmt::Display for Variant {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Bound => "bound",
            Self::Sqlite => "SQLite",
            Self::Mysql => "MySQL",
        })
    }
}

/// A MySQL server for the benchmark.
#[derive(Clone, Debug)]
pub struct MysqlServer {
    /// `mysql://user:password@host:port`, a user who may create databases.
    pub url: String,
    /// Its process, where its CPU is to be measured.
    pub process: Option<u32>,
}

/// A variant with a database of its own, which goes away with this.
pub(super) struct Bed {
    pub(super) variant: Variant,
    /// Holds the SQLite file and the log.
    folder: TempDir,
    binaries: PathBuf,
    database: Option<String>,
    mysql: Option<(MysqlServer, String)>,
}

impl Bed {
    /// Makes an empty database with the current schema; files go into a new folder beside the programs.
    pub(super) fn make(
        variant: Variant,
        binaries: &Path,
        mysql: Option<&MysqlServer>,
    ) -> Result<Self> {
        // Beside the programs rather than in /tmp, which may be memory.
        let folder = tempfile::Builder::new()
            .prefix("bench-")
            .tempdir_in(binaries)?;
        let mut bed = Self {
            variant,
            folder,
            binaries: binaries.to_owned(),
            database: None,
            mysql: None,
        };
        match variant {
            Variant::Bound => return Ok(bed),
            Variant::Sqlite => {
                bed.database = Some(format!(
                    "sqlite://{}",
                    bed.folder.path().join("linebot.db").display()
                ));
            }
            Variant::Mysql => {
                let server = mysql.context("MySQL needs --mysql-url")?;
                let name = format!("linebot_bench_{:x}", rand::random::<u64>());
                execute(&server.url, &format!("CREATE DATABASE {name}"))?;
                bed.database = Some(format!("{}/{name}", server.url.trim_end_matches('/')));
                bed.mysql = Some((server.clone(), name));
            }
        }
        process::run(bed.linebot().arg("migrate"))?;
        Ok(bed)
    }

    /// The command that runs the bot at `listen`, talking to `line`.
    pub(super) fn serve(&self, listen: SocketAddr, line: SocketAddr) -> Command {
        let mut command = match self.variant {
            Variant::Bound => self.program("bound"),
            Variant::Sqlite | Variant::Mysql => {
                let mut linebot = self.linebot();
                linebot.arg("serve");
                linebot
            }
        };
        command
            .env("LINEBOT_LISTEN", listen.to_string())
            .env("LINEBOT_METRICS_LISTEN", "127.0.0.1:0")
            .env("LINE_API_BASE_URL", format!("http://{line}"))
            .env("LINE_CHANNEL_SECRET", CHANNEL_SECRET)
            .env("LINE_CHANNEL_ACCESS_TOKEN", CHANNEL_ACCESS_TOKEN);
        command
    }

    /// `linebot` on this database, with the defaults for everything else.
    pub(super) fn linebot(&self) -> Command {
        let mut command = self.program("linebot");
        command.envs(self.database.iter().map(|url| ("DATABASE_URL", url)));
        command
    }

    /// The program measured.
    pub(super) fn binary(&self) -> PathBuf {
        self.binaries.join(if self.variant == Variant::Bound {
            "bound"
        } else {
            "linebot"
        })
    }

    /// A file beside the database, which goes away with it.
    pub(super) fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The database server's process, where there is one that is known.
    pub(super) fn database_process(&self) -> Option<Watched> {
        self.mysql
            .as_ref()
            .and_then(|(server, _)| server.process)
            .map(Watched)
    }

    fn program(&self, name: &str) -> Command {
        let mut command = Command::new(self.binaries.join(name));
        command.env_clear().current_dir(self.folder.path());
        command
    }
}

impl Drop for Bed {
    fn drop(&mut self) {
        if let Some((server, name)) = &self.mysql
            && let Err(error) = execute(&server.url, &format!("DROP DATABASE {name}"))
        {
            eprintln!("warning: cannot drop {name}: {error:#}");
        }
    }
}

fn execute(url: &str, statement: &str) -> Result<()> {
    ensure!(url.starts_with("mysql://"), "not the URL of a MySQL server");
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let mut connection = MySqlConnection::connect(url).await?;
        sqlx::raw_sql(statement).execute(&mut connection).await?;
        Ok(connection.close().await?)
    })
}
