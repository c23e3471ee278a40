//! A batch waits for nothing but its own conversations, and for those as long as it may.

use crate::database::TestDatabase;
use sqlx::mysql::MySqlRow;
use sqlx::{Executor, MySqlConnection, Row};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use storage::conformance::fixture::{batch, commit, key, text, titles, unsend};
use storage::{Batch, Conversation, Decide, Inbound, Schema, Store, StoreError, Verdict};
use tokio::runtime::Builder;

crate::on_both_servers! {
    a_batch_does_not_wait_for_rows_of_other_conversations
    a_batch_undone_by_a_deadlock_is_tried_again
    a_conversation_locked_for_too_long_makes_the_store_unavailable_in_time
    a_process_frozen_within_a_transaction_stops_others_for_seconds_only
}

const TITLES: &str = "milk\nbread\neggs\ntea\nsalt\nrice";

/// A transaction of another process, which locks rows and nothing between them.
async fn begin(database: &TestDatabase) -> MySqlConnection {
    let mut other = database.connection().await;
    run(
        &mut other,
        "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED",
    )
    .await;
    other.execute("BEGIN").await.unwrap();
    other
}

async fn run(connection: &mut MySqlConnection, sql: &str) {
    connection.execute(sql).await.unwrap();
}

async fn a_batch_does_not_wait_for_rows_of_other_conversations(database: &TestDatabase) {
    let store = database.store();
    store.migrate().await.unwrap();
    // Fewer rows than the keys named below: a server would rather read the whole table.
    commit(
        &store,
        vec![text("U1", "e1", TITLES), text("U2", "e2", TITLES)],
    )
    .await;
    let mut other = begin(database).await;
    for table in ["conversations", "tasks", "owed_replies", "events"] {
        let lock = format!("SELECT * FROM {table} WHERE conversation_id = 'U2' FOR UPDATE");
        run(&mut other, &lock).await;
    }
    let mut sent = vec![key("U1", "e1")];
    sent.extend((0..30).map(|n| key("U3", &format!("no such reply {n}"))));
    let toggled = Batch {
        replied: sent.into(),
        deadline: Instant::now() + Duration::from_millis(900),
        ..batch(vec![
            text("U1", "e3", TITLES),
            text("U3", "e4", "eggs"),
            text("U1", "e5", "undo"),
            text("U1", "e6", TITLES),
            unsend("U1", "e7", "e1"),
        ])
    };
    store.commit(&toggled).await.unwrap();
    assert!(titles(&store, "U1").await.is_empty());
}

async fn a_batch_undone_by_a_deadlock_is_tried_again(database: &TestDatabase) {
    let store = Arc::new(database.store());
    store.migrate().await.unwrap();
    commit(
        &*store,
        vec![text("U1", "e1", "milk"), text("U2", "e2", "milk")],
    )
    .await;
    let mut other = begin(database).await;
    // The server undoes the transaction that changed fewer rows: the store's.
    for n in 0..50 {
        let insert = format!("INSERT INTO events VALUES ('filler {n}', 'U9', 0, 0)");
        run(&mut other, &insert).await;
    }
    run(
        &mut other,
        "UPDATE conversations SET updated_at = 1 WHERE conversation_id = 'U2'",
    )
    .await;
    let committing = tokio::spawn({
        let store = store.clone();
        async move {
            commit(
                &*store,
                vec![text("U1", "e3", "eggs"), text("U2", "e4", "eggs")],
            )
            .await
        }
    });
    until_somebody_waits(database).await;
    run(
        &mut other,
        "UPDATE conversations SET updated_at = 1 WHERE conversation_id = 'U1'",
    )
    .await;
    run(&mut other, "COMMIT").await;
    committing.await.unwrap();
    assert_eq!(titles(&*store, "U1").await, ["milk", "eggs"]);
    assert_eq!(titles(&*store, "U2").await, ["milk", "eggs"]);
}

/// Asks until a transaction in this database waits for a lock.
///
/// Two queries: joined in one, they crash MariaDB 10.11. With a pause: `InnoDB` answers from a cache that it does not
/// renew while it is asked more often than every 0.1 s.
async fn until_somebody_waits(database: &TestDatabase) {
    let mut connection = database.connection().await;
    loop {
        let waiting = "SELECT trx_mysql_thread_id FROM information_schema.innodb_trx \
                       WHERE trx_state = 'LOCK WAIT'";
        let waiting = connection.fetch_all(waiting).await.unwrap();
        let ours = database.connection_ids(&mut connection).await;
        let waits = |row: &MySqlRow| ours.contains(&row.get::<u64, _>(0));
        if waiting.iter().any(waits) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(150)).await;
    }
}

async fn a_conversation_locked_for_too_long_makes_the_store_unavailable_in_time(
    database: &TestDatabase,
) {
    let store = database.store();
    store.migrate().await.unwrap();
    commit(&store, vec![text("U1", "e1", "milk")]).await;
    let mut other = begin(database).await;
    run(
        &mut other,
        "UPDATE conversations SET updated_at = 1 WHERE conversation_id = 'U1'",
    )
    .await;
    let hopeless = Batch {
        deadline: Instant::now() + Duration::from_millis(300),
        ..batch(vec![text("U1", "e2", "bread")])
    };
    let refused = store.commit(&hopeless).await;
    assert!(
        matches!(refused, Err(StoreError::Unavailable(_))),
        "{refused:?}"
    );
    run(&mut other, "ROLLBACK").await;
    commit(&store, vec![text("U1", "e2", "bread")]).await;
    assert_eq!(titles(&store, "U1").await, ["milk", "bread"]);
}

/// The core of a process that is frozen when it decides, and goes on when it is told to.
struct Freezing {
    core: Arc<dyn Decide>,
    frozen: SyncSender<()>,
    /// Closed when it is to go on.
    thaw: Mutex<Receiver<()>>,
}

impl Decide for Freezing {
    fn decide(&self, conversation: &mut Conversation, event: &Inbound) -> Verdict {
        // Nobody listens the second time, when the transaction is done again.
        let _ = self.frozen.try_send(());
        let _ = self.thaw.lock().unwrap().recv();
        self.core.decide(conversation, event)
    }
}

async fn a_process_frozen_within_a_transaction_stops_others_for_seconds_only(
    database: &TestDatabase,
) {
    let others = database.store();
    others.migrate().await.unwrap();
    commit(&others, vec![text("U1", "e1", "milk")]).await;
    let (frozen, is_frozen) = sync_channel(1);
    let (thaw, thawed) = sync_channel(0);
    let bread = batch(vec![text("U1", "e2", "bread")]);
    let bread = Batch {
        decide: Arc::new(Freezing {
            core: Arc::clone(&bread.decide),
            frozen,
            thaw: Mutex::new(thawed),
        }),
        deadline: Instant::now() + Duration::from_mins(1),
        ..bread
    };
    let process = database.store();
    let process = std::thread::spawn(move || {
        let runtime = Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(process.commit(&bread)).map(|_| ())
    });
    tokio::task::spawn_blocking(move || is_frozen.recv().unwrap())
        .await
        .unwrap();
    let eggs = Batch {
        deadline: Instant::now() + Duration::from_secs(30),
        ..batch(vec![text("U1", "e3", "eggs")])
    };
    others.commit(&eggs).await.unwrap();
    assert_eq!(titles(&others, "U1").await, ["milk", "eggs"]);
    drop(thaw);
    tokio::task::spawn_blocking(move || process.join().unwrap().unwrap())
        .await
        .unwrap();
    assert_eq!(titles(&others, "U1").await, ["milk", "eggs", "bread"]);
}
