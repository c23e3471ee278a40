//! A reply is owed until LINE took it, and one process at a time sends it.

use super::Database;
use super::decide::Says;
use super::fixture::{
    LEASE, MUCH_LATER, NOW, TOKEN_LIFE, after, at, batch, commit, event_ids, key, open, owed,
    replied, take, take_due, text,
};
use crate::{Batch, EventKey, Inbound, Outcome, OwedReply};
use std::sync::Arc;
use todo::Timestamp;

pub async fn a_reply_is_owed_until_it_is_marked_as_sent(database: &dyn Database) {
    let store = open(database).await;
    let outcomes = commit(&*store, vec![text("U1", "e1", "milk")]).await;
    let reply = owed(&outcomes[0]);
    assert_eq!(reply.key, key("U1", "e1"));
    assert_eq!(*reply.reply_token, *"token of e1");
    assert_eq!(reply.received_at, NOW);
    assert_eq!(store.owed_replies().await.unwrap(), 1);
    let messages = async |key: EventKey| store.owed_messages(&key).await.unwrap();
    let stored = messages(reply.key.clone()).await;
    assert_eq!(stored.as_ref(), Some(&reply.messages));
    assert_eq!(messages(key("U2", "e1")).await, None);
    assert_eq!(
        take_due(&*store, after(LEASE)).await,
        std::slice::from_ref(&reply)
    );
    replied(&*store, vec![reply.key.clone()]).await;
    assert_eq!(messages(reply.key).await, None);
    assert_eq!(store.owed_replies().await.unwrap(), 0);
    assert_eq!(take_due(&*store, MUCH_LATER).await, []);
}

pub async fn a_batch_of_nothing_but_sent_replies_is_applied(database: &dyn Database) {
    let store = open(database).await;
    let events = (0..10).map(|n| text("U1", &format!("e{n}"), &format!("task {n}")));
    commit(&*store, events.collect()).await;
    replied(
        &*store,
        (1..10).map(|n| key("U1", &format!("e{n}"))).collect(),
    )
    .await;
    assert_eq!(event_ids(&take_due(&*store, MUCH_LATER).await), ["e0"]);
}

pub async fn marking_a_reply_nobody_owes_does_nothing(database: &dyn Database) {
    let store = open(database).await;
    commit(&*store, vec![text("U1", "e1", "milk")]).await;
    replied(
        &*store,
        vec![
            key("U1", "e2"),
            key("U2", "e1"),
            key("U2", &"x".repeat(1_000)),
        ],
    )
    .await;
    assert_eq!(store.owed_replies().await.unwrap(), 1);
}

pub async fn an_event_without_a_reply_token_owes_nothing(database: &dyn Database) {
    let store = open(database).await;
    let silent = Inbound {
        reply_token: None,
        ..text("U1", "e1", "milk")
    };
    let outcomes = commit(&*store, vec![silent]).await;
    assert_eq!(outcomes, [Outcome::Applied(None)]);
    assert_eq!(store.owed_replies().await.unwrap(), 0);
}

pub async fn a_reply_is_not_taken_before_it_is_due(database: &dyn Database) {
    let store = open(database).await;
    commit(&*store, vec![text("U1", "e1", "milk")]).await;
    assert_eq!(take_due(&*store, after(LEASE - 1)).await, []);
    assert_eq!(take_due(&*store, after(LEASE)).await.len(), 1);
}

pub async fn a_taken_reply_is_due_again_when_its_lease_is_over(database: &dyn Database) {
    let store = open(database).await;
    commit(&*store, vec![text("U1", "e1", "milk")]).await;
    let first = take_due(&*store, after(LEASE)).await;
    assert_eq!(event_ids(&first), ["e1"]);
    assert_eq!(take_due(&*store, after(2 * LEASE - 1)).await, []);
    assert_eq!(take_due(&*store, after(2 * LEASE)).await, first);
}

pub async fn the_oldest_due_replies_are_taken_first(database: &dyn Database) {
    let store = open(database).await;
    let received = |n: i64, id: &str| at(after(n), text("U1", id, &format!("task {n}")));
    commit(
        &*store,
        vec![
            received(3, "e1"),
            received(1, "e2"),
            received(2, "e3"),
            received(4, "e4"),
        ],
    )
    .await;
    let mut taken = Vec::new();
    for _ in 0..3 {
        let step = store
            .take_due_replies(take(after(LEASE + 3), 2))
            .await
            .unwrap();
        taken.push(event_ids(&step).join(" "));
    }
    assert_eq!(taken, ["e2 e3", "e1", ""]);
}

pub async fn a_duplicate_leaves_a_reply_still_owed_to_whoever_sends_it(database: &dyn Database) {
    let store = open(database).await;
    let outcomes = commit(
        &*store,
        vec![text("U1", "e1", "milk"), text("U2", "e2", "tea")],
    )
    .await;
    let redelivered_at = after(1_000);
    let again = commit(&*store, vec![at(redelivered_at, text("U1", "e1", "milk"))]).await;
    assert_eq!(again, [Outcome::Duplicate]);
    assert_eq!(take_due(&*store, after(LEASE - 1)).await, []);
    // LINE lets its token be used from now on.
    let expected = OwedReply {
        received_at: redelivered_at,
        ..owed(&outcomes[0])
    };
    let mut due = take_due(&*store, after(LEASE)).await;
    due.sort_by(|one, other| one.key.event_id.cmp(&other.key.event_id));
    assert_eq!(due, [expected, owed(&outcomes[1])]);
}

pub async fn a_reply_whose_token_ran_out_is_taken_once_more_and_then_when_its_event_comes_again(
    database: &dyn Database,
) {
    let store = open(database).await;
    let milk = text("U1", "e1", "milk");
    let bread = at(after(1), text("U1", "e2", "bread"));
    commit(&*store, vec![milk.clone(), bread]).await;
    let too_late = after(TOKEN_LIFE + 1);
    assert_eq!(event_ids(&take_due(&*store, too_late).await), ["e1", "e2"]);
    // The second token was good for another moment.
    assert_eq!(store.owed_replies().await.unwrap(), 1);
    let later = Timestamp(too_late.0 + LEASE);
    assert_eq!(event_ids(&take_due(&*store, later).await), ["e2"]);
    assert_eq!(store.owed_replies().await.unwrap(), 0);
    assert_eq!(take_due(&*store, MUCH_LATER).await, []);

    commit(&*store, vec![at(MUCH_LATER, milk)]).await;
    assert_eq!(store.owed_replies().await.unwrap(), 1);
    let again = take_due(&*store, MUCH_LATER).await;
    assert_eq!(event_ids(&again), ["e1"]);
    assert_eq!(again[0].received_at, MUCH_LATER);
    assert_eq!(store.owed_replies().await.unwrap(), 1);
}

pub async fn a_duplicate_in_the_same_batch_leaves_the_reply_to_this_process(
    database: &dyn Database,
) {
    let store = open(database).await;
    let later = after(1_000);
    let milk = text("U1", "e1", "milk");
    let outcomes = commit(&*store, vec![milk.clone(), at(later, milk)]).await;
    let reply = owed(&outcomes[0]);
    assert_eq!(reply.received_at, later);
    assert_eq!(outcomes[1], Outcome::Duplicate);
    assert_eq!(take_due(&*store, Timestamp(later.0 + LEASE - 1)).await, []);
    assert_eq!(take_due(&*store, Timestamp(later.0 + LEASE)).await, [reply]);
}

pub async fn a_duplicate_of_an_answered_event_owes_nothing(database: &dyn Database) {
    let store = open(database).await;
    let milk = text("U1", "e1", "milk");
    commit(&*store, vec![milk.clone()]).await;
    replied(&*store, vec![milk.key.clone()]).await;
    assert_eq!(
        commit(&*store, vec![milk.clone()]).await,
        [Outcome::Duplicate]
    );
    assert_eq!(store.owed_replies().await.unwrap(), 0);
    // Also when both come in one batch.
    let bread = text("U1", "e2", "bread");
    commit(&*store, vec![bread.clone()]).await;
    let both = Batch {
        replied: Arc::new([bread.key.clone()]),
        ..batch(vec![bread])
    };
    assert_eq!(store.commit(&both).await.unwrap(), [Outcome::Duplicate]);
    assert_eq!(store.owed_replies().await.unwrap(), 0);
}

pub async fn the_largest_reply_is_kept_whole(database: &dyn Database) {
    let store = open(database).await;
    // Five messages of 5,000 UTF-16 code units, each at its longest in JSON.
    let messages: Arc<str> = r"\u3042".repeat(5 * 5_000).into();
    let says = Batch {
        decide: Arc::new(Says(messages.clone())),
        ..batch((0..5).map(|n| text("U1", &format!("e{n}"), "")).collect())
    };
    store.commit(&says).await.unwrap();
    let owed = take_due(&*store, MUCH_LATER).await;
    assert_eq!(owed.len(), 5);
    assert!(owed.iter().all(|reply| reply.messages == messages));
}
