//! Replies that are owed to LINE until they are marked replied.

use crate::EventKey;
use std::sync::Arc;
use todo::Timestamp;

/// A reply that was stored with the changes it tells of and has not been marked as sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwedReply {
    /// The event it answers.
    pub key: EventKey,
    /// LINE's one-use token.
    pub reply_token: Arc<str>,
    /// A JSON array of LINE message objects.
    pub messages: Arc<str>,
    /// When the event was received, by the last delivery.
    pub received_at: Timestamp,
}

/// Which owed replies a process takes up, and for how long they are its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TakeDue {
    /// Those whose `due_at` is not later than this.
    pub now: Timestamp,
    /// When they are due again.
    pub due_again_at: Timestamp,
    /// Those received before this are taken for the last time, as their tokens have run out: they are due again only after
    /// LINE has delivered their event once more, which gives the token new life.
    pub last_if_received_before: Timestamp,
    /// At most so many, those first that were due first.
    pub limit: usize,
}

impl TakeDue {
    /// The `due_at` of one that is taken.
    pub fn next_due_at(&self, reply: &OwedReply) -> Timestamp {
        if reply.received_at < self.last_if_received_before {
            NOT_DUE
        } else {
            self.due_again_at
        }
    }
}

/// The `due_at` of a reply that nobody is to send.
pub const NOT_DUE: Timestamp = Timestamp(i64::MAX);
