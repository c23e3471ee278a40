//! The schema. The server commits at every statement that changes the schema, and the row that records a migration
//! comes after it: each is safe to run again.

use crate::failure::{Failure, schema_error};
use crate::session::Session;
use crate::transaction::{Transaction, Work};
use crate::{BACKGROUND_LIMIT, MysqlStore, columns, sql, within};
use async_trait::async_trait;
use sqlx::{Connection, Executor, MySqlConnection};
use std::time::Duration;
use storage::StoreError;
use storage::schema::{Applied, Migration, NAMES, Schema, SchemaStatus, migrations};

const MIGRATIONS: [Migration; NAMES.len()] = migrations([
    include_str!("../migrations/001_lists.sql"),
    include_str!("../migrations/002_events.sql"),
    include_str!("../migrations/003_owed_replies.sql"),
]);

/// Nobody in a chat waits for a migration: the first connection through a proxy may take its time.
const CONNECT_LIMIT: Duration = Duration::from_secs(10);

#[async_trait]
impl Schema for MysqlStore {
    async fn status(&self) -> Result<SchemaStatus, StoreError> {
        self.run(&Status, within(BACKGROUND_LIMIT)).await
    }

    async fn migrate(&self) -> Result<Vec<Migration>, StoreError> {
        // A connection of its own, without a deadline: changing a large table takes what it takes.
        let opened = Session::open(&self.pool.options, CONNECT_LIMIT).await;
        let mut connection = opened.map_err(Failure::into_store_error)?.connection;
        let migrated = migrate(&mut connection).await;
        // Closing it gives the lock back, whatever happened.
        let closed = connection.close().await;
        let missing = migrated.map_err(schema_error)?;
        closed
            .map_err(|error| Failure::from(error).into_store_error())
            .map(|()| missing)
    }
}

async fn migrate(connection: &mut MySqlConnection) -> Result<Vec<Migration>, Failure> {
    connection.execute(sql::LOCK_SCHEMA_PATIENTLY).await?;
    let row = connection.fetch_one(sql::LOCK_SCHEMA).await?;
    if columns::value::<Option<i64>>(&row, 0)? != Some(1) {
        return Err(StoreError::refused("another process is changing the schema").into());
    }
    connection.execute(sql::CREATE_MIGRATIONS).await?;
    let missing = status(connection).await?.to_apply()?;
    for migration in &missing {
        connection.execute(migration.sql).await?;
        let record = sqlx::query(sql::RECORD_MIGRATION)
            .bind(migration.version)
            .bind(migration.name)
            .bind(migration.checksum());
        connection.execute(record).await?;
        connection.execute(sql::COMMIT).await?;
    }
    Ok(missing)
}

struct Status;

impl Work for Status {
    type Output = SchemaStatus;

    async fn run(&self, transaction: &mut Transaction<'_>) -> Result<SchemaStatus, Failure> {
        status(transaction).await
    }
}

async fn status(connection: &mut MySqlConnection) -> Result<SchemaStatus, Failure> {
    let mut applied = Vec::new();
    let table = connection.fetch_optional(sql::MIGRATIONS_TABLE).await?;
    if table.is_some() {
        for row in &connection.fetch_all(sql::APPLIED_MIGRATIONS).await? {
            applied.push(Applied {
                version: columns::value(row, 0)?,
                checksum: columns::value(row, 1)?,
            });
        }
    }
    Ok(SchemaStatus::compare(&MIGRATIONS, &applied))
}
