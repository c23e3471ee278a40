//! Whose turn it is to call LINE, when LINE takes replies more slowly than messages come.
//!
//! So many calls are made at once, and so many replies wait for one that ends. Whoever has waited longest goes first: while
//! replies that were left owed wait here, new ones are left owed too.

use crate::locked::locked;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, timeout_at};

/// Most replies on the wire at once, each maybe on a connection of its own. LINE allows 2,000 a second
/// (<https://developers.line.biz/en/reference/messaging-api/#rate-limits>); this many at 100 ms each is near it.
pub const MAX_CALLS: usize = 192;

/// New replies that may wait: what LINE takes in a second when it is slow, as nobody waits longer here.
const MAX_WAITING: usize = 1_024;

/// Replies left owed before that may wait.
pub(crate) const MAX_WAITING_AGAIN: usize = 200;

/// Bytes of messages held in memory.
const MAX_BYTES: usize = 8 * 1024 * 1024;

/// For how long replies that were left owed have to wait without a break until events are refused. They are some seconds old
/// by then: with five times as many messages as LINE takes replies, the last of them still goes out within its minute.
const BEHIND_AFTER: Duration = Duration::from_secs(5);

/// What counts as a break: the next reply that was left owed is taken up within a second of the last.
const BREAK: Duration = Duration::from_secs(2);

/// All turns of a process.
pub(crate) struct Turns {
    calls: Arc<Semaphore>,
    waiting: Arc<Semaphore>,
    waiting_again: Arc<Semaphore>,
    bytes: Arc<Semaphore>,
    backlog: Mutex<Option<Backlog>>,
}

/// Replies that were left owed and have to wait, one after the other.
#[derive(Clone, Copy)]
struct Backlog {
    since: Instant,
    last: Instant,
}

/// What a reply asks a place for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Asks {
    /// Of its messages.
    pub(crate) bytes: usize,
    /// Whether it was left owed before.
    pub(crate) left_before: bool,
    /// Whether another one of its conversation is to be sent before it.
    pub(crate) behind_another: bool,
}

/// What a reply has got: given back when it is dropped.
pub(crate) enum Place {
    /// It can be sent.
    Turn(Turn),
    /// It is to wait for its turn.
    Seat(Seat),
}

/// The right to call LINE.
pub(crate) struct Turn {
    _call: OwnedSemaphorePermit,
    _bytes: OwnedSemaphorePermit,
}

/// A place among those who wait.
pub(crate) struct Seat {
    _seat: OwnedSemaphorePermit,
    bytes: OwnedSemaphorePermit,
}

impl Turns {
    pub(crate) fn new() -> Self {
        let semaphore = |permits| Arc::new(Semaphore::new(permits));
        Self {
            calls: semaphore(MAX_CALLS),
            waiting: semaphore(MAX_WAITING),
            waiting_again: semaphore(MAX_WAITING_AGAIN),
            bytes: semaphore(MAX_BYTES),
            backlog: Mutex::default(),
        }
    }

    /// A place for a reply. `None` where there is no room: it is to stay owed in the database.
    pub(crate) fn place(&self, asks: Asks) -> Option<Place> {
        let Asks {
            bytes,
            left_before,
            behind_another,
        } = asks;
        let bytes = u32::try_from(bytes).ok()?;
        let Ok(bytes) = Arc::clone(&self.bytes).try_acquire_many_owned(bytes) else {
            if left_before {
                self.note_backlog();
            }
            return None;
        };
        if !behind_another && let Ok(call) = Arc::clone(&self.calls).try_acquire_owned() {
            return Some(Place::Turn(Turn {
                _call: call,
                _bytes: bytes,
            }));
        }
        let seats = if left_before {
            &self.waiting_again
        } else if self.waiting_again.available_permits() < MAX_WAITING_AGAIN {
            return None;
        } else {
            &self.waiting
        };
        let seat = Arc::clone(seats).try_acquire_owned().ok()?;
        if left_before {
            self.note_backlog();
        }
        Some(Place::Seat(Seat { _seat: seat, bytes }))
    }

    /// Waits for a turn, first come, first served. `None` if there is none in time.
    pub(crate) async fn turn(&self, seat: Seat, until: Instant) -> Option<Turn> {
        let call = Arc::clone(&self.calls).acquire_owned();
        let call = timeout_at(until, call).await.ok()?.ok()?;
        Some(Turn {
            _call: call,
            _bytes: seat.bytes,
        })
    }

    /// Returns when as many as [`MAX_WAITING_AGAIN`] replies that were left owed can be taken up.
    pub(crate) async fn room(&self) {
        let _ = self
            .waiting_again
            .acquire_many(u32::try_from(MAX_WAITING_AGAIN).unwrap_or(u32::MAX))
            .await;
    }

    /// Whether whoever writes now might not be answered while the reply token is valid.
    pub(crate) fn are_behind(&self) -> bool {
        self.backlog()
            .is_some_and(|backlog| backlog.is_long() && backlog.last.elapsed() < BREAK)
    }

    fn note_backlog(&self) {
        let now = Instant::now();
        let mut noted = self.backlog();
        let before = noted.filter(|backlog| now.duration_since(backlog.last) < BREAK);
        let since = before.map_or(now, |backlog| backlog.since);
        let backlog = Backlog { since, last: now };
        if backlog.is_long() && !before.is_some_and(Backlog::is_long) {
            tracing::warn!(
                "LINE takes replies more slowly than messages come: webhooks that have to be answered are refused until those owed are sent"
            );
        }
        *noted = Some(backlog);
    }

    fn backlog(&self) -> MutexGuard<'_, Option<Backlog>> {
        locked(&self.backlog)
    }
}

impl Backlog {
    fn is_long(self) -> bool {
        self.last.duration_since(self.since) >= BEHIND_AFTER
    }
}
