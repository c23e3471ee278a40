//! Messages taken back.

use crate::chat::Chat;
use todo::list::UNSENT_DEPTH;
use todo::{Input, Language, List, Timestamp, respond, show};

fn unsent(message_id: &str) -> Input {
    Input::Unsent {
        message_id: message_id.into(),
    }
}

fn text(text: &str, message_id: &str) -> Input {
    Input::Text {
        text: text.into(),
        message_id: message_id.into(),
    }
}

#[test]
fn the_tasks_of_a_message_taken_back_vanish_without_a_reply() {
    let mut chat = Chat::new(Language::Japanese);
    chat.say("secret\nmore secret");
    chat.say("milk");
    assert_eq!(chat.hear(&unsent("1")), [""; 0]);
    assert_eq!(chat.open(), ["milk"]);
    assert_eq!(chat.list.changes().forgotten_messages, ["1"]);
    assert!(!format!("{:?}", chat.list).contains("secret"));
}

#[test]
fn completed_tasks_of_a_message_taken_back_vanish_too() {
    let mut chat = Chat::new(Language::Japanese);
    chat.say("secret");
    chat.say("secret");
    chat.hear(&unsent("1"));
    assert!(!format!("{:?}", chat.list).contains("secret"));
    chat.say("undo");
    assert!(chat.open().is_empty(), "and undo does not bring them back");
}

#[test]
fn what_is_shown_in_place_of_a_reply_is_the_list_as_it_is() {
    for language in [Language::Japanese, Language::English] {
        let mut chat = Chat::new(language);
        assert_eq!(show(&chat.list, language), chat.say("list"));
        chat.say("secret");
        chat.say("milk");
        chat.hear(&unsent("2"));
        let shown = show(&chat.list, language);
        assert_eq!(shown, chat.say("list"));
        assert!(!shown.concat().contains("secret"), "{shown:?}");
    }
}

#[test]
fn a_message_that_comes_after_its_unsend_does_nothing_and_gets_no_reply() {
    let mut chat = Chat::new(Language::Japanese);
    chat.hear(&unsent("late"));
    assert_eq!(chat.hear(&text("secret\nclear", "late")), [""; 0]);
    assert!(chat.open().is_empty());
    assert_eq!(chat.list.snapshot().revision, 0);
}

#[test]
fn an_unsend_that_takes_tasks_away_is_a_new_revision() {
    let mut chat = Chat::new(Language::Japanese);
    chat.say("secret");
    let revision = chat.list.snapshot().revision;
    chat.hear(&unsent("unknown"));
    assert_eq!(chat.list.snapshot().revision, revision);
    chat.hear(&unsent("1"));
    assert_eq!(chat.list.snapshot().revision, revision + 1);
}

#[test]
fn the_last_few_unsends_are_remembered_each_once() {
    let mut chat = Chat::new(Language::Japanese);
    let ids: Vec<String> = (0..UNSENT_DEPTH + 5).map(|n| format!("m{n}")).collect();
    for id in &ids {
        chat.hear(&unsent(id));
        chat.hear(&unsent(id));
    }
    assert_eq!(chat.list.snapshot().unsent, ids[5..]);
}

#[test]
fn an_unsend_without_an_id_leaves_imported_tasks_alone() {
    let mut list = List::default();
    respond(
        &mut list,
        &text("milk", ""),
        Language::Japanese,
        Timestamp(0),
    );
    let before = list.snapshot().clone();
    respond(&mut list, &unsent(""), Language::Japanese, Timestamp(0));
    assert_eq!(*list.snapshot(), before);
    assert!(list.changes().forgotten_messages.is_empty());
}
