//! What happened: one variant for each event type.

use super::{Message, Source, lenient};
use serde::Deserialize;
use std::borrow::Cow;

/// What happened. Types LINE may add later are [`Unknown`](Self::Unknown).
///
/// <https://developers.line.biz/en/reference/messaging-api/#webhook-event-objects>
#[derive(Clone, Debug, PartialEq)]
pub enum EventKind<'a> {
    /// Somebody sent a message.
    Message(Message<'a>),
    /// Somebody changed a text they had sent, in a group. Edits may arrive in any order: the one
    /// with the greatest timestamp is the text that stands.
    MessageEdited(Message<'a>),
    /// Somebody took a message back: what it said should not be shown or kept any more.
    Unsend {
        /// The id of the message.
        message_id: Cow<'a, str>,
    },
    /// Somebody added the bot as a friend, or unblocked it.
    Follow {
        /// Whether it was an unblocking; LINE calls this "not fully accurate".
        is_unblocked: Option<bool>,
    },
    /// Somebody blocked the bot: nothing can be sent any more.
    Unfollow,
    /// The bot was added to a group or room.
    Join,
    /// The bot was removed from a group or room.
    Leave,
    /// Others were added to a group or room the bot is in.
    MemberJoined {
        /// Who.
        members: Vec<Source<'a>>,
    },
    /// Others left a group or room the bot is in.
    MemberLeft {
        /// Who.
        members: Vec<Source<'a>>,
    },
    /// Somebody used a button, a date picker or a rich menu.
    Postback(Postback<'a>),
    /// Somebody watched a video to its end.
    VideoPlayComplete {
        /// The id given when the video was sent.
        tracking_id: Option<Cow<'a, str>>,
    },
    /// Somebody came near a beacon, or tapped its banner.
    Beacon(Beacon<'a>),
    /// Somebody linked their account with the provider's service, or failed to.
    AccountLink(AccountLink<'a>),
    /// Somebody joined, renewed or left a membership.
    Membership(Membership<'a>),
    /// A module channel was attached or detached.
    Module(Module<'a>),
    /// This module channel may now act in the chat.
    Activated {
        /// Until when, in milliseconds since the Unix epoch.
        expire_at: Option<i64>,
    },
    /// This module channel may no longer act in the chat.
    Deactivated,
    /// The account was suspended.
    BotSuspended,
    /// The account is no longer suspended.
    BotResumed,
    /// A LINE notification message was delivered.
    Delivery {
        /// The hashed telephone number, or the tag given when it was sent.
        data: Option<Cow<'a, str>>,
    },
    /// A type this crate does not know, or one without what makes its type.
    Unknown {
        /// `type` as sent.
        event_type: Option<Cow<'a, str>>,
    },
}

impl EventKind<'_> {
    /// The type as LINE writes it, or `unknown`: a closed set, fit for a metric's label.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Message(_) => "message",
            Self::MessageEdited(_) => "messageEdited",
            Self::Unsend { .. } => "unsend",
            Self::Follow { .. } => "follow",
            Self::Unfollow => "unfollow",
            Self::Join => "join",
            Self::Leave => "leave",
            Self::MemberJoined { .. } => "memberJoined",
            Self::MemberLeft { .. } => "memberLeft",
            Self::Postback(_) => "postback",
            Self::VideoPlayComplete { .. } => "videoPlayComplete",
            Self::Beacon(_) => "beacon",
            Self::AccountLink(_) => "accountLink",
            Self::Membership(_) => "membership",
            Self::Module(_) => "module",
            Self::Activated { .. } => "activated",
            Self::Deactivated => "deactivated",
            Self::BotSuspended => "botSuspended",
            Self::BotResumed => "botResumed",
            Self::Delivery { .. } => "delivery",
            Self::Unknown { .. } => "unknown",
        }
    }
}

/// What a button sent.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Postback<'a> {
    /// The data given when the button was made, at most 300 characters.
    #[serde(borrow, deserialize_with = "lenient::string")]
    pub data: Option<Cow<'a, str>>,
    /// What the person picked, for date pickers and rich menu switches.
    #[serde(borrow, deserialize_with = "lenient::lenient")]
    pub params: Option<PostbackParams<'a>>,
}

/// What a person picked.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct PostbackParams<'a> {
    /// A date as `2017-12-25`, without a time zone.
    #[serde(borrow, deserialize_with = "lenient::string")]
    pub date: Option<Cow<'a, str>>,
    /// A time as `01:00`, without a time zone.
    #[serde(borrow, deserialize_with = "lenient::string")]
    pub time: Option<Cow<'a, str>>,
    /// Both as `2017-12-25T01:00`, without a time zone.
    #[serde(borrow, deserialize_with = "lenient::string")]
    pub datetime: Option<Cow<'a, str>>,
    /// The rich menu switched to.
    #[serde(borrow, deserialize_with = "lenient::string")]
    pub new_rich_menu_alias_id: Option<Cow<'a, str>>,
    /// Whether the switch worked: `SUCCESS`, `RICHMENU_ALIAS_ID_NOTFOUND`, `RICHMENU_NOTFOUND` or
    /// `FAILED`.
    #[serde(borrow, deserialize_with = "lenient::string")]
    pub status: Option<Cow<'a, str>>,
}

/// A beacon somebody came near.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Beacon<'a> {
    /// The beacon's hardware id.
    #[serde(borrow, deserialize_with = "lenient::string")]
    pub hwid: Option<Cow<'a, str>>,
    /// `enter`, `banner` or `stay`.
    #[serde(rename = "type", borrow, deserialize_with = "lenient::string")]
    pub beacon_type: Option<Cow<'a, str>>,
    /// The beacon's device message, in hexadecimal.
    #[serde(borrow, deserialize_with = "lenient::string")]
    pub dm: Option<Cow<'a, str>>,
}

/// How linking an account went.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct AccountLink<'a> {
    /// `ok` or `failed`.
    #[serde(borrow, deserialize_with = "lenient::string")]
    pub result: Option<Cow<'a, str>>,
    /// The nonce given when the linking began.
    #[serde(borrow, deserialize_with = "lenient::string")]
    pub nonce: Option<Cow<'a, str>>,
}

/// A change to a membership.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Membership<'a> {
    /// `joined`, `left` or `renewed`.
    #[serde(rename = "type", borrow, deserialize_with = "lenient::string")]
    pub change: Option<Cow<'a, str>>,
    /// Which membership.
    #[serde(deserialize_with = "lenient::lenient")]
    pub membership_id: Option<i64>,
}

/// A module channel's attachment to an account.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Module<'a> {
    /// `attached` or `detached`.
    #[serde(rename = "type", borrow, deserialize_with = "lenient::string")]
    pub change: Option<Cow<'a, str>>,
    /// The user id of the account's bot.
    #[serde(borrow, deserialize_with = "lenient::string")]
    pub bot_id: Option<Cow<'a, str>>,
    /// What the account's administrator permitted, when attached.
    #[serde(borrow, deserialize_with = "lenient::strings")]
    pub scopes: Vec<Cow<'a, str>>,
    /// Why it was detached: `bot_deleted`.
    #[serde(borrow, deserialize_with = "lenient::string")]
    pub reason: Option<Cow<'a, str>>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Unsend<'a> {
    #[serde(borrow, deserialize_with = "lenient::string")]
    pub(super) message_id: Option<Cow<'a, str>>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Follow {
    #[serde(deserialize_with = "lenient::lenient")]
    pub(super) is_unblocked: Option<bool>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Members<'a> {
    #[serde(borrow, deserialize_with = "lenient::list")]
    pub(super) members: Vec<Source<'a>>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct VideoPlayComplete<'a> {
    #[serde(borrow, deserialize_with = "lenient::string")]
    pub(super) tracking_id: Option<Cow<'a, str>>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct ChatControl {
    #[serde(deserialize_with = "lenient::lenient")]
    pub(super) expire_at: Option<i64>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Delivery<'a> {
    #[serde(borrow, deserialize_with = "lenient::string")]
    pub(super) data: Option<Cow<'a, str>>,
}
