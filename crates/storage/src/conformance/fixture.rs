//! Short words for what the cases do.

use super::decide::Lists;
use super::{Backend, Database};
use crate::{
    Batch, ConversationId, ConversationRecord, EventKey, Inbound, LanguageHint, Outcome, OwedReply,
    Store, TakeDue,
};
use std::sync::Arc;
use std::time::{Duration, Instant};
use todo::{Input, Language, Timestamp};

/// When events are received, unless a case says otherwise.
pub const NOW: Timestamp = Timestamp(1_700_000_000_000);

/// How long after an event its reply is due, in milliseconds.
pub const LEASE: i64 = 60_000;

/// How long a reply token is taken to live, in milliseconds.
pub const TOKEN_LIFE: i64 = 3 * LEASE;

/// Long after [`NOW`] and every lease.
pub const MUCH_LATER: Timestamp = after(1_000_000_000);

/// So many milliseconds after [`NOW`].
pub const fn after(milliseconds: i64) -> Timestamp {
    Timestamp(NOW.0 + milliseconds)
}

/// A handle on `database`, migrated.
pub async fn open(database: &dyn Database) -> Arc<dyn Backend> {
    let store = database.open().await;
    store.migrate().await.expect("migrates");
    store
}

/// What an event is claimed by.
pub fn key(conversation: &str, event_id: &str) -> EventKey {
    EventKey {
        conversation: ConversationId(conversation.into()),
        event_id: event_id.into(),
    }
}

/// An event with the reply token `token of EVENT_ID`, in a conversation that speaks English.
pub fn event(conversation: &str, event_id: &str, input: Input) -> Inbound {
    Inbound {
        key: key(conversation, event_id),
        input,
        reply_token: Some(format!("token of {event_id}")),
        happened_at: NOW,
        received_at: NOW,
        due_at: after(LEASE),
        person: None,
        language: LanguageHint::Known(Language::English),
    }
}

/// The message `message of EVENT_ID`.
pub fn text(conversation: &str, event_id: &str, text: &str) -> Inbound {
    let input = Input::Text {
        text: text.to_owned(),
        message_id: format!("message of {event_id}"),
    };
    event(conversation, event_id, input)
}

/// `event`, which happened and was received at `received_at`.
pub fn at(received_at: Timestamp, event: Inbound) -> Inbound {
    Inbound {
        happened_at: received_at,
        received_at,
        due_at: Timestamp(received_at.0 + LEASE),
        person: None,
        ..event
    }
}

/// Takes the message of another event back.
pub fn unsend(conversation: &str, event_id: &str, message_of: &str) -> Inbound {
    let input = Input::Unsent {
        message_id: format!("message of {message_of}"),
    };
    Inbound {
        reply_token: None,
        ..event(conversation, event_id, input)
    }
}

/// A batch that keeps lists.
pub fn batch(events: Vec<Inbound>) -> Batch {
    Batch {
        events: events.into(),
        replied: Arc::new([]),
        decide: Arc::new(Lists),
        deadline: Instant::now() + Duration::from_mins(1),
    }
}

/// Commits `events` in one batch.
pub async fn commit(store: &(impl Store + ?Sized), events: Vec<Inbound>) -> Vec<Outcome> {
    store.commit(&batch(events)).await.expect("commits")
}

/// Marks replies as sent.
pub async fn replied(store: &(impl Store + ?Sized), keys: Vec<EventKey>) {
    let batch = Batch {
        replied: keys.into(),
        ..batch(Vec::new())
    };
    assert_eq!(store.commit(&batch).await.expect("commits"), []);
}

/// Every conversation with all its tasks.
pub async fn everything(store: &(impl Store + ?Sized)) -> Vec<ConversationRecord> {
    store.export(None, 1_000_000).await.expect("exports")
}

/// One conversation with all its tasks.
pub async fn conversation(store: &(impl Store + ?Sized), id: &str) -> Option<ConversationRecord> {
    let mut all = everything(store).await;
    all.retain(|record| record.conversation == id);
    all.pop()
}

/// The open titles of a conversation, in order; none when there is no such conversation.
pub async fn titles(store: &(impl Store + ?Sized), id: &str) -> Vec<String> {
    let record = conversation(store, id).await;
    let open = record.map(|record| record.open).unwrap_or_default();
    open.into_iter().map(|task| task.title).collect()
}

/// Takes every reply due at `now`; they are due again one [`LEASE`] later.
pub async fn take_due(store: &(impl Store + ?Sized), now: Timestamp) -> Vec<OwedReply> {
    let take = take(now, 1_000_000);
    store.take_due_replies(take).await.expect("takes")
}

/// For one [`LEASE`], and for the last time after a [`TOKEN_LIFE`].
pub fn take(now: Timestamp, limit: usize) -> TakeDue {
    TakeDue {
        now,
        due_again_at: Timestamp(now.0.saturating_add(LEASE)),
        last_if_received_before: Timestamp(now.0 - TOKEN_LIFE),
        limit,
    }
}

/// The reply an applied event owes.
pub fn owed(outcome: &Outcome) -> OwedReply {
    match outcome {
        Outcome::Applied(Some(reply)) => reply.clone(),
        other => panic!("owes no reply: {other:?}"),
    }
}

/// The event ids of replies.
pub fn event_ids(replies: &[OwedReply]) -> Vec<&str> {
    replies
        .iter()
        .map(|reply| reply.key.event_id.as_ref())
        .collect()
}

/// Whether an event was applied now.
pub fn applied(outcome: &Outcome) -> bool {
    matches!(outcome, Outcome::Applied(_))
}
