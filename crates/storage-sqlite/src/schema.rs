//! The migrations. Each runs in a transaction of its own with the row that records it.

use crate::error::Failure;
use crate::session::Session;
use rusqlite::{Connection, OptionalExtension, params};
use storage::schema::{Applied, Migration, NAMES, SchemaStatus, migrations};

const MIGRATIONS: [Migration; NAMES.len()] = migrations([
    include_str!("../migrations/001_lists.sql"),
    include_str!("../migrations/002_events.sql"),
    include_str!("../migrations/003_owed_replies.sql"),
]);

pub(crate) fn status(connection: &Connection) -> Result<SchemaStatus, Failure> {
    let known = "SELECT 1 FROM sqlite_schema WHERE name = 'schema_migrations'";
    let mut applied = Vec::new();
    if connection
        .query_row(known, (), |_| Ok(()))
        .optional()?
        .is_some()
    {
        let mut query = connection.prepare("SELECT version, checksum FROM schema_migrations")?;
        let mut rows = query.query(())?;
        while let Some(row) = rows.next()? {
            applied.push(Applied {
                version: row.get(0)?,
                checksum: row.get(1)?,
            });
        }
    }
    Ok(SchemaStatus::compare(&MIGRATIONS, &applied))
}

pub(crate) fn migrate(session: &Session<'_>) -> Result<Vec<Migration>, Failure> {
    session.connection.execute_batch(
        "CREATE TABLE IF NOT EXISTS schema_migrations (
             version INTEGER NOT NULL PRIMARY KEY,
             name TEXT NOT NULL,
             checksum TEXT NOT NULL,
             applied_at INTEGER NOT NULL
         ) STRICT;",
    )?;
    let missing = status(session.connection)?.to_apply()?;
    for migration in &missing {
        let transaction = session.begin()?;
        transaction.execute_batch(migration.sql)?;
        transaction.execute(
            "INSERT INTO schema_migrations (version, name, checksum, applied_at)
             VALUES (?1, ?2, ?3, CAST(unixepoch('subsec') * 1000 AS INTEGER))",
            params![migration.version, migration.name, migration.checksum()],
        )?;
        transaction.commit()?;
    }
    Ok(missing)
}
