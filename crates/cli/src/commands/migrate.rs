//! `linebot migrate`.

use crate::config::{Configuration, Database};
use crate::failure::Failure;
use crate::output;
use crate::store::{self, Access, Opened};
use std::fmt::Write;
use storage::{Migration, SchemaStatus};

pub(crate) async fn run(configuration: &Configuration) -> Result<(), Failure> {
    let database = store::configured(configuration)?;
    let connections = configuration.settings.database.database_connections;
    let opened = store::open(database, connections, Access::Create)?;
    let applied = opened
        .schema
        .migrate()
        .await
        .map_err(|error| store::failed("cannot update the tables", &error));
    opened.store.close().await;
    let applied = applied?;
    let text = match applied.as_slice() {
        [] => format!("{database} is up to date\n"),
        applied => listed(&format!("{database}: applied"), applied, false),
    };
    output::print(&text).map(drop)
}

/// Prints what `run` would do. Changes nothing, not even an SQLite file that is not there.
pub(crate) async fn plan(configuration: &Configuration) -> Result<(), Failure> {
    let database = store::configured(configuration)?;
    let connections = configuration.settings.database.database_connections;
    let status = match database {
        Database::Sqlite(path) if !path.exists() => {
            let folder = tempfile::tempdir().map_err(|error| {
                Failure::failed(format!("cannot make a temporary folder: {error}"))
            })?;
            let empty = Database::Sqlite(folder.path().join("empty.db"));
            status(&store::open(&empty, connections, Access::Create)?).await?
        }
        _ => status(&store::open(database, connections, Access::Read)?).await?,
    };
    let text = match &status {
        SchemaStatus::Behind(missing) => listed(&format!("{database}: would apply"), missing, true),
        SchemaStatus::Current => format!("{database} is up to date\n"),
        SchemaStatus::Ahead(_) | SchemaStatus::Changed(_) => String::new(),
    };
    output::print(&text)?;
    match &status {
        SchemaStatus::Behind(_) => Ok(()),
        status => store::schema_problem(status).map_or(Ok(()), Err),
    }
}

async fn status(opened: &Opened) -> Result<SchemaStatus, Failure> {
    let status = opened
        .schema
        .status()
        .await
        .map_err(|error| store::failed("cannot read the schema of the database", &error));
    opened.store.close().await;
    status
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
