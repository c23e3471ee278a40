//! Opening a connection, and its settings.

use rusqlite::{Connection, OpenFlags};
use std::path::Path;
use std::time::Duration;

/// How long a statement waits for another program that locked the file (`sqlite3`, a backup). LINE gives a webhook two
/// seconds in all.
const BUSY_TIMEOUT: Duration = Duration::from_secs(1);

/// - `journal_mode`, `synchronous`: a commit is one append to the log, and on the disk before it is answered.
/// - `cache_size`: 6 MiB, a good part of what the bot may use; the rest of the database is in the system's cache.
const SETTINGS: &str = "
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = FULL;
    PRAGMA temp_store = MEMORY;
    PRAGMA mmap_size = 0;
    PRAGMA cache_size = -6144;
";

/// Opens `path` for writing, and makes the file when `create` says so.
pub(crate) fn writing(path: &Path, create: bool) -> rusqlite::Result<Connection> {
    let mut flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    flags.set(OpenFlags::SQLITE_OPEN_CREATE, create);
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(BUSY_TIMEOUT)?;
    connection.execute_batch(SETTINGS)?;
    Ok(connection)
}

/// Opens `path` beside the writer, to copy its log.
pub(crate) fn copying(path: &Path) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.execute_batch("PRAGMA synchronous = FULL; PRAGMA cache_size = 0;")?;
    Ok(connection)
}

/// Opens `path` beside a writer, for reading only.
pub(crate) fn reading(path: &Path) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(BUSY_TIMEOUT)?;
    connection.execute_batch("PRAGMA cache_size = -500;")?;
    Ok(connection)
}

#[cfg(test)]
mod tests {
    use super::*;
    use tempfile::tempdir;

    const FULL: i32 = 2;

    fn synchronous(connection: &Connection) -> i32 {
        let setting = connection.query_row("PRAGMA synchronous", (), |row| row.get(0));
        setting.unwrap()
    }

    #[test]
    fn a_commit_is_on_the_disk_before_it_is_answered() {
        let folder = tempdir().unwrap();
        let path = folder.path().join("linebot.db");
        let writing = writing(&path, true).unwrap();
        let journal = writing.query_row("PRAGMA journal_mode", (), |row| row.get::<_, String>(0));
        assert_eq!(journal.as_deref(), Ok("wal"));
        assert_eq!(synchronous(&writing), FULL);
        // What is copied out of the log has to be on the disk before the log is written over.
        assert_eq!(synchronous(&copying(&path).unwrap()), FULL);
    }
}
