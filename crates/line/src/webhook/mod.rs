//! Webhook requests: what LINE sends to the bot.
//!
//! [`parse`] reads the envelope; each event is read on its own by [`Webhook::events`], so that one
//! bad event never harms its neighbours. Every field LINE describes is optional here, and a field
//! of an unexpected type reads as a missing one.
//!
//! The shapes are those of <https://github.com/line/line-openapi/blob/main/webhook.yml> and, for
//! `messageEdited`, of <https://developers.line.biz/en/reference/messaging-api/#edit-event>.

mod event;
mod kind;
mod lenient;
mod mention;
mod message;
mod wire;

pub use event::{Event, Mode, Source};
pub use kind::{AccountLink, Beacon, EventKind, Membership, Module, Postback, PostbackParams};
pub use message::{
    Content, ContentProvider, Emoji, File, ImageSet, Location, Media, Mentionee, Message, Sticker,
    Text,
};

use serde::Deserialize;
use serde_json::value::RawValue;
use std::borrow::Cow;

/// One webhook request, borrowed from its body.
#[derive(Clone, Debug)]
pub struct Webhook<'a> {
    /// The bot's own user id.
    pub destination: Option<Cow<'a, str>>,
    events: Vec<&'a RawValue>,
}

/// Why a body is no webhook request.
#[derive(Debug, thiserror::Error)]
pub enum ParseError {
    /// JSON is UTF-8 (RFC 8259, 8.1).
    #[error("the body is not UTF-8")]
    NotUtf8(#[from] std::str::Utf8Error),
    /// The body is JSON or looks like it, but is no object.
    #[error("the body is no JSON object")]
    NotAnObject,
    /// The body is broken JSON, or `events` is no list.
    #[error("the body is no webhook request")]
    Malformed(#[from] serde_json::Error),
}

/// Reads a webhook body. Check its signature first: [`crate::ChannelSecrets::verify`].
///
/// No events at all is a good request: LINE sends it to see whether the bot is there.
pub fn parse(body: &[u8]) -> Result<Webhook<'_>, ParseError> {
    #[derive(Deserialize)]
    struct Envelope<'a> {
        #[serde(default, borrow, deserialize_with = "lenient::string")]
        destination: Option<Cow<'a, str>>,
        #[serde(default, borrow)]
        events: Option<Vec<&'a RawValue>>,
    }
    let body = std::str::from_utf8(body)?;
    // A derived struct would also take a list, field by field.
    if !body.trim_ascii_start().starts_with('{') {
        return Err(ParseError::NotAnObject);
    }
    let envelope: Envelope<'_> = serde_json::from_str(body)?;
    Ok(Webhook {
        destination: envelope.destination,
        events: envelope.events.unwrap_or_default(),
    })
}

impl<'a> Webhook<'a> {
    /// The events in the order of the request, each read on its own when it is asked for.
    pub fn events(&self) -> impl ExactSizeIterator<Item = Event<'a>> + '_ {
        self.events.iter().map(|raw| {
            let mut event = wire::read(raw.get());
            if let Some(bot) = &self.destination {
                event.mark_mentions_of(bot);
            }
            event
        })
    }
}
