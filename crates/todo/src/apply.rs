//! What each line does to the list, and what there is to say about it.

use crate::{Language, List, Timestamp};

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
    /// Whether [`respond`] may need [`Snapshot::closed`](crate::Snapshot::closed).
    pub fn needs_closed_tasks(&self) -> bool {
        unimplemented!()
    }
}

/// Applies `input` to `list` and returns the texts to send, in order: none, or one to five of at most 5,000
/// UTF-16 code units each.
pub fn respond(list: &mut List, input: &Input, language: Language, now: Timestamp) -> Vec<String> {
    let _ = (list, input, language, now);
    unimplemented!()
}
