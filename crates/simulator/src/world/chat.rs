use std::collections::VecDeque;

use serde::Serialize;
use serde_json::Value;

use crate::config::GroupKind;
use crate::id::{ChatId, UserId};

/// A message the bot sent, as it arrived in a chat.
#[derive(Clone, Debug, PartialEq)]
pub struct Message {
    /// The message id LINE gave it.
    pub id: String,
    /// The message object as the bot sent it.
    pub json: Value,
}

impl Message {
    /// The type of the message: `text`, `flex`, …
    pub fn kind(&self) -> &str {
        self.json
            .get("type")
            .and_then(Value::as_str)
            .unwrap_or_default()
    }

    /// The text of a text message.
    pub fn text(&self) -> Option<&str> {
        self.json.get("text").and_then(Value::as_str)
    }
}

/// What kind of chat it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ChatKind {
    OneToOne,
    Group(GroupKind),
}

/// One conversation with the bot.
pub(crate) struct Chat {
    pub(crate) id: ChatId,
    pub(crate) kind: ChatKind,
    pub(crate) name: String,
    pub(crate) members: Vec<UserId>,
    /// In a chat of two the bot is always there; what counts is the friendship.
    pub(crate) bot_present: bool,
    pub(super) lines: VecDeque<Line>,
    /// What the bot sent, one item for each accepted call.
    pub(super) sends: VecDeque<BotSend>,
    /// Until when the loading indicator shows.
    pub(super) loading_until: i64,
    /// When the person last wrote: for seven days a stranger can be pushed to.
    pub(super) last_spoken: Option<i64>,
    /// The last change of anything in this chat.
    pub(super) revision: u64,
    /// Deliveries waiting to be sent to the bot, in order.
    pub(super) queue: VecDeque<u64>,
    /// Whether somebody is sending from the queue.
    pub(super) draining: bool,
}

/// One line of a chat: a message, or a note that something happened.
pub(super) struct Line {
    /// Orders the lines of all chats.
    pub(super) number: u64,
    pub(super) revision: u64,
    pub(super) at: i64,
    pub(super) author: Author,
    pub(super) content: Content,
    /// The webhook that tells the bot of this line, or of its last change.
    pub(super) delivery: Option<u64>,
}

pub(super) enum Author {
    Person(UserId),
    Bot,
}

pub(super) enum Content {
    Message {
        id: String,
        /// As in the webhook for a person's message, as in the API call for the bot's.
        json: Value,
        quote_token: Option<String>,
        edited: bool,
    },
    /// A message that was taken back; its content is gone.
    Unsent,
    Note(Note),
}

/// What happened in a chat besides messages.
#[derive(Clone, Copy, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum Note {
    Followed,
    Blocked,
    Unblocked,
    BotInvited,
    BotRemoved,
    BotLeft,
    Joined,
    Left,
    PostedBack,
}

/// One accepted reply or push.
#[derive(Clone)]
pub(crate) struct BotSend {
    pub(crate) number: u64,
    /// The delivery whose reply token was used.
    pub(crate) answers: Option<u64>,
    pub(crate) messages: Vec<Message>,
}

impl Chat {
    pub(super) fn new(id: ChatId, kind: ChatKind, name: String, members: Vec<UserId>) -> Self {
        Self {
            id,
            kind,
            name,
            members,
            bot_present: true,
            lines: VecDeque::new(),
            sends: VecDeque::new(),
            loading_until: 0,
            last_spoken: None,
            revision: 0,
            queue: VecDeque::new(),
            draining: false,
        }
    }

    /// Whether this chat has several people.
    pub(crate) fn is_group(&self) -> bool {
        matches!(self.kind, ChatKind::Group(_))
    }

    /// What the bot sent, oldest first.
    pub(crate) fn sends(&self) -> impl Iterator<Item = &BotSend> {
        self.sends.iter()
    }

    /// Whether a message with this quote token was sent here.
    pub(crate) fn has_quote_token(&self, token: &str) -> bool {
        self.lines.iter().any(|line| {
            matches!(&line.content, Content::Message { quote_token: Some(known), .. } if known == token)
        })
    }

    pub(super) fn push_line(&mut self, line: Line, kept: usize) {
        self.revision = line.revision;
        self.lines.push_back(line);
        while self.lines.len() > kept {
            self.lines.pop_front();
        }
    }

    /// The line of a message, looked for from the end because people change what they said last.
    pub(super) fn line_of(&mut self, message_id: &str) -> Option<&mut Line> {
        self.lines
            .iter_mut()
            .rev()
            .find(|line| matches!(&line.content, Content::Message { id, .. } if id == message_id))
    }
}
