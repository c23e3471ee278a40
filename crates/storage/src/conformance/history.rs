//! What was written before can be taken back: by `undo`, and by an unsend for good.

use super::Database;
use super::decide::NamesClosedTasks;
use super::fixture::{
    MUCH_LATER, NOW, batch, commit, conversation, event_ids, everything, key, open, replied,
    take_due, text, titles, unsend,
};
use crate::{Batch, ConversationRecord, Outcome};
use std::sync::Arc;
use todo::list::UNDO_DEPTH;
use todo::{CloseReason, ClosedTask, Task};

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
    // Every message gets its reply, without what was taken back.
    let owed = take_due(&*store, MUCH_LATER).await;
    assert_eq!(event_ids(&owed), ["e2"]);
    let messages = &*owed[0].messages;
    assert!(!messages.contains("secret"), "{messages}");
    assert!(messages.contains("task 0"), "{messages}");
}

pub async fn an_unsend_of_what_was_done_long_ago_removes_the_text_from_replies_too(
    database: &dyn Database,
) {
    let store = open(database).await;
    for (id, said) in [("e1", "secret"), ("e2", "secret")] {
        commit(&*store, vec![text("U1", id, said)]).await;
    }
    // So many changes later `undo` does not reach the closed task any more, and it is not loaded.
    for n in 0..=UNDO_DEPTH {
        let change = text("U1", &format!("f{n}"), &format!("task {n}"));
        commit(&*store, vec![change]).await;
    }
    let owed = store.owed_messages(&key("U1", "e2")).await.unwrap();
    assert!(owed.unwrap().contains("secret"));

    commit(&*store, vec![unsend("U1", "g1", "e1")]).await;
    assert_eq!(conversation(&*store, "U1").await.unwrap().closed, []);
    let owed = take_due(&*store, MUCH_LATER).await;
    assert_eq!(owed.len(), 1 + UNDO_DEPTH + 1);
    for reply in owed {
        assert!(!reply.messages.contains("secret"), "{reply:?}");
    }
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
    assert_eq!(titles(&*store, "U1").await, ["milk"]);
    assert_eq!(conversation(&*store, "U1").await.unwrap().closed, []);
    let owed = take_due(&*store, MUCH_LATER).await;
    assert_eq!(event_ids(&owed), ["e2"]);
    let messages = &*owed[0].messages;
    assert!(!messages.contains("secret"), "{messages}");
    assert!(messages.contains("milk"), "{messages}");
    // What is sent is what is stored.
    assert_eq!(outcomes[1], Outcome::Applied(owed.into_iter().next()));
    let again = commit(&*store, vec![text("U1", "e1", "secret")]).await;
    assert_eq!(again, [Outcome::Duplicate]);
}

pub async fn a_reply_to_what_came_after_an_unsend_keeps_its_words(database: &dyn Database) {
    let store = open(database).await;
    commit(
        &*store,
        vec![text("U1", "e1", "secret"), text("U1", "e2", "milk")],
    )
    .await;
    let outcomes = commit(
        &*store,
        vec![unsend("U1", "e3", "e1"), text("U1", "e4", "bread")],
    )
    .await;
    let owed = take_due(&*store, MUCH_LATER).await;
    let reply = |id: &str| owed.iter().find(|reply| *reply.key.event_id == *id);
    assert_eq!(outcomes[1], Outcome::Applied(reply("e4").cloned()));
    let (before, after) = (reply("e2").unwrap(), reply("e4").unwrap());
    assert!(!before.messages.contains("secret"), "{before:?}");
    assert!(after.messages.contains("Added “bread”"), "{after:?}");
}

pub async fn an_unsend_leaves_other_conversations_alone(database: &dyn Database) {
    let store = open(database).await;
    let outcomes = commit(
        &*store,
        vec![text("U1", "e1", "milk"), text("U2", "e1", "tea")],
    )
    .await;
    commit(&*store, vec![unsend("U1", "e2", "e1")]).await;
    assert_eq!(titles(&*store, "U1").await, [""; 0]);
    assert_eq!(titles(&*store, "U2").await, ["tea"]);
    let owed = take_due(&*store, MUCH_LATER).await;
    assert_eq!(owed.len(), 1);
    assert_eq!(outcomes[1], Outcome::Applied(owed.into_iter().next()));
}

pub async fn an_unsend_of_what_made_no_task_leaves_replies_as_they_are(database: &dyn Database) {
    let store = open(database).await;
    let milk = commit(&*store, vec![text("U1", "e1", "milk")]).await;
    let events = vec![
        text("U1", "e2", "eggs"),
        unsend("U1", "e3", "never seen"),
        text("U1", "e4", "list"),
        unsend("U1", "e5", "e4"),
    ];
    let outcomes = commit(&*store, events).await;
    assert_eq!(outcomes[2], Outcome::Applied(None));
    let owed = take_due(&*store, MUCH_LATER).await;
    for (outcome, id, words) in [
        (&milk[0], "e1", "Added “milk”"),
        (&outcomes[0], "e2", "Added “eggs”"),
    ] {
        let reply = owed.iter().find(|reply| *reply.key.event_id == *id);
        let reply = reply.unwrap();
        assert!(reply.messages.contains(words), "{reply:?}");
        assert_eq!(*outcome, Outcome::Applied(Some(reply.clone())));
    }
    assert_eq!(owed.len(), 2);
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

pub async fn undo_loads_only_the_tasks_it_can_reach(database: &dyn Database) {
    let store = open(database).await;
    // Thirty messages closed a hundred tasks each; undo reaches the last three.
    let (messages, tasks_each) = (30, 100);
    let closed = (0..messages * tasks_each).map(|id| ClosedTask {
        task: Task {
            id,
            title: format!("task {id}"),
            message_id: String::new(),
            added_revision: 0,
            added_at: NOW,
        },
        reason: CloseReason::Cleared,
        closed_revision: 1 + id / tasks_each,
        closed_at: NOW,
    });
    let record = |conversation: &str| ConversationRecord {
        conversation: conversation.to_owned(),
        language: None,
        left_at: None,
        last_event_at: None,
        revision: messages,
        next_task_id: messages * tasks_each,
        undoable: vec![28, 29, 30],
        unsent: Vec::new(),
        open: Vec::new(),
        closed: closed.clone().collect(),
    };
    // Of another conversation other steps are in reach, and of a third none.
    let others = ConversationRecord {
        undoable: vec![1],
        ..record("U2")
    };
    let nothing = ConversationRecord {
        undoable: Vec::new(),
        ..record("U3")
    };
    let stored = store.import(&[record("U1"), others, nothing]).await;
    assert_eq!(stored.unwrap(), [true, true, true]);
    let undo = |conversation| text(conversation, "e1", "undo");
    let names = Batch {
        decide: Arc::new(NamesClosedTasks),
        ..batch(vec![undo("U1"), undo("U2"), undo("U3")])
    };
    store.commit(&names).await.unwrap();
    let given: Vec<String> = take_due(&*store, MUCH_LATER)
        .await
        .iter()
        .map(|reply| format!("{} {}", reply.key.conversation, reply.messages))
        .collect();
    let ids = |ids: std::ops::Range<u64>| ids.collect::<Vec<_>>();
    for expected in [
        format!("U1 {:?}", ids(2_700..3_000)),
        format!("U2 {:?}", ids(0..100)),
        "U3 []".to_owned(),
    ] {
        assert!(given.contains(&expected), "{expected} is not in {given:?}");
    }
    commit(&*store, vec![text("U1", "e2", "undo")]).await;
    assert_eq!(titles(&*store, "U1").await.len(), 100);
}
