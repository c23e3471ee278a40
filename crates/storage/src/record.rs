//! One conversation as a line of an export: JSON Lines, one object a line.

use crate::row::ConversationRow;
use crate::{Conversation, MAX_ID_BYTES, StoreError};
use serde::{Deserialize, Serialize};
use std::collections::HashSet;
use todo::list::{MAX_OPEN_TASKS, UNDO_DEPTH, UNSENT_DEPTH};
use todo::{ClosedTask, Language, List, Snapshot, Task, Timestamp, check_title};

/// The largest revision and the largest next task id of a record: half of what a column takes, so that a chat can go on
/// counting from there for ever.
const MAX_NUMBER: u64 = i64::MAX.cast_unsigned() / 2;

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
    /// When the latest of its events happened.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_event_at: Option<Timestamp>,
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
            last_event_at: stored.last_event_at,
            revision: list.revision,
            next_task_id: list.next_task_id,
            undoable: list.undoable,
            unsent: list.unsent,
            open: list.open,
            closed: list.closed,
        }
    }

    /// The row of `conversations` it is stored as.
    pub fn row(&self) -> ConversationRow {
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
            last_event_at: self.last_event_at,
        };
        ConversationRow::encode(&conversation)
    }

    /// Whether the bot could have come to it, so that it can be stored and shown.
    pub fn check(&self) -> Result<(), InvalidRecord> {
        let conversation = &self.conversation;
        match conversation.len() {
            0 => return Err(InvalidRecord("the conversation id is empty".to_owned())),
            1..=MAX_ID_BYTES => {}
            bytes => {
                return Err(InvalidRecord(format!(
                    "the conversation id has {bytes} bytes, and {MAX_ID_BYTES} are allowed"
                )));
            }
        }
        self.fault().map_or(Ok(()), |fault| {
            Err(InvalidRecord(format!(
                "conversation {conversation}: {fault}"
            )))
        })
    }

    fn fault(&self) -> Option<String> {
        let conversation = self.fault_of_conversation();
        let mut ids = HashSet::new();
        let closed = self.closed.iter().map(|closed| &closed.task);
        conversation
            .or_else(|| {
                let mut tasks = self.open.iter().chain(closed);
                tasks.find_map(|task| self.fault_of_task(task, &mut ids))
            })
            .or_else(|| {
                let mut closed = self.closed.iter();
                closed.find_map(|closed| {
                    self.fault_of_revision("closed_revision", closed.closed_revision, &closed.task)
                })
            })
    }

    fn fault_of_conversation(&self) -> Option<String> {
        let count = self.open.len();
        if count > MAX_OPEN_TASKS {
            return Some(format!(
                "{count} open tasks, and {MAX_OPEN_TASKS} are allowed"
            ));
        }
        let (next_task_id, revision) = (self.next_task_id, self.revision);
        for (name, number) in [("next_task_id", next_task_id), ("revision", revision)] {
            if number > MAX_NUMBER {
                return Some(format!("{name} {number} is too large"));
            }
        }
        let steps = self.undoable.len();
        if steps > UNDO_DEPTH {
            return Some(format!(
                "{steps} undoable revisions, and {UNDO_DEPTH} are allowed"
            ));
        }
        // The first change makes revision 1.
        let mut earlier = 0;
        for &step in &self.undoable {
            if step <= earlier || step > revision {
                return Some(format!(
                    "undoable revision {step} is not between {earlier} and revision {revision}"
                ));
            }
            earlier = step;
        }
        let count = self.unsent.len();
        if count > UNSENT_DEPTH {
            return Some(format!(
                "{count} unsent messages, and {UNSENT_DEPTH} are allowed"
            ));
        }
        let longest = self.unsent.iter().map(String::len).max();
        longest.filter(|bytes| *bytes > MAX_ID_BYTES).map(|bytes| {
            format!("the id of an unsent message has {bytes} bytes, and {MAX_ID_BYTES} are allowed")
        })
    }

    /// `ids` are those of the tasks before it.
    fn fault_of_task(&self, task: &Task, ids: &mut HashSet<u64>) -> Option<String> {
        let id = task.id;
        let bytes = task.message_id.len();
        if id >= self.next_task_id {
            Some(format!(
                "task id {id} is not below next_task_id {}",
                self.next_task_id
            ))
        } else if !ids.insert(id) {
            Some(format!("task id {id} is used twice"))
        } else if bytes > MAX_ID_BYTES {
            Some(format!(
                "the message id of task {id} has {bytes} bytes, and {MAX_ID_BYTES} are allowed"
            ))
        } else if let Err(fault) = check_title(&task.title) {
            Some(format!("the title of task {id} cannot be one: {fault}"))
        } else {
            self.fault_of_revision("added_revision", task.added_revision, task)
        }
    }

    /// A task changed at a revision yet to come would be taken for one of the message that makes it: `undo` of that
    /// message would move it.
    fn fault_of_revision(&self, name: &str, changed: u64, task: &Task) -> Option<String> {
        let revision = self.revision;
        (changed > revision).then(|| {
            format!(
                "{name} {changed} of task {} is above revision {revision}",
                task.id
            )
        })
    }
}

/// Why a record cannot be stored, with the conversation and the limit; what people wrote is not repeated.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct InvalidRecord(String);

impl From<InvalidRecord> for StoreError {
    fn from(invalid: InvalidRecord) -> Self {
        Self::Refused(invalid.into())
    }
}
