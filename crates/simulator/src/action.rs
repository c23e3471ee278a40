use serde::{Deserialize, Serialize};

use crate::id::UserId;

/// What a person can do in a chat with the bot. Each becomes a webhook event.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(
    tag = "type",
    rename_all = "camelCase",
    rename_all_fields = "camelCase"
)]
pub enum Action {
    /// Sends a text. Each mentioned one is found in the text as `@name`; one that is not there is put in front.
    Text {
        /// The text as typed.
        text: String,
        /// Who is mentioned, in groups.
        #[serde(default)]
        mentions: Vec<Mention>,
    },
    /// Sends a sticker.
    Sticker {
        /// The package of the sticker.
        package_id: String,
        /// The sticker.
        sticker_id: String,
    },
    /// Sends a photo.
    Image,
    /// Sends a video.
    Video,
    /// Sends a voice message.
    Audio,
    /// Sends a file.
    File {
        /// The file's name.
        name: String,
        /// The file's size in bytes.
        size: u64,
    },
    /// Sends a place.
    Location {
        /// What the place is called.
        title: String,
        /// Its address.
        address: String,
        /// Degrees north.
        latitude: f64,
        /// Degrees east.
        longitude: f64,
    },
    /// Edits an own text; in groups only.
    Edit {
        /// The message that changes.
        message_id: String,
        /// The new text.
        text: String,
        /// Who is mentioned now.
        #[serde(default)]
        mentions: Vec<Mention>,
    },
    /// Takes an own message back.
    Unsend {
        /// The message.
        message_id: String,
    },
    /// Taps a button that carries data for the bot.
    Postback {
        /// The data the bot gave the button.
        data: String,
        /// The text the tap shows in the chat as the person's own.
        #[serde(default)]
        display_text: Option<String>,
    },
    /// Adds the bot as a friend.
    Follow,
    /// Blocks the bot.
    Block,
    /// Unblocks the bot.
    Unblock,
    /// Invites the bot into the group.
    InviteBot,
    /// Removes the bot from the group.
    RemoveBot,
    /// Joins the group.
    JoinGroup,
    /// Leaves the group.
    LeaveGroup,
}

/// Who is mentioned in a text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Mention {
    /// The bot.
    Bot,
    /// Everyone in the group: `@All`.
    Everyone,
    /// Another member.
    User(UserId),
}
