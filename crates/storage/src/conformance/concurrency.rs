//! Several processes on one database, or several callers in one.

use super::fixture::{LEASE, after, applied, commit, open, take, text, titles};
use super::{Backend, Database};
use crate::Inbound;
use std::collections::BTreeMap;
use std::sync::Arc;
use tokio::task::JoinSet;

/// A handle and the batches it is to commit.
type Work = (Arc<dyn Backend>, Vec<Vec<Inbound>>);

/// Commits the batches of each handle one after another, the handles at the same time. Returns how many events were
/// applied, by event id.
async fn commit_at_once(handles: Vec<Work>) -> BTreeMap<String, usize> {
    let mut running = JoinSet::new();
    for (store, batches) in handles {
        running.spawn(async move {
            let mut seen = Vec::new();
            for events in batches {
                let ids: Vec<String> = events.iter().map(|e| e.key.event_id.to_string()).collect();
                let outcomes = commit(&*store, events).await;
                seen.extend(ids.into_iter().zip(outcomes));
            }
            seen
        });
    }
    let mut count = BTreeMap::new();
    for (id, outcome) in running.join_all().await.into_iter().flatten() {
        *count.entry(id).or_insert(0) += usize::from(applied(&outcome));
    }
    count
}

pub async fn two_handles_apply_an_event_once(database: &dyn Database) {
    let one = open(database).await;
    let other = database.open().await;
    let batches = || -> Vec<Vec<Inbound>> {
        (0..20)
            .map(|n| {
                let task = format!("task {n}");
                let id = format!("e{n}");
                vec![
                    text("U1", &id, &task),
                    text(&format!("new {n}"), &format!("f{n}"), &task),
                ]
            })
            .collect()
    };
    let count = commit_at_once(vec![(one.clone(), batches()), (other, batches())]).await;
    assert_eq!(count.len(), 40);
    assert!(count.values().all(|times| *times == 1), "{count:?}");
    let expected: Vec<String> = (0..20).map(|n| format!("task {n}")).collect();
    let open = titles(&*one, "U1").await;
    assert_eq!(open.len(), expected.len());
    assert!(
        expected.iter().all(|title| open.contains(title)),
        "{open:?}"
    );
}

pub async fn two_handles_lose_no_change_of_one_conversation(database: &dyn Database) {
    let one = open(database).await;
    let other = database.open().await;
    let batches = |who: &str| -> Vec<Vec<Inbound>> {
        (0..20)
            .map(|n| {
                let id = format!("{who}{n}");
                vec![text("U1", &id, &id)]
            })
            .collect()
    };
    let handles = vec![(one.clone(), batches("a")), (other, batches("b"))];
    let count = commit_at_once(handles).await;
    assert!(count.values().all(|times| *times == 1), "{count:?}");
    let open = titles(&*one, "U1").await;
    assert_eq!(open.len(), 40);
    for who in ["a", "b"] {
        let mine: Vec<&String> = open.iter().filter(|title| title.starts_with(who)).collect();
        let expected: Vec<String> = (0..20).map(|n| format!("{who}{n}")).collect();
        assert!(mine.into_iter().eq(&expected), "{open:?}");
    }
}

pub async fn batches_that_touch_the_same_conversations_in_any_order_all_commit(
    database: &dyn Database,
) {
    let one = open(database).await;
    let other = database.open().await;
    let batches = |who: &str, backwards: bool| -> Vec<Vec<Inbound>> {
        (0..10)
            .map(|n| {
                let id = format!("{who}{n}");
                let mut events: Vec<Inbound> = (0..10)
                    .map(|conversation| text(&format!("U{conversation}"), &id, &id))
                    .collect();
                if backwards {
                    events.reverse();
                }
                events
            })
            .collect()
    };
    let handles = vec![
        (one.clone(), batches("a", false)),
        (other, batches("b", true)),
    ];
    let count = commit_at_once(handles).await;
    assert!(count.values().all(|times| *times == 10), "{count:?}");
    for conversation in 0..10 {
        let open = titles(&*one, &format!("U{conversation}")).await;
        assert_eq!(open.len(), 20, "{open:?}");
    }
}

pub async fn concurrent_takers_share_the_due_replies(database: &dyn Database) {
    let one = open(database).await;
    let other = database.open().await;
    let events = (0..40).map(|n| text(&format!("U{n}"), &format!("e{n}"), "milk"));
    commit(&*one, events.collect()).await;
    let take = async |store: Arc<dyn Backend>| {
        let mut mine = Vec::new();
        loop {
            let step = store
                .take_due_replies(take(after(LEASE), 3))
                .await
                .expect("takes");
            if step.is_empty() {
                return mine;
            }
            assert!(step.len() <= 3);
            mine.extend(step.into_iter().map(|reply| reply.key));
        }
    };
    let mut running = JoinSet::new();
    for store in [&one, &other, &one, &other] {
        running.spawn(take(store.clone()));
    }
    let mut taken: Vec<_> = running.join_all().await.into_iter().flatten().collect();
    // A taker may find nothing while another holds what is left.
    taken.extend(take(one.clone()).await);
    taken.sort();
    let count = taken.len();
    taken.dedup();
    assert_eq!((count, taken.len()), (40, 40));
}
