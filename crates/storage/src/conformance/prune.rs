//! What is old goes in small steps; what is young stays.

use super::Database;
use super::fixture::{
    NOW, after, applied, at, commit, conversation, event, everything, open, text, titles,
};
use crate::{Outcome, PruneBefore, Pruned, Store};
use todo::{Input, Timestamp};

/// Prunes nothing: nobody wrote anything before the epoch.
const NOTHING: PruneBefore = PruneBefore {
    events: Timestamp(0),
    closed_tasks: Timestamp(0),
    left_conversations: Timestamp(0),
    owed_replies: Timestamp(0),
};

/// Prunes to the end in steps of `limit` and returns every step.
async fn steps(store: &(impl Store + ?Sized), before: PruneBefore, limit: usize) -> Vec<Pruned> {
    let mut steps = Vec::new();
    loop {
        let pruned = store.prune(before, limit).await.expect("prunes");
        steps.push(pruned);
        if !pruned.more {
            return steps;
        }
    }
}

/// Prunes to the end and returns the sum.
pub(super) async fn prune_all(store: &(impl Store + ?Sized), before: PruneBefore) -> Pruned {
    let mut sum = Pruned::default();
    for step in steps(store, before, 1_000).await {
        sum.events += step.events;
        sum.closed_tasks += step.closed_tasks;
        sum.conversations += step.conversations;
        sum.owed_replies += step.owed_replies;
    }
    sum
}

pub async fn old_claims_go_and_young_ones_stay(database: &dyn Database) {
    let store = open(database).await;
    let old = event("U1", "e1", Input::NotText);
    let young = at(after(1), event("U1", "e2", Input::NotText));
    commit(&*store, vec![old.clone(), young.clone()]).await;
    let before = PruneBefore {
        events: after(1),
        ..NOTHING
    };
    let expected = Pruned {
        events: 1,
        ..Pruned::default()
    };
    assert_eq!(prune_all(&*store, before).await, expected);
    let outcomes = commit(&*store, vec![old, young]).await;
    assert!(applied(&outcomes[0]), "{outcomes:?}");
    assert_eq!(outcomes[1], Outcome::Duplicate);
}

pub async fn old_closed_tasks_go_and_young_ones_stay(database: &dyn Database) {
    let store = open(database).await;
    commit(
        &*store,
        vec![
            text("U1", "e1", "milk\nbread\neggs"),
            text("U1", "e2", "milk"),
            at(after(1), text("U1", "e3", "bread")),
        ],
    )
    .await;
    let before = PruneBefore {
        closed_tasks: after(1),
        ..NOTHING
    };
    let expected = Pruned {
        closed_tasks: 1,
        ..Pruned::default()
    };
    assert_eq!(prune_all(&*store, before).await, expected);
    let stored = conversation(&*store, "U1").await.unwrap();
    assert_eq!(stored.closed[0].task.title, "bread");
    assert_eq!((stored.open.len(), stored.closed.len()), (1, 1));
}

pub async fn old_owed_replies_go_and_young_ones_stay(database: &dyn Database) {
    let store = open(database).await;
    commit(
        &*store,
        vec![
            text("U1", "e1", "milk"),
            at(after(1), text("U1", "e2", "bread")),
        ],
    )
    .await;
    let before = PruneBefore {
        owed_replies: after(1),
        ..NOTHING
    };
    let expected = Pruned {
        owed_replies: 1,
        ..Pruned::default()
    };
    assert_eq!(prune_all(&*store, before).await, expected);
    assert_eq!(store.owed_replies().await.unwrap(), 1);
    assert_eq!(titles(&*store, "U1").await, ["milk", "bread"]);
}

pub async fn a_conversation_left_long_ago_is_deleted_whole(database: &dyn Database) {
    let store = open(database).await;
    let leave = |conversation, at_ms| at(after(at_ms), event(conversation, "e3", Input::Left));
    for conversation in ["U1", "U2", "U3"] {
        let messages = vec![
            text(conversation, "e1", "milk\nbread"),
            text(conversation, "e2", "milk"),
        ];
        commit(&*store, messages).await;
    }
    commit(&*store, vec![leave("U1", 0), leave("U2", 1)]).await;
    let owed = store.owed_replies().await.unwrap();
    let before = PruneBefore {
        left_conversations: after(1),
        ..NOTHING
    };
    let expected = Pruned {
        conversations: 1,
        ..Pruned::default()
    };
    assert_eq!(prune_all(&*store, before).await, expected);
    let left: Vec<String> = everything(&*store)
        .await
        .into_iter()
        .map(|record| record.conversation)
        .collect();
    assert_eq!(left, ["U2", "U3"]);
    assert_eq!(store.owed_replies().await.unwrap(), owed - 2);
    // The claims stay until they are old themselves: what LINE redelivers is not applied to a new list.
    let again = commit(&*store, vec![text("U1", "e1", "milk")]).await;
    assert_eq!(again, [Outcome::Duplicate]);
    // Someone who comes back starts from nothing.
    commit(
        &*store,
        vec![text("U1", "e4", "eggs"), text("U1", "e5", "undo")],
    )
    .await;
    let anew = conversation(&*store, "U1").await.unwrap();
    assert_eq!((anew.open.len(), anew.closed.len()), (0, 1));
}

pub async fn pruning_goes_in_small_steps(database: &dyn Database) {
    let store = open(database).await;
    for n in 0..5 {
        let id = format!("U{n}");
        let messages = vec![
            text(&id, "e1", "milk"),
            text(&id, "e2", "milk"),
            text(&id, "e3", "bread"),
        ];
        commit(&*store, messages).await;
    }
    let leave = (0..5).map(|n| event(&format!("L{n}"), "e1", Input::Left));
    commit(&*store, leave.collect()).await;
    let before = PruneBefore {
        events: after(1),
        closed_tasks: after(1),
        left_conversations: after(1),
        owed_replies: after(1),
    };
    let steps = steps(&*store, before, 2).await;
    for step in &steps {
        let largest = [
            step.events,
            step.closed_tasks,
            step.conversations,
            step.owed_replies,
        ];
        assert!(largest.iter().all(|rows| *rows <= 2), "{step:?}");
    }
    let sum = |count: fn(&Pruned) -> u64| steps.iter().map(count).sum::<u64>();
    assert_eq!(sum(|step| step.events), 20);
    assert_eq!(sum(|step| step.closed_tasks), 5);
    assert_eq!(sum(|step| step.conversations), 5);
    assert_eq!(sum(|step| step.owed_replies), 15);
    assert_eq!(titles(&*store, "U0").await, ["bread"]);
}

/// `U1` has 3 open tasks and 100 closed ones, and was left at [`NOW`].
async fn leave_much_behind(store: &(impl Store + ?Sized)) {
    let lines: Vec<String> = (0..50).map(|n| format!("task {n}")).collect();
    let lines = lines.join("\n");
    let messages = ["e1", "e2", "e3", "e4"].map(|id| text("U1", id, &lines));
    commit(store, messages.into()).await;
    commit(store, vec![text("U1", "e5", "milk\nbread\neggs")]).await;
    commit(store, vec![event("U1", "e6", Input::Left)]).await;
    let stored = conversation(store, "U1").await.unwrap();
    assert_eq!((stored.open.len(), stored.closed.len()), (3, 100));
}

const LEFT: PruneBefore = PruneBefore {
    left_conversations: after(1),
    ..NOTHING
};

pub async fn a_large_conversation_left_long_ago_goes_in_small_steps(database: &dyn Database) {
    let store = open(database).await;
    leave_much_behind(&*store).await;
    commit(&*store, vec![event("U2", "e1", Input::Left)]).await;
    let mut rows = 2 + 3 + 100;
    for _ in 0..20 {
        let pruned = store.prune(LEFT, 10).await.unwrap();
        let records = everything(&*store).await;
        let left = records
            .iter()
            .map(|record| 1 + record.open.len() + record.closed.len())
            .sum();
        assert!(rows - left <= 10 + 3, "{rows} rows, then {left}");
        assert!(pruned.more || left == rows, "{pruned:?}");
        // The list goes all at once.
        let open = records.iter().find(|record| record.conversation == "U1");
        assert!(open.is_none_or(|record| record.open.len() == 3));
        rows = left;
    }
    assert_eq!(rows, 0);
    assert_eq!(store.owed_replies().await.unwrap(), 0);
}

pub async fn a_conversation_that_came_back_while_it_was_deleted_keeps_its_list(
    database: &dyn Database,
) {
    let store = open(database).await;
    leave_much_behind(&*store).await;
    assert!(store.prune(LEFT, 10).await.unwrap().more);
    commit(&*store, vec![at(after(1), text("U1", "e7", "tea"))]).await;
    assert_eq!(prune_all(&*store, LEFT).await, Pruned::default());
    assert_eq!(
        titles(&*store, "U1").await,
        ["milk", "bread", "eggs", "tea"]
    );
    let closed = conversation(&*store, "U1").await.unwrap().closed;
    assert_eq!(closed.len(), 90);
}

pub async fn what_is_old_behind_much_that_is_young_goes_too(database: &dyn Database) {
    let store = open(database).await;
    let young = (0..100).map(|n| at(after(1), text("U1", &format!("e{n:03}"), "milk")));
    commit(&*store, young.collect()).await;
    commit(
        &*store,
        vec![text("U2", "z1", "milk"), text("U2", "z2", "milk")],
    )
    .await;
    let before = PruneBefore {
        events: after(1),
        closed_tasks: after(1),
        ..NOTHING
    };
    let steps = steps(&*store, before, 1).await;
    let sum = |count: fn(&Pruned) -> u64| steps.iter().map(count).sum::<u64>();
    assert_eq!(sum(|step| step.events), 2);
    assert_eq!(sum(|step| step.closed_tasks), 1);
    assert_eq!(
        conversation(&*store, "U1").await.unwrap().closed.len(),
        50,
        "young ones stay"
    );
}

pub async fn pruning_an_empty_store_deletes_nothing(database: &dyn Database) {
    let store = open(database).await;
    let before = PruneBefore {
        events: NOW,
        closed_tasks: NOW,
        left_conversations: NOW,
        owed_replies: NOW,
    };
    assert_eq!(prune_all(&*store, before).await, Pruned::default());
}
