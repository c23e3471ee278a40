//! A message as lines: commands and titles.

use crate::list::MAX_TITLE_CHARACTERS;
use crate::title::Key;
use std::fmt;

/// The most lines of one message that are read.
pub(crate) const MAX_LINES: usize = 100;

/// What a line that is exactly a command word asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Command {
    /// Empty the list.
    Clear,
    /// Show the list.
    List,
    /// Say how to use the bot.
    Help,
    /// Take back the last change.
    Undo,
}

/// The command words, in the normal form of titles.
pub(crate) const COMMAND_WORDS: [(&str, Command); 9] = [
    ("clear", Command::Clear),
    ("クリア", Command::Clear),
    ("list", Command::List),
    ("一覧", Command::List),
    ("help", Command::Help),
    ("ヘルプ", Command::Help),
    ("使い方", Command::Help),
    ("undo", Command::Undo),
    ("元に戻す", Command::Undo),
];

impl Command {
    fn of(key: &Key) -> Option<Self> {
        let known = COMMAND_WORDS.iter().find(|(word, _)| *word == key.as_str());
        known.map(|(_, command)| *command)
    }
}

/// What one line of a message says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Line<'a> {
    /// A command word.
    Command(Command),
    /// The title of a task, new or known.
    Title(&'a str, Key),
    /// More than [`MAX_TITLE_CHARACTERS`].
    TooLong(&'a str),
}

impl<'a> Line<'a> {
    /// Reads a line as [`lines`] gives it.
    pub(crate) fn parse(line: &'a str) -> Self {
        if line.chars().nth(MAX_TITLE_CHARACTERS).is_some() {
            return Self::TooLong(line);
        }
        let key = Key::new(line);
        Command::of(&key).map_or_else(|| Self::Title(line, key), Self::Command)
    }
}

/// The lines of a message that have something to see in them, trimmed, in order.
pub(crate) fn lines(text: &str) -> impl Iterator<Item = &str> {
    text.split(is_line_break)
        .map(str::trim)
        .filter(|line| !line.chars().all(is_invisible))
}

/// Why a text cannot be the title of a task: no message would have added it. Says what is wrong, not what it says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TitleFault {
    /// Nothing of it can be seen.
    Blank,
    /// As a message it would be several tasks.
    LineBreak,
    /// It has this many characters, more than [`MAX_TITLE_CHARACTERS`].
    TooLong(usize),
}

impl fmt::Display for TitleFault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Blank => formatter.write_str("nothing of it can be seen"),
            Self::LineBreak => formatter.write_str("it has a line break, and a title is one line"),
            Self::TooLong(characters) => write!(
                formatter,
                "it has {characters} characters, and {MAX_TITLE_CHARACTERS} are allowed"
            ),
        }
    }
}

/// Whether a text can be the title of a task, for those that come by no message. White space at its ends does no harm:
/// titles are compared without it.
pub fn check_title(title: &str) -> Result<(), TitleFault> {
    if lines(title).next().is_none() {
        return Err(TitleFault::Blank);
    }
    if title.contains(is_line_break) {
        return Err(TitleFault::LineBreak);
    }
    match title.chars().count() {
        0..=MAX_TITLE_CHARACTERS => Ok(()),
        characters => Err(TitleFault::TooLong(characters)),
    }
}

/// Where The Unicode Standard (5.8, table 5-1) sees a new line; CR LF leaves an empty line between, which is dropped.
pub(crate) const fn is_line_break(character: char) -> bool {
    matches!(
        character,
        '\n' | '\u{b}' | '\u{c}' | '\r' | '\u{85}' | '\u{2028}' | '\u{2029}'
    )
}

/// Whether a character leaves no mark of its own: white space, controls, and `Default_Ignorable_Code_Point` of
/// Unicode's `DerivedCoreProperties.txt` (joiners, fillers, variation selectors, tags), and the blank braille pattern. A
/// line of nothing else looks empty, so it is: as a task it could be neither read nor typed again.
fn is_invisible(character: char) -> bool {
    character.is_whitespace()
        || character.is_control()
        || matches!(character,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}'..='\u{1160}' | '\u{17b4}'..='\u{17b5}'
            | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{2800}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}'
            | '\u{ffa0}' | '\u{fff0}'..='\u{fff8}' | '\u{1bca0}'..='\u{1bca3}'
            | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn command_words_are_known_as_they_are() {
        for (word, command) in COMMAND_WORDS {
            assert_eq!(Line::parse(word), Line::Command(command), "{word}");
        }
    }

    #[test]
    fn command_words_are_known_in_any_width_and_case() {
        for (line, command) in [
            ("Clear", Command::Clear),
            ("ＣＬＥＡＲ", Command::Clear),
            ("ｸﾘｱ", Command::Clear),
            ("LIST", Command::List),
            ("ﾍﾙﾌﾟ", Command::Help),
            ("Undo", Command::Undo),
        ] {
            assert_eq!(Line::parse(line), Line::Command(command), "{line}");
        }
    }

    #[test]
    fn a_line_with_more_than_a_command_word_is_a_title() {
        for line in [
            "clear the table",
            "list.",
            "undo undo",
            "クリアする",
            "c l e a r",
        ] {
            assert!(
                matches!(Line::parse(line), Line::Title(title, _) if title == line),
                "{line}"
            );
        }
    }

    #[test]
    fn every_kind_of_line_break_ends_a_line() {
        let text = "a\nb\r\nc\rd\u{2028}e\u{2029}f\u{85}g\u{b}h\u{c}i";
        assert_eq!(
            lines(text).collect::<String>(),
            "abcdefghi",
            "each is a line of its own"
        );
        assert_eq!(lines(text).count(), 9);
    }

    #[test]
    fn lines_are_trimmed_and_those_with_nothing_to_see_are_dropped() {
        let text = " \u{3000}milk\u{a0}\n\n　\n\u{200b}\n\u{feff}\u{3164}\n\u{2800}\n\0\u{7}\n\u{202e}\neggs";
        assert_eq!(lines(text).collect::<Vec<_>>(), ["milk", "eggs"]);
    }

    #[test]
    fn what_no_message_would_add_is_no_title() {
        for (text, fault) in [
            ("", TitleFault::Blank),
            ("\u{200b}\u{3164}", TitleFault::Blank),
            (" \n", TitleFault::Blank),
            ("milk\neggs", TitleFault::LineBreak),
            ("milk\u{2028}", TitleFault::LineBreak),
        ] {
            assert_eq!(check_title(text), Err(fault), "{text:?}");
        }
        let longest = "😀".repeat(MAX_TITLE_CHARACTERS);
        assert_eq!(check_title(&longest), Ok(()));
        assert_eq!(
            check_title(&(longest + "x")),
            Err(TitleFault::TooLong(MAX_TITLE_CHARACTERS + 1))
        );
    }

    #[test]
    fn every_line_a_message_adds_is_a_title() {
        for title in lines("milk\n clear \u{3000}\n\u{200b}a\u{7}\r\n\u{feff}牛乳") {
            assert_eq!(check_title(title), Ok(()), "{title:?}");
        }
    }

    #[test]
    fn a_title_may_have_five_hundred_characters_however_many_bytes() {
        let longest = "😀".repeat(MAX_TITLE_CHARACTERS);
        assert!(matches!(Line::parse(&longest), Line::Title(..)));
        let too_long = longest + "😀";
        assert_eq!(Line::parse(&too_long), Line::TooLong(&too_long));
    }
}
