//! What was committed is there.

use super::Database;
use super::fixture::{LEASE, after, batch, commit, event_ids, everything, open, take_due, text};
use crate::Outcome;

pub async fn everything_is_there_after_reopening(database: &dyn Database) {
    let store = open(database).await;
    commit(
        &*store,
        vec![
            text("U1", "e1", "milk\nbread"),
            text("U1", "e2", "milk"),
            text("U2", "e3", "牛乳 🥛"),
        ],
    )
    .await;
    let before = everything(&*store).await;
    store.close().await;
    drop(store);

    let store = open(database).await;
    assert_eq!(everything(&*store).await, before);
    let again = store.commit(&batch(vec![text("U1", "e1", "milk")])).await;
    assert_eq!(again.unwrap(), [Outcome::Duplicate]);
    let mut owed = take_due(&*store, after(LEASE)).await;
    owed.sort_by(|one, other| one.key.event_id.cmp(&other.key.event_id));
    assert_eq!(event_ids(&owed), ["e1", "e2", "e3"]);
    commit(&*store, vec![text("U1", "e4", "undo")]).await;
    assert_eq!(
        super::fixture::titles(&*store, "U1").await,
        ["milk", "bread"]
    );
}

pub async fn a_store_answers_a_ping(database: &dyn Database) {
    let store = open(database).await;
    store.ping().await.unwrap();
}
