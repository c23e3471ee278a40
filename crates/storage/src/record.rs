//! One conversation as a line of an export: JSON Lines, one object a line.

use serde::{Deserialize, Serialize};
use todo::{ClosedTask, Language, Task, Timestamp};

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
