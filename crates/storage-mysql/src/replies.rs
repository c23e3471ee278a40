//! Replies that are owed.

use crate::commit::bind_key;
use crate::failure::Failure;
use crate::transaction::{Transaction, Work};
use crate::{columns, sql};
use futures_util::TryStreamExt;
use sqlx::Executor;
use sqlx::mysql::MySqlRow;
use std::sync::Arc;
use storage::reply::NOT_DUE;
use storage::{ConversationId, EventKey, OwedReply, TakeDue};
use todo::Timestamp;

/// [`Store::take_due_replies`](storage::Store::take_due_replies).
impl Work for TakeDue {
    type Output = Vec<OwedReply>;

    async fn run(&self, transaction: &mut Transaction<'_>) -> Result<Vec<OwedReply>, Failure> {
        let take = sqlx::query(sql::TAKE_DUE)
            .bind(self.now.0)
            .bind(self.limit as u64);
        let mut due = Vec::new();
        // One at a time: a reply can be as long as five messages of LINE.
        let mut rows = transaction.fetch(take);
        while let Some(row) = rows.try_next().await? {
            due.push(owed_reply(&row)?);
        }
        drop(rows);
        for due_at in [self.due_again_at, NOT_DUE] {
            let taken = due.iter().filter(|reply| self.next_due_at(reply) == due_at);
            let taken: Vec<&OwedReply> = taken.collect();
            sql::LEASE_DUE
                .run_with(transaction, due_at.0, &taken, |values, reply| {
                    bind_key(values, &reply.key);
                })
                .await?;
        }
        Ok(due)
    }
}

/// Columns of [`sql::TAKE_DUE`].
fn owed_reply(row: &MySqlRow) -> Result<OwedReply, Failure> {
    Ok(OwedReply {
        key: EventKey {
            conversation: ConversationId(columns::id(row, 0)?.into()),
            event_id: columns::id(row, 1)?.into(),
        },
        reply_token: columns::id(row, 2)?.into(),
        messages: columns::value::<&str>(row, 3)?.into(),
        received_at: Timestamp(columns::value(row, 4)?),
    })
}

/// [`Store::owed_messages`](storage::Store::owed_messages).
pub(crate) struct OwedMessages<'a> {
    pub(crate) key: &'a EventKey,
}

impl Work for OwedMessages<'_> {
    type Output = Option<Arc<str>>;

    async fn run(&self, transaction: &mut Transaction<'_>) -> Result<Option<Arc<str>>, Failure> {
        let find = sqlx::query(sql::OWED_MESSAGES)
            .bind(self.key.conversation.0.as_bytes())
            .bind(self.key.event_id.as_bytes());
        match transaction.fetch_optional(find).await? {
            Some(row) => Ok(Some(columns::value::<&str>(&row, 0)?.into())),
            None => Ok(None),
        }
    }
}

/// [`Store::owed_replies`](storage::Store::owed_replies).
pub(crate) struct CountOwed;

impl Work for CountOwed {
    type Output = u64;

    async fn run(&self, transaction: &mut Transaction<'_>) -> Result<u64, Failure> {
        let count = sqlx::query(sql::COUNT_OWED).bind(NOT_DUE.0);
        let row = transaction.fetch_one(count).await?;
        columns::value::<i64>(&row, 0).map(i64::cast_unsigned)
    }
}
