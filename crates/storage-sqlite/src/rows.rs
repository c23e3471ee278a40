//! Reading rows.

use crate::error::Failure;
use rusqlite::Row;
use std::borrow::Cow;
use storage::row::{ConversationRow, reason_from_code};
use todo::{ClosedTask, Task, Timestamp};

/// Reads the columns `revision, next_task_id, undoable, unsent, language, left_at, updated_at` from `first` on.
pub(crate) fn conversation_row(row: &Row<'_>, first: usize) -> Result<ConversationRow, Failure> {
    let language = row.get_ref(first + 4)?.as_str_or_null()?;
    Ok(ConversationRow {
        revision: row.get_ref(first)?.as_i64()?,
        next_task_id: row.get_ref(first + 1)?.as_i64()?,
        undoable: Cow::Owned(text(row, first + 2)?),
        unsent: Cow::Owned(text(row, first + 3)?),
        language: language.map(|code| Cow::Owned(code.to_owned())),
        left_at: row.get_ref(first + 5)?.as_i64_or_null()?,
        updated_at: row.get_ref(first + 6)?.as_i64()?,
    })
}

/// Reads a task whose columns `task_id, title, message_id, added_revision, added_at` begin at `first`.
pub(crate) fn task(row: &Row<'_>, first: usize) -> Result<Task, Failure> {
    Ok(Task {
        id: number(row, first)?,
        title: text(row, first + 1)?,
        message_id: text(row, first + 2)?,
        added_revision: number(row, first + 3)?,
        added_at: time(row, first + 4)?,
    })
}

/// Reads a closed task: the columns of a task, then `closed_revision, closed_at, reason`.
pub(crate) fn closed_task(row: &Row<'_>, first: usize) -> Result<ClosedTask, Failure> {
    Ok(ClosedTask {
        task: task(row, first)?,
        closed_revision: number(row, first + 5)?,
        closed_at: time(row, first + 6)?,
        reason: reason_from_code(row.get_ref(first + 7)?.as_str()?)?,
    })
}

pub(crate) fn text(row: &Row<'_>, column: usize) -> Result<String, Failure> {
    Ok(row.get_ref(column)?.as_str()?.to_owned())
}

pub(crate) fn time(row: &Row<'_>, column: usize) -> Result<Timestamp, Failure> {
    Ok(Timestamp(row.get_ref(column)?.as_i64()?))
}

fn number(row: &Row<'_>, column: usize) -> Result<u64, Failure> {
    Ok(row.get_ref(column)?.as_i64()?.cast_unsigned())
}
