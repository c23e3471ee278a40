//! The list of one conversation, its history, and the net change made to it.

use crate::Timestamp;
use crate::title::{Forms, Key};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;

mod changes;
mod edit;

pub use changes::Changes;
pub(crate) use edit::Edit;

use changes::{Origin, Touched};

/// How many messages back `undo` reaches.
pub const UNDO_DEPTH: usize = 10;

/// How many messages taken back a list remembers.
pub const UNSENT_DEPTH: usize = 20;

/// The most open tasks a list may hold.
pub const MAX_OPEN_TASKS: usize = 1_000;

/// The longest title, in Unicode scalar values: what most people would call characters, and quicker to count than
/// grapheme clusters, of which one may be as long as it likes.
pub const MAX_TITLE_CHARACTERS: usize = 500;

/// An open task.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Task {
    /// Unique in its conversation, never reused, and the task's place in the list: lists are shown in id order.
    pub id: u64,
    /// As first typed, trimmed.
    pub title: String,
    /// The LINE message that added it, so that an unsend can find it; empty when imported.
    pub message_id: String,
    /// The list's revision after the message that added it.
    pub added_revision: u64,
    /// When it was added.
    pub added_at: Timestamp,
}

/// Why a task is no longer open.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum CloseReason {
    /// Its title was sent again.
    Done,
    /// The list was cleared.
    Cleared,
    /// Its adding was undone.
    Undone,
}

/// A task that is no longer open.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClosedTask {
    /// The task as it was when open.
    #[serde(flatten)]
    pub task: Task,
    /// Why it was closed.
    pub reason: CloseReason,
    /// The list's revision after the message that closed it.
    pub closed_revision: u64,
    /// When it was closed.
    pub closed_at: Timestamp,
}

/// A list as a store keeps it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Snapshot {
    /// Grows by one with every message that changes the list, and with every unsend that takes open tasks away; 0 for
    /// a list never changed.
    pub revision: u64,
    /// The id the next task gets: greater than that of any task there ever was.
    pub next_task_id: u64,
    /// The revisions `undo` can take back, oldest first, at most [`UNDO_DEPTH`].
    pub undoable: Vec<u64>,
    /// The last few messages taken back, newest last, at most [`UNSENT_DEPTH`]: a message LINE delivers after its
    /// unsend (redeliveries come in any order) is not to be stored again.
    pub unsent: Vec<String>,
    /// The open tasks in id order.
    pub open: Vec<Task>,
    /// The tasks closed at one of the `undoable` revisions, in any order. A store may leave this empty when
    /// [`Input::needs_closed_tasks`](crate::Input::needs_closed_tasks) says it is not needed. In a list that has changed,
    /// also every task closed since it was loaded.
    pub closed: Vec<ClosedTask>,
}

/// The list of one conversation, and what has changed in it since it was loaded.
#[derive(Clone, Debug, Default)]
pub struct List {
    snapshot: Snapshot,
    touched: Touched,
    forgotten_messages: Vec<String>,
    /// Of titles that began like one that was looked for, by task id. People may write a hundred lines alike, of five hundred
    /// characters, to a list of a thousand such, and go on: each title is read to its end once.
    digests: HashMap<u64, u64>,
    forms: Forms,
}

impl List {
    /// A list as loaded from a store.
    pub fn new(snapshot: Snapshot) -> Self {
        Self {
            snapshot,
            touched: Touched::default(),
            forgotten_messages: Vec::new(),
            digests: HashMap::new(),
            forms: Forms::default(),
        }
    }

    /// The list as it is now.
    pub fn snapshot(&self) -> &Snapshot {
        &self.snapshot
    }

    /// Whether nothing was ever in it.
    pub(crate) fn is_new(&self) -> bool {
        self.snapshot.revision == 0 && self.snapshot.open.is_empty()
    }

    /// The net difference from the list as loaded.
    pub fn changes(&self) -> Changes {
        Changes {
            forgotten_messages: self.forgotten_messages.clone(),
            ..self.touched.changes(&self.snapshot)
        }
    }

    /// Where the first open task of that title is.
    pub(crate) fn position(&mut self, key: &Key) -> Option<usize> {
        let mut sought = None;
        let digests = &mut self.digests;
        self.snapshot.open.iter().position(|task| {
            let digest = match digests.get(&task.id) {
                Some(digest) => *digest,
                None if !key.begins_like(&task.title) => return false,
                None => {
                    let digest = self.forms.digest(&task.title);
                    digests.insert(task.id, digest);
                    digest
                }
            };
            digest == *sought.get_or_insert_with(|| key.digest()) && key.matches(&task.title)
        })
    }

    /// Whether the message was taken back before it came.
    pub(crate) fn was_unsent(&self, message_id: &str) -> bool {
        self.snapshot.unsent.iter().any(|id| id == message_id)
    }

    /// Whether a task of this message is here: open, or closed and loaded.
    pub fn has_task_of(&self, message_id: &str) -> bool {
        let open = self.snapshot.open.iter();
        let closed = self.snapshot.closed.iter().map(|closed| &closed.task);
        // Imported tasks came by no message.
        !message_id.is_empty() && open.chain(closed).any(|task| task.message_id == message_id)
    }

    /// Removes every trace of a message the person took back.
    pub(crate) fn forget(&mut self, message_id: &str) {
        // Imported tasks came by no message; an id LINE left out is not theirs.
        if message_id.is_empty() {
            return;
        }
        let snapshot = &mut self.snapshot;
        let open_before = snapshot.open.len();
        let by_message = |task: &Task| task.message_id == message_id;
        for task in snapshot.open.extract_if(.., |task| by_message(task)) {
            self.touched.note(task.id, Origin::Open);
        }
        let closed = &mut snapshot.closed;
        for closed in closed.extract_if(.., |closed| by_message(&closed.task)) {
            self.touched.note(closed.task.id, Origin::Closed);
        }
        // Closed tasks do not count: they may not be loaded.
        if snapshot.open.len() < open_before {
            snapshot.revision += 1;
        }
        self.forgotten_messages.push(message_id.to_owned());
        if !self.was_unsent(message_id) {
            let unsent = &mut self.snapshot.unsent;
            unsent.push(message_id.to_owned());
            keep_newest(unsent, UNSENT_DEPTH);
        }
    }
}

fn keep_newest<T>(values: &mut Vec<T>, depth: usize) {
    values.drain(..values.len().saturating_sub(depth));
}
