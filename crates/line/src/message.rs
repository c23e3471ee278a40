//! Messages the bot sends.

use serde::Serialize;
use std::borrow::Cow;

/// A message to send.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "type", rename_all = "camelCase")]
pub enum Message<'a> {
    /// <https://developers.line.biz/en/reference/messaging-api/#text-message>
    Text {
        /// Not empty, at most 5,000 UTF-16 code units
        /// (<https://developers.line.biz/en/docs/messaging-api/text-character-count/>).
        text: Cow<'a, str>,
    },
}

impl<'a> Message<'a> {
    /// Text.
    pub fn text(text: impl Into<Cow<'a, str>>) -> Self {
        Self::Text { text: text.into() }
    }
}

/// The messages of one reply or push, at most five
/// (<https://developers.line.biz/en/reference/messaging-api/#send-reply-message>): typed, or the JSON
/// array they make.
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
