//! Deleting what is old, a few rows at a time, so that no batch waits long behind it.

use crate::error::Failure;
use crate::replies::limit_value;
use crate::session::Session;
use rusqlite::{Connection, params};
use storage::{PruneBefore, Pruned};

/// One transaction's worth.
pub(crate) fn prune(
    session: &Session<'_>,
    before: PruneBefore,
    limit: usize,
) -> Result<Pruned, Failure> {
    let transaction = session.begin()?;
    let delete = |sql: &str, at: i64| -> Result<u64, Failure> {
        let rows = transaction
            .prepare_cached(sql)?
            .execute(params![at, limit_value(limit)])?;
        Ok(rows as u64)
    };
    let pruned = Pruned {
        events: delete(
            "DELETE FROM events WHERE (event_id, conversation_id) IN (
                 SELECT event_id, conversation_id FROM events
                 WHERE received_at < ?1 ORDER BY received_at LIMIT ?2)",
            before.events.0,
        )?,
        owed_replies: delete(
            "DELETE FROM owed_replies WHERE (conversation_id, event_id) IN (
                 SELECT conversation_id, event_id FROM owed_replies
                 WHERE received_at < ?1 LIMIT ?2)",
            before.owed_replies.0,
        )?,
        // Before the conversations: theirs are not counted.
        conversations: left_conversations(&transaction, before.left_conversations.0, limit)?,
        closed_tasks: delete(
            "DELETE FROM lists WHERE (conversation_id, part, task_id) IN (
                 SELECT conversation_id, part, task_id FROM lists
                 WHERE closed_at < ?1 ORDER BY closed_at LIMIT ?2)",
            before.closed_tasks.0,
        )?,
    };
    transaction.commit()?;
    Ok(pruned)
}

/// Deletes conversations with everything in them until about `limit` rows are gone.
fn left_conversations(
    connection: &Connection,
    left_before: i64,
    limit: usize,
) -> Result<u64, Failure> {
    let mut find = connection.prepare_cached(
        "SELECT conversation_id FROM lists WHERE left_at < ?1 ORDER BY left_at LIMIT 1",
    )?;
    let mut conversations = 0;
    let mut rows_deleted = 0;
    while rows_deleted < limit {
        let mut rows = find.query(params![left_before])?;
        let Some(row) = rows.next()? else { break };
        let id = crate::rows::text(row, 0)?;
        drop(rows);
        for table in [
            "DELETE FROM lists WHERE conversation_id = ?1",
            "DELETE FROM owed_replies WHERE conversation_id = ?1",
        ] {
            rows_deleted += connection.prepare_cached(table)?.execute([&id])?;
        }
        conversations += 1;
    }
    Ok(conversations)
}
