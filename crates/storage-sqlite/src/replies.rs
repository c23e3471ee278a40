//! Owed replies apart from a commit.

use crate::error::Failure;
use crate::rows::{text, time};
use crate::session::Session;
use rusqlite::{Connection, params};
use std::sync::Arc;
use storage::reply::NOT_DUE;
use storage::{ConversationId, EventKey, OwedReply, TakeDue};

pub(crate) fn take_due(session: &Session<'_>, take: &TakeDue) -> Result<Vec<OwedReply>, Failure> {
    let transaction = session.begin()?;
    let mut due = Vec::new();
    {
        let mut query = transaction.prepare_cached(
            "SELECT conversation_id, event_id, received_at, reply_token, messages
             FROM owed_replies WHERE due_at <= ?1
             ORDER BY due_at, conversation_id, event_id LIMIT ?2",
        )?;
        let mut rows = query.query(params![take.now.0, limit_value(take.limit)])?;
        while let Some(row) = rows.next()? {
            due.push(OwedReply {
                key: EventKey {
                    conversation: ConversationId(text(row, 0)?.into()),
                    event_id: text(row, 1)?.into(),
                },
                received_at: time(row, 2)?,
                reply_token: text(row, 3)?.into(),
                messages: text(row, 4)?.into(),
            });
        }
        let mut lease = transaction.prepare_cached(
            "UPDATE owed_replies SET due_at = ?3 WHERE conversation_id = ?1 AND event_id = ?2",
        )?;
        for reply in &due {
            lease.execute(params![
                reply.key.conversation.0,
                reply.key.event_id,
                take.next_due_at(reply).0
            ])?;
        }
    }
    transaction.commit()?;
    Ok(due)
}

pub(crate) fn release_leases(connection: &Connection) -> Result<(), Failure> {
    connection.execute("UPDATE owed_replies SET due_at = received_at", ())?;
    Ok(())
}

pub(crate) fn messages(
    connection: &Connection,
    key: &EventKey,
) -> Result<Option<Arc<str>>, Failure> {
    let mut query = connection.prepare_cached(
        "SELECT messages FROM owed_replies WHERE conversation_id = ?1 AND event_id = ?2",
    )?;
    let mut rows = query.query(params![key.conversation.0, key.event_id])?;
    match rows.next()? {
        Some(row) => Ok(Some(text(row, 0)?.into())),
        None => Ok(None),
    }
}

pub(crate) fn count(connection: &Connection) -> Result<u64, Failure> {
    let count: i64 = connection.query_row(
        "SELECT count(*) FROM owed_replies WHERE due_at < ?1",
        [NOT_DUE.0],
        |row| row.get(0),
    )?;
    Ok(count.cast_unsigned())
}

/// A limit as SQLite takes it.
pub(crate) fn limit_value(limit: usize) -> i64 {
    i64::try_from(limit).unwrap_or(i64::MAX)
}
