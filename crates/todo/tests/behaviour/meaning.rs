//! What lines do, for any titles.

use crate::chat::Chat;
use proptest::prelude::*;
use std::collections::BTreeSet;
use todo::{Input, Language, List, Timestamp, respond};

/// Titles that are no command and fit in a sentence, few enough to meet again.
fn title() -> impl Strategy<Value = String> {
    prop::sample::select(
        &[
            "milk",
            "eggs",
            "牛乳",
            "パン",
            "rice 5kg",
            "water the roses",
            "water the tulips",
            "👩\u{200d}🍳",
            "שלום",
        ][..],
    )
    .prop_map(str::to_owned)
}

fn message() -> impl Strategy<Value = Vec<String>> {
    prop::collection::vec(
        prop_oneof![8 => title(), 1 => Just("clear".to_owned()), 1 => Just("list".to_owned())],
        1..=8,
    )
}

/// What a message does, in the plainest words: the sentence to expect for each line, and the list changed.
fn model(open: &mut Vec<String>, lines: &[String]) -> Vec<(&'static str, Option<String>)> {
    let mut told = Vec::new();
    for line in lines {
        match line.as_str() {
            "list" => {}
            "clear" if open.is_empty() => told.push(("already empty", None)),
            "clear" => {
                told.push(("Cleared your list", None));
                open.clear();
            }
            _ => {
                if let Some(index) = open.iter().position(|title| title == line) {
                    told.push(("Done: ", Some(open.remove(index))));
                } else {
                    told.push(("Added ", Some(line.clone())));
                    open.push(line.clone());
                }
            }
        }
    }
    told
}

fn list_as_shown(open: &[String]) -> String {
    if open.is_empty() {
        return "🎉 Your list is empty. Enjoy your day!".into();
    }
    let lines = open
        .iter()
        .zip(1..)
        .map(|(title, n)| format!("\n{n}. {title}"));
    format!("📝 Your list ({}){}", open.len(), lines.collect::<String>())
}

proptest! {
    #[test]
    fn the_reply_says_what_happened_in_order_and_then_shows_the_list(
        messages in prop::collection::vec(message(), 1..8),
    ) {
        let mut chat = Chat::new(Language::English);
        let mut open = Vec::new();
        for lines in messages {
            let told = model(&mut open, &lines);
            let reply = chat.say(&lines.join("\n"));
            prop_assert_eq!(reply.len(), 1);
            let (happenings, list) = match reply[0].split_once("\n\n") {
                Some((happenings, list)) => (happenings, list),
                None => ("", reply[0].as_str()),
            };
            prop_assert_eq!(list, list_as_shown(&open));
            let mut sentences = happenings.lines();
            let mut sentence = sentences.next().unwrap_or_default();
            for (words, title) in told {
                if !sentence.contains(words) {
                    sentence = sentences.next().unwrap_or_default();
                }
                prop_assert!(sentence.contains(words), "{words} in {happenings}");
                if let Some(title) = title {
                    let quoted = format!("“{title}”");
                    prop_assert!(sentence.contains(&quoted), "{quoted} in {sentence}");
                }
            }
            prop_assert_eq!(sentences.next(), None);
        }
    }

    #[test]
    fn many_lines_are_told_kind_by_kind_and_all_counted(titles in prop::collection::vec(title(), 9..=100)) {
        let mut chat = Chat::new(Language::English);
        let mut open = Vec::new();
        let told = model(&mut open, &titles);
        let reply = chat.say(&titles.join("\n"));
        let (happenings, list) = reply[0].split_once("\n\n").unwrap();
        prop_assert_eq!(list, list_as_shown(&open));
        for words in told.iter().map(|(words, _)| words).collect::<BTreeSet<_>>() {
            let sentence = happenings.lines().find(|line| line.contains(words)).unwrap();
            let counted = sentence
                .split_once(" and ")
                .map_or(0, |(_, rest)| rest.split(' ').next().unwrap().parse::<usize>().unwrap());
            let named = sentence.matches('“').count();
            let expected = told.iter().filter(|(other, _)| other == words).count();
            prop_assert_eq!(named + counted, expected, "{}", sentence);
            prop_assert!(named == expected || named == 10);
        }
    }

    #[test]
    fn order_is_kept(titles in prop::collection::vec("[a-z]{6}", 1..60), gone in any::<prop::sample::Index>()) {
        let mut unique = BTreeSet::new();
        let mut titles: Vec<String> = titles.into_iter().filter(|title| unique.insert(title.clone())).collect();
        let mut chat = Chat::new(Language::Japanese);
        chat.say(&titles.join("\n"));
        prop_assert_eq!(chat.open(), titles.clone());
        let gone = titles.remove(gone.index(titles.len()));
        chat.say(&gone);
        prop_assert_eq!(chat.open(), titles.clone());
        chat.say(&gone);
        titles.push(gone);
        prop_assert_eq!(chat.open(), titles);
    }

    #[test]
    fn lines_do_in_one_message_what_they_do_one_by_one(
        lines in prop::collection::vec(
            prop_oneof![
                8 => title(),
                4 => prop::sample::select(&["Milk", "ＥＧＧＳ", " rice　5kg", "ﾊﾟﾝ"][..]).prop_map(str::to_owned),
                1 => Just("clear".to_owned()),
            ],
            0..=100,
        ),
    ) {
        let (mut together, mut one_by_one) = (Chat::new(Language::English), Chat::new(Language::English));
        together.say(&lines.join("\n"));
        for line in &lines {
            one_by_one.say(line);
        }
        prop_assert_eq!(together.open(), one_by_one.open());
    }

    #[test]
    fn toggling_twice_changes_nothing(before in message(), line in any::<String>()) {
        let mut chat = Chat::new(Language::Japanese);
        chat.say(&before.join("\n"));
        let titles = chat.open().join("\n");
        prop_assume!(!titles.contains(&line));
        let open = chat.list.snapshot().open.clone();
        chat.say(&line);
        chat.say(&line);
        prop_assert_eq!(&chat.list.snapshot().open, &open);
    }

    #[test]
    fn any_text_gives_a_reply_line_takes(
        parts in prop::collection::vec((any::<String>(), 1_usize..300), 0..20),
        separator in prop::sample::select(&["\n", "\r\n", " ", "", "\u{2028}", "\u{202e}"][..]),
        language in prop::sample::select(&Language::ALL[..]),
    ) {
        let parts: Vec<String> = parts.into_iter().map(|(part, times)| part.repeat(times)).collect();
        let mut chat = Chat::new(language);
        let text = parts.join(separator);
        prop_assert!(!chat.say(&text).is_empty());
        prop_assert!(!chat.say(&text).is_empty());
    }

    #[test]
    fn the_bot_says_when_it_needs_the_closed_tasks(mut lines in prop::collection::vec(title(), 0..5), at in any::<prop::sample::Index>()) {
        let input = |lines: &[String]| Input::Text { text: lines.join("\n"), message_id: "1".into() };
        prop_assert!(!input(&lines).needs_closed_tasks());
        let at = at.index(lines.len() + 1);
        lines.insert(at, "　ＵＮＤＯ ".into());
        prop_assert!(input(&lines).needs_closed_tasks());
    }
}

#[test]
fn spellings_of_one_title_are_one_task() {
    for (typed, again) in [
        ("ﾐﾙｸ", "ミルク"),
        ("Milk", "ｍｉｌｋ"),
        ("buy  milk", "Buy\u{3000}milk"),
        ("が", "か\u{3099}"),
    ] {
        let mut chat = Chat::new(Language::Japanese);
        chat.say(typed);
        assert_eq!(chat.open(), [typed], "shown as first typed");
        chat.say(again);
        assert!(chat.open().is_empty(), "{again} completes {typed}");
    }
}

#[test]
fn two_tasks_of_one_title_are_completed_one_by_one() {
    let mut chat = Chat::new(Language::Japanese);
    chat.say("milk\neggs");
    let mut snapshot = chat.list.snapshot().clone();
    snapshot.open[1].title = "MILK".into();
    let mut list = List::new(snapshot);
    let milk = Input::Text {
        text: "Milk".into(),
        message_id: "9".into(),
    };
    respond(&mut list, &milk, Language::Japanese, Timestamp(9));
    assert_eq!(list.snapshot().open[0].title, "MILK");
    respond(&mut list, &milk, Language::Japanese, Timestamp(10));
    assert!(list.snapshot().open.is_empty());
}

#[test]
fn a_task_remembers_its_message_its_time_and_its_revision() {
    let mut list = List::default();
    let input = Input::Text {
        text: "milk".into(),
        message_id: "m1".into(),
    };
    respond(&mut list, &input, Language::Japanese, Timestamp(42));
    let task = &list.snapshot().open[0];
    assert_eq!(
        (task.message_id.as_str(), task.added_at, task.added_revision),
        ("m1", Timestamp(42), 1)
    );
}

#[test]
fn a_message_that_changes_nothing_keeps_the_revision() {
    let mut chat = Chat::new(Language::Japanese);
    chat.say("milk");
    let revision = chat.list.snapshot().revision;
    for text in ["list", "help", " ", "使い方\n一覧"] {
        chat.say(text);
        assert_eq!(chat.list.snapshot().revision, revision, "{text}");
    }
    chat.say("eggs\nrice");
    assert_eq!(chat.list.snapshot().revision, revision + 1);
}

#[test]
fn a_title_cannot_break_out_of_its_line() {
    let mut chat = Chat::new(Language::English);
    let reply = chat.say("abc\u{202e}def\0\nghi");
    assert_eq!(
        reply,
        [
            "Added “\u{2068}abc\u{202e}def\u{2069}”, “ghi” ✨\n\n📝 Your list (2)\n\
          1. \u{2068}abc\u{202e}def\u{2069}\n2. ghi"
        ]
    );
    assert_eq!(chat.open(), ["abc\u{202e}def\0", "ghi"], "kept as typed");
}

#[test]
fn leaving_and_coming_back_keep_the_list() {
    for input in [
        Input::Left,
        Input::Joined,
        Input::NotText,
        Input::Followed { returning: true },
        Input::Followed { returning: false },
    ] {
        let mut chat = Chat::with_tasks(Language::English, "task", 3);
        let before = chat.list.snapshot().clone();
        let reply = chat.hear(&input);
        assert_eq!(*chat.list.snapshot(), before, "{input:?}");
        assert_eq!(reply.is_empty(), input == Input::Left, "{input:?}");
        let shows_list = reply.concat().contains("3. task 3");
        assert_eq!(
            shows_list,
            !matches!(input, Input::Left | Input::NotText),
            "{input:?}"
        );
        assert!(!input.needs_closed_tasks());
    }
}
