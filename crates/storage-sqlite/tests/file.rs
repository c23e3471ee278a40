//! What is particular to a database that is a file.

#![expect(clippy::unwrap_used, reason = "a failed test panics")]

use std::path::Path;
use std::sync::Arc;
use std::time::Instant;
use storage::conformance::fixture::{
    LEASE, after, applied, batch, commit, event_ids, everything, take, take_due, text, titles,
};
use storage::{
    Batch, Conversation, Decide, Inbound, Outcome, PruneBefore, Schema, SchemaStatus, Store,
    StoreError, Verdict,
};
use storage_sqlite::SqliteStore;
use tempfile::{TempDir, tempdir};
use todo::Timestamp;

async fn migrated(path: &Path) -> SqliteStore {
    let store = SqliteStore::open(path, true).unwrap();
    store.migrate().await.unwrap();
    store
}

/// A folder with a database of one task in it.
async fn with_milk() -> (TempDir, SqliteStore) {
    let folder = tempdir().unwrap();
    let store = migrated(&folder.path().join("linebot.db")).await;
    commit(&store, vec![text("U1", "e1", "milk")]).await;
    (folder, store)
}

#[tokio::test]
async fn a_database_is_made_only_when_asked_for() {
    let folder = tempdir().unwrap();
    let path = folder.path().join("data/of the bot/ボット.db");
    let missing = SqliteStore::open(&path, false).unwrap_err();
    assert!(matches!(missing, StoreError::Unavailable(_)), "{missing}");
    assert!(missing.to_string().contains("ボット.db"), "{missing}");
    assert!(!folder.path().join("data").exists());
    let store = migrated(&path).await;
    commit(&store, vec![text("U1", "e1", "milk")]).await;
    store.close().await;
    let store = SqliteStore::open(&path, false).unwrap();
    assert_eq!(titles(&store, "U1").await, ["milk"]);
}

#[tokio::test]
async fn a_second_writing_process_is_told_who_is_first() {
    let (folder, store) = with_milk().await;
    let path = folder.path().join("linebot.db");
    let refused = SqliteStore::open(&path, false).unwrap_err();
    assert!(matches!(refused, StoreError::Unavailable(_)), "{refused}");
    let text = refused.to_string();
    let process = format!("process {}", std::process::id());
    assert!(
        text.contains("linebot.db") && text.contains(&process),
        "{text}"
    );
    store.close().await;
    let store = SqliteStore::open(&path, false).unwrap();
    store.ping().await.unwrap();
}

#[tokio::test]
async fn reading_goes_on_beside_the_writing_process() {
    let (folder, store) = with_milk().await;
    let reading = SqliteStore::open_read_only(&folder.path().join("linebot.db"));
    assert_eq!(reading.status().await.unwrap(), SchemaStatus::Current);
    assert_eq!(titles(&reading, "U1").await, ["milk"]);
    commit(&store, vec![text("U1", "e2", "bread")]).await;
    assert_eq!(titles(&reading, "U1").await, ["milk", "bread"]);
    assert_eq!(reading.owed_replies().await.unwrap(), 2);
}

#[tokio::test]
async fn a_store_opened_for_reading_refuses_to_write() {
    let (folder, store) = with_milk().await;
    let before = everything(&store).await;
    let reading = SqliteStore::open_read_only(&folder.path().join("linebot.db"));
    let prune = PruneBefore {
        events: Timestamp(i64::MAX),
        closed_tasks: Timestamp(i64::MAX),
        left_conversations: Timestamp(i64::MAX),
        owed_replies: Timestamp(i64::MAX),
    };
    for result in [
        reading
            .commit(&batch(vec![text("U1", "e2", "bread")]))
            .await
            .map(drop),
        reading.import(&before).await.map(drop),
        reading.prune(prune, 10).await.map(drop),
        reading
            .take_due_replies(take(after(LEASE), 10))
            .await
            .map(drop),
        reading.migrate().await.map(drop),
    ] {
        assert!(matches!(result, Err(StoreError::Refused(_))), "{result:?}");
    }
    assert_eq!(everything(&store).await, before);
}

#[tokio::test]
async fn every_lease_ends_when_the_only_process_starts_again() {
    let (folder, store) = with_milk().await;
    assert_eq!(take_due(&store, after(LEASE - 1)).await, []);
    store.close().await;
    let store = SqliteStore::open(&folder.path().join("linebot.db"), false).unwrap();
    store.release_leases().await.unwrap();
    assert_eq!(event_ids(&take_due(&store, after(0)).await), ["e1"]);
}

/// Copies the database and its log as a crash would leave them, the log cut short by `lost` bytes.
fn crash(from: &Path, to: &Path, lost: u64) {
    std::fs::copy(from.join("linebot.db"), to.join("linebot.db")).unwrap();
    let log = to.join("linebot.db-wal");
    std::fs::copy(from.join("linebot.db-wal"), &log).unwrap();
    let log = std::fs::File::options().write(true).open(log).unwrap();
    let size = log.metadata().unwrap().len();
    log.set_len(size - lost).unwrap();
}

#[tokio::test]
async fn what_was_committed_survives_a_crash() {
    let (folder, store) = with_milk().await;
    commit(&store, vec![text("U1", "e2", "bread")]).await;
    let copy = tempdir().unwrap();
    crash(folder.path(), copy.path(), 0);
    let recovered = SqliteStore::open(&copy.path().join("linebot.db"), false).unwrap();
    assert_eq!(recovered.status().await.unwrap(), SchemaStatus::Current);
    assert_eq!(everything(&recovered).await, everything(&store).await);
    let again = commit(&recovered, vec![text("U1", "e2", "bread")]).await;
    assert_eq!(again, [Outcome::Duplicate]);
}

#[tokio::test]
async fn a_commit_cut_off_in_the_log_is_undone_whole() {
    let (folder, store) = with_milk().await;
    let before = everything(&store).await;
    commit(
        &store,
        vec![text("U1", "e2", "bread"), text("U2", "e3", "tea")],
    )
    .await;
    let copy = tempdir().unwrap();
    crash(folder.path(), copy.path(), 1);
    let recovered = SqliteStore::open(&copy.path().join("linebot.db"), false).unwrap();
    assert_eq!(everything(&recovered).await, before);
    assert_eq!(recovered.owed_replies().await.unwrap(), 1);
    let again = commit(&recovered, vec![text("U1", "e2", "bread")]).await;
    assert!(applied(&again[0]), "{again:?}");
}

#[tokio::test]
async fn a_file_that_is_no_database_is_left_alone() {
    let folder = tempdir().unwrap();
    let path = folder.path().join("linebot.db");
    let letter = "Dear diary, this is no database. ".repeat(100);
    std::fs::write(&path, &letter).unwrap();
    let damaged = SqliteStore::open(&path, true).unwrap_err();
    assert!(matches!(damaged, StoreError::Damaged(_)), "{damaged}");
    assert!(damaged.to_string().contains("linebot.db"), "{damaged}");
    assert_eq!(std::fs::read_to_string(&path).unwrap(), letter);
}

#[tokio::test]
async fn a_place_where_no_file_can_be_is_named() {
    let folder = tempdir().unwrap();
    let file = folder.path().join("file");
    std::fs::write(&file, "").unwrap();
    for path in [file.join("linebot.db"), folder.path().to_owned()] {
        let error = SqliteStore::open(&path, true).unwrap_err();
        assert!(matches!(error, StoreError::Unavailable(_)), "{error}");
        let name = path.display().to_string();
        assert!(error.to_string().contains(&name), "{error}");
    }
}

#[tokio::test]
async fn a_database_without_tables_refuses_batches_until_it_is_migrated() {
    let folder = tempdir().unwrap();
    let store = SqliteStore::open(&folder.path().join("linebot.db"), true).unwrap();
    let early = store.commit(&batch(vec![text("U1", "e1", "milk")])).await;
    assert!(matches!(early, Err(StoreError::Refused(_))), "{early:?}");
    store.migrate().await.unwrap();
    let outcomes = commit(&store, vec![text("U1", "e1", "milk")]).await;
    assert!(applied(&outcomes[0]), "{outcomes:?}");
}

#[tokio::test]
async fn a_batch_whose_time_is_over_is_not_begun() {
    let (_folder, store) = with_milk().await;
    let late = Batch {
        deadline: Instant::now(),
        ..batch(vec![text("U1", "e2", "bread")])
    };
    let result = store.commit(&late).await;
    assert!(
        matches!(result, Err(StoreError::Unavailable(_))),
        "{result:?}"
    );
    assert_eq!(titles(&store, "U1").await, ["milk"]);
}

#[tokio::test]
async fn a_file_locked_by_another_program_is_unavailable_until_it_is_free() {
    let (folder, store) = with_milk().await;
    let other = rusqlite::Connection::open(folder.path().join("linebot.db")).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let bread = batch(vec![text("U1", "e2", "bread")]);
    let locked = store.commit(&bread).await;
    assert!(
        matches!(locked, Err(StoreError::Unavailable(_))),
        "{locked:?}"
    );
    other.execute_batch("COMMIT").unwrap();
    let outcomes = store.commit(&bread).await.unwrap();
    assert!(applied(&outcomes[0]), "{outcomes:?}");
}

/// Panics on events of one conversation.
struct Stumbles;

impl Decide for Stumbles {
    fn decide(&self, _: &mut Conversation, event: &Inbound) -> Verdict {
        assert_ne!(&*event.key.conversation.0, "U2");
        Verdict::Silent
    }
}

#[tokio::test]
async fn a_decision_that_panics_undoes_its_batch_and_stops_nothing_else() {
    let (_folder, store) = with_milk().await;
    let stumbles = |events| Batch {
        decide: Arc::new(Stumbles),
        ..batch(events)
    };
    let both = vec![text("U1", "e2", ""), text("U2", "e3", "")];
    let result = store.commit(&stumbles(both)).await;
    assert!(matches!(result, Err(StoreError::Refused(_))), "{result:?}");
    let alone = stumbles(vec![text("U1", "e2", "")]);
    assert_eq!(
        store.commit(&alone).await.unwrap(),
        [Outcome::Applied(None)]
    );
}

#[tokio::test]
async fn a_closed_store_says_so() {
    let (_folder, store) = with_milk().await;
    store.close().await;
    store.close().await;
    for result in [
        store.commit(&batch(Vec::new())).await.map(drop),
        store.export(None, 1).await.map(drop),
        store.ping().await,
    ] {
        let error = result.unwrap_err();
        assert!(matches!(error, StoreError::Unavailable(_)), "{error}");
        assert!(error.to_string().contains("closed"), "{error}");
    }
}

#[tokio::test]
async fn what_was_handed_over_before_closing_is_done() {
    let (folder, store) = with_milk().await;
    let store = Arc::new(store);
    let events = (0..20).map(|n| text("U1", &format!("f{n}"), &format!("task {n}")));
    let mut running = tokio::task::JoinSet::new();
    for event in events {
        let store = store.clone();
        running.spawn(async move { store.commit(&batch(vec![event])).await });
    }
    tokio::task::yield_now().await;
    store.close().await;
    let done = running.join_all().await.into_iter().flatten().count();
    assert!(done > 0);
    let store = SqliteStore::open(&folder.path().join("linebot.db"), false).unwrap();
    assert_eq!(titles(&store, "U1").await.len(), done + 1);
}

/// A log that is never copied whole grows with every commit; one that is begun anew stays about as long as it was.
#[tokio::test]
async fn the_log_is_written_back_while_commits_go_on_and_gone_when_the_store_is_closed() {
    let (folder, store) = with_milk().await;
    let log = folder.path().join("linebot.db-wal");
    let mut written = 0;
    let mut largest = 0;
    for round in 0..120 {
        let events = (0..256).map(|n| {
            text(
                &format!("U{n} of {round}"),
                &format!("event {n} of {round}"),
                "milk",
            )
        });
        commit(&store, events.collect()).await;
        written += 256;
        largest = largest.max(std::fs::metadata(&log).unwrap().len());
    }
    let database = std::fs::metadata(folder.path().join("linebot.db"))
        .unwrap()
        .len();
    assert!(database > 8 << 20, "{database} bytes of the log came back");
    store.close().await;
    assert!(!log.exists());
    let store = SqliteStore::open(&folder.path().join("linebot.db"), false).unwrap();
    assert_eq!(everything(&store).await.len(), written + 1);
    assert!(largest < 80 << 20, "{largest} bytes");
}
