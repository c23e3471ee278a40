//! Taking changes back.

use crate::chat::Chat;
use proptest::prelude::*;
use todo::list::UNDO_DEPTH;
use todo::{CloseReason, Language, Task};

fn line() -> impl Strategy<Value = String> {
    prop_oneof![
        8 => "[a-e]",
        1 => Just("clear".to_owned()),
        1 => Just("list".to_owned()),
        1 => Just("x".repeat(501)),
    ]
}

fn message() -> impl Strategy<Value = String> {
    prop::collection::vec(line(), 1..5).prop_map(|lines| lines.join("\n"))
}

/// Says all of it, and returns the open tasks before each message that changed the list.
fn say_all(chat: &mut Chat, messages: &[String]) -> Vec<Vec<Task>> {
    let mut steps = Vec::new();
    for text in messages {
        let before = chat.list.snapshot().clone();
        chat.say(text);
        if chat.list.snapshot().revision > before.revision {
            steps.push(before.open);
        }
    }
    steps
}

proptest! {
    #[test]
    fn undo_restores_exactly_the_list_before_each_of_the_last_messages(
        messages in prop::collection::vec(message(), 0..20),
    ) {
        let mut chat = Chat::new(Language::English);
        let steps = say_all(&mut chat, &messages);
        for before in steps.iter().rev().take(UNDO_DEPTH) {
            let revision = chat.list.snapshot().revision;
            let reply = chat.say("undo");
            prop_assert!(reply[0].starts_with("↩️"), "{}", reply[0]);
            prop_assert_eq!(&chat.list.snapshot().open, before);
            prop_assert!(chat.list.snapshot().revision > revision);
        }
        let at_the_end = chat.list.snapshot().clone();
        let reply = chat.say("undo");
        prop_assert!(reply[0].starts_with("There is nothing to undo."));
        prop_assert_eq!(chat.list.snapshot(), &at_the_end);
    }

    #[test]
    fn several_undos_in_one_message_are_several_steps(
        messages in prop::collection::vec(message(), 0..14),
        times in 1_usize..=12,
    ) {
        let mut one_by_one = Chat::new(Language::English);
        say_all(&mut one_by_one, &messages);
        let mut at_once = one_by_one.clone();
        at_once.say(&vec!["undo"; times].join("\n"));
        for _ in 0..times {
            one_by_one.say("undo");
        }
        prop_assert_eq!(&at_once.list.snapshot().open, &one_by_one.list.snapshot().open);
        prop_assert_eq!(&at_once.list.snapshot().undoable, &one_by_one.list.snapshot().undoable);
    }

    #[test]
    fn undo_takes_back_the_lines_before_it_in_its_own_message(
        messages in prop::collection::vec(message(), 0..6),
        lines in message(),
    ) {
        let mut chat = Chat::new(Language::English);
        say_all(&mut chat, &messages);
        let before = chat.list.snapshot().clone();
        let mut trial = chat.clone();
        trial.say(&lines);
        prop_assume!(trial.list.snapshot().revision > before.revision);
        chat.say(&format!("{lines}\nundo"));
        prop_assert_eq!(&chat.list.snapshot().open, &before.open);
        prop_assert_eq!(&chat.list.snapshot().undoable, &before.undoable);
    }

    #[test]
    fn what_a_message_does_after_an_undo_is_a_step_of_its_own(
        messages in prop::collection::vec(message(), 1..6),
        lines in message(),
    ) {
        let mut chat = Chat::new(Language::English);
        say_all(&mut chat, &messages);
        let mut undone = chat.clone();
        undone.say("undo");
        chat.say(&format!("undo\n{lines}"));
        if chat.list.snapshot().undoable == undone.list.snapshot().undoable {
            prop_assert_eq!(&chat.list.snapshot().open, &undone.list.snapshot().open);
        } else {
            chat.say("undo");
            prop_assert_eq!(&chat.list.snapshot().open, &undone.list.snapshot().open);
        }
    }
}

#[test]
fn a_task_comes_back_at_its_old_place() {
    let mut chat = Chat::new(Language::English);
    chat.say("a\nb\nc");
    chat.say("b");
    chat.say("undo");
    assert_eq!(chat.open(), ["a", "b", "c"]);
}

#[test]
fn an_undo_cannot_be_undone() {
    let mut chat = Chat::new(Language::English);
    chat.say("a");
    chat.say("b");
    chat.say("undo\nc\nundo");
    assert_eq!(chat.open(), ["a"]);
    chat.say("undo");
    assert!(chat.open().is_empty());
}

#[test]
fn a_withdrawn_task_is_kept_as_undone() {
    let mut chat = Chat::new(Language::English);
    chat.say("a");
    chat.say("undo");
    let reasons: Vec<_> = chat
        .list
        .changes()
        .closed
        .iter()
        .map(|closed| closed.reason)
        .collect();
    assert_eq!(reasons, [CloseReason::Undone]);
}

#[test]
fn undo_brings_back_what_is_still_there_and_says_when_nothing_is() {
    let mut chat = Chat::new(Language::English);
    chat.say("a\nb");
    chat.say("clear");
    let mut snapshot = chat.list.snapshot().clone();
    let mut pruned = snapshot.clone();
    snapshot.closed.retain(|closed| closed.task.title == "b");
    chat.list = todo::List::new(snapshot);
    let reply = chat.say("undo");
    assert!(
        reply[0].starts_with("↩️ Put “b” back on your list.\n"),
        "{}",
        reply[0]
    );
    pruned.closed.clear();
    chat.list = todo::List::new(pruned);
    let reply = chat.say("undo");
    assert!(
        reply[0].starts_with("↩️ Undone. Your list stays as it is.\n"),
        "{}",
        reply[0]
    );
}
