//! A new connection, and what it is told first.

use crate::Options;
use crate::failure::{Failure, not_connected, unanswered};
use sqlx::{Connection, Executor, MySqlConnection};
use std::time::Duration;
use tokio::time::timeout;

/// No statement commits by itself: this saves the round trip of a `BEGIN` in every batch. Whatever the server's
/// default, a value that does not fit is an error and nothing is cut.
const SET_UP: &str = "SET NAMES utf8mb4, SESSION autocommit = 0, \
    SESSION sql_mode = 'STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION'";

/// Rows are locked and nothing between them, so that new conversations do not wait for each other. (MySQL and
/// MariaDB 10 have different names for the variable, so it cannot be part of the line above.)
const READ_COMMITTED: &str = "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED";

/// In seconds. The default of 50 is pointless when LINE waits two. Not every database that speaks the protocol knows
/// it.
const LOCK_WAIT: &str = "SET SESSION innodb_lock_wait_timeout = 1";

/// Opens a connection within `limit`.
pub(crate) async fn open(options: &Options, limit: Duration) -> Result<MySqlConnection, Failure> {
    let opening = async {
        let mut connection = MySqlConnection::connect_with(&options.0).await?;
        connection.execute(SET_UP).await?;
        connection.execute(READ_COMMITTED).await?;
        match connection.execute(LOCK_WAIT).await {
            Ok(_) | Err(sqlx::Error::Database(_)) => Ok(connection),
            Err(error) => Err(error),
        }
    };
    match timeout(limit, opening).await {
        Ok(opened) => opened.map_err(not_connected),
        Err(_) => Err(unanswered("opening a connection").into()),
    }
}
