//! Export and import: everything out, everything in, nothing overwritten.

use super::Database;
use super::fixture::{NOW, commit, conversation, event, everything, open, text, titles, unsend};
use crate::{ConversationId, ConversationRecord, MAX_ID_BYTES, StoreError};
use todo::list::{MAX_OPEN_TASKS, MAX_TITLE_CHARACTERS, UNDO_DEPTH, UNSENT_DEPTH};
use todo::{CloseReason, ClosedTask, Input, Language, Task};

/// A record that has something in every field.
fn record(conversation: &str) -> ConversationRecord {
    let task = |id, title: &str| Task {
        id,
        title: title.to_owned(),
        message_id: format!("message {id}"),
        added_revision: 3,
        added_at: NOW,
    };
    let closed = |id, reason| ClosedTask {
        task: task(id, "closed"),
        reason,
        closed_revision: 7,
        closed_at: NOW,
    };
    ConversationRecord {
        conversation: conversation.to_owned(),
        language: Some(Language::Japanese),
        left_at: Some(NOW),
        last_event_at: Some(NOW),
        revision: 8,
        next_task_id: 50,
        undoable: vec![6, 7],
        unsent: vec!["taken \"back\", twice".to_owned(), String::new()],
        open: vec![task(1, "milk"), task(40, "牛乳")],
        closed: vec![
            closed(0, CloseReason::Done),
            closed(2, CloseReason::Cleared),
            closed(3, CloseReason::Undone),
        ],
    }
}

pub async fn export_pages_through_all_conversations_in_id_order(database: &dyn Database) {
    let store = open(database).await;
    let ids = ["Ub", "UB", "Ua", "R1", "C2", "C10", "Uあ", "Ua "];
    let events = ids.iter().map(|id| text(id, "e1", "milk"));
    commit(&*store, events.collect()).await;
    let mut expected = ids.to_vec();
    expected.sort_unstable();
    for page in [1, 3, 100] {
        let mut exported = Vec::new();
        let mut after: Option<ConversationId> = None;
        loop {
            let records = store.export(after.as_ref(), page).await.unwrap();
            assert!(records.len() <= page);
            let Some(last) = records.last() else { break };
            after = Some(ConversationId(last.conversation.as_str().into()));
            assert!(records.iter().all(|record| record.open.len() == 1));
            exported.extend(records.into_iter().map(|record| record.conversation));
        }
        assert_eq!(exported, expected);
    }
}

pub async fn what_is_exported_can_be_imported(database: &dyn Database) {
    let store = open(database).await;
    commit(
        &*store,
        vec![
            text("U1", "e1", "milk\nbread\neggs"),
            text("U1", "e2", "bread"),
            text("U1", "e3", "clear"),
            text("U1", "e4", "undo"),
            unsend("U1", "e5", "e9"),
            event("U2", "e6", Input::Left),
        ],
    )
    .await;
    let renamed: Vec<ConversationRecord> = everything(&*store)
        .await
        .into_iter()
        .chain([record("U3")])
        .map(|record| ConversationRecord {
            conversation: format!("new {}", record.conversation),
            ..record
        })
        .collect();
    let stored = store.import(&renamed).await.unwrap();
    assert_eq!(stored, [true, true, true]);
    for record in renamed {
        let found = conversation(&*store, &record.conversation).await;
        assert_eq!(found, Some(record));
    }
}

pub async fn import_leaves_what_exists(database: &dyn Database) {
    let store = open(database).await;
    commit(&*store, vec![text("U1", "e1", "milk")]).await;
    let first = ConversationRecord {
        open: Vec::new(),
        ..record("U2")
    };
    let stored = store
        .import(&[record("U1"), first.clone(), record("U2")])
        .await
        .unwrap();
    assert_eq!(stored, [false, true, false]);
    assert_eq!(titles(&*store, "U1").await, ["milk"]);
    assert_eq!(conversation(&*store, "U2").await, Some(first));
    assert_eq!(store.import(&[]).await.unwrap(), [false; 0]);
}

pub async fn import_refuses_what_cannot_be_stored(database: &dyn Database) {
    let store = open(database).await;
    let long = "x".repeat(MAX_ID_BYTES + 1);
    let mut long_message = record("U2");
    long_message.open[0].message_id.clone_from(&long);
    let mut twice = record("U2");
    twice.open[0].id = 2;
    let mut recycled = record("U2");
    recycled.next_task_id = 40;
    let titled = |title: String| {
        let mut titled = record("U2");
        titled.closed[0].task.title = title;
        titled
    };
    let mut crowded = record("U2");
    crowded.next_task_id = 2_000;
    crowded.open = (50..=50 + MAX_OPEN_TASKS as u64)
        .map(|id| Task {
            id,
            ..crowded.open[0].clone()
        })
        .collect();
    let with = |change: fn(&mut ConversationRecord)| {
        let mut changed = record("U2");
        change(&mut changed);
        changed
    };
    for bad in [
        // A line without a revision: undoing the first message would take all tasks away that were added at 1.
        with(|record| record.revision = 0),
        with(|record| record.open[0].added_revision = 9),
        with(|record| record.closed[0].task.added_revision = 9),
        with(|record| record.closed[0].closed_revision = 9),
        // A column would hold -1, which the statements of a backend may take for impossible.
        with(|record| {
            record.revision = u64::MAX;
            record.open[0].added_revision = u64::MAX;
        }),
        with(|record| record.revision = i64::MAX as u64),
        with(|record| record.next_task_id = i64::MAX as u64),
        with(|record| record.undoable = vec![0]),
        with(|record| record.undoable = vec![7, 6]),
        with(|record| record.undoable = vec![7, 7]),
        with(|record| record.undoable = vec![9]),
        ConversationRecord {
            revision: 100,
            undoable: (1..).take(UNDO_DEPTH + 1).collect(),
            ..record("U2")
        },
        with(|record| record.unsent = vec![String::new(); UNSENT_DEPTH + 1]),
        with(|record| record.unsent = vec!["x".repeat(MAX_ID_BYTES + 1)]),
        record(""),
        record(&long),
        long_message,
        twice,
        recycled,
        titled("x".repeat(MAX_TITLE_CHARACTERS + 1)),
        titled("\u{200b}".to_owned()),
        titled("milk\neggs".to_owned()),
        crowded,
    ] {
        let refused = store.import(&[record("U1"), bad.clone()]).await;
        assert!(
            matches!(refused, Err(StoreError::Refused(_))),
            "{refused:?}: {bad:?}"
        );
    }
    assert_eq!(everything(&*store).await, []);
}

pub async fn a_conversation_goes_on_after_import(database: &dyn Database) {
    let store = open(database).await;
    store.import(&[record("U1")]).await.unwrap();
    commit(
        &*store,
        vec![text("U1", "e1", "milk"), text("U1", "e2", "bread")],
    )
    .await;
    assert_eq!(titles(&*store, "U1").await, ["牛乳", "bread"]);
    let stored = conversation(&*store, "U1").await.unwrap();
    assert_eq!((stored.open[1].id, stored.next_task_id), (50, 51));
    assert_eq!(stored.left_at, None);
}
