//! Export and import.

use crate::commit::Statements;
use crate::error::Failure;
use crate::replies::limit_value;
use crate::tasks::{closed_task, task, text};
use rusqlite::{Connection, TransactionBehavior, params};
use std::borrow::Cow;
use storage::row::ConversationRow;
use storage::{ConversationId, ConversationRecord};

pub(crate) fn export(
    connection: &mut Connection,
    after: Option<&ConversationId>,
    limit: usize,
) -> Result<Vec<ConversationRecord>, Failure> {
    // One transaction, so that a list is not read half before and half after a commit.
    let transaction = connection.transaction()?;
    let mut conversations = transaction.prepare_cached(
        "SELECT conversation_id, revision, next_task_id, undoable, unsent, language, left_at, updated_at
         FROM conversations WHERE ?1 IS NULL OR conversation_id > ?1
         ORDER BY conversation_id LIMIT ?2",
    )?;
    let mut open = transaction.prepare_cached(
        "SELECT task_id, title, message_id, added_revision, added_at
         FROM tasks WHERE conversation_id = ?1 ORDER BY task_id",
    )?;
    let mut closed = transaction.prepare_cached(
        "SELECT task_id, title, message_id, added_revision, added_at, closed_revision, closed_at, reason
         FROM closed_tasks WHERE conversation_id = ?1 ORDER BY task_id",
    )?;
    let after = after.map(|after| after.0.as_ref());
    let mut rows = conversations.query(params![after, limit_value(limit)])?;
    let mut records = Vec::new();
    while let Some(row) = rows.next()? {
        let id = text(row, 0)?;
        let open: Result<Vec<_>, Failure> =
            open.query_and_then([&id], |row| task(row, 0))?.collect();
        let closed: Result<Vec<_>, Failure> = closed
            .query_and_then([&id], |row| closed_task(row, 0))?
            .collect();
        let language = row.get_ref(5)?.as_str_or_null()?;
        let stored = ConversationRow {
            revision: row.get(1)?,
            next_task_id: row.get(2)?,
            undoable: Cow::Borrowed(row.get_ref(3)?.as_str()?),
            unsent: Cow::Borrowed(row.get_ref(4)?.as_str()?),
            language: language.map(Cow::Borrowed),
            left_at: row.get(6)?,
            updated_at: row.get(7)?,
        };
        records.push(ConversationRecord::new(id, &stored.decode(open?, closed?)?));
    }
    Ok(records)
}

pub(crate) fn import(
    connection: &mut Connection,
    records: &[ConversationRecord],
) -> Result<Vec<bool>, Failure> {
    for record in records {
        record.check()?;
    }
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let mut stored = Vec::with_capacity(records.len());
    {
        let mut statements = Statements::new(&transaction)?;
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
    }
    transaction.commit()?;
    Ok(stored)
}
