//! Opening the configured database.

use crate::config::{Configuration, Database};
use crate::failure::Failure;
use std::num::NonZeroU32;
use std::path::Path;
use std::sync::Arc;
use storage::{Schema, SchemaStatus, Store, StoreError};
use storage_mysql::{MysqlStore, Options};
use storage_sqlite::SqliteStore;

/// An opened database, whatever it is.
pub(crate) struct Opened {
    /// Which one, for errors.
    pub(crate) database: Database,
    /// For the bot's work.
    pub(crate) store: Arc<dyn Store>,
    /// For migrations.
    pub(crate) schema: Arc<dyn Schema>,
}

/// What a command is going to do with the database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Access {
    /// Read, beside a bot that may be running.
    Read,
    /// Read and write what is there.
    Write,
    /// Make an SQLite file that is not there.
    Create,
}

/// The database the configuration names; an error says what to set.
pub(crate) fn configured(configuration: &Configuration) -> Result<&Database, Failure> {
    let missing = configuration.missing_of_database();
    match &configuration.database {
        Some(database) if missing.is_empty() => Ok(database),
        _ => Err(Failure::usage(format!(
            "no database can be used: {} not set",
            missing.join(", ")
        ))
        .hint(format!(
            "DATABASE_URL may be {}",
            crate::config::database::EXAMPLES
        ))),
    }
}

/// Opens `database`. MySQL is only looked for when it is first needed.
pub(crate) fn open(
    database: &Database,
    connections: NonZeroU32,
    access: Access,
) -> Result<Opened, Failure> {
    let options = match database {
        Database::Sqlite(path) => {
            let store = open_sqlite(database, path, access)?;
            return Ok(Opened::new(database, store));
        }
        Database::MysqlUrl(url) => Options::from_url(url),
        Database::MysqlParts {
            host,
            port,
            user,
            password,
            database,
        } => Options::from_parts(host, *port, user, password, database),
    };
    let options = options.map_err(|error| Failure::usage(Failure::chain(&error)))?;
    Ok(Opened::new(database, MysqlStore::new(options, connections)))
}

/// Refuses a database whose URL could never be used.
pub(crate) fn check(database: &Database) -> Result<(), Failure> {
    match database {
        Database::Sqlite(path) => refuse_folder(path),
        _ => open(database, NonZeroU32::MIN, Access::Read).map(drop),
    }
}

fn open_sqlite(database: &Database, path: &Path, access: Access) -> Result<SqliteStore, Failure> {
    refuse_folder(path)?;
    let create = access == Access::Create;
    if !create && !path.exists() {
        return Err(
            Failure::failed(format!("there is no database at {}", path.display()))
                .hint("check the path, or make it with: linebot migrate"),
        );
    }
    if access == Access::Read {
        return Ok(SqliteStore::open_read_only(path));
    }
    SqliteStore::open(path, create).map_err(|error| failed("cannot open", database, &error))
}

/// SQLite itself only speaks of a disk error.
fn refuse_folder(path: &Path) -> Result<(), Failure> {
    if path.is_dir() {
        let shown = path.display();
        return Err(Failure::usage(format!("the database {shown} is a folder"))
            .hint(format!("name a file in it: sqlite://{shown}/linebot.db")));
    }
    Ok(())
}

impl Opened {
    fn new(database: &Database, store: impl Store + Schema) -> Self {
        let store = Arc::new(store);
        Self {
            database: database.clone(),
            store: store.clone(),
            schema: store,
        }
    }

    /// Refuses a database whose tables are not those of this program.
    pub(crate) async fn check_schema(&self) -> Result<(), Failure> {
        let status = self
            .schema
            .status()
            .await
            .map_err(|error| self.failed("cannot read the schema of", &error))?;
        schema_problem(&status).map_or(Ok(()), Err)
    }

    /// A failure of the store as a failure of a command; `what` ends where the database is named.
    pub(crate) fn failed(&self, what: &str, error: &StoreError) -> Failure {
        failed(what, &self.database, error)
    }
}

/// What is wrong with a schema, and the cure.
pub(crate) fn schema_problem(status: &SchemaStatus) -> Option<Failure> {
    match status {
        SchemaStatus::Current => None,
        SchemaStatus::Behind(missing) => Some(
            Failure::failed(format!(
                "the tables of the database are not up to date ({} missing)",
                match missing.len() {
                    1 => "1 migration".to_owned(),
                    more => format!("{more} migrations"),
                }
            ))
            .hint("run: linebot migrate (on SQLite while no bot runs)"),
        ),
        SchemaStatus::Ahead(version) => Some(
            Failure::failed(format!(
                "the database has version {version} of the tables, which a newer linebot made"
            ))
            .hint("run that newer version, or restore a backup from before it"),
        ),
        SchemaStatus::Changed(version) => Some(
            Failure::failed(format!(
                "version {version} of the tables was made by a linebot that differs from this one"
            ))
            .hint("run a released version, or restore a backup from before it"),
        ),
    }
}

/// [`Opened::failed`], also where it could not be opened.
pub(crate) fn failed(what: &str, database: &Database, error: &StoreError) -> Failure {
    let failure = |why: &str| Failure::failed(format!("{what} {database}: {why}"));
    let cause = Failure::chain(error);
    match error {
        StoreError::Unavailable(_) => failure(&cause).hint(match database {
            Database::Sqlite(_) => {
                "check that its folder can be written to, and that the disk is not full"
            }
            Database::MysqlUrl(_) | Database::MysqlParts { .. } => {
                "check host, port, user, password and name of the database, and that this machine can reach the server"
            }
        }),
        StoreError::Forbidden(_) => failure(&cause).hint(
            "run it as a user who may change tables: GRANT SELECT, INSERT, UPDATE, DELETE, CREATE, ALTER, DROP, INDEX, \
             REFERENCES on the database; `linebot serve` needs the first four only",
        ),
        StoreError::Damaged(detail) => failure(detail)
            .hint("check that DATABASE_URL names the right database; if it does, restore a backup"),
        StoreError::Refused(_) => failure(&cause),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use storage::Migration;

    #[test]
    fn one_missing_migration_is_not_several() {
        let migration = || Migration {
            version: 1,
            name: "lists",
            sql: "",
        };
        let told = |missing| {
            schema_problem(&SchemaStatus::Behind(missing))
                .unwrap()
                .to_string()
        };
        assert!(told(vec![migration()]).contains("(1 migration missing)"));
        assert!(told(vec![migration(), migration()]).contains("(2 migrations missing)"));
    }
}
