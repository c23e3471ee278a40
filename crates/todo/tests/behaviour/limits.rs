//! Where the bot has to say no, or to be brief.

use crate::chat::{Chat, assert_line_takes};
use proptest::prelude::*;
use todo::list::{MAX_OPEN_TASKS, MAX_TITLE_CHARACTERS};
use todo::{Input, Language, List, Snapshot, Task, Timestamp, respond};

fn task(id: u64, title: &str) -> Task {
    Task {
        id,
        title: title.to_owned(),
        message_id: String::new(),
        added_revision: 0,
        added_at: Timestamp(0),
    }
}

/// The reply to `list` for these open tasks.
fn shown(titles: &[String]) -> Vec<String> {
    let tasks = titles.iter().zip(1..);
    let mut list = List::new(Snapshot {
        next_task_id: titles.len() as u64 + 1,
        open: tasks.map(|(title, id)| task(id, title)).collect(),
        ..Snapshot::default()
    });
    let input = Input::Text {
        text: "list".into(),
        message_id: "1".into(),
    };
    respond(&mut list, &input, Language::English, Timestamp(0))
}

#[test]
fn a_line_too_long_is_named_and_the_others_take_effect() {
    let mut chat = Chat::new(Language::English);
    let longest = "x".repeat(MAX_TITLE_CHARACTERS);
    let too_long = "y".repeat(MAX_TITLE_CHARACTERS + 1);
    let reply = chat.say(&format!("milk\n{too_long}\n{longest}\neggs"));
    assert_eq!(chat.open(), ["milk", &longest, "eggs"]);
    let sentence = format!(
        "🙏 I couldn’t add “{}…”: a task can have up to 500 characters.",
        "y".repeat(100)
    );
    assert!(reply[0].contains(&sentence), "{}", reply[0]);
    assert!(
        reply[0].contains(&format!("\n2. {longest}\n")),
        "the list is whole"
    );
}

#[test]
fn a_full_list_refuses_by_name_and_still_takes_what_it_has_room_for() {
    let mut chat = Chat::with_tasks(Language::English, "task", MAX_OPEN_TASKS);
    let reply = chat.say("milk\ntask 7\neggs\nrice");
    assert_eq!(chat.open().len(), MAX_OPEN_TASKS);
    assert_eq!(chat.open().last(), Some(&"eggs"));
    let said: Vec<&str> = reply[0].lines().take(4).collect();
    assert_eq!(
        said,
        [
            "🙏 I couldn’t add “milk”: a list can hold up to 1000 tasks.",
            "✅ Done: “task 7”. Nice work!",
            "Added “eggs” ✨",
            "🙏 I couldn’t add “rice”: a list can hold up to 1000 tasks.",
        ]
    );
}

#[test]
fn lines_past_the_hundredth_are_refused_and_the_first_of_them_is_named() {
    let mut chat = Chat::new(Language::English);
    let lines: Vec<String> = (1..=10_000).map(|n| format!("task {n}")).collect();
    let reply = chat.say(&lines.join("\n\n"));
    assert_eq!(chat.open(), lines[..100]);
    let said: Vec<&str> = reply[0].lines().take(2).collect();
    assert!(
        said[0].starts_with("Added “task 1”, “task 2”, ") && said[0].ends_with(" and 90 more ✨")
    );
    assert_eq!(
        said[1],
        "🙏 I couldn’t read “task 101” and 9899 more: a message can have up to 100 lines."
    );
}

#[test]
fn a_hundred_lines_and_no_more_are_no_reason_to_complain() {
    let mut chat = Chat::new(Language::Japanese);
    let reply = chat.say(&"牛乳\n".repeat(100));
    assert!(!reply.concat().contains('🙏'));
    let reply = chat.say(&"牛乳\n".repeat(101));
    assert!(reply[0].contains("🙏 一度に読めるのは100行までなので、「牛乳」は読めませんでした。"));
}

#[test]
fn ten_megabytes_of_anything_get_a_reply() {
    for unit in [
        "x", "\n", " ", "x\n", "e\u{301}", "\u{301}", "\u{200b}", "😀", "\u{fdfa}", "undo\n",
        "\u{202e}", "\0",
    ] {
        let text = unit.repeat(10_000_000 / unit.len());
        let mut chat = Chat::new(Language::Japanese);
        let input = Input::Text {
            text,
            message_id: "1".into(),
        };
        let _ = input.needs_closed_tasks();
        assert!(!chat.hear(&input).is_empty(), "{unit:?}");
    }
}

#[test]
fn the_longest_list_of_the_longest_titles_fills_five_messages_and_says_how_many_more() {
    for character in ["x", "牛", "😀", "\u{202e}", "\u{2067}"] {
        let titles = vec![character.repeat(MAX_TITLE_CHARACTERS); MAX_OPEN_TASKS];
        let reply = shown(&titles);
        assert_line_takes(&reply);
        assert_eq!(reply.len(), 5);
        let shown = reply.concat().matches(". ").count();
        let last = reply[4].lines().last().unwrap();
        assert_eq!(last, format!("…and {} more tasks.", MAX_OPEN_TASKS - shown));
        for text in &reply {
            let room = 5_000 - text.encode_utf16().count();
            assert!(room <= 2 * MAX_TITLE_CHARACTERS + 40, "{room} units left");
        }
    }
}

#[test]
fn what_happened_is_told_however_long_the_list() {
    let title = |n: usize| format!("{n:x<500}");
    let mut chat = Chat::new(Language::English);
    for hundred in 0..9 {
        let lines: Vec<String> = (hundred * 100..(hundred + 1) * 100).map(title).collect();
        chat.say(&lines.join("\n"));
    }
    for (text, words) in [
        ("new", "Added “new” ✨"),
        ("new", "✅ Done: “new”. Nice work!"),
        ("undo", "↩️ Put “new” back on your list."),
        ("help", "📖 How to use me"),
    ] {
        let reply = chat.say(text);
        assert_eq!(reply.len(), 5);
        assert!(reply[0].starts_with(words), "{}", reply[0]);
    }
}

#[test]
fn the_wordiest_message_is_told_in_full() {
    // Each needs as many marks again to be kept from the text around it.
    let long = |kind: &str, n: usize| format!("{kind}{n}{}", "\u{2067}".repeat(120));
    let mut chat = Chat::new(Language::English);
    let done: Vec<String> = (0..11).map(|n| long("d", n)).collect();
    chat.say(&done.join("\n"));
    for n in 0..9 {
        let lines: Vec<String> = (0..100).map(|m| format!("{n} {m}")).collect();
        chat.say(&lines.join("\n"));
    }
    chat.say(
        &(11..89)
            .map(|n| format!("f{n}"))
            .collect::<Vec<_>>()
            .join("\n"),
    );
    let mut lines: Vec<String> = vec!["help".into()];
    lines.extend(done);
    lines.extend((0..30).map(|n| long("a", n)));
    lines.extend((0..11).map(|n| long("l", n) + &"x".repeat(500)));
    lines.extend([
        "undo".into(),
        "undo".into(),
        "clear".into(),
        "clear".into(),
        "undo".into(),
    ]);
    lines.extend((0..60).map(|n| long("z", n)));
    let reply = chat.say(&lines.join("\n"));
    let told = reply.concat();
    for words in [
        "📖 How to use me",
        "✅ Done: ",
        "Added ",
        "🙏 I couldn’t add ",
        "↩️ Took ",
        "↩️ Put ",
        "🧹 Cleared your list",
        "Your list was already empty.",
        "🙏 I couldn’t read ",
        "📝 Your list (",
    ] {
        assert!(told.contains(words), "{words}");
    }
}

proptest! {
    #[test]
    fn every_task_of_a_list_is_shown_once_and_in_order_or_counted(
        titles in prop::collection::vec(("[a-z牛😀]{1,20}", 1_usize..25), 1..1_000),
    ) {
        let titles: Vec<String> = titles.into_iter().map(|(part, times)| part.repeat(times)).collect();
        let reply = shown(&titles);
        assert_line_takes(&reply);
        let lines: Vec<&str> = reply.iter().flat_map(|text| text.lines()).collect();
        prop_assert_eq!(lines[0], format!("📝 Your list ({})", titles.len()));
        let (tasks, rest) = match lines[1..].split_last() {
            Some((last, tasks)) if last.starts_with('…') => (tasks, Some(*last)),
            _ => (&lines[1..], None),
        };
        for ((line, title), n) in tasks.iter().zip(&titles).zip(1..) {
            prop_assert_eq!(*line, format!("{n}. {title}"));
        }
        let more = titles.len() - tasks.len();
        match rest {
            None => prop_assert_eq!(more, 0),
            Some(_) if more == 1 => prop_assert_eq!(rest, Some("…and one more task.")),
            Some(rest) if more == 0 => prop_assert!(false, "{rest}"),
            Some(rest) => prop_assert_eq!(rest, format!("…and {more} more tasks.")),
        }
        if rest.is_some() {
            prop_assert_eq!(reply.len(), 5);
        }
    }
}
