//! The server goes away and comes back; the store stays.

use crate::database::TestDatabase;
use crate::own_server::OwnServer;
use sqlx::Executor;
use std::num::NonZeroU32;
use std::time::{Duration, Instant};
use storage::conformance::fixture::{batch, commit, text, titles};
use storage::{Batch, Inbound, Schema, Store, StoreError};
use storage_mysql::{MysqlStore, Options};

crate::on_both_servers! {
    connections_that_were_cut_are_replaced
}

fn store_on(url: String) -> MysqlStore {
    let options = Options::from_url(&url.into()).unwrap();
    MysqlStore::new(options, NonZeroU32::new(2).unwrap())
}

/// Commits with the time a webhook has.
async fn commit_in_time(store: &MysqlStore, event: Inbound) -> Result<(), StoreError> {
    let batch = Batch {
        deadline: Instant::now() + Duration::from_millis(1_200),
        ..batch(vec![event])
    };
    store.commit(&batch).await.map(drop)
}

async fn unavailable(store: &MysqlStore, event: Inbound) {
    let refused = commit_in_time(store, event).await;
    assert!(
        matches!(refused, Err(StoreError::Unavailable(_))),
        "{refused:?}"
    );
}

async fn connections_that_were_cut_are_replaced(database: &TestDatabase) {
    let store = database.store();
    store.migrate().await.unwrap();
    // As many connections as there can be.
    tokio::join!(
        commit(&store, vec![text("U1", "e1", "milk")]),
        commit(&store, vec![text("U2", "e2", "milk")]),
        commit(&store, vec![text("U3", "e3", "milk")]),
    );
    let mut connection = database.connection().await;
    for id in database.connection_ids(&mut connection).await {
        connection.execute(&*format!("KILL {id}")).await.unwrap();
    }
    commit_in_time(&store, text("U1", "e4", "bread"))
        .await
        .unwrap();
    assert_eq!(titles(&store, "U1").await, ["milk", "bread"]);
}

#[tokio::test]
#[ignore = "needs MariaDB's programs: cargo xtask test"]
async fn a_server_that_crashed_is_used_again_as_soon_as_it_is_back() {
    let mut server = OwnServer::start();
    let store = store_on(server.url());
    store.migrate().await.unwrap();
    commit(&store, vec![text("U1", "e1", "milk")]).await;
    for round in 0..2 {
        server.kill();
        let event = text("U1", &format!("lost {round}"), &format!("task {round}"));
        unavailable(&store, event.clone()).await;
        server.start_again();
        // Not acknowledged: LINE delivers it again.
        commit(&store, vec![event]).await;
    }
    assert_eq!(titles(&store, "U1").await, ["milk", "task 0", "task 1"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs MariaDB's programs: cargo xtask test"]
async fn what_was_acknowledged_before_a_crash_is_there_after_it() {
    let mut server = OwnServer::start();
    let store = std::sync::Arc::new(store_on(server.url()));
    store.migrate().await.unwrap();
    let (committed, mut seen) = tokio::sync::mpsc::unbounded_channel();
    let committing = tokio::spawn({
        let store = store.clone();
        async move {
            for n in 0_u32.. {
                let event = text("U1", &format!("e{n}"), &format!("task {n}"));
                if commit_in_time(&store, event).await.is_err() {
                    return n;
                }
                committed.send(n).unwrap();
            }
            unreachable!("the server is killed");
        }
    });
    // In the middle of the work.
    while seen.recv().await.unwrap() < 20 {}
    server.kill();
    let refused = committing.await.unwrap();
    server.start_again();
    commit(
        &*store,
        vec![text(
            "U1",
            &format!("e{refused}"),
            &format!("task {refused}"),
        )],
    )
    .await;
    let expected: Vec<String> = (0..=refused).map(|n| format!("task {n}")).collect();
    assert_eq!(titles(&*store, "U1").await, expected);
}

#[tokio::test]
#[ignore = "needs MariaDB's programs: cargo xtask test"]
async fn a_server_that_hangs_is_given_up_in_time_and_used_again_afterwards() {
    let server = OwnServer::start();
    let store = store_on(server.url());
    store.migrate().await.unwrap();
    commit(&store, vec![text("U1", "e1", "milk")]).await;
    server.freeze();
    // First on the connection there is, then on a new one.
    unavailable(&store, text("U1", "e2", "bread")).await;
    unavailable(&store, text("U1", "e3", "eggs")).await;
    server.thaw();
    commit(
        &store,
        vec![text("U1", "e2", "bread"), text("U1", "e3", "eggs")],
    )
    .await;
    assert_eq!(titles(&store, "U1").await, ["milk", "bread", "eggs"]);
}

#[tokio::test]
#[ignore = "needs MariaDB's programs: cargo xtask test"]
async fn a_store_may_be_made_before_its_server_is_there() {
    let mut server = OwnServer::start();
    server.kill();
    let store = store_on(server.url());
    assert!(matches!(
        store.ping().await,
        Err(StoreError::Unavailable(_))
    ));
    server.start_again();
    store.migrate().await.unwrap();
    store.ping().await.unwrap();
}
