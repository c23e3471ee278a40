//! One conversation as a line of an export: JSON Lines, one object a line.

use crate::row::ConversationRow;
use crate::{Conversation, MAX_ID_BYTES, StoreError};
use serde::{Deserialize, Serialize};
use std::collections::HashSet;
use todo::{ClosedTask, Language, List, Snapshot, Task, Timestamp};

/// A conversation with all its tasks, as `linebot export` writes it and `linebot import` reads it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConversationRecord {
    /// LINE's id of the chat.
    pub conversation: String,
    /// The language replies are written in, if known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<Language>,
    /// When the bot was blocked or removed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub left_at: Option<Timestamp>,
    /// See [`todo::Snapshot::revision`].
    #[serde(default)]
    pub revision: u64,
    /// See [`todo::Snapshot::next_task_id`].
    #[serde(default)]
    pub next_task_id: u64,
    /// See [`todo::Snapshot::undoable`].
    #[serde(default)]
    pub undoable: Vec<u64>,
    /// See [`todo::Snapshot::unsent`].
    #[serde(default)]
    pub unsent: Vec<String>,
    /// The open tasks in order.
    pub open: Vec<Task>,
    /// All closed tasks that were not pruned, in id order.
    #[serde(default)]
    pub closed: Vec<ClosedTask>,
}

impl ConversationRecord {
    /// The record of a conversation loaded with all its tasks.
    pub fn new(conversation: String, stored: &Conversation) -> Self {
        let list = stored.list.snapshot().clone();
        Self {
            conversation,
            language: stored.language,
            left_at: stored.left_at,
            revision: list.revision,
            next_task_id: list.next_task_id,
            undoable: list.undoable,
            unsent: list.unsent,
            open: list.open,
            closed: list.closed,
        }
    }

    /// The row of `conversations` it is stored as.
    pub fn row(&self) -> ConversationRow<'static> {
        let conversation = Conversation {
            list: List::new(Snapshot {
                revision: self.revision,
                next_task_id: self.next_task_id,
                undoable: self.undoable.clone(),
                unsent: self.unsent.clone(),
                open: Vec::new(),
                closed: Vec::new(),
            }),
            language: self.language,
            left_at: self.left_at,
        };
        let opened = self.open.iter().map(|task| task.added_at);
        let closed = self.closed.iter().map(|closed| closed.closed_at);
        let updated_at = opened.chain(closed).chain(self.left_at).max();
        ConversationRow::encode(&conversation, updated_at.unwrap_or_default())
    }

    /// Whether it can be stored: [`StoreError::Refused`] when an id is too long, or a task id is used twice or not
    /// below `next_task_id`.
    pub fn check(&self) -> Result<(), StoreError> {
        StoreError::check_length("conversation id", self.conversation.len(), MAX_ID_BYTES)?;
        let mut ids = HashSet::new();
        for task in self
            .open
            .iter()
            .chain(self.closed.iter().map(|closed| &closed.task))
        {
            StoreError::check_length("message id", task.message_id.len(), MAX_ID_BYTES)?;
            if task.id >= self.next_task_id || !ids.insert(task.id) {
                return Err(StoreError::refused(format!(
                    "task id {} is used twice or not below next_task_id {}",
                    task.id, self.next_task_id
                )));
            }
        }
        match i64::try_from(self.next_task_id) {
            Ok(_) => Ok(()),
            Err(_) => Err(StoreError::refused("next_task_id is too large")),
        }
    }
}
