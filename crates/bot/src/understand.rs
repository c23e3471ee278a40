//! A webhook event becomes something to apply, or is set aside.

use crate::metrics;
use crate::replies::LEASE;
use line::webhook::{Content, Event, EventKind, Message, Mode, Source};
use std::sync::Arc;
use storage::{
    ConversationId, EventKey, Inbound, LanguageHint, MAX_ID_BYTES, MAX_REPLY_TOKEN_BYTES,
};
use todo::{Input, Timestamp};

/// A day: how far LINE's clock may be ahead of this machine's.
const MOST_AHEAD_MS: i64 = 24 * 60 * 60 * 1_000;

/// What an event means for the bot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Understood {
    /// To be applied.
    Apply(Inbound),
    /// The bot has no use for it; why, for the log and the metric.
    Ignore(Ignored),
}

/// Why an event is set aside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ignored {
    /// An event type the bot has no use for.
    Unused(&'static str),
    /// A message in a group or room that does not mention the bot.
    NotMentioned,
    /// Another channel has the chat
    /// (<https://developers.line.biz/en/reference/messaging-api/#common-properties>).
    Standby,
    /// It does not say where it happened, or cannot be told from others.
    Unidentified,
}

impl Ignored {
    /// A word for the metric's label.
    fn label(self) -> &'static str {
        match self {
            Self::Unused(kind) => kind,
            Self::NotMentioned => "not_mentioned",
            Self::Standby => "standby",
            Self::Unidentified => "unidentified",
        }
    }
}

/// Says what `event`, received at `received_at`, means for the bot.
pub fn understand(event: &Event<'_>, received_at: Timestamp) -> Understood {
    match inbound(event, received_at) {
        Ok(inbound) => Understood::Apply(inbound),
        Err(ignored) => {
            metrics::event_ignored(ignored.label());
            Understood::Ignore(ignored)
        }
    }
}

fn inbound(event: &Event<'_>, received_at: Timestamp) -> Result<Inbound, Ignored> {
    let input = input(event)?;
    // What is to be forgotten is forgotten, and kept again, whoever has the chat.
    let standby = event.mode == Some(Mode::Standby);
    let speaks = matches!(input, Input::Text { .. } | Input::NotText);
    if standby && speaks {
        return Err(Ignored::Standby);
    }
    let key = key(event).ok_or(Ignored::Unidentified)?;
    if input.message_id().len() > MAX_ID_BYTES {
        return Err(Ignored::Unidentified);
    }
    let reply_token = event.reply_token.as_deref();
    // Clocks differ, but a time far ahead would outdo all that happens until then.
    let latest = Timestamp(received_at.0.saturating_add(MOST_AHEAD_MS));
    let lease = i64::try_from(LEASE.as_millis()).unwrap_or(i64::MAX);
    let person = event
        .source
        .as_ref()
        .and_then(Source::user_id)
        .filter(|id| id.len() <= MAX_ID_BYTES)
        .map(str::to_owned);
    Ok(Inbound {
        key,
        input,
        // One that cannot be stored is not one of LINE's: there is nobody to reply to.
        reply_token: reply_token
            .filter(|token| !standby && token.len() <= MAX_REPLY_TOKEN_BYTES)
            .map(str::to_owned),
        happened_at: event
            .timestamp
            .map_or(received_at, |at| Timestamp(at).min(latest)),
        received_at,
        due_at: Timestamp(received_at.0.saturating_add(lease)),
        language: match person {
            Some(_) => LanguageHint::NotAsked,
            None => LanguageHint::UseDefault,
        },
        person,
    })
}

fn input(event: &Event<'_>) -> Result<Input, Ignored> {
    match &event.kind {
        EventKind::Message(message) => said(message, event.source.as_ref()),
        EventKind::Unsend { message_id } if message_id.is_empty() => Err(Ignored::Unidentified),
        EventKind::Unsend { message_id } => Ok(Input::Unsent {
            message_id: message_id.to_string(),
        }),
        EventKind::Follow { is_unblocked } => Ok(Input::Followed {
            returning: is_unblocked.unwrap_or(false),
        }),
        EventKind::Join => Ok(Input::Joined),
        EventKind::Unfollow | EventKind::Leave => Ok(Input::Left),
        other => Err(Ignored::Unused(other.name())),
    }
}

/// In a group or room the bot acts only when it is mentioned, and takes the text without the mention.
fn said(message: &Message<'_>, source: Option<&Source<'_>>) -> Result<Input, Ignored> {
    let alone_with_the_bot = match source {
        Some(Source::User { .. }) => true,
        Some(Source::Group { .. } | Source::Room { .. }) => false,
        Some(Source::Other { .. }) | None => return Err(Ignored::Unidentified),
    };
    match &message.content {
        Content::Text(text) => {
            let text = if alone_with_the_bot {
                text.text.to_string()
            } else {
                text.without_own_mentions()
                    .ok_or(Ignored::NotMentioned)?
                    .into_owned()
            };
            Ok(Input::Text {
                text,
                message_id: message.id.as_deref().unwrap_or_default().to_owned(),
            })
        }
        _ if alone_with_the_bot => Ok(Input::NotText),
        _ => Err(Ignored::NotMentioned),
    }
}

/// LINE always sends `webhookEventId`; without one, what else stays the same in a redelivery has to do.
fn key(event: &Event<'_>) -> Option<EventKey> {
    let conversation = event.source.as_ref()?.conversation_id()?;
    let event_id: Arc<str> = match (&event.webhook_event_id, &event.kind, event.timestamp) {
        (Some(id), ..) if !id.is_empty() => Arc::from(&**id),
        (_, EventKind::Message(Message { id: Some(id), .. }), _) => format!("message:{id}").into(),
        (_, kind, Some(timestamp)) => format!("{}:{timestamp}", kind.name()).into(),
        _ => return None,
    };
    let storable = |id: &str| (1..=MAX_ID_BYTES).contains(&id.len());
    (storable(conversation) && storable(&event_id)).then(|| EventKey {
        conversation: ConversationId(Arc::from(conversation)),
        event_id,
    })
}
