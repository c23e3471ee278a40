//! How what is not plain text or a number is written in a column, the same on every backend.
//!
//! Numbers of a list are `u64` in memory and signed 64-bit integers in a column, bit for bit: no counter of ours gets
//! anywhere near the sign.

use crate::{Conversation, StoreError};
use std::borrow::Cow;
use todo::{CloseReason, ClosedTask, Language, List, Snapshot, Task, Timestamp};

/// A row of `conversations`, without its key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConversationRow {
    /// See [`Snapshot::revision`].
    pub revision: i64,
    /// See [`Snapshot::next_task_id`].
    pub next_task_id: i64,
    /// [`Snapshot::undoable`] as a JSON array.
    pub undoable: Cow<'static, str>,
    /// [`Snapshot::unsent`] as a JSON array.
    pub unsent: Cow<'static, str>,
    /// [`Language::code`].
    pub language: Option<Cow<'static, str>>,
    /// Milliseconds since the Unix epoch, as all times.
    pub left_at: Option<i64>,
    /// [`Conversation::last_event_at`]; 0 for none.
    pub updated_at: i64,
}

impl ConversationRow {
    /// The row of `conversation`.
    pub fn encode(conversation: &Conversation) -> Self {
        let list = conversation.list.snapshot();
        Self {
            revision: list.revision.cast_signed(),
            next_task_id: list.next_task_id.cast_signed(),
            undoable: json_array(&list.undoable),
            unsent: json_array(&list.unsent),
            language: conversation
                .language
                .map(|language| Cow::Borrowed(language.code())),
            left_at: conversation.left_at.map(|at| at.0),
            updated_at: conversation.last_event_at.map_or(0, |at| at.0),
        }
    }

    /// [`Snapshot::undoable`]: at which revisions the closed tasks to load were closed. [`StoreError::Damaged`] when the
    /// column cannot be read.
    pub fn undoable_revisions(&self) -> Result<Vec<u64>, StoreError> {
        serde_json::from_str(&self.undoable).map_err(|_| damaged("conversations.undoable"))
    }

    /// The conversation of this row and these tasks. [`StoreError::Damaged`] when a column cannot be read.
    pub fn decode(
        &self,
        open: Vec<Task>,
        closed: Vec<ClosedTask>,
    ) -> Result<Conversation, StoreError> {
        let damaged = |column: &str| damaged(&format!("conversations.{column}"));
        let language = match &self.language {
            None => None,
            Some(code) => Some(Language::from_tag(code).ok_or_else(|| damaged("language"))?),
        };
        Ok(Conversation {
            list: List::new(Snapshot {
                revision: self.revision.cast_unsigned(),
                next_task_id: self.next_task_id.cast_unsigned(),
                undoable: self.undoable_revisions()?,
                unsent: serde_json::from_str(&self.unsent).map_err(|_| damaged("unsent"))?,
                open,
                closed,
            }),
            language,
            left_at: self.left_at.map(Timestamp),
            last_event_at: (self.updated_at != 0).then_some(Timestamp(self.updated_at)),
        })
    }
}

/// How `closed_tasks.reason` is written.
pub const fn reason_code(reason: CloseReason) -> &'static str {
    match reason {
        CloseReason::Done => "done",
        CloseReason::Cleared => "cleared",
        CloseReason::Undone => "undone",
    }
}

/// Reads `closed_tasks.reason`. [`StoreError::Damaged`] for what [`reason_code`] never wrote.
pub fn reason_from_code(code: &str) -> Result<CloseReason, StoreError> {
    [CloseReason::Done, CloseReason::Cleared, CloseReason::Undone]
        .into_iter()
        .find(|reason| reason_code(*reason) == code)
        .ok_or_else(|| damaged("closed_tasks.reason"))
}

fn damaged(column: &str) -> StoreError {
    StoreError::Damaged(format!("{column} holds what linebot never writes"))
}

fn json_array<T: serde::Serialize>(items: &[T]) -> Cow<'static, str> {
    if items.is_empty() {
        return Cow::Borrowed("[]");
    }
    // Numbers and strings always serialise.
    Cow::Owned(serde_json::to_string(items).unwrap_or_default())
}
