//! `linebot migrate`.

use crate::config::{Configuration, Database};
use crate::failure::Failure;
use crate::output;
use crate::store::{self, Access};
use std::fmt::Write;
use storage::{Migration, SchemaStatus};

pub(crate) async fn run(configuration: &Configuration) -> Result<(), Failure> {
    let database = store::configured(configuration)?;
    // First without disturbing a bot that may be running.
    if status(configuration, database).await? == SchemaStatus::Current {
        return output::print(&up_to_date(database)).map(drop);
    }
    let opened = store::open(
        database,
        configuration.settings.database.database_connections,
        Access::Create,
    )?;
    let applied = opened
        .schema
        .migrate()
        .await
        .map_err(|error| opened.failed("cannot update the tables of", &error));
    opened.store.close().await;
    let text = match applied?.as_slice() {
        [] => up_to_date(database),
        applied => listed(&format!("{database}: applied"), applied, false),
    };
    output::print(&text).map(drop)
}

/// Prints what `run` would do. Changes nothing, not even an SQLite file that is not there.
pub(crate) async fn plan(configuration: &Configuration) -> Result<(), Failure> {
    let database = store::configured(configuration)?;
    let text = match status(configuration, database).await? {
        SchemaStatus::Current => up_to_date(database),
        SchemaStatus::Behind(missing) => {
            listed(&format!("{database}: would apply"), &missing, true)
        }
        status @ (SchemaStatus::Ahead(_) | SchemaStatus::Changed(_)) => {
            return store::schema_problem(&status).map_or(Ok(()), Err);
        }
    };
    output::print(&text).map(drop)
}

/// How the tables are, without touching them. An SQLite file that is not there is as an empty one.
async fn status(
    configuration: &Configuration,
    database: &Database,
) -> Result<SchemaStatus, Failure> {
    let connections = configuration.settings.database.database_connections;
    let folder;
    let opened = match database {
        Database::Sqlite(path) if !path.exists() => {
            folder = tempfile::tempdir().map_err(|error| {
                Failure::failed(format!("cannot make a temporary folder: {error}"))
            })?;
            store::open(
                &Database::Sqlite(folder.path().join("empty.db")),
                connections,
                Access::Create,
            )?
        }
        _ => store::open(database, connections, Access::Read)?,
    };
    let status = opened
        .schema
        .status()
        .await
        .map_err(|error| opened.failed("cannot read the schema of", &error));
    opened.store.close().await;
    status
}

fn up_to_date(database: &Database) -> String {
    format!("{database} is up to date\n")
}

fn listed(heading: &str, migrations: &[Migration], with_sql: bool) -> String {
    let mut text = format!("{heading}\n");
    for Migration { version, name, sql } in migrations {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "  {version} {name}");
        if with_sql {
            for line in sql.trim().lines() {
                let _ = writeln!(text, "      {line}");
            }
        }
    }
    text
}
