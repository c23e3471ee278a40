//! Export and import.

use crate::error::Failure;
use crate::replies::limit_value;
use crate::rows::{closed_task, conversation_row, task, text};
use crate::session::Session;
use rusqlite::{Connection, params};
use storage::{ConversationId, ConversationRecord, StoreError};

pub(crate) fn export(
    connection: &mut Connection,
    after: Option<&ConversationId>,
    limit: usize,
) -> Result<Vec<ConversationRecord>, Failure> {
    // One transaction, so that a list is not read half before and half after a commit.
    let transaction = connection.transaction()?;
    // Two statements: with `OR ?1 IS NULL` every page would begin at the first conversation.
    let mut conversations = transaction.prepare_cached(match after {
        None => {
            "SELECT conversation_id, revision, next_task_id, undoable, unsent, language, left_at, updated_at
             FROM lists WHERE part = 0 ORDER BY conversation_id LIMIT ?1"
        }
        Some(_) => {
            "SELECT conversation_id, revision, next_task_id, undoable, unsent, language, left_at, updated_at
             FROM lists WHERE part = 0 AND conversation_id > ?2 ORDER BY conversation_id LIMIT ?1"
        }
    })?;
    let mut open = transaction.prepare_cached(
        "SELECT task_id, title, message_id, added_revision, added_at
         FROM lists WHERE conversation_id = ?1 AND part = 1 ORDER BY task_id",
    )?;
    let mut closed = transaction.prepare_cached(
        "SELECT task_id, title, message_id, added_revision, added_at, closed_revision, closed_at, reason
         FROM lists WHERE conversation_id = ?1 AND part = 2 ORDER BY task_id",
    )?;
    let limit = limit_value(limit);
    let mut rows = match after {
        None => conversations.query([limit])?,
        Some(after) => conversations.query(params![limit, after.0])?,
    };
    let mut records = Vec::new();
    while let Some(row) = rows.next()? {
        let id = text(row, 0)?;
        let open: Result<Vec<_>, Failure> =
            open.query_and_then([&id], |row| task(row, 0))?.collect();
        let closed: Result<Vec<_>, Failure> = closed
            .query_and_then([&id], |row| closed_task(row, 0))?
            .collect();
        let stored = conversation_row(row, 1)?;
        records.push(ConversationRecord::new(id, &stored.decode(open?, closed?)?));
    }
    Ok(records)
}

pub(crate) fn import(
    session: &mut Session<'_>,
    records: &[ConversationRecord],
) -> Result<Vec<bool>, Failure> {
    for record in records {
        record.check().map_err(StoreError::from)?;
    }
    let transaction = session.begin()?;
    let statements = session.statements()?;
    let mut stored = Vec::with_capacity(records.len());
    for record in records {
        let id = ConversationId(record.conversation.as_str().into());
        let new = statements.insert_conversation(&id, &record.row())?;
        if new {
            for task in &record.open {
                statements.open(&id, task)?;
            }
            for closed in &record.closed {
                statements.close(&id, closed)?;
            }
        }
        stored.push(new);
    }
    transaction.commit()?;
    Ok(stored)
}
