//! What all events have in common.

use super::kind::EventKind;
use super::lenient;
use serde::Deserialize;
use std::borrow::Cow;

/// One webhook event: what happened, where, and how to answer.
///
/// <https://developers.line.biz/en/reference/messaging-api/#common-properties>
#[derive(Clone, Debug, PartialEq)]
pub struct Event<'a> {
    /// A ULID, the same in every delivery of the event.
    pub webhook_event_id: Option<Cow<'a, str>>,
    /// When it happened (not when it was sent), in milliseconds since the Unix epoch.
    pub timestamp: Option<i64>,
    /// Whether the bot may act on it.
    pub mode: Option<Mode>,
    /// The chat it happened in, and who did it.
    pub source: Option<Source<'a>>,
    /// Whether LINE sends it again. Events arrive twice without this too: only
    /// [`webhook_event_id`](Self::webhook_event_id) tells whether it was seen before.
    pub is_redelivery: Option<bool>,
    /// The one-use token to answer with, within a minute. Absent where LINE takes no reply; also
    /// for the two dummy tokens of the Console's old "Verify" button.
    pub reply_token: Option<Cow<'a, str>>,
    /// What happened.
    pub kind: EventKind<'a>,
}

/// Whether this channel is the one to act in the chat.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// The bot may send messages.
    Active,
    /// Another channel has the chat: the bot must not send messages.
    Standby,
    /// A mode LINE added later.
    Other,
}

/// Where an event happened.
///
/// In groups and rooms the user is told only for those who agreed to it, and LINE documents it for
/// message events alone: <https://developers.line.biz/en/docs/messaging-api/user-consent/>.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source<'a> {
    /// A one-on-one chat.
    User {
        /// `U` and 32 hexadecimal digits.
        user_id: Cow<'a, str>,
    },
    /// A group chat.
    Group {
        /// `C` and 32 hexadecimal digits.
        group_id: Cow<'a, str>,
        /// Who did it, if LINE may tell.
        user_id: Option<Cow<'a, str>>,
    },
    /// A multi-person chat of older clients.
    Room {
        /// `R` and 32 hexadecimal digits.
        room_id: Cow<'a, str>,
        /// Who did it, if LINE may tell.
        user_id: Option<Cow<'a, str>>,
    },
    /// A kind of chat LINE added later, or one without its id.
    Other {
        /// `type` as sent.
        source_type: Option<Cow<'a, str>>,
        /// Who did it, if LINE may tell.
        user_id: Option<Cow<'a, str>>,
    },
}

impl Source<'_> {
    /// The id of the chat, which is also the address of a push: user, group or room.
    pub fn conversation_id(&self) -> Option<&str> {
        match self {
            Self::User { user_id: id }
            | Self::Group { group_id: id, .. }
            | Self::Room { room_id: id, .. } => Some(id),
            Self::Other { .. } => None,
        }
    }

    /// The person who did it, if LINE told.
    pub fn user_id(&self) -> Option<&str> {
        match self {
            Self::User { user_id } => Some(user_id),
            Self::Group { user_id, .. }
            | Self::Room { user_id, .. }
            | Self::Other { user_id, .. } => user_id.as_deref(),
        }
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Source<'a> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Default, Deserialize)]
        #[serde(default, rename_all = "camelCase")]
        struct Fields<'a> {
            #[serde(rename = "type", borrow, deserialize_with = "lenient::string")]
            source_type: Option<Cow<'a, str>>,
            #[serde(borrow, deserialize_with = "lenient::string")]
            user_id: Option<Cow<'a, str>>,
            #[serde(borrow, deserialize_with = "lenient::string")]
            group_id: Option<Cow<'a, str>>,
            #[serde(borrow, deserialize_with = "lenient::string")]
            room_id: Option<Cow<'a, str>>,
        }
        let Fields {
            source_type,
            user_id,
            group_id,
            room_id,
        } = Fields::deserialize(deserializer)?;
        Ok(match (source_type.as_deref(), user_id, group_id, room_id) {
            (Some("user"), Some(user_id), ..) => Self::User { user_id },
            (Some("group"), user_id, Some(group_id), _) => Self::Group { group_id, user_id },
            (Some("room"), user_id, _, Some(room_id)) => Self::Room { room_id, user_id },
            (_, user_id, ..) => Self::Other {
                source_type,
                user_id,
            },
        })
    }
}
