//! Conversations as files: `examples/ja.txt` and `examples/en.txt`.
//!
//! `==` begins a conversation, `>` lines are one message, `*` is something else that happens, `<` lines are the reply.

use crate::chat::Chat;
use todo::{Input, Language};

#[test]
fn the_bot_answers_as_the_japanese_examples_say() {
    check(Language::Japanese, include_str!("examples/ja.txt"));
}

#[test]
fn the_bot_answers_as_the_english_examples_say() {
    check(Language::English, include_str!("examples/en.txt"));
}

fn check(language: Language, transcript: &str) {
    let mut conversations = 0;
    for conversation in transcript.split("== ").skip(1) {
        let (name, lines) = conversation.split_once('\n').unwrap_or((conversation, ""));
        let actual = replay(&mut Chat::new(language), lines);
        let expected = lines.trim_end().to_owned();
        assert_eq!(actual.trim_end(), expected, "{} {name}", language.code());
        conversations += 1;
    }
    assert!(conversations >= 10, "the examples were not read");
}

/// The conversation with the bot's own replies in the place of the expected ones.
fn replay(chat: &mut Chat, lines: &str) -> String {
    let mut actual = String::new();
    let mut lines = lines.lines().peekable();
    while let Some(line) = lines.next() {
        if line.starts_with('<') {
            continue;
        }
        actual.extend([line, "\n"]);
        let reply = if let Some(event) = line.strip_prefix("* ") {
            chat.hear(&input(event))
        } else if let Some(first) = said(line) {
            let mut text = first.to_owned();
            while let Some(line) = lines.next_if(|line| said(line).is_some()) {
                actual.extend([line, "\n"]);
                text.extend(["\n"].into_iter().chain(said(line)));
            }
            chat.say(&text)
        } else {
            continue;
        };
        for line in reply.iter().flat_map(|text| text.lines()) {
            actual += format!("< {line}").trim_end();
            actual += "\n";
        }
    }
    actual
}

/// What a `>` line says; a bare `>` is an empty line.
fn said(line: &str) -> Option<&str> {
    let said = line.strip_prefix('>')?;
    Some(said.strip_prefix(' ').unwrap_or(said))
}

fn input(event: &str) -> Input {
    match event {
        "followed" => Input::Followed { returning: false },
        "followed again" => Input::Followed { returning: true },
        "joined" => Input::Joined,
        "left" => Input::Left,
        "sticker" => Input::NotText,
        _ => match event.strip_prefix("unsent ") {
            Some(message_id) => Input::Unsent {
                message_id: message_id.to_owned(),
            },
            None => panic!("nothing is called {event:?}"),
        },
    }
}
