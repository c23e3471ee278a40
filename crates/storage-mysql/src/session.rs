//! A new connection: what it is told first, and what it is asked.

use crate::Options;
use crate::failure::{Failure, not_connected, unanswered};
use sqlx::{Connection, Executor, MySqlConnection, Row};
use std::time::Duration;
use tokio::time::timeout;

/// No statement commits by itself: this saves the round trip of a `BEGIN` in every batch. Whatever the server's
/// default, a value that does not fit is an error and nothing is cut.
const SET_UP: &str = "SET NAMES utf8mb4, SESSION autocommit = 0, \
    SESSION sql_mode = 'STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION'";

/// Rows are locked and nothing between them, so that new conversations do not wait for each other. (MySQL and
/// MariaDB 10 have different names for the variable, so it cannot be part of the line above.)
const READ_COMMITTED: &str = "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED";

/// In seconds. The default of 50 is pointless when LINE waits two.
const LOCK_WAIT: &str = "SET SESSION innodb_lock_wait_timeout = 1";

/// In seconds: how long a connection may say nothing. A process that is frozen or cut off in the middle of a transaction keeps
/// its locks, and with them every process whose batch holds one of its conversations, until the server gives it up; the default is
/// eight hours. The pool keeps connections for less.
const SILENCE: &str = "SET SESSION wait_timeout = 5";

/// Nothing but MariaDB and MySQL with Galera has the variable. Their packages have it `OFF` where there is no cluster.
const GALERA: &str = "SHOW VARIABLES LIKE 'wsrep_on'";

/// A connection that was set up.
pub(crate) struct Session {
    pub(crate) connection: MySqlConnection,
    /// Whether `COMMIT` can be the last statement of a text: not on Galera (ADR 10).
    pub(crate) commits_in_text: bool,
}

impl Session {
    /// Opens a connection within `limit`.
    pub(crate) async fn open(options: &Options, limit: Duration) -> Result<Self, Failure> {
        match timeout(limit, set_up(options)).await {
            Ok(opened) => opened.map_err(not_connected),
            Err(_) => Err(unanswered("opening a connection").into()),
        }
    }
}

async fn set_up(options: &Options) -> Result<Session, sqlx::Error> {
    let mut connection = MySqlConnection::connect_with(&options.0).await?;
    connection.execute(SET_UP).await?;
    connection.execute(READ_COMMITTED).await?;
    for limit in [LOCK_WAIT, SILENCE] {
        match connection.execute(limit).await {
            // Not every database that speaks the protocol knows them.
            Ok(_) | Err(sqlx::Error::Database(_)) => {}
            Err(error) => return Err(error),
        }
    }
    let commits_in_text = match connection.fetch_optional(GALERA).await {
        Ok(None) => true,
        Ok(Some(row)) => row.try_get::<&str, _>(1).is_ok_and(|value| value == "OFF"),
        // Not every database that speaks the protocol says.
        Err(sqlx::Error::Database(_)) => false,
        Err(error) => return Err(error),
    };
    Ok(Session {
        connection,
        commits_in_text,
    })
}
