//! The suite every store must pass.

#![expect(clippy::unwrap_used, reason = "a failed test panics")]

use async_trait::async_trait;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, Weak};
use storage::conformance::{Backend, Database, SqlDatabase};
use storage_sqlite::SqliteStore;
use tempfile::TempDir;

struct SqliteFile {
    folder: TempDir,
    open: Mutex<Weak<SqliteStore>>,
}

impl SqliteFile {
    fn path(&self) -> PathBuf {
        self.folder.path().join("linebot.db")
    }
}

async fn sqlite_file() -> SqliteFile {
    SqliteFile {
        folder: tempfile::tempdir().unwrap(),
        open: Mutex::default(),
    }
}

#[async_trait]
impl Database for SqliteFile {
    async fn open(&self) -> Arc<dyn Backend> {
        let mut open = self.open.lock().unwrap();
        if let Some(store) = open.upgrade() {
            return store;
        }
        let store = Arc::new(SqliteStore::open(&self.path(), true).unwrap());
        *open = Arc::downgrade(&store);
        store
    }
}

#[async_trait]
impl SqlDatabase for SqliteFile {
    async fn run(&self, sql: &str) {
        let connection = rusqlite::Connection::open(self.path()).unwrap();
        connection.execute_batch(sql).unwrap();
    }

    async fn describe(&self) -> String {
        let connection = rusqlite::Connection::open(self.path()).unwrap();
        let mut query = connection
            .prepare("SELECT coalesce(sql, name) FROM sqlite_schema ORDER BY type, name")
            .unwrap();
        let rows = query.query_map((), |row| row.get::<_, String>(0)).unwrap();
        rows.map(Result::unwrap).collect::<Vec<_>>().join(";\n")
    }
}

storage::conformance!(sqlite_file);
storage::schema_conformance!(sqlite_file);
