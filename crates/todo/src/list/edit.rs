//! What one message does to a list: one revision, one step of `undo`.

use super::changes::Origin;
use super::{CloseReason, ClosedTask, List, MAX_OPEN_TASKS, Task, UNDO_DEPTH, keep_newest};
use crate::Timestamp;
use crate::title::Key;

/// The changes one message makes. The first one gives the list its new revision.
pub(crate) struct Edit<'a> {
    list: &'a mut List,
    message_id: &'a str,
    now: Timestamp,
    /// The list has its new revision.
    revised: bool,
    /// There is something of this message for `undo` to take back.
    undoable: bool,
}

/// What `undo` took back, as titles in list order.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Undone {
    /// Tasks whose adding was undone.
    pub(crate) withdrawn: Vec<String>,
    /// Tasks that are open again.
    pub(crate) returned: Vec<String>,
}

impl<'a> Edit<'a> {
    pub(crate) fn new(list: &'a mut List, message_id: &'a str, now: Timestamp) -> Self {
        Self {
            list,
            message_id,
            now,
            revised: false,
            undoable: false,
        }
    }

    /// Completes the first open task of that title, and returns the title as first typed.
    pub(crate) fn complete(&mut self, key: &Key) -> Option<String> {
        let index = self.list.position(key)?;
        self.undoable = true;
        let task = self.list.snapshot.open.remove(index);
        let title = task.title.clone();
        self.close(task, CloseReason::Done);
        Some(title)
    }

    /// Adds a task at the end; `false` when the list is full.
    #[must_use]
    pub(crate) fn add(&mut self, title: &str) -> bool {
        if self.list.snapshot.open.len() >= MAX_OPEN_TASKS {
            return false;
        }
        self.undoable = true;
        let added_revision = self.revision();
        let snapshot = &mut self.list.snapshot;
        let id = snapshot.next_task_id;
        snapshot.next_task_id += 1;
        snapshot.open.push(Task {
            id,
            title: title.to_owned(),
            message_id: self.message_id.to_owned(),
            added_revision,
            added_at: self.now,
        });
        self.list.touched.note(id, Origin::Nowhere);
        true
    }

    /// Empties the list and says how many tasks there were.
    pub(crate) fn clear(&mut self) -> usize {
        let tasks = std::mem::take(&mut self.list.snapshot.open);
        let count = tasks.len();
        self.undoable |= count > 0;
        for task in tasks {
            self.close(task, CloseReason::Cleared);
        }
        count
    }

    /// Takes back what this message did so far, else the newest change that can be; `None` when there is neither.
    ///
    /// An undo cannot be undone: the next one goes one step further back.
    pub(crate) fn undo(&mut self) -> Option<Undone> {
        let own = std::mem::take(&mut self.undoable);
        let step = if own {
            self.revision()
        } else {
            self.list.snapshot.undoable.pop()?
        };
        let withdrawn = self.withdraw(step);
        let undone = Undone {
            withdrawn: withdrawn.iter().map(|task| task.title.clone()).collect(),
            returned: self.reopen(step),
        };
        if own {
            // What this very message added is gone without a trace, closed by it or not: nobody else ever saw it.
            let closed = &mut self.list.snapshot.closed;
            closed.retain(|closed| closed.task.added_revision != step);
        } else {
            // A step fewer is a change even when no task is left to move.
            self.revision();
            for task in withdrawn {
                self.close(task, CloseReason::Undone);
            }
        }
        Some(undone)
    }

    /// Ends the message: what it did can be undone from now on.
    pub(crate) fn finish(self) {
        if self.undoable {
            let snapshot = &mut self.list.snapshot;
            snapshot.undoable.push(snapshot.revision);
            keep_newest(&mut snapshot.undoable, UNDO_DEPTH);
        }
    }

    /// The revision of this message's changes.
    fn revision(&mut self) -> u64 {
        if !self.revised {
            self.revised = true;
            self.list.snapshot.revision += 1;
        }
        self.list.snapshot.revision
    }

    /// Moves a task just taken out of the open ones to the closed ones.
    fn close(&mut self, task: Task, reason: CloseReason) {
        let closed_revision = self.revision();
        self.list.touched.note(task.id, Origin::Open);
        self.list.snapshot.closed.push(ClosedTask {
            task,
            reason,
            closed_revision,
            closed_at: self.now,
        });
    }

    /// Takes the open tasks added at `revision` out of the list.
    fn withdraw(&mut self, revision: u64) -> Vec<Task> {
        let open = &mut self.list.snapshot.open;
        open.extract_if(.., |task| task.added_revision == revision)
            .collect()
    }

    /// Puts the tasks closed at `revision` back at their old places, but for those that were not there before it and
    /// those an undo closed.
    fn reopen(&mut self, revision: u64) -> Vec<String> {
        let List {
            snapshot, touched, ..
        } = &mut *self.list;
        let mut reopened: Vec<Task> = snapshot
            .closed
            .extract_if(.., |closed| {
                closed.closed_revision == revision
                    && closed.task.added_revision != revision
                    && closed.reason != CloseReason::Undone
            })
            .map(|closed| closed.task)
            .collect();
        if reopened.is_empty() {
            return Vec::new();
        }
        reopened.sort_unstable_by_key(|task| task.id);
        for task in &reopened {
            touched.note(task.id, Origin::Closed);
        }
        let titles = reopened.iter().map(|task| task.title.clone()).collect();
        snapshot.open.append(&mut reopened);
        snapshot.open.sort_by_key(|task| task.id);
        titles
    }
}
