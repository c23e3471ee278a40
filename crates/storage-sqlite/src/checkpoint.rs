//! Writing the log back into the database file, beside the writer.
//!
//! A checkpoint copies thousands of pages. Done by the writer, as SQLite does by itself, the batch that begins it waits
//! for all of them. So a thread with a connection of its own copies while commits go on, and the writer copies only what
//! came meanwhile: then nothing is left, and its next commit begins the log anew.

use crate::connection;
use crate::error::Failure;
use rusqlite::Connection;
use rusqlite::hooks::Wal;
use std::path::Path;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::JoinHandle;
use storage::StoreError;

/// Pages in the log at which to begin: 16 MiB. With 1,000 the same pages are copied so much more often that a message
/// costs a tenth more.
const BEGIN: i32 = 4_000;

/// Pages at which the writer copies by itself, whatever it takes: 128 MiB. So many come together only while another
/// program reads the file for long, or when the disk hardly keeps up.
const MOST: i32 = 32_000;

/// Each copies what came during the one before, which is a small part of it.
const PASSES: usize = 3;

/// The thread that copies.
pub(crate) struct Checkpoints {
    thread: JoinHandle<()>,
}

impl Checkpoints {
    /// Takes the work over from SQLite for `writer`, whose file is `path`.
    pub(crate) fn start(writer: &mut Connection, path: &Path) -> Result<Self, Failure> {
        let connection = connection::copying(path)?;
        let (begin, orders) = channel();
        let (done, reports) = channel();
        writer.wal_hook(Some(hook(begin, reports)))?;
        let thread = std::thread::Builder::new()
            .name("sqlite-checkpoint".to_owned())
            .spawn(move || copy(&connection, &orders, &done))
            .map_err(|error| StoreError::Unavailable(error.into()))?;
        Ok(Self { thread })
    }

    /// Ends the thread and closes its connection: the last one that is closed removes the log.
    pub(crate) fn stop(self, writer: &mut Connection) {
        let nothing: Option<fn(&mut Wal, i32) -> rusqlite::Result<()>> = None;
        // If it failed, the thread would wait for a hook that is still there.
        if writer.wal_hook(nothing).is_ok() {
            let _ = self.thread.join();
        }
    }
}

/// Called by SQLite after every commit, with the number of pages in the log.
fn hook(
    begin: Sender<()>,
    reports: Receiver<()>,
) -> impl FnMut(&mut Wal, i32) -> rusqlite::Result<()> + Send {
    let mut under_way = false;
    // What cannot be copied stays in the log, and its turn comes again after a later commit.
    move |log, pages| {
        if reports.try_recv().is_ok() {
            under_way = false;
            let _ = log.checkpoint();
        } else if !under_way && pages >= BEGIN {
            under_way = begin.send(()).is_ok();
        } else if pages >= MOST {
            let _ = log.checkpoint();
        }
        Ok(())
    }
}

fn copy(connection: &Connection, orders: &Receiver<()>, done: &Sender<()>) {
    while orders.recv().is_ok() {
        for _ in 0..PASSES {
            let _ = connection.query_row("PRAGMA wal_checkpoint(PASSIVE)", (), |_| Ok(()));
        }
        let _ = done.send(());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tempfile::tempdir;

    /// The smallest SQLite knows, so that many are written quickly, and their heads in the log.
    const PAGE_BYTES: u64 = 512;
    const HEAD_BYTES: u64 = 24;

    #[test]
    fn while_nobody_copies_the_writer_keeps_the_log_bounded() {
        let folder = tempdir().unwrap();
        let path = folder.path().join("linebot.db");
        let mut writer = Connection::open(&path).unwrap();
        let settings = format!(
            "PRAGMA page_size = {PAGE_BYTES}; PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF;
             CREATE TABLE filling (bytes BLOB);"
        );
        writer.execute_batch(&settings).unwrap();
        // The order to copy is heard and never carried out.
        let (begin, orders) = channel();
        let (_done, reports) = channel();
        writer.wal_hook(Some(hook(begin, reports))).unwrap();
        let reader = connection::reading(&path).unwrap();
        let log = folder.path().join("linebot.db-wal");
        let mut largest = 0;
        for _ in 0..60 {
            let a_megabyte = "INSERT INTO filling VALUES (zeroblob(1048576))";
            writer.execute(a_megabyte, ()).unwrap();
            // Short looks of another program, between the commits.
            let rows = "SELECT count(*) FROM filling";
            let _: u32 = reader.query_row(rows, (), |row| row.get(0)).unwrap();
            largest = largest.max(std::fs::metadata(&log).unwrap().len());
        }
        assert_eq!(orders.try_iter().count(), 1);
        let most = u64::from(MOST.unsigned_abs()) * (PAGE_BYTES + HEAD_BYTES);
        let a_commit = 2 * 1_048_576;
        assert!(largest <= most + a_commit, "{largest} bytes");
    }
}
