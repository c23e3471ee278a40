//! Replicas racing for the same conversations: nothing lost, nothing doubled.

use crate::database::TestDatabase;
use rand::seq::SliceRandom;
use std::collections::BTreeMap;
use std::sync::Arc;
use storage::conformance::fixture::{applied, batch, everything, text};
use storage::{Inbound, Schema, Store};
use tokio::task::JoinSet;

crate::on_both_servers! {
    replicas_that_get_every_event_apply_each_once
}

/// Few enough conversations that every batch meets others.
const CONVERSATIONS: usize = 6;
const EVENTS: usize = 180;
const REPLICAS: usize = 2;
/// Batches that a replica commits at the same time.
const LANES: usize = 3;

async fn replicas_that_get_every_event_apply_each_once(database: &TestDatabase) {
    database.store().migrate().await.unwrap();
    let events: Vec<Inbound> = (0..EVENTS)
        .map(|n| {
            text(
                &format!("U{}", n % CONVERSATIONS),
                &format!("e{n}"),
                &format!("task {n}"),
            )
        })
        .collect();
    let mut running = JoinSet::new();
    for _ in 0..REPLICAS {
        let store = Arc::new(database.store());
        let mut order = events.clone();
        order.shuffle(&mut rand::rng());
        for lane in 0..LANES {
            let mine: Vec<Inbound> = order.iter().skip(lane).step_by(LANES).cloned().collect();
            running.spawn(commit_all(store.clone(), mine));
        }
    }
    let mut times: BTreeMap<String, usize> = BTreeMap::new();
    for (event_id, applied) in running.join_all().await.into_iter().flatten() {
        *times.entry(event_id).or_default() += usize::from(applied);
    }
    assert_eq!(times.len(), EVENTS);
    assert!(times.values().all(|times| *times == 1), "{times:?}");

    let records = everything(&database.store()).await;
    let mut stored: Vec<&str> = records
        .iter()
        .flat_map(|record| record.open.iter().map(|task| task.title.as_str()))
        .collect();
    let mut sent: Vec<String> = (0..EVENTS).map(|n| format!("task {n}")).collect();
    stored.sort_unstable();
    sent.sort_unstable();
    assert_eq!(stored, sent);
}

async fn commit_all(store: Arc<impl Store>, events: Vec<Inbound>) -> Vec<(String, bool)> {
    let mut seen = Vec::new();
    let mut rest = events.as_slice();
    while !rest.is_empty() {
        let (events, later) = rest.split_at(rand::random_range(1..=rest.len().min(12)));
        let outcomes = store.commit(&batch(events.to_vec())).await.unwrap();
        let ids = events.iter().map(|event| event.key.event_id.to_string());
        seen.extend(ids.zip(outcomes.iter().map(applied)));
        rest = later;
    }
    seen
}
