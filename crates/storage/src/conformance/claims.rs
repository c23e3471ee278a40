//! An event is applied once, in order, or left for later.

use super::Database;
use super::fixture::{
    NOW, after, applied, batch, commit, conversation, event, everything, open, text, titles, unsend,
};
use crate::{Inbound, LanguageHint, Outcome};
use todo::{Input, Language};

/// `event`, from a person whose language was not looked up.
fn language_unknown(event: Inbound) -> Inbound {
    Inbound {
        language: LanguageHint::NotAsked,
        ..event
    }
}

pub async fn an_event_is_applied_once_however_often_it_comes(database: &dyn Database) {
    let store = open(database).await;
    let first = commit(&*store, vec![text("U1", "e1", "milk")]).await;
    assert!(applied(&first[0]), "{first:?}");
    for _ in 0..2 {
        let again = commit(&*store, vec![text("U1", "e1", "milk")]).await;
        assert_eq!(again, [Outcome::Duplicate]);
    }
    assert_eq!(titles(&*store, "U1").await, ["milk"]);
}

pub async fn an_event_twice_in_one_batch_is_applied_once(database: &dyn Database) {
    let store = open(database).await;
    let milk = text("U1", "e1", "milk");
    let outcomes = commit(
        &*store,
        vec![
            milk.clone(),
            text("U1", "e2", "bread"),
            milk.clone(),
            milk.clone(),
        ],
    )
    .await;
    assert!(
        applied(&outcomes[0]) && applied(&outcomes[1]),
        "{outcomes:?}"
    );
    assert_eq!(outcomes[2..], [Outcome::Duplicate, Outcome::Duplicate]);
    assert_eq!(titles(&*store, "U1").await, ["milk", "bread"]);
    let later = commit(&*store, vec![milk.clone(), milk]).await;
    assert_eq!(later, [Outcome::Duplicate, Outcome::Duplicate]);
    assert_eq!(titles(&*store, "U1").await, ["milk", "bread"]);
}

pub async fn the_same_event_id_in_two_conversations_is_two_events(database: &dyn Database) {
    let store = open(database).await;
    commit(&*store, vec![text("U1", "e1", "milk")]).await;
    let other = commit(&*store, vec![text("U2", "e1", "bread")]).await;
    assert!(applied(&other[0]), "{other:?}");
    assert_eq!(titles(&*store, "U1").await, ["milk"]);
    assert_eq!(titles(&*store, "U2").await, ["bread"]);
}

pub async fn events_of_one_conversation_keep_their_order(database: &dyn Database) {
    let store = open(database).await;
    let events = (0..20).map(|n| text("U1", &format!("e{}", 20 - n), &format!("task {n}")));
    commit(&*store, events.collect()).await;
    let expected: Vec<String> = (0..20).map(|n| format!("task {n}")).collect();
    assert_eq!(titles(&*store, "U1").await, expected);
    commit(
        &*store,
        vec![
            text("U1", "f1", "clear"),
            text("U1", "f2", "milk"),
            text("U1", "f3", "bread"),
            text("U1", "f4", "milk"),
        ],
    )
    .await;
    assert_eq!(titles(&*store, "U1").await, ["bread"]);
}

pub async fn outcomes_come_in_the_order_of_the_events(database: &dyn Database) {
    let store = open(database).await;
    commit(&*store, vec![text("U2", "old", "tea")]).await;
    let outcomes = commit(
        &*store,
        vec![
            text("U3", "e1", "milk"),
            text("U2", "old", "tea"),
            text("U1", "e2", "bread"),
            language_unknown(text("U4", "e3", "salt")),
            text("U3", "e4", "eggs"),
        ],
    )
    .await;
    let mut answered = Vec::new();
    for outcome in &outcomes {
        answered.push(match outcome {
            Outcome::Applied(Some(reply)) => reply.key.event_id.as_ref(),
            Outcome::Applied(None) => "no reply",
            Outcome::Duplicate => "duplicate",
            Outcome::Deferred => "deferred",
        });
    }
    assert_eq!(answered, ["e1", "duplicate", "e2", "deferred", "e4"]);
    assert_eq!(titles(&*store, "U3").await, ["milk", "eggs"]);
    assert_eq!(titles(&*store, "U1").await, ["bread"]);
    assert_eq!(titles(&*store, "U2").await, ["tea"]);
}

pub async fn an_event_that_changes_nothing_is_claimed(database: &dyn Database) {
    let store = open(database).await;
    let sticker = event("U1", "e1", Input::NotText);
    let first = commit(&*store, vec![sticker.clone()]).await;
    assert!(applied(&first[0]), "{first:?}");
    assert_eq!(commit(&*store, vec![sticker]).await, [Outcome::Duplicate]);
}

pub async fn an_empty_batch_does_nothing(database: &dyn Database) {
    let store = open(database).await;
    assert_eq!(commit(&*store, Vec::new()).await, []);
    assert_eq!(everything(&*store).await, []);
}

pub async fn a_deferred_event_claims_and_changes_nothing(database: &dyn Database) {
    let store = open(database).await;
    let milk = text("U1", "e1", "milk");
    let waiting = commit(&*store, vec![language_unknown(milk.clone())]).await;
    assert_eq!(waiting, [Outcome::Deferred]);
    assert_eq!(everything(&*store).await, []);
    assert_eq!(store.owed_replies().await.unwrap(), 0);
    let known = commit(&*store, vec![milk.clone()]).await;
    assert!(applied(&known[0]), "{known:?}");
    assert_eq!(titles(&*store, "U1").await, ["milk"]);
    let again = commit(&*store, vec![language_unknown(milk)]).await;
    assert_eq!(again, [Outcome::Duplicate]);
}

pub async fn later_events_of_a_deferred_conversation_wait_with_it(database: &dyn Database) {
    let store = open(database).await;
    let left = Inbound {
        language: LanguageHint::UseDefault,
        ..event("U1", "e1", Input::Left)
    };
    let outcomes = commit(
        &*store,
        vec![
            left,
            language_unknown(text("U1", "e2", "milk")),
            text("U2", "e3", "tea"),
            text("U1", "e4", "bread"),
        ],
    )
    .await;
    assert!(
        applied(&outcomes[0]) && applied(&outcomes[2]),
        "{outcomes:?}"
    );
    assert_eq!(outcomes[1], Outcome::Deferred);
    assert_eq!(outcomes[3], Outcome::Deferred);
    assert_eq!(titles(&*store, "U2").await, ["tea"]);
    // What was applied before the deferred event stays, and what the deferring decision touched is taken back.
    let stored = conversation(&*store, "U1").await.unwrap();
    assert_eq!((stored.left_at, stored.open.len()), (Some(NOW), 0));
    let replayed = commit(
        &*store,
        vec![text("U1", "e2", "milk"), text("U1", "e4", "bread")],
    )
    .await;
    assert!(replayed.iter().all(applied), "{replayed:?}");
    assert_eq!(titles(&*store, "U1").await, ["milk", "bread"]);
}

pub async fn a_deferred_event_twice_in_one_batch_stays_unclaimed(database: &dyn Database) {
    let store = open(database).await;
    let waiting = language_unknown(text("U1", "e1", "milk"));
    let outcomes = commit(&*store, vec![waiting.clone(), waiting]).await;
    assert_eq!(outcomes, [Outcome::Deferred, Outcome::Deferred]);
    let known = commit(&*store, vec![text("U1", "e1", "milk")]).await;
    assert!(applied(&known[0]), "{known:?}");
}

pub async fn language_and_absence_are_remembered(database: &dyn Database) {
    let store = open(database).await;
    let japanese = Inbound {
        language: LanguageHint::Known(Language::Japanese),
        ..text("U1", "e1", "牛乳")
    };
    commit(&*store, vec![japanese]).await;
    let later = commit(&*store, vec![language_unknown(text("U1", "e2", "パン"))]).await;
    assert!(applied(&later[0]), "{later:?}");
    commit(&*store, vec![event("U1", "e3", Input::Left)]).await;
    let stored = conversation(&*store, "U1").await.unwrap();
    assert_eq!(stored.language, Some(Language::English));
    assert_eq!(stored.left_at, Some(NOW));
    let followed = event("U1", "e4", Input::Followed { returning: true });
    store.commit(&batch(vec![followed])).await.unwrap();
    let stored = conversation(&*store, "U1").await.unwrap();
    assert_eq!(stored.left_at, None);
    assert_eq!(titles(&*store, "U1").await, ["牛乳", "パン"]);
}

pub async fn an_event_that_arrives_late_does_not_say_whether_the_bot_left(database: &dyn Database) {
    let store = open(database).await;
    let happened = |minutes: i64, event| Inbound {
        happened_at: after(minutes * 60_000),
        ..event
    };
    let left = |id| event("U1", id, Input::Left);
    let came_back = event("U1", "e1", Input::Followed { returning: true });
    let absence = async || conversation(&*store, "U1").await.unwrap().left_at;
    commit(&*store, vec![happened(2, came_back)]).await;
    commit(&*store, vec![happened(1, left("e2"))]).await;
    assert_eq!(absence().await, None);
    let milk = text("U1", "e3", "milk");
    let late = vec![happened(5, left("e4")), happened(4, milk)];
    commit(&*store, late).await;
    commit(&*store, vec![happened(3, text("U1", "e5", "tea"))]).await;
    assert_eq!(absence().await, Some(NOW));
    assert_eq!(titles(&*store, "U1").await, ["milk", "tea"]);
    commit(&*store, vec![happened(6, text("U1", "e6", "jam"))]).await;
    assert_eq!(absence().await, None);
    // Whoever has blocked the bot can still take back what they said.
    commit(&*store, vec![happened(8, unsend("U1", "e7", "e6"))]).await;
    commit(&*store, vec![happened(7, left("e8"))]).await;
    assert_eq!(absence().await, Some(NOW));
}

pub async fn only_what_is_answered_waits_for_a_language(database: &dyn Database) {
    let store = open(database).await;
    // Nobody is there to read an answer to these.
    let gone = language_unknown(event("U1", "e1", Input::Left));
    let taken_back = language_unknown(unsend("U1", "e2", "e9"));
    let outcomes = commit(&*store, vec![gone, taken_back]).await;
    assert!(outcomes.iter().all(applied), "{outcomes:?}");
    let stored = conversation(&*store, "U1").await.unwrap();
    // Who takes a message back has not come back.
    assert_eq!((stored.language, stored.left_at), (None, Some(NOW)));
    // Whoever does is asked anew: they may have changed it.
    commit(&*store, vec![text("U1", "e3", "milk")]).await;
    let followed = event("U1", "e4", Input::Followed { returning: true });
    let outcomes = commit(&*store, vec![language_unknown(followed)]).await;
    assert_eq!(outcomes, [Outcome::Deferred]);
}

pub async fn texts_that_look_like_sql_are_kept_as_they_are(database: &dyn Database) {
    let store = open(database).await;
    let lines = [
        "'); DELETE FROM events; --",
        "\\'; COMMIT; -- \\",
        "x'4D', _utf8mb4 X'41', ?, :a, @b, %s, 0x41",
        "`lists` \"lists\" /* lists */ # lists",
        "\u{202e}木\u{0308}𠮷👩‍👩‍👧 ｱｲｳ \u{feff}é",
    ];
    let ids = "U'; --\\?";
    commit(&*store, vec![text(ids, "e'\\; --", &lines.join("\n"))]).await;
    assert_eq!(titles(&*store, ids).await, lines);
    let again = commit(&*store, vec![text(ids, "e'\\; --", "milk")]).await;
    assert_eq!(again, [Outcome::Duplicate]);
}
