//! Messages the bot sends.

use serde::Serialize;
use std::borrow::Cow;

/// The most messages one reply or push may carry
/// (<https://developers.line.biz/en/reference/messaging-api/#send-reply-message>).
pub const MAX_MESSAGES: usize = 5;

/// The longest text of a text message, in UTF-16 code units
/// (<https://developers.line.biz/en/docs/messaging-api/text-character-count/>).
pub const MAX_TEXT_UTF16: usize = 5_000;

/// The most quick reply buttons on a message
/// (<https://developers.line.biz/en/reference/messaging-api/#quick-reply>).
pub const MAX_QUICK_REPLIES: usize = 13;

/// A message to send.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "type", rename_all = "camelCase")]
pub enum Message<'a> {
    /// Text.
    Text(TextMessage<'a>),
}

impl<'a> Message<'a> {
    /// Text and nothing else.
    pub fn text(text: impl Into<Cow<'a, str>>) -> Self {
        Self::Text(TextMessage {
            text: text.into(),
            quote_token: None,
            quick_reply: None,
        })
    }
}

/// <https://developers.line.biz/en/reference/messaging-api/#text-message>
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TextMessage<'a> {
    /// Not empty, at most [`MAX_TEXT_UTF16`].
    pub text: Cow<'a, str>,
    /// The message it quotes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub quote_token: Option<Cow<'a, str>>,
    /// Buttons under it, until the next message; on phones only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub quick_reply: Option<QuickReply<'a>>,
}

/// Buttons under a message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct QuickReply<'a> {
    /// At most [`MAX_QUICK_REPLIES`].
    pub items: Vec<QuickReplyItem<'a>>,
}

/// One button.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "type", rename = "action")]
pub struct QuickReplyItem<'a> {
    /// What it does.
    pub action: Action<'a>,
}

/// What a button does.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "type", rename_all = "camelCase")]
pub enum Action<'a> {
    /// Sends a text as if the person had typed it.
    Message {
        /// What the button says, at most 20 characters as people count them.
        label: Cow<'a, str>,
        /// What it sends, at most 300 characters.
        text: Cow<'a, str>,
    },
}

/// The messages of one reply or push: typed, or the JSON array they make.
#[derive(Clone, Copy, Debug)]
pub enum Messages<'a> {
    /// A JSON array of message objects, sent as it is.
    Json(&'a str),
    /// Messages still to be written as JSON.
    Typed(&'a [Message<'a>]),
}

impl Messages<'_> {
    /// Appends the JSON array.
    pub(crate) fn write(&self, body: &mut Vec<u8>) -> serde_json::Result<()> {
        match self {
            Self::Json(json) => {
                body.extend_from_slice(json.as_bytes());
                Ok(())
            }
            Self::Typed(messages) => serde_json::to_writer(body, messages),
        }
    }

    /// About how long the JSON array is, to make room for it at once.
    pub(crate) fn size_hint(&self) -> usize {
        match self {
            Self::Json(json) => json.len(),
            Self::Typed(messages) => messages.len() * 256,
        }
    }
}

impl<'a> From<&'a str> for Messages<'a> {
    fn from(json: &'a str) -> Self {
        Self::Json(json)
    }
}

impl<'a> From<&'a [Message<'a>]> for Messages<'a> {
    fn from(messages: &'a [Message<'a>]) -> Self {
        Self::Typed(messages)
    }
}

impl<'a, const N: usize> From<&'a [Message<'a>; N]> for Messages<'a> {
    fn from(messages: &'a [Message<'a>; N]) -> Self {
        Self::Typed(messages)
    }
}
