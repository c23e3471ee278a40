//! The store on MySQL, MariaDB and databases that speak their protocol.
//!
//! | module | what it holds |
//! |---|---|
//! | [`options`] | how to reach the server |
//! | [`pool`], [`session`] | connections, and what each is told first |
//! | [`transaction`] | a piece of work, committed, tried again, or given up in time |
//! | [`failure`] | what an error of the server means for that |
//! | [`statement`], [`sql`] | statements over lists, and every statement there is |
//! | [`columns`] | rows read |
//! | [`commit`] | a batch: lock and load, decide, write |
//! | [`replies`], [`prune`], [`transfer`] | the other work |
//! | [`migrations`] | the schema |
//!
//! Every row belongs to one conversation and every statement of a commit names the conversations it touches, so that
//! the conversation id can be the key by which rows are spread over machines.

mod columns;
mod commit;
mod failure;
mod migrations;
mod options;
mod pool;
mod prune;
mod replies;
mod session;
mod sql;
mod statement;
mod transaction;
mod transfer;

pub use options::{InvalidOptions, Options};
#[doc(hidden)]
pub use sql::texts;

use crate::commit::Commit;
use crate::pool::Pool;
use crate::replies::{CountOwed, OwedMessages};
use crate::transaction::Ping;
use crate::transfer::{Export, Import};
use async_trait::async_trait;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::{Duration, Instant};
use storage::plan::Outcomes;
use storage::{
    Batch, ConversationId, ConversationRecord, EventKey, Outcome, OwedReply, PruneBefore, Pruned,
    Store, StoreError, TakeDue,
};

/// Work that nobody waits for in a chat may take this long, tries included.
const BACKGROUND_LIMIT: Duration = Duration::from_secs(10);

/// A whole page of an export or import may take this long.
const TRANSFER_LIMIT: Duration = Duration::from_mins(1);

/// Whoever asks whether the database is there wants to know soon.
const PING_LIMIT: Duration = Duration::from_secs(1);

/// The store of one bot on a MySQL server that other processes may use too.
pub struct MysqlStore {
    pool: Pool,
}

impl MysqlStore {
    /// A store with at most `connections` connections, each opened when it is first needed: the server may come
    /// later, go and come back.
    pub fn new(options: Options, connections: NonZeroU32) -> Self {
        Self {
            pool: Pool::new(options, connections),
        }
    }
}

fn within(limit: Duration) -> Instant {
    Instant::now() + limit
}

#[async_trait]
impl Store for MysqlStore {
    async fn commit(&self, batch: &Batch) -> Result<Vec<Outcome>, StoreError> {
        let groups = batch.groups()?;
        let commit = Commit { batch, groups };
        if let Some(outcomes) = self.run(&commit, batch.deadline).await? {
            return Ok(outcomes);
        }
        let mut outcomes = Outcomes::default();
        for half in batch.halves()? {
            let places = half.places;
            outcomes.extend(places.into_iter().zip(self.commit(&half.batch).await?));
        }
        Ok(outcomes.in_order())
    }

    async fn take_due_replies(&self, take: TakeDue) -> Result<Vec<OwedReply>, StoreError> {
        self.run(&take, within(BACKGROUND_LIMIT)).await
    }

    /// Nothing to do: other processes may hold leases.
    async fn release_leases(&self) -> Result<(), StoreError> {
        Ok(())
    }

    async fn prune(&self, before: PruneBefore, limit: usize) -> Result<Pruned, StoreError> {
        prune::step(self, before, limit).await
    }

    async fn owed_messages(&self, key: &EventKey) -> Result<Option<Arc<str>>, StoreError> {
        self.run(&OwedMessages { key }, within(BACKGROUND_LIMIT))
            .await
    }

    async fn owed_replies(&self) -> Result<u64, StoreError> {
        self.run(&CountOwed, within(BACKGROUND_LIMIT)).await
    }

    async fn export(
        &self,
        after: Option<&ConversationId>,
        limit: usize,
    ) -> Result<Vec<ConversationRecord>, StoreError> {
        self.run(&Export { after, limit }, within(TRANSFER_LIMIT))
            .await
    }

    async fn import(&self, records: &[ConversationRecord]) -> Result<Vec<bool>, StoreError> {
        for record in records {
            record.check()?;
        }
        self.run(&Import { records }, within(TRANSFER_LIMIT)).await
    }

    async fn ping(&self) -> Result<(), StoreError> {
        self.run(&Ping, within(PING_LIMIT)).await
    }

    async fn close(&self) {
        self.pool.close().await;
    }
}
