//! An event as it is on the wire, and how it becomes an [`Event`].

use super::kind::{
    AccountLink, Beacon, ChatControl, Delivery, EventKind, Follow, Members, Membership, Module,
    Postback, Unsend, VideoPlayComplete,
};
use super::{Event, Message, Mode, Source, lenient};
use serde::Deserialize;
use serde::de::value::MapDeserializer;
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::collections::HashMap;
use std::iter;

/// The reply tokens of the dummy events the Console's "Verify" button once sent; a reply to them
/// is refused (<https://github.com/line/line-bot-sdk-nodejs/pull/99>).
const DUMMY_REPLY_TOKENS: [&str; 2] = [
    "00000000000000000000000000000000",
    "ffffffffffffffffffffffffffffffff",
];

/// Reads one event. What cannot be read is missing from it; at worst all of it is.
pub(super) fn read(event: &str) -> Event<'_> {
    // A derived struct would also take a list, field by field.
    if !event.starts_with('{') {
        return Fields::default().into_event();
    }
    serde_json::from_str(event)
        .unwrap_or_else(|_| salvage(event))
        .into_event()
}

/// Reads the fields that can be read on their own: for an event with a field that is broken as
/// JSON goes (a number out of range, half of a surrogate pair, too deep) or is there twice.
fn salvage(event: &str) -> Fields<'_> {
    let fields: HashMap<Cow<'_, str>, &RawValue> = serde_json::from_str(event).unwrap_or_default();
    let readable = fields
        .iter()
        .map(|(name, value)| (name.as_ref(), *value))
        .filter(|field| Fields::deserialize(MapDeserializer::new(iter::once(*field))).is_ok());
    Fields::deserialize(MapDeserializer::new(readable)).unwrap_or_default()
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Fields<'a> {
    #[serde(rename = "type", borrow, deserialize_with = "lenient::string")]
    event_type: Option<Cow<'a, str>>,
    #[serde(borrow, deserialize_with = "lenient::string")]
    webhook_event_id: Option<Cow<'a, str>>,
    #[serde(deserialize_with = "lenient::lenient")]
    timestamp: Option<i64>,
    #[serde(borrow, deserialize_with = "lenient::string")]
    mode: Option<Cow<'a, str>>,
    #[serde(borrow, deserialize_with = "lenient::lenient")]
    source: Option<Source<'a>>,
    #[serde(deserialize_with = "lenient::lenient")]
    delivery_context: Option<DeliveryContext>,
    #[serde(borrow, deserialize_with = "lenient::string")]
    reply_token: Option<Cow<'a, str>>,

    #[serde(borrow, deserialize_with = "lenient::lenient")]
    message: Option<Message<'a>>,
    #[serde(borrow, deserialize_with = "lenient::lenient")]
    unsend: Option<Unsend<'a>>,
    #[serde(deserialize_with = "lenient::lenient")]
    follow: Option<Follow>,
    #[serde(borrow, deserialize_with = "lenient::lenient")]
    joined: Option<Members<'a>>,
    #[serde(borrow, deserialize_with = "lenient::lenient")]
    left: Option<Members<'a>>,
    #[serde(borrow, deserialize_with = "lenient::lenient")]
    postback: Option<Postback<'a>>,
    #[serde(borrow, deserialize_with = "lenient::lenient")]
    video_play_complete: Option<VideoPlayComplete<'a>>,
    #[serde(borrow, deserialize_with = "lenient::lenient")]
    beacon: Option<Beacon<'a>>,
    #[serde(borrow, deserialize_with = "lenient::lenient")]
    link: Option<AccountLink<'a>>,
    #[serde(borrow, deserialize_with = "lenient::lenient")]
    membership: Option<Membership<'a>>,
    #[serde(borrow, deserialize_with = "lenient::lenient")]
    module: Option<Module<'a>>,
    #[serde(deserialize_with = "lenient::lenient")]
    chat_control: Option<ChatControl>,
    #[serde(borrow, deserialize_with = "lenient::lenient")]
    delivery: Option<Delivery<'a>>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct DeliveryContext {
    #[serde(deserialize_with = "lenient::lenient")]
    is_redelivery: Option<bool>,
}

impl<'a> Fields<'a> {
    fn into_event(mut self) -> Event<'a> {
        let kind = self.take_kind();
        Event {
            webhook_event_id: self.webhook_event_id,
            timestamp: self.timestamp,
            mode: self.mode.map(|mode| match mode.as_ref() {
                "active" => Mode::Active,
                "standby" => Mode::Standby,
                _ => Mode::Other,
            }),
            source: self.source,
            is_redelivery: self
                .delivery_context
                .and_then(|context| context.is_redelivery),
            reply_token: self
                .reply_token
                .filter(|token| !DUMMY_REPLY_TOKENS.contains(&token.as_ref())),
            kind,
        }
    }

    /// The kind by `type`. An event whose kind is all in one field is unknown without that field;
    /// one that says enough by its type alone is what its type says.
    fn take_kind(&mut self) -> EventKind<'a> {
        let event_type = self.event_type.take();
        let kind = match event_type.as_deref() {
            Some("message") => self.message.take().map(EventKind::Message),
            Some("messageEdited") => self.message.take().map(EventKind::MessageEdited),
            Some("unsend") => self
                .unsend
                .take()
                .and_then(|unsend| unsend.message_id)
                .map(|message_id| EventKind::Unsend { message_id }),
            Some("follow") => Some(EventKind::Follow {
                is_unblocked: self.follow.take().and_then(|follow| follow.is_unblocked),
            }),
            Some("unfollow") => Some(EventKind::Unfollow),
            Some("join") => Some(EventKind::Join),
            Some("leave") => Some(EventKind::Leave),
            Some("memberJoined") => Some(EventKind::MemberJoined {
                members: self.joined.take().unwrap_or_default().members,
            }),
            Some("memberLeft") => Some(EventKind::MemberLeft {
                members: self.left.take().unwrap_or_default().members,
            }),
            Some("postback") => self.postback.take().map(EventKind::Postback),
            Some("videoPlayComplete") => Some(EventKind::VideoPlayComplete {
                tracking_id: self
                    .video_play_complete
                    .take()
                    .and_then(|video| video.tracking_id),
            }),
            Some("beacon") => self.beacon.take().map(EventKind::Beacon),
            Some("accountLink") => self.link.take().map(EventKind::AccountLink),
            Some("membership") => self.membership.take().map(EventKind::Membership),
            Some("module") => self.module.take().map(EventKind::Module),
            Some("activated") => Some(EventKind::Activated {
                expire_at: self
                    .chat_control
                    .take()
                    .and_then(|control| control.expire_at),
            }),
            Some("deactivated") => Some(EventKind::Deactivated),
            Some("botSuspended") => Some(EventKind::BotSuspended),
            Some("botResumed") => Some(EventKind::BotResumed),
            Some("delivery") => Some(EventKind::Delivery {
                data: self.delivery.take().and_then(|delivery| delivery.data),
            }),
            _ => None,
        };
        kind.unwrap_or(EventKind::Unknown { event_type })
    }
}
