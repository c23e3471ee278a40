//! Databases for the binary under test: SQLite always, MySQL and MariaDB where `cargo xtask test` started them.

use anyhow::Context;
use sqlx::{Connection, MySqlConnection};
use std::sync::atomic::{AtomicU32, Ordering};
use tempfile::TempDir;

/// A fresh database of its own for one test.
pub struct Database {
    /// For messages: `SQLite`, `MySQL` or `MariaDB`.
    pub name: &'static str,
    /// What goes into `DATABASE_URL`.
    pub url: String,
    _folder: TempDir,
}

/// Tells the databases of one test process apart.
static COUNT: AtomicU32 = AtomicU32::new(0);

impl Database {
    /// A new SQLite file, which the bot makes when it migrates.
    pub fn sqlite() -> anyhow::Result<Self> {
        let folder = TempDir::new().context("no temporary folder")?;
        let url = format!("sqlite://{}/linebot.db", folder.path().display());
        Ok(Self {
            name: "SQLite",
            url,
            _folder: folder,
        })
    }

    /// A new database on the server of `variable`; `None`, said out loud, where there is no server.
    async fn on_server(name: &'static str, variable: &str) -> anyhow::Result<Option<Self>> {
        let Ok(server) = std::env::var(variable) else {
            anyhow::ensure!(
                std::env::var("LINEBOT_TEST_FULL").is_err(),
                "{variable} is not set, but this run is to cover {name}"
            );
            eprintln!("not covered: {name} ({variable} is not set; `cargo xtask test` covers it)");
            return Ok(None);
        };
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let database = format!("e2e_{}_{number}", std::process::id());
        let mut connection = MySqlConnection::connect(&server)
            .await
            .with_context(|| format!("{name} does not answer"))?;
        sqlx::raw_sql(&format!("CREATE DATABASE {database} CHARACTER SET utf8mb4"))
            .execute(&mut connection)
            .await?;
        let url = format!("{}/{database}", server.trim_end_matches('/'));
        Self::at(name, url).map(Some)
    }

    /// One that a test made itself.
    pub fn at(name: &'static str, url: String) -> anyhow::Result<Self> {
        Ok(Self {
            name,
            url,
            _folder: TempDir::new()?,
        })
    }

    /// One of each kind that is there.
    pub async fn all() -> anyhow::Result<Vec<Self>> {
        let mut all = vec![Self::sqlite()?];
        all.extend(Self::on_server("MySQL", "LINEBOT_TEST_MYSQL_URL").await?);
        all.extend(Self::on_server("MariaDB", "LINEBOT_TEST_MARIADB_URL").await?);
        Ok(all)
    }
}
