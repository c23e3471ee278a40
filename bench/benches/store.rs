//! A batch of messages made durable on SQLite, as the bot does it: claimed, loaded, decided, written, committed.

#![expect(
    clippy::unwrap_used,
    reason = "a benchmark that cannot be set up fails"
)]

use bench::load::{TITLES_EACH, title, user_id};
use bot::decide::TodoLists;
use divan::Bencher;
use divan::counter::ItemsCount;
use std::sync::Arc;
use std::time::{Duration, Instant};
use storage::{Batch, ConversationId, EventKey, Inbound, LanguageHint, Schema, Store};
use storage_sqlite::SqliteStore;
use tempfile::TempDir;
use todo::{Input, Language, Timestamp};

const PEOPLE: u64 = 1_000;
const NOW: Timestamp = Timestamp(1_795_251_427_304);

fn main() {
    divan::main();
}

/// A message each of so many people, and as many replies of the batch before that were sent.
#[divan::bench(args = [1, 8, 32, 64], max_time = 3)]
fn sqlite_commit(bencher: Bencher, messages: u64) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    // Beside the program rather than in /tmp, which may be memory.
    let folder = TempDir::new_in(std::env::current_exe().unwrap().parent().unwrap()).unwrap();
    let store = SqliteStore::open(&folder.path().join("linebot.db"), true).unwrap();
    runtime.block_on(store.migrate()).unwrap();
    let mut next = 0;
    let mut sent = Vec::new();
    bencher
        .counter(ItemsCount::new(messages))
        .with_inputs(|| {
            let events: Vec<_> = (next..next + messages).map(event).collect();
            next += messages;
            let keys = events.iter().map(|event| event.key.clone()).collect();
            let replied = std::mem::replace(&mut sent, keys);
            let decide = Arc::new(TodoLists {
                default_language: Language::Japanese,
            });
            Batch {
                events: events.into(),
                replied: replied.into(),
                decide,
                deadline: Instant::now() + Duration::from_secs(10),
            }
        })
        .bench_local_values(|batch| runtime.block_on(store.commit(&batch)).unwrap());
    runtime.block_on(store.close());
}

fn event(number: u64) -> Inbound {
    // Neither factor divides the people or the titles: everybody toggles everything.
    let person = u32::try_from(number * 7 % PEOPLE).unwrap();
    let index = u8::try_from(number * 13 / PEOPLE % u64::from(TITLES_EACH)).unwrap();
    Inbound {
        key: EventKey {
            conversation: ConversationId(user_id(person).into()),
            event_id: format!("01KAJ2M7Q8{number:016}").into(),
        },
        input: Input::Text {
            text: title(person, index).to_owned(),
            message_id: format!("6{number:017}"),
        },
        reply_token: Some(format!("{number:032x}")),
        happened_at: NOW,
        received_at: NOW,
        due_at: NOW,
        person: None,
        language: LanguageHint::Known(Language::Japanese),
    }
}
