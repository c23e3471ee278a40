//! Ids are bytes: kept whole, never merged, never cut.

use super::Database;
use super::fixture::{
    LEASE, MUCH_LATER, after, applied, batch, commit, conversation, event_ids, everything, key,
    open, replied, take_due, text, titles, unsend,
};
use crate::{Inbound, MAX_ID_BYTES, MAX_REPLY_TOKEN_BYTES, StoreError};
use todo::Input;

pub async fn ids_at_the_limit_are_kept(database: &dyn Database) {
    let store = open(database).await;
    let long = "x".repeat(MAX_ID_BYTES);
    let token = "t".repeat(MAX_REPLY_TOKEN_BYTES);
    let event = Inbound {
        key: key(&long, &long),
        input: Input::Text {
            text: "milk".to_owned(),
            message_id: long.clone(),
        },
        reply_token: Some(token.clone()),
        ..text("", "", "")
    };
    let outcomes = commit(&*store, vec![event]).await;
    assert!(applied(&outcomes[0]), "{outcomes:?}");
    let stored = conversation(&*store, &long).await.unwrap();
    assert_eq!(stored.open[0].message_id, long);
    let owed = take_due(&*store, MUCH_LATER).await;
    assert_eq!(owed[0].key, key(&long, &long));
    assert_eq!(*owed[0].reply_token, token);
}

pub async fn longer_ids_are_refused_and_harm_nobody_when_replayed_alone(database: &dyn Database) {
    let store = open(database).await;
    let long = "x".repeat(MAX_ID_BYTES + 1);
    let healthy = || text("U1", "e1", "milk");
    let long_message = Inbound {
        input: Input::Text {
            text: "tea".to_owned(),
            message_id: long.clone(),
        },
        ..text("U2", "e2", "")
    };
    let long_token = Inbound {
        reply_token: Some("t".repeat(MAX_REPLY_TOKEN_BYTES + 1)),
        ..text("U2", "e2", "tea")
    };
    for bad in [
        text(&long, "e2", "tea"),
        text("U2", &long, "tea"),
        long_message,
        long_token,
    ] {
        let together = store.commit(&batch(vec![healthy(), bad.clone()])).await;
        assert!(
            matches!(together, Err(StoreError::Refused(_))),
            "{together:?}"
        );
        let alone = store.commit(&batch(vec![bad])).await;
        assert!(matches!(alone, Err(StoreError::Refused(_))), "{alone:?}");
    }
    assert_eq!(everything(&*store).await, []);
    let outcomes = commit(&*store, vec![healthy()]).await;
    assert!(applied(&outcomes[0]), "{outcomes:?}");
}

pub async fn ids_that_differ_in_case_accent_or_trailing_space_stay_apart(database: &dyn Database) {
    let store = open(database).await;
    let ids = ["u1", "U1", "Ú1", "U1 ", "U1\t", "Ｕ1", "u1\u{301}"];
    let mut events = Vec::new();
    for conversation in ids {
        for id in ids {
            events.push(text(
                conversation,
                id,
                &format!("task of {}", id.escape_unicode()),
            ));
        }
    }
    let outcomes = commit(&*store, events).await;
    assert!(outcomes.iter().all(applied), "{outcomes:?}");
    assert_eq!(everything(&*store).await.len(), ids.len());
    for conversation in ids {
        assert_eq!(titles(&*store, conversation).await.len(), ids.len());
    }
    let owed = take_due(&*store, after(LEASE)).await;
    assert_eq!(owed.len(), ids.len() * ids.len());
    replied(&*store, vec![key("U1", "u1")]).await;
    let left = store.owed_replies().await.unwrap();
    assert_eq!(left, owed.len() as u64 - 1);
}

pub async fn messages_whose_ids_differ_in_case_are_forgotten_one_by_one(database: &dyn Database) {
    let store = open(database).await;
    commit(
        &*store,
        vec![text("U1", "a", "milk"), text("U1", "A", "bread")],
    )
    .await;
    commit(&*store, vec![unsend("U1", "e3", "A")]).await;
    assert_eq!(titles(&*store, "U1").await, ["milk"]);
    assert_eq!(event_ids(&take_due(&*store, MUCH_LATER).await), ["a"]);
}
