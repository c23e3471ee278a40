//! A title is what the person typed, to the last byte.

use super::Database;
use super::fixture::{NOW, batch, commit, open, owed, text, titles};
use crate::{Batch, ConversationRecord, Outcome};
use todo::Task;

/// A conversation with these open tasks.
fn list(conversation: &str, titles: &[&str]) -> ConversationRecord {
    let open = titles.iter().zip(0..).map(|(title, id)| Task {
        id,
        title: (*title).to_owned(),
        message_id: String::new(),
        added_revision: 1,
        added_at: NOW,
    });
    ConversationRecord {
        conversation: conversation.to_owned(),
        language: None,
        left_at: None,
        last_event_at: None,
        revision: 1,
        next_task_id: titles.len() as u64,
        undoable: Vec::new(),
        unsent: Vec::new(),
        open: open.collect(),
        closed: Vec::new(),
    }
}

/// Stores `expected` as open tasks, has them closed and opened again, and looks at them after each step.
async fn stay_as_they_are(database: &dyn Database, expected: &[&str]) {
    let store = open(database).await;
    let record = list("U1", expected);
    assert_eq!(store.import(&[record]).await.unwrap(), [true]);
    assert_eq!(titles(&*store, "U1").await, expected);
    commit(&*store, vec![text("U1", "e1", "clear")]).await;
    assert_eq!(titles(&*store, "U1").await, [""; 0]);
    commit(&*store, vec![text("U1", "e2", "undo")]).await;
    assert_eq!(titles(&*store, "U1").await, expected);
}

pub async fn titles_of_every_script_come_back_unchanged(database: &dyn Database) {
    stay_as_they_are(
        database,
        &[
            "牛乳を買う",
            "ﾐﾙｸ と ミルク",
            "Ｆｕｌｌ　ｗｉｄｔｈ",
            "Übergrößenträger",
            "Ελληνικά Кириллица Հայերեն ქართული",
            "שלום עולם",
            "مرحبا بالعالم",
            "हिन्दी தமிழ் ไทย ລາວ မြန်မာ ខ្មែរ",
            "한국어 조선말",
            "𠮷野家の𩸽",
            "𝕸𝖎𝖑𝖐 𐎀𐎁 𒀀𒁀",
            "👨‍👩‍👧‍👦 🏳️‍🌈 🇯🇵 1️⃣ 👍🏽",
            "zero\u{200b}width\u{200d}joiner\u{feff}",
            "\u{202e}right to left override",
            "e\u{301} and é",
            "tab\tbell\u{7}null\u{0}end",
            "quote ' double \" back\\slash ` percent % under_score ; -- # /* */ ? ?1 :a @b $c",
            "\u{10ffff}\u{e000}\u{fffd}",
        ],
    )
    .await;
}

pub async fn titles_a_collation_would_merge_stay_apart(database: &dyn Database) {
    stay_as_they_are(
        database,
        &[
            "cafe",
            "café",
            "CAFE",
            "Cafe",
            "cafe ",
            " cafe",
            "cafe  ",
            "cafe\t",
            "cafe\u{0}",
            "cafe\u{301}",
            "ｃａｆｅ",
            "strasse",
            "straße",
            "STRASSE",
            "か",
            "が",
            "か\u{3099}",
            "カ",
            "ｶ",
            "ゕ",
            "i",
            "İ",
            "ı",
            "I",
            "i\u{200b}",
        ],
    )
    .await;
}

pub async fn the_longest_title_is_kept_whole(database: &dyn Database) {
    let store = open(database).await;
    let longest = "😀".repeat(500);
    commit(&*store, vec![text("U1", "e1", &longest)]).await;
    assert_eq!(titles(&*store, "U1").await, std::slice::from_ref(&longest));
    commit(&*store, vec![text("U1", "e2", &longest)]).await;
    assert_eq!(titles(&*store, "U1").await, [""; 0]);
    commit(&*store, vec![text("U1", "e3", "undo")]).await;
    assert_eq!(titles(&*store, "U1").await, [longest]);
}

pub async fn a_thousand_tasks_are_kept_in_order(database: &dyn Database) {
    let store = open(database).await;
    let expected: Vec<String> = (0..1_000).map(|n| format!("task {n}")).collect();
    let messages = expected.chunks(100).zip(0..);
    let events = messages.map(|(lines, n)| text("U1", &format!("e{n}"), &lines.join("\n")));
    commit(&*store, events.collect()).await;
    assert_eq!(titles(&*store, "U1").await, expected);
    commit(&*store, vec![text("U1", "f1", "clear")]).await;
    commit(&*store, vec![text("U1", "f2", "undo")]).await;
    assert_eq!(titles(&*store, "U1").await, expected);
}

pub async fn any_number_of_long_lists_is_changed_by_one_batch(database: &dyn Database) {
    let store = open(database).await;
    let people: Vec<String> = (0..10).map(|number| format!("U{number}")).collect();
    let long: Vec<String> = (0..1_000).map(|number| format!("task {number}")).collect();
    let long: Vec<&str> = long.iter().map(String::as_str).collect();
    let lists: Vec<_> = people.iter().map(|person| list(person, &long)).collect();
    store.import(&lists).await.unwrap();
    for (command, left) in [("clear", 0), ("undo", 1_000), ("task 1", 999)] {
        // Not in the order in which they are stored.
        let events = people.iter().rev().map(|person| {
            let id = format!("{command} of {person}");
            text(person, &id, command)
        });
        let events: Vec<_> = events.collect();
        let outcomes = commit(&*store, events.clone()).await;
        for (event, outcome) in events.iter().zip(&outcomes) {
            assert_eq!(owed(outcome).key, event.key);
        }
        for person in &people {
            assert_eq!(titles(&*store, person).await.len(), left, "{command}");
        }
        // Half of it comes again, beside what was sent meanwhile.
        let keys: Vec<_> = events.iter().map(|event| event.key.clone()).collect();
        let again = Batch {
            replied: keys.into(),
            ..batch(events[5..].to_vec())
        };
        let outcomes = store.commit(&again).await.unwrap();
        assert_eq!(outcomes, vec![Outcome::Duplicate; 5]);
        assert_eq!(store.owed_replies().await.unwrap(), 0);
    }
}
