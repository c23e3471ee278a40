//! What was written before can be taken back: by `undo`, and by an unsend for good.

use super::Database;
use super::fixture::{
    MUCH_LATER, commit, conversation, event_ids, everything, key, open, replied, take_due, text,
    titles, unsend,
};
use crate::Outcome;
use todo::CloseReason;
use todo::list::UNDO_DEPTH;

pub async fn an_unsend_removes_the_text_everywhere(database: &dyn Database) {
    let store = open(database).await;
    commit(
        &*store,
        vec![
            text("U1", "e1", "first secret\nsecond secret"),
            text("U1", "e2", "first secret"),
        ],
    )
    .await;
    // So many changes later `undo` does not reach the closed task any more, and it is not loaded.
    for n in 0..=UNDO_DEPTH {
        commit(
            &*store,
            vec![text("U1", &format!("f{n}"), &format!("task {n}"))],
        )
        .await;
    }
    replied(
        &*store,
        (0..=UNDO_DEPTH)
            .map(|n| key("U1", &format!("f{n}")))
            .collect(),
    )
    .await;
    let before = conversation(&*store, "U1").await.unwrap();
    assert_eq!(
        (before.open.len(), before.closed.len()),
        (UNDO_DEPTH + 2, 1)
    );

    commit(&*store, vec![unsend("U1", "g1", "e1")]).await;
    let after = conversation(&*store, "U1").await.unwrap();
    assert_eq!((after.open.len(), after.closed.len()), (UNDO_DEPTH + 1, 0));
    assert_eq!(event_ids(&take_due(&*store, MUCH_LATER).await), ["e2"]);
}

pub async fn an_unsend_in_the_same_batch_leaves_nothing(database: &dyn Database) {
    let store = open(database).await;
    let outcomes = commit(
        &*store,
        vec![
            text("U1", "e1", "secret"),
            text("U1", "e2", "milk"),
            unsend("U1", "e3", "e1"),
        ],
    )
    .await;
    assert_eq!(outcomes[0], Outcome::Applied(None));
    assert!(
        matches!(outcomes[1], Outcome::Applied(Some(_))),
        "{outcomes:?}"
    );
    assert_eq!(titles(&*store, "U1").await, ["milk"]);
    assert_eq!(conversation(&*store, "U1").await.unwrap().closed, []);
    assert_eq!(event_ids(&take_due(&*store, MUCH_LATER).await), ["e2"]);
    let again = commit(&*store, vec![text("U1", "e1", "secret")]).await;
    assert_eq!(again, [Outcome::Duplicate]);
}

pub async fn an_unsend_leaves_other_conversations_alone(database: &dyn Database) {
    let store = open(database).await;
    commit(
        &*store,
        vec![text("U1", "e1", "milk"), text("U2", "e1", "tea")],
    )
    .await;
    commit(&*store, vec![unsend("U1", "e2", "e1")]).await;
    assert_eq!(titles(&*store, "U1").await, [""; 0]);
    assert_eq!(titles(&*store, "U2").await, ["tea"]);
    assert_eq!(store.owed_replies().await.unwrap(), 1);
}

pub async fn undo_opens_again_what_an_earlier_batch_closed(database: &dyn Database) {
    let store = open(database).await;
    commit(&*store, vec![text("U1", "e1", "milk\nbread\neggs")]).await;
    commit(&*store, vec![text("U1", "e2", "bread")]).await;
    commit(&*store, vec![text("U1", "e3", "clear")]).await;
    let cleared = conversation(&*store, "U1").await.unwrap();
    let reasons: Vec<CloseReason> = cleared.closed.iter().map(|task| task.reason).collect();
    assert_eq!(
        reasons,
        [
            CloseReason::Cleared,
            CloseReason::Done,
            CloseReason::Cleared
        ]
    );
    commit(&*store, vec![text("U1", "e4", "undo")]).await;
    assert_eq!(titles(&*store, "U1").await, ["milk", "eggs"]);
    commit(&*store, vec![text("U1", "e5", "undo")]).await;
    assert_eq!(titles(&*store, "U1").await, ["milk", "bread", "eggs"]);
    assert_eq!(conversation(&*store, "U1").await.unwrap().closed, []);
}

pub async fn undo_takes_back_what_an_earlier_batch_added(database: &dyn Database) {
    let store = open(database).await;
    commit(&*store, vec![text("U1", "e1", "milk")]).await;
    commit(&*store, vec![text("U1", "e2", "bread")]).await;
    commit(&*store, vec![text("U1", "e3", "undo")]).await;
    assert_eq!(titles(&*store, "U1").await, ["milk"]);
    commit(&*store, vec![text("U1", "e4", "bread")]).await;
    let stored = conversation(&*store, "U1").await.unwrap();
    let ids: Vec<u64> = stored.open.iter().map(|task| task.id).collect();
    assert_eq!(titles(&*store, "U1").await, ["milk", "bread"]);
    assert!(
        ids.is_sorted() && ids[1] < stored.next_task_id,
        "{stored:?}"
    );
}

pub async fn closing_and_undoing_in_one_batch_changes_nothing(database: &dyn Database) {
    let store = open(database).await;
    commit(&*store, vec![text("U1", "e1", "milk\nbread")]).await;
    let before = conversation(&*store, "U1").await.unwrap();
    commit(
        &*store,
        vec![text("U1", "e2", "clear"), text("U1", "e3", "undo")],
    )
    .await;
    let after = conversation(&*store, "U1").await.unwrap();
    assert_eq!((after.open, after.closed), (before.open, before.closed));
    assert_eq!(everything(&*store).await.len(), 1);
}
