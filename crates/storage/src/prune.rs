//! Deleting what is old, in small steps.

use todo::Timestamp;

/// What is old enough to go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PruneBefore {
    /// Claims of events received before this; LINE redelivers for "a certain period", so keep days.
    pub events: Timestamp,
    /// Tasks closed before this.
    pub closed_tasks: Timestamp,
    /// Conversations the bot was removed from before this, with everything in them except claims of events: those go
    /// by their own age, so that what LINE redelivers is not applied to a new list. Of a large one the closed tasks go
    /// first, a step at a time, then all the rest at once: whoever comes back meanwhile finds the list whole.
    pub left_conversations: Timestamp,
    /// Owed replies received before this: LINE takes no reply more than 20 minutes after the event
    /// (<https://developers.line.biz/en/reference/messaging-api/#send-reply-message-reply-token>).
    pub owed_replies: Timestamp,
}

/// What a step deleted, in rows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Pruned {
    /// Claims of events.
    pub events: u64,
    /// Closed tasks.
    pub closed_tasks: u64,
    /// Conversations; what was in them is not counted.
    pub conversations: u64,
    /// Replies that could no longer be delivered.
    pub owed_replies: u64,
    /// Whether to go on with another step: there may be more that is old.
    pub more: bool,
}

impl Pruned {
    /// Whether anything was deleted.
    pub fn any(&self) -> bool {
        self.events > 0 || self.closed_tasks > 0 || self.conversations > 0 || self.owed_replies > 0
    }
}
