//! What an error of the server means: try again, come back later, or try fewer events.

use sqlx::mysql::MySqlDatabaseError;
use std::error::Error;
use storage::StoreError;
use storage::error::Cause;

/// Why a piece of work was not done.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The server undid it for the sake of another transaction, or its connection was lost: it may well work now.
    Again {
        /// What the server said.
        error: StoreError,
        /// Whether the connection can still be used.
        connected: bool,
    },
    /// Trying again at once would fail again.
    Final(StoreError),
}

impl Failure {
    /// What is reported when there is no time left to try again.
    pub(crate) fn into_store_error(self) -> StoreError {
        match self {
            Self::Again { error, .. } | Self::Final(error) => error,
        }
    }
}

/// What is reported of a change of the schema. To the bot, a privilege it lacks is one more thing to be mended on the
/// server; here it was the wrong user.
pub(crate) fn schema_error(failure: Failure) -> StoreError {
    match failure.into_store_error() {
        StoreError::Unavailable(cause) if lacks_privilege(&cause) => StoreError::Forbidden(cause),
        error => error,
    }
}

/// Access denied: to a database, a table, a column; a privilege.
fn lacks_privilege(cause: &Cause) -> bool {
    let number = cause.downcast_ref().and_then(server_error);
    number.is_some_and(|number| matches!(number, 1044 | 1142 | 1143 | 1227))
}

/// Why there is no connection. Nothing of a batch was sent yet: whatever the server refuses (this host, any host for now,
/// the user), it is not about the batch, and its text can be told.
pub(crate) fn not_connected(error: sqlx::Error) -> Failure {
    match server_error(&error).map(Meaning::of) {
        Some(Meaning::Refused) => Failure::Final(unavailable(error)),
        _ => error.into(),
    }
}

/// The number of an error that the server answered with.
fn server_error(error: &sqlx::Error) -> Option<u16> {
    let sqlx::Error::Database(error) = error else {
        return None;
    };
    let error = error.try_downcast_ref::<MySqlDatabaseError>();
    error.map(MySqlDatabaseError::number)
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Self::Final(error)
    }
}

impl From<sqlx::Error> for Failure {
    fn from(error: sqlx::Error) -> Self {
        match &error {
            // A column that is not there or not of its type.
            sqlx::Error::ColumnDecode { .. }
            | sqlx::Error::ColumnIndexOutOfBounds { .. }
            | sqlx::Error::Decode(_) => {
                return Self::Final(StoreError::Damaged(error.to_string()));
            }
            sqlx::Error::Configuration(_) => return Self::Final(unavailable(error)),
            _ => {}
        }
        match server_error(&error) {
            None => again(error, false),
            Some(number) => match Meaning::of(number) {
                Meaning::Conflict => again(error, true),
                Meaning::Lost => again(error, false),
                Meaning::Unfit => Self::Final(unavailable(error)),
                // The text of these may quote values, which may be what a person wrote.
                Meaning::Refused => Self::Final(StoreError::refused(format!(
                    "the server answered with error {number}"
                ))),
            },
        }
    }
}

/// What the server means by an error, by its number
/// (<https://dev.mysql.com/doc/mysql-errors/9.7/en/server-error-reference.html>,
/// <https://mariadb.com/docs/server/reference/error-codes>).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Meaning {
    /// Another transaction was in the way.
    Conflict,
    /// This connection is of no use any more; a new one may be, to this server or another.
    Lost,
    /// The server or what it lets us do must be mended first; it is not about this batch.
    Unfit,
    /// It is about the values of this batch.
    Refused,
}

impl Meaning {
    fn of(number: u16) -> Self {
        match number {
            // Lock wait timeout; deadlock (on Galera also: another node changed the row first); the row was changed
            // since it was read (MariaDB's snapshot isolation).
            1205 | 1213 | 1020
            // Duplicate key: only rows of new conversations are inserted without saying what to do about that, so
            // another process was first.
            | 1062
            // Rolled back while committing: Galera without quorum; group replication.
            | 1180 | 3101
            // Interrupted: by an administrator, `max_execution_time`, `max_statement_time`.
            | 1317 | 3024 | 1969 => Self::Conflict,
            // Shutting down; killed; network; idle for too long.
            1053 | 1927 | 1152 | 1158..=1161 | 2006 | 2013 | 4031
            // Too many connections; the user has too many; starting or a Galera node that is not ready.
            | 1040 | 1203 | 1226 | 1047
            // Read-only: it was the primary when we connected.
            | 1290 | 1792 | 1836
            // Its prepared statements are stale or too many.
            | 1243 | 1461 | 1615 => Self::Lost,
            // Access denied: to the server, the database, a table, a column, by host, a privilege; no encryption.
            1044 | 1045 | 1142 | 1143 | 1130 | 1227 | 1251 | 3159
            // Schema: no such database, table, column.
            | 1049 | 1146 | 1054
            // The disk or a table space is full; disk errors; out of memory; the lock table is full.
            | 1021 | 1114 | 1026 | 1030 | 1037 | 1038 | 1041 | 1206 => Self::Unfit,
            _ => Self::Refused,
        }
    }
}

fn again(error: sqlx::Error, connected: bool) -> Failure {
    Failure::Again {
        error: unavailable(error),
        connected,
    }
}

/// [`StoreError::Unavailable`] because of `cause`.
pub(crate) fn unavailable(cause: impl Error + Send + Sync + 'static) -> StoreError {
    StoreError::Unavailable(Box::new(cause))
}

/// [`StoreError::Unavailable`] because `what` took too long.
pub(crate) fn unanswered(what: &str) -> StoreError {
    StoreError::Unavailable(Cause::from(format!("{what} took too long")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_deadlock_is_tried_again_on_the_same_connection() {
        assert_eq!(Meaning::of(1213), Meaning::Conflict);
    }

    #[test]
    fn a_server_that_became_a_replica_is_left() {
        assert_eq!(Meaning::of(1290), Meaning::Lost);
    }

    #[test]
    fn a_missing_table_is_not_the_fault_of_the_batch() {
        assert_eq!(Meaning::of(1146), Meaning::Unfit);
    }

    #[test]
    fn a_value_that_does_not_fit_is() {
        assert_eq!(Meaning::of(1406), Meaning::Refused);
    }

    #[test]
    fn a_lost_connection_is_replaced() {
        let lost = sqlx::Error::Io(std::io::ErrorKind::ConnectionReset.into());
        assert!(matches!(
            Failure::from(lost),
            Failure::Again {
                connected: false,
                error: StoreError::Unavailable(_)
            }
        ));
    }
}
