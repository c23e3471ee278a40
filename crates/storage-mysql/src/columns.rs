//! Rows read.
//!
//! Unchecked: sqlx takes a text whose collation is binary for bytes and would refuse it. What cannot be decoded is
//! refused all the same.

use sqlx::Row;
use sqlx::mysql::MySqlRow;
use storage::StoreError;
use storage::row::{ConversationRow, reason_from_code};
use todo::{ClosedTask, Task, Timestamp};

use crate::failure::Failure;

/// Columns `conversation_id, revision, next_task_id, undoable, unsent, language, left_at, updated_at`.
pub(crate) fn conversation(row: &MySqlRow) -> Result<ConversationRow, Failure> {
    Ok(ConversationRow {
        revision: row.try_get_unchecked(1)?,
        next_task_id: row.try_get_unchecked(2)?,
        undoable: row.try_get_unchecked::<String, _>(3)?.into(),
        unsent: row.try_get_unchecked::<String, _>(4)?.into(),
        language: row
            .try_get_unchecked::<Option<String>, _>(5)?
            .map(Into::into),
        left_at: row.try_get_unchecked(6)?,
        updated_at: row.try_get_unchecked(7)?,
    })
}

/// Columns `task_id, title, message_id, added_revision, added_at` from `first` on.
pub(crate) fn task(row: &MySqlRow, first: usize) -> Result<Task, Failure> {
    Ok(Task {
        id: row.try_get_unchecked::<i64, _>(first)?.cast_unsigned(),
        title: row.try_get_unchecked(first + 1)?,
        message_id: id(row, first + 2)?.to_owned(),
        added_revision: row.try_get_unchecked::<i64, _>(first + 3)?.cast_unsigned(),
        added_at: Timestamp(row.try_get_unchecked(first + 4)?),
    })
}

/// Columns `conversation_id`, then as of [`task`], then `closed_revision, closed_at, reason`.
pub(crate) fn closed_task(row: &MySqlRow) -> Result<ClosedTask, Failure> {
    Ok(ClosedTask {
        task: task(row, 1)?,
        closed_revision: row.try_get_unchecked::<i64, _>(6)?.cast_unsigned(),
        closed_at: Timestamp(row.try_get_unchecked(7)?),
        reason: reason_from_code(row.try_get_unchecked(8)?)?,
    })
}

/// An id or a token: a column of bytes that are text.
pub(crate) fn id(row: &MySqlRow, column: usize) -> Result<&str, Failure> {
    let bytes: &[u8] = row.try_get_unchecked(column)?;
    std::str::from_utf8(bytes)
        .map_err(|_| StoreError::Damaged(format!("column {column} is not UTF-8")).into())
}

/// Any other column.
pub(crate) fn value<'r, T>(row: &'r MySqlRow, column: usize) -> Result<T, Failure>
where
    T: sqlx::Decode<'r, sqlx::MySql> + sqlx::Type<sqlx::MySql>,
{
    Ok(row.try_get_unchecked(column)?)
}
