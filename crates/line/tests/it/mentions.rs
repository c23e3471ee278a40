//! Mentions of the bot: whether it is addressed, and with what.

use line::webhook::{Mentionee, Text};

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
