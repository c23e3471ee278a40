//! Mentions of the bot: whether it is addressed, and with what.

use line::webhook::{Content, EventKind, Mentionee, Text};
use serde_json::json;

fn text(text: &str, own: &[(usize, usize)]) -> Text<'static> {
    let mentionees = own
        .iter()
        .map(|&(index, length)| Mentionee {
            index: Some(index),
            length: Some(length),
            is_self: Some(true),
            ..Mentionee::default()
        })
        .collect();
    Text {
        text: text.to_owned().into(),
        emojis: Vec::new(),
        mentionees,
    }
}

#[test]
fn what_is_said_to_the_bot_is_the_text_without_its_mentions() {
    for (typed, own, said) in [
        ("@bot milk", &[(0, 4)][..], "milk"),
        ("milk @bot", &[(5, 4)], "milk "),
        ("buy @bot milk", &[(4, 4)], "buy milk"),
        ("@bot", &[(0, 4)], ""),
        ("@bot @bot milk", &[(5, 4), (0, 4)], "milk"),
        ("@bot\nmilk", &[(0, 4)], "\nmilk"),
        ("@ボット 牛乳", &[(0, 4)], "牛乳"),
        // An apple is two UTF-16 code units.
        ("🍎 @bot pie", &[(3, 4)], "🍎 pie"),
        // Mentions that overlap, end past the text or cut a character stay out of harm's way.
        ("@bot milk", &[(0, 4), (2, 4)], "ilk"),
        ("@bot milk", &[(0, 100)], "@bot milk"),
        ("@bot milk", &[(100, 1)], "@bot milk"),
        ("🍎 milk", &[(1, 2)], "🍎 milk"),
        ("@bot milk", &[(usize::MAX, usize::MAX)], "@bot milk"),
        ("@bot milk", &[(0, 0)], "@bot milk"),
    ] {
        let text = text(typed, own);
        assert_eq!(
            text.without_own_mentions().as_deref(),
            Some(said),
            "{typed} {own:?}"
        );
    }
}

#[test]
fn a_bot_that_is_not_mentioned_is_not_addressed() {
    assert_eq!(text("milk", &[]).without_own_mentions(), None);
    let mut all = text("@All milk", &[(0, 4)]);
    all.mentionees[0].is_self = None;
    assert_eq!(all.without_own_mentions(), None);
    let mut placeless = text("@bot milk", &[(0, 4)]);
    placeless.mentionees[0].index = None;
    assert_eq!(
        placeless.without_own_mentions().as_deref(),
        Some("@bot milk")
    );
}

#[test]
fn a_mention_of_the_destination_is_one_of_the_bot_unless_line_says_otherwise() {
    for (mention, said) in [
        (json!({ "userId": "Ubot" }), Some("milk")),
        (json!({ "userId": "Ubot", "isSelf": null }), Some("milk")),
        (json!({ "userId": "Ubot", "isSelf": false }), None),
        (json!({ "userId": "Ualex" }), None),
        (json!({}), None),
    ] {
        let mut mentionee = json!({ "index": 0, "length": 4, "type": "user" });
        let fields = mention.as_object().unwrap().clone();
        mentionee.as_object_mut().unwrap().extend(fields);
        let message = json!({ "type": "text", "text": "@bot milk", "mention": { "mentionees": [mentionee] } });
        let event = json!({ "type": "message", "message": message });
        let body = json!({ "destination": "Ubot", "events": [event] }).to_string();
        let webhook = line::webhook::parse(body.as_bytes()).unwrap();
        let EventKind::Message(message) = webhook.events().next().unwrap().kind else {
            panic!("no message");
        };
        let Content::Text(text) = message.content else {
            panic!("no text");
        };
        assert_eq!(text.without_own_mentions().as_deref(), said, "{mention}");
    }
}
