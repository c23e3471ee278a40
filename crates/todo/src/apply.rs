//! What each line does to the list, and what there is to say about it.

use crate::happening::Happening;
use crate::list::Edit;
use crate::message::{Command, Line, MAX_LINES, lines};
use crate::phrases::Phrase;
use crate::{Language, List, Timestamp, render};

/// Something that happened in the chat and may change its list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Input {
    /// A text message (in a group: without the mention of the bot).
    Text {
        /// The text as LINE sent it.
        text: String,
        /// LINE's id of the message.
        message_id: String,
    },
    /// The person took a message back: its text is to be forgotten.
    Unsent {
        /// LINE's id of the message taken back.
        message_id: String,
    },
    /// Someone added the bot as a friend.
    Followed {
        /// The person had blocked the bot before; the list is still there.
        returning: bool,
    },
    /// The bot was invited into a group or room.
    Joined,
    /// The person blocked the bot, or the group removed it. Nothing can be sent.
    Left,
    /// A message without text: a sticker, an image, …
    NotText,
}

impl Input {
    /// LINE's id of the message that was sent or taken back; empty where there is none.
    pub fn message_id(&self) -> &str {
        match self {
            Self::Text { message_id, .. } | Self::Unsent { message_id } => message_id,
            Self::Followed { .. } | Self::Joined | Self::Left | Self::NotText => "",
        }
    }

    /// Whether [`respond`] may need [`Snapshot::closed`](crate::Snapshot::closed): only to undo.
    pub fn needs_closed_tasks(&self) -> bool {
        let Self::Text { text, .. } = self else {
            return false;
        };
        lines(text)
            .take(MAX_LINES)
            .any(|line| Line::parse(line) == Line::Command(Command::Undo))
    }
}

/// Applies `input` to `list` and returns the texts to send, in order: none, or one to five of at most 5,000
/// UTF-16 code units each.
pub fn respond(list: &mut List, input: &Input, language: Language, now: Timestamp) -> Vec<String> {
    let happenings = match input {
        // Delivered after it was taken back.
        Input::Text { message_id, .. } if list.was_unsent(message_id) => return Vec::new(),
        Input::Text { text, message_id } => read(Edit::new(list, message_id, now), text),
        Input::Unsent { message_id } => {
            list.forget(message_id);
            return Vec::new();
        }
        Input::Left => return Vec::new(),
        Input::NotText => return render::notice(&[Phrase::NotText.into()], language),
        Input::Followed { returning: true } if !list.is_new() => {
            vec![Phrase::WelcomeBack.into()]
        }
        // Deleted since, or LINE errs.
        Input::Followed { returning: true } => {
            return greet(list, Phrase::WelcomeBackAnew, language);
        }
        Input::Followed { returning: false } => return greet(list, Phrase::Welcome, language),
        Input::Joined => return greet(list, Phrase::WelcomeGroup, language),
    };
    render::reply(&happenings, &list.snapshot().open, language)
}

/// How to use the bot, and the list where there is one.
fn greet(list: &List, welcome: Phrase, language: Language) -> Vec<String> {
    let happenings = [welcome.into(), Phrase::Help.into()];
    match list.snapshot().open.as_slice() {
        [] => render::notice(&happenings, language),
        open => render::reply(&happenings, open, language),
    }
}

/// The texts that show `list` as it is, like those of [`respond`].
pub fn show(list: &List, language: Language) -> Vec<String> {
    render::reply(&[], &list.snapshot().open, language)
}

/// Does what each line says, and tells what happened.
fn read<'t>(mut edit: Edit<'_>, text: &'t str) -> Vec<Happening<'t>> {
    let mut lines = lines(text);
    let mut happenings = Vec::new();
    let mut nothing_to_read = true;
    for line in lines.by_ref().take(MAX_LINES) {
        nothing_to_read = false;
        match Line::parse(line) {
            Line::Command(command) => obey(&mut edit, command, &mut happenings),
            Line::TooLong(line) => happenings.push(Happening::to(Phrase::TitleTooLong, line)),
            Line::Title(title, key) => happenings.push(match edit.complete(&key) {
                Some(title) => Happening::to(Phrase::Done, title),
                None if edit.add(title) => Happening::to(Phrase::Added, title),
                None => Happening::to(Phrase::ListFull, title),
            }),
        }
    }
    if let Some(first) = lines.next() {
        happenings.push(Happening {
            count: 1 + lines.count(),
            ..Happening::to(Phrase::TooManyLines, first)
        });
    }
    if nothing_to_read {
        happenings.push(Phrase::NothingToRead.into());
    }
    edit.finish();
    happenings
}

fn obey(edit: &mut Edit<'_>, command: Command, happenings: &mut Vec<Happening<'_>>) {
    match command {
        // The list is in every reply.
        Command::List => {}
        Command::Help => happenings.push(Phrase::Help.into()),
        Command::Clear => happenings.push(match edit.clear() {
            0 => Phrase::AlreadyEmpty.into(),
            count => Happening {
                count,
                ..Phrase::Cleared.into()
            },
        }),
        Command::Undo => match edit.undo() {
            None => happenings.push(Phrase::NothingToUndo.into()),
            Some(undone) if undone.withdrawn.is_empty() && undone.returned.is_empty() => {
                happenings.push(Phrase::UndoneUnchanged.into());
            }
            Some(undone) => {
                let of = |phrase| move |title| Happening::to(phrase, title);
                happenings.extend(undone.withdrawn.into_iter().map(of(Phrase::Withdrawn)));
                happenings.extend(undone.returned.into_iter().map(of(Phrase::Returned)));
            }
        },
    }
}
