//! [`SqliteStore`]: opening, and which connection does what.

use crate::error::Failure;
use crate::lock::WriterLock;
use crate::reader::Reader;
use crate::session::Session;
use crate::writer::Writer;
use crate::{commit, connection, prune, replies, schema, transfer};
use async_trait::async_trait;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;
use storage::{
    Batch, ConversationId, ConversationRecord, EventKey, Migration, Outcome, OwedReply,
    PruneBefore, Pruned, Schema, SchemaStatus, Store, StoreError, TakeDue,
};

/// A database file of SQLite.
#[derive(Debug)]
pub struct SqliteStore {
    reader: Reader,
    /// `None` when opened for reading only.
    writer: Option<Writer>,
}

impl SqliteStore {
    /// Opens the database at `path` for this process alone to write; with `create`, makes the file and its folder when
    /// they are not there. The schema is left as it is: see [`Schema`].
    ///
    /// [`StoreError::Unavailable`] when another process has it open for writing, or the file or folder cannot be used;
    /// [`StoreError::Damaged`] when it is no database.
    pub fn open(path: &Path, create: bool) -> Result<Self, StoreError> {
        let unavailable = |source: std::io::Error| {
            StoreError::Unavailable(format!("{}: {source}", path.display()).into())
        };
        if create {
            if let Some(folder) = path.parent() {
                std::fs::create_dir_all(folder).map_err(unavailable)?;
            }
        } else if let Err(source) = std::fs::metadata(path) {
            // Before the lock file is made beside it.
            return Err(unavailable(source));
        }
        let lock = WriterLock::take(path)?;
        let connection =
            connection::writing(path, create).map_err(|error| Failure::from(error).at(path))?;
        let writer = Writer::start(path, connection, lock)?;
        Ok(Self {
            reader: Reader::new(path),
            writer: Some(writer),
        })
    }

    /// Opens the database at `path` beside the process that writes it, if any: for exports and the schema's status.
    /// Whatever would write is [`StoreError::Refused`].
    pub fn open_read_only(path: &Path) -> Self {
        Self {
            reader: Reader::new(path),
            writer: None,
        }
    }

    async fn write<T: Send + 'static>(
        &self,
        deadline: Option<Instant>,
        work: impl FnOnce(&mut Session<'_>) -> Result<T, Failure> + Send + 'static,
    ) -> Result<T, StoreError> {
        match &self.writer {
            Some(writer) => writer.run(deadline, work).await,
            None => Err(StoreError::refused("the database is open for reading only")),
        }
    }
}

#[async_trait]
impl Store for SqliteStore {
    async fn commit(&self, batch: &Batch) -> Result<Vec<Outcome>, StoreError> {
        let deadline = Some(batch.deadline);
        let batch = batch.clone();
        self.write(deadline, move |session| commit::commit(session, &batch))
            .await
    }

    async fn take_due_replies(&self, take: TakeDue) -> Result<Vec<OwedReply>, StoreError> {
        self.write(None, move |session| replies::take_due(session, &take))
            .await
    }

    async fn release_leases(&self) -> Result<(), StoreError> {
        self.write(None, |session| replies::release_leases(session.connection))
            .await
    }

    async fn prune(&self, before: PruneBefore, limit: usize) -> Result<Pruned, StoreError> {
        self.write(None, move |session| prune::prune(session, before, limit))
            .await
    }

    async fn owed_messages(&self, key: &EventKey) -> Result<Option<Arc<str>>, StoreError> {
        let key = key.clone();
        self.reader
            .run(move |connection| replies::messages(connection, &key))
            .await
    }

    async fn owed_replies(&self) -> Result<u64, StoreError> {
        self.reader
            .run(|connection| replies::count(connection))
            .await
    }

    async fn export(
        &self,
        after: Option<&ConversationId>,
        limit: usize,
    ) -> Result<Vec<ConversationRecord>, StoreError> {
        let after = after.cloned();
        self.reader
            .run(move |connection| transfer::export(connection, after.as_ref(), limit))
            .await
    }

    async fn import(&self, records: &[ConversationRecord]) -> Result<Vec<bool>, StoreError> {
        let records = records.to_vec();
        self.write(None, move |connection| {
            transfer::import(connection, &records)
        })
        .await
    }

    async fn ping(&self) -> Result<(), StoreError> {
        self.reader
            .run(|connection| {
                Ok(connection.query_row("SELECT count(*) FROM sqlite_schema", (), |_| Ok(()))?)
            })
            .await
    }

    async fn close(&self) {
        // The reader first: the last connection to close is the one that tidies up the log.
        self.reader.close();
        if let Some(writer) = &self.writer {
            writer.close().await;
        }
    }
}

#[async_trait]
impl Schema for SqliteStore {
    async fn status(&self) -> Result<SchemaStatus, StoreError> {
        self.reader
            .run(|connection| schema::status(connection))
            .await
    }

    async fn migrate(&self) -> Result<Vec<Migration>, StoreError> {
        self.write(None, |session| schema::migrate(session)).await
    }
}
