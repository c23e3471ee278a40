//! The net difference between a list as loaded and as it is now.

use super::{ClosedTask, Snapshot, Task};
use std::collections::BTreeMap;

/// The net difference between a list as loaded and as it is now: what a store has to write, besides everything in
/// [`Snapshot`] that is not a task.
///
/// Deletions go first: a task undone and done again is in both `no_longer_closed` and `closed`.
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
    /// closed ones that were not loaded) and replies still owed, of which any may quote it: see
    /// [`show`](crate::show).
    pub forgotten_messages: Vec<String>,
}

/// Where a task was when the list was loaded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Origin {
    /// It did not exist.
    Nowhere,
    /// Among the open tasks.
    Open,
    /// Among the closed tasks.
    Closed,
}

/// Every task that has moved since the list was loaded, with where it was then.
#[derive(Clone, Debug, Default)]
pub(super) struct Touched(BTreeMap<u64, Origin>);

impl Touched {
    /// Notes that a task leaves `place`. Only its first move says where it was when loaded.
    pub(super) fn note(&mut self, id: u64, place: Origin) {
        self.0.entry(id).or_insert(place);
    }

    /// What the moves amount to, now that the tasks are where `snapshot` has them.
    pub(super) fn changes(&self, snapshot: &Snapshot) -> Changes {
        let mut changes = Changes::default();
        if self.0.is_empty() {
            return changes;
        }
        for (&id, &origin) in &self.0 {
            let open = snapshot.open.binary_search_by_key(&id, |task| task.id);
            match (origin, open) {
                // Back where it was; an open task never changes.
                (Origin::Open, Ok(_)) | (Origin::Nowhere, Err(_)) => {}
                (Origin::Open, Err(_)) => changes.no_longer_open.push(id),
                (Origin::Nowhere, Ok(index)) => changes.opened.push(snapshot.open[index].clone()),
                (Origin::Closed, Ok(index)) => {
                    changes.no_longer_closed.push(id);
                    changes.opened.push(snapshot.open[index].clone());
                }
                // Gone, or closed again at a later revision.
                (Origin::Closed, Err(_)) => changes.no_longer_closed.push(id),
            }
        }
        changes.closed = snapshot
            .closed
            .iter()
            .filter(|closed| self.0.contains_key(&closed.task.id))
            .cloned()
            .collect();
        changes
    }
}
