//! Random operations on a backend and on the model in memory must agree step by step.

use super::decide::Lists;
use super::fixture::{LEASE, NOW, event, everything, key, open, take_due, text, unsend};
use super::prune::prune_all;
use super::{Backend, Database};
use crate::memory::MemoryStore;
use crate::{Batch, EventKey, Inbound, LanguageHint, OwedReply, PruneBefore, Store};
use proptest::collection::vec;
use proptest::prelude::{Just, Strategy, any, prop_oneof};
use proptest::sample::select;
use proptest::test_runner::{Config, TestRunner};
use std::sync::Arc;
use std::time::{Duration, Instant};
use todo::{Input, Language, Timestamp};

/// Conversations and events are few, so that they meet.
const CONVERSATIONS: [&str; 3] = ["U1", "U2", "C1"];
const EVENTS: u8 = 60;

/// Lines of messages: commands, and titles that fold to each other or not.
const LINES: [&str; 12] = [
    "milk",
    "Milk",
    "ﾐﾙｸ",
    "ミルク",
    "牛乳",
    "bread",
    "🥛 ",
    "undo",
    "元に戻す",
    "clear",
    "list",
    "",
];

#[derive(Clone, Debug)]
enum Operation {
    Commit {
        events: Vec<Inbound>,
        replied: Vec<EventKey>,
    },
    TakeDue,
    Reopen,
    Prune(i64),
    /// Import everything under another name.
    Copy,
}

/// Runs random series of operations on databases that `make` makes and on the model.
///
/// # Panics
///
/// When they disagree, with the shortest series found that shows it.
pub fn operations_agree_with_the_model<D, F>(make: impl Fn() -> F)
where
    D: Database,
    F: Future<Output = D>,
{
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .expect("starts a runtime");
    let mut runner = TestRunner::new(Config {
        cases: 64,
        failure_persistence: None,
        ..Config::default()
    });
    let series = vec((0..LEASE, operation()), 1..40);
    let result = runner.run(&series, |series| {
        runtime.block_on(async { compare(&make().await, series).await });
        Ok(())
    });
    if let Err(failure) = result {
        panic!("{failure}");
    }
}

async fn compare(database: &dyn Database, series: Vec<(i64, Operation)>) {
    let model = MemoryStore::new();
    let mut store = open(database).await;
    let mut now = NOW;
    for (pause, operation) in series {
        now.0 += pause;
        match operation {
            Operation::Commit { events, replied } => {
                let batch = Batch {
                    events: events
                        .into_iter()
                        .map(|event| received(now, event))
                        .collect(),
                    replied: replied.into(),
                    decide: Arc::new(Lists),
                    deadline: Instant::now() + Duration::from_mins(1),
                };
                let expected = model.commit(&batch).await.expect("the model commits");
                let outcomes = store.commit(&batch).await.expect("commits");
                assert_eq!(outcomes, expected);
            }
            Operation::TakeDue => {
                assert_eq!(take_all(&*store, now).await, take_all(&model, now).await);
            }
            Operation::Reopen => store = reopen(database, store).await,
            Operation::Prune(age) => {
                let at = Timestamp(now.0 - age);
                let before = PruneBefore {
                    events: at,
                    closed_tasks: at,
                    left_conversations: at,
                    owed_replies: at,
                };
                assert_eq!(
                    prune_all(&*store, before).await,
                    prune_all(&model, before).await
                );
            }
            Operation::Copy => {
                let mut records = everything(&model).await;
                for record in &mut records {
                    record.conversation.push('\'');
                    record.conversation.truncate(6);
                }
                let expected = model.import(&records).await.expect("the model imports");
                assert_eq!(store.import(&records).await.expect("imports"), expected);
            }
        }
        assert_eq!(everything(&*store).await, everything(&model).await);
        assert_eq!(
            store.owed_replies().await.expect("counts"),
            model.owed_replies().await.expect("the model counts")
        );
    }
}

async fn reopen(database: &dyn Database, store: Arc<dyn Backend>) -> Arc<dyn Backend> {
    store.close().await;
    drop(store);
    database.open().await
}

fn received(now: Timestamp, event: Inbound) -> Inbound {
    Inbound {
        happened_at: Timestamp(now.0 + event.happened_at.0),
        received_at: now,
        due_at: Timestamp(now.0 + LEASE),
        ..event
    }
}

async fn take_all(store: &(impl Store + ?Sized), now: Timestamp) -> Vec<OwedReply> {
    let mut taken = take_due(store, now).await;
    // Which of two that are due at the same time comes first is nobody's business.
    taken.sort_by(|one, other| one.key.cmp(&other.key));
    taken
}

fn operation() -> impl Strategy<Value = Operation> {
    let keys = (select(&CONVERSATIONS), 0..EVENTS)
        .prop_map(|(conversation, n)| key(conversation, &format!("e{n}")));
    let commit = (vec(inbound(), 0..12), vec(keys, 0..6))
        .prop_map(|(events, replied)| Operation::Commit { events, replied });
    prop_oneof![
        10 => commit,
        2 => Just(Operation::TakeDue),
        1 => Just(Operation::Reopen),
        1 => (0..10 * LEASE).prop_map(Operation::Prune),
        1 => Just(Operation::Copy),
    ]
}

fn inbound() -> impl Strategy<Value = Inbound> {
    let hint = prop_oneof![
        Just(LanguageHint::NotAsked),
        Just(LanguageHint::UseDefault),
        Just(LanguageHint::Untold),
        Just(LanguageHint::Known(Language::Japanese)),
        Just(LanguageHint::Known(Language::English)),
    ];
    let what = prop_oneof![
        12 => vec(select(&LINES), 1..5).prop_map(What::Text),
        2 => (0..EVENTS).prop_map(What::Unsend),
        1 => select(&[Input::Left, Input::Joined, Input::NotText]).prop_map(What::Other),
        1 => any::<bool>().prop_map(|returning| What::Other(Input::Followed { returning })),
    ];
    let late = prop_oneof![3 => Just(0), 1 => 0..3 * LEASE];
    (
        select(&CONVERSATIONS),
        0..EVENTS,
        what,
        hint,
        any::<bool>(),
        late,
    )
        .prop_map(|(conversation, n, what, language, token, late)| {
            let id = format!("e{n}");
            let event = match what {
                What::Text(lines) => text(conversation, &id, &lines.join("\n")),
                What::Unsend(other) => unsend(conversation, &id, &format!("e{other}")),
                What::Other(input) => event(conversation, &id, input),
            };
            let reply_token = event.reply_token.filter(|_| token);
            Inbound {
                // Counted from when it will be received.
                happened_at: Timestamp(-late),
                reply_token,
                language,
                ..event
            }
        })
}

#[derive(Clone, Debug)]
enum What {
    Text(Vec<&'static str>),
    Unsend(u8),
    Other(Input),
}
