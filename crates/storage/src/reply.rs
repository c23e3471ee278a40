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
