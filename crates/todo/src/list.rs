//! The list of one conversation, its history, and the net change made to it.

use crate::Timestamp;
use serde::{Deserialize, Serialize};

/// How many messages back `undo` reaches.
pub const UNDO_DEPTH: usize = 10;

/// How many messages taken back a list remembers.
pub const UNSENT_DEPTH: usize = 20;

/// The most open tasks a list may hold.
pub const MAX_OPEN_TASKS: usize = 1_000;

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
    /// Grows by one with every message that changes the list; 0 for a list never changed.
    pub revision: u64,
    /// The id the next task gets.
    pub next_task_id: u64,
    /// The revisions `undo` can take back, oldest first, at most [`UNDO_DEPTH`].
    pub undoable: Vec<u64>,
    /// The last few messages taken back, newest last, at most [`UNSENT_DEPTH`]: a message LINE delivers after its
    /// unsend (redeliveries come in any order) is not to be stored again.
    pub unsent: Vec<String>,
    /// The open tasks in id order.
    pub open: Vec<Task>,
    /// The tasks closed at one of the `undoable` revisions, in any order. A store may leave this empty when
    /// [`Input::needs_closed_tasks`](crate::Input::needs_closed_tasks) says it is not needed.
    pub closed: Vec<ClosedTask>,
}

/// The list of one conversation, and what has changed in it since it was loaded.
#[derive(Clone, Debug, Default)]
pub struct List {
    snapshot: Snapshot,
}

/// The net difference between a list as loaded and as it is now: what a store has to write.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Changes {
    /// Tasks to store as open, in id order: added or reopened.
    pub opened: Vec<Task>,
    /// Ids of stored open tasks that are open no longer.
    pub no_longer_open: Vec<u64>,
    /// Tasks to store as closed.
    pub closed: Vec<ClosedTask>,
    /// Ids of stored closed tasks that are closed no longer.
    pub no_longer_closed: Vec<u64>,
    /// Messages whose text must go from everything stored for this conversation: tasks open or closed (also
    /// closed ones that were not loaded) and replies still owed.
    pub forgotten_messages: Vec<String>,
}

impl List {
    /// A list as loaded from a store.
    pub fn new(snapshot: Snapshot) -> Self {
        Self { snapshot }
    }

    /// The list as it is now.
    pub fn snapshot(&self) -> &Snapshot {
        &self.snapshot
    }

    /// The net difference from the list as loaded.
    pub fn changes(&self) -> Changes {
        unimplemented!()
    }
}
