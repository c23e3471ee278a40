//! A database of its own for each test.

use async_trait::async_trait;
use sqlx::mysql::MySqlConnectOptions;
use sqlx::{Connection, Executor, MySqlConnection, Row};
use std::num::NonZeroU32;
use std::str::FromStr;
use std::sync::Arc;
use storage::conformance::{Backend, Database, SqlDatabase};
use storage_mysql::{MysqlStore, Options};

/// The connections of a store under test.
const CONNECTIONS: NonZeroU32 = NonZeroU32::new(4).unwrap();

/// Dropped with this, and so is a user of the same name.
pub(crate) struct TestDatabase {
    /// Of the server, without a database, for a user who may do everything.
    server: String,
    pub(crate) name: String,
}

/// On MySQL.
pub(crate) async fn mysql() -> TestDatabase {
    TestDatabase::on("LINEBOT_TEST_MYSQL_URL").await
}

/// On MariaDB.
pub(crate) async fn mariadb() -> TestDatabase {
    TestDatabase::on("LINEBOT_TEST_MARIADB_URL").await
}

impl TestDatabase {
    async fn on(variable: &str) -> Self {
        let server = std::env::var(variable)
            .unwrap_or_else(|_| panic!("{variable} is not set: run `cargo xtask test`"));
        let name = format!("linebot_test_{:016x}", rand::random::<u64>());
        let database = Self { server, name };
        let mut connection = database.connect("").await;
        let create = format!("CREATE DATABASE {}", database.name);
        connection.execute(&*create).await.unwrap();
        database
    }

    /// Its URL.
    pub(crate) fn url(&self) -> String {
        format!("{}/{}", self.server, self.name)
    }

    /// A store, as a process of its own has it.
    pub(crate) fn store(&self) -> MysqlStore {
        let options = Options::from_url(&self.url().into()).unwrap();
        MysqlStore::new(options, CONNECTIONS)
    }

    /// A connection as the user who may do everything.
    pub(crate) async fn connection(&self) -> MySqlConnection {
        self.connect(&self.name).await
    }

    /// The connections to this database, without `connection`.
    pub(crate) async fn connection_ids(&self, connection: &mut MySqlConnection) -> Vec<u64> {
        let others = "SELECT CAST(id AS UNSIGNED) FROM information_schema.processlist \
                      WHERE db = DATABASE() AND id <> CONNECTION_ID()";
        let rows = connection.fetch_all(others).await.unwrap();
        rows.iter().map(|row| row.get(0)).collect()
    }

    async fn connect(&self, database: &str) -> MySqlConnection {
        let url = format!("{}/{database}", self.server);
        let options = MySqlConnectOptions::from_str(&url).unwrap();
        MySqlConnection::connect_with(&options).await.unwrap()
    }
}

#[async_trait]
impl Database for TestDatabase {
    async fn open(&self) -> Arc<dyn Backend> {
        Arc::new(self.store())
    }
}

#[async_trait]
impl SqlDatabase for TestDatabase {
    async fn run(&self, sql: &str) {
        let mut connection = self.connection().await;
        connection.execute(&*sql).await.unwrap();
    }

    async fn describe(&self) -> String {
        let mut connection = self.connection().await;
        let tables = "SELECT table_name FROM information_schema.tables \
                      WHERE table_schema = DATABASE() ORDER BY table_name";
        let mut description = String::new();
        for table in connection.fetch_all(tables).await.unwrap() {
            let table: String = table.get_unchecked(0);
            let show = format!("SHOW CREATE TABLE {table}");
            let row = connection.fetch_one(&*show).await.unwrap();
            description += row.get_unchecked::<&str, _>(1);
            description += ";\n";
        }
        description
    }
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        // A thread of its own: dropping happens inside the test's runtime, which cannot wait for another future.
        let dropping = || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .unwrap();
            runtime.block_on(async {
                let mut connection = self.connect("").await;
                for sql in [
                    format!("DROP DATABASE {}", self.name),
                    format!("DROP USER IF EXISTS '{}'@'%'", self.name),
                ] {
                    connection.execute(&*sql).await.unwrap();
                }
            });
        };
        // Whether it works is not what the test is about.
        let _ = std::thread::scope(|scope| scope.spawn(dropping).join());
    }
}
