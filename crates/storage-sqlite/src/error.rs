//! What SQLite says, in the words of a store.

use rusqlite::ErrorCode;
use rusqlite::types::FromSqlError;
use std::path::{Path, PathBuf};
use storage::StoreError;

/// Why a piece of work on a connection failed.
pub(crate) enum Failure {
    /// SQLite said no.
    Sql(rusqlite::Error),
    /// The rules of a store say no.
    Store(StoreError),
}

impl From<rusqlite::Error> for Failure {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sql(error)
    }
}

impl From<FromSqlError> for Failure {
    fn from(error: FromSqlError) -> Self {
        Self::Sql(error.into())
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl Failure {
    /// The error as the caller of the store gets it; `path` is the database's.
    pub(crate) fn at(self, path: &Path) -> StoreError {
        match self {
            Self::Sql(error) => store_error(path, error),
            Self::Store(error) => error,
        }
    }
}

/// What a store answers after it was closed.
pub(crate) fn closed(path: &Path) -> StoreError {
    StoreError::Unavailable(format!("{} is closed", path.display()).into())
}

/// An error of SQLite with the file it is about.
#[derive(Debug, thiserror::Error)]
#[error("{}: {source}", path.display())]
struct AtPath {
    path: PathBuf,
    source: rusqlite::Error,
}

/// Tells which kind of failure `source` is.
fn store_error(path: &Path, source: rusqlite::Error) -> StoreError {
    use ErrorCode::{
        CannotOpen, DatabaseBusy, DatabaseCorrupt, DatabaseLocked, DiskFull,
        FileLockingProtocolFailed, NotADatabase, OutOfMemory, PermissionDenied, ReadOnly,
        SystemIoFailure,
    };
    use rusqlite::Error::{
        FromSqlConversionFailure, IntegralValueOutOfRange, InvalidColumnType, Utf8Error,
    };
    let damaged = matches!(
        source,
        FromSqlConversionFailure(..)
            | IntegralValueOutOfRange(..)
            | InvalidColumnType(..)
            | Utf8Error(..)
    );
    let code = source.sqlite_error_code();
    let error = AtPath {
        path: path.to_owned(),
        source,
    };
    match code {
        _ if damaged => StoreError::Damaged(error.to_string()),
        Some(NotADatabase) => {
            StoreError::Damaged(format!("{} is not an SQLite database", path.display()))
        }
        Some(DatabaseCorrupt) => StoreError::Damaged(error.to_string()),
        // What the operator, or the next moment, can cure.
        Some(
            CannotOpen
            | DatabaseBusy
            | DatabaseLocked
            | DiskFull
            | FileLockingProtocolFailed
            | OutOfMemory
            | PermissionDenied
            | ReadOnly
            | SystemIoFailure,
        ) => StoreError::Unavailable(error.into()),
        _ => StoreError::Refused(error.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rusqlite::ffi;

    fn error(code: i32) -> StoreError {
        let sqlite = rusqlite::Error::SqliteFailure(ffi::Error::new(code), None);
        Failure::from(sqlite).at(Path::new("/data/linebot.db"))
    }

    #[test]
    fn what_can_be_cured_is_worth_trying_again() {
        for code in [
            ffi::SQLITE_BUSY,
            ffi::SQLITE_FULL,
            ffi::SQLITE_READONLY,
            ffi::SQLITE_CANTOPEN,
            ffi::SQLITE_IOERR,
        ] {
            assert!(matches!(error(code), StoreError::Unavailable(_)), "{code}");
        }
    }

    #[test]
    fn a_broken_file_is_damaged() {
        for code in [ffi::SQLITE_CORRUPT, ffi::SQLITE_NOTADB] {
            assert!(matches!(error(code), StoreError::Damaged(_)), "{code}");
        }
    }

    #[test]
    fn what_only_one_batch_can_cause_is_refused() {
        for code in [ffi::SQLITE_CONSTRAINT, ffi::SQLITE_TOOBIG] {
            assert!(matches!(error(code), StoreError::Refused(_)), "{code}");
        }
    }

    #[test]
    fn the_text_names_the_file() {
        for code in [ffi::SQLITE_FULL, ffi::SQLITE_CORRUPT, ffi::SQLITE_TOOBIG] {
            assert!(error(code).to_string().contains("/data/linebot.db"));
        }
    }
}
