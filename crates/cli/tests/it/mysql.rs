//! A real MySQL, where there is one.

use sqlx::Connection;
use sqlx::mysql::MySqlConnection;
use std::sync::atomic::{AtomicU32, Ordering};

/// Where `cargo xtask test` says the server is.
const VARIABLE: &str = "LINEBOT_TEST_MYSQL_URL";

/// A new database for one test.
pub(crate) struct MysqlDatabase {
    /// The URL of the server, without a database.
    pub(crate) server: String,
    pub(crate) name: String,
    pub(crate) url: String,
    pub(crate) connection: MySqlConnection,
}

impl MysqlDatabase {
    /// `None`, said out loud, where there is no server.
    pub(crate) async fn new() -> Option<Self> {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let Ok(server) = std::env::var(VARIABLE) else {
            assert!(
                std::env::var_os("LINEBOT_TEST_FULL").is_none(),
                "{VARIABLE} is not set, but this run is to cover it"
            );
            eprintln!(
                "not covered: what needs a real MySQL ({VARIABLE} is not set; `cargo xtask test` covers it)"
            );
            return None;
        };
        let connection = MySqlConnection::connect(&server).await.unwrap();
        let name = format!(
            "linebot_cli_{}_{}",
            std::process::id(),
            COUNT.fetch_add(1, Ordering::Relaxed)
        );
        let url = format!("{}/{name}", server.trim_end_matches('/'));
        let mut database = Self {
            server,
            name,
            url,
            connection,
        };
        database
            .run(&format!("CREATE DATABASE {0}; USE {0}", database.name))
            .await;
        Some(database)
    }

    pub(crate) async fn run(&mut self, sql: &str) {
        sqlx::raw_sql(sql)
            .execute(&mut self.connection)
            .await
            .unwrap();
    }

    pub(crate) async fn remove(mut self) {
        let drop = format!("DROP DATABASE {}", self.name);
        self.run(&drop).await;
    }
}
