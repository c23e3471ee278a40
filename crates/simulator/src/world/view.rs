//! What the chat page gets to see.

use serde::Serialize;
use serde_json::Value;

use super::World;
use super::chat::{Author, Chat, ChatKind, Content, Line, Note};
use super::outbox::{DeliveryState, FailureReason, Outcome};
use crate::config::{Friendship, GroupKind};
use crate::id::{ChatId, UserId};

/// A page shows this many chats at most; more exist only in tests.
const CHATS: usize = 100;

/// Everything that changed since a revision.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Update<'a> {
    /// The revision this brings the page to.
    pub(crate) revision: u64,
    bot: BotView<'a>,
    has_webhook_url: bool,
    pub(crate) chats: Vec<ChatView<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct BotView<'a> {
    name: &'a str,
    basic_id: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ChatView<'a> {
    id: &'a ChatId,
    kind: &'static str,
    name: &'a str,
    members: Vec<MemberView<'a>>,
    bot_present: bool,
    loading_ms: i64,
    lines: Vec<LineView<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct MemberView<'a> {
    id: &'a UserId,
    name: &'a str,
    language: Option<&'a str>,
    friendship: Friendship,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct LineView<'a> {
    number: u64,
    at: i64,
    /// None for the bot.
    author: Option<&'a UserId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<MessageView<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<Note>,
    unsent: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    delivery: Option<DeliveryView>,
}

#[derive(Serialize)]
struct MessageView<'a> {
    id: &'a str,
    json: &'a Value,
    edited: bool,
}

#[derive(Serialize)]
struct DeliveryView {
    state: DeliveryState,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<FailureReason>,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<u16>,
    redeliveries: usize,
}

impl World {
    /// What a page that knows everything up to `since` has to learn; nothing when no chat changed.
    pub(crate) fn update_since(&self, since: u64, now: i64) -> Option<Update<'_>> {
        let chats: Vec<_> = self
            .chats()
            .iter()
            .take(CHATS)
            .filter(|chat| chat.revision > since)
            .collect();
        (!chats.is_empty()).then(|| Update {
            revision: self.revision(),
            bot: BotView {
                name: &self.bot().display_name,
                basic_id: &self.bot().basic_id,
            },
            has_webhook_url: self.webhook_url_in_use().is_some(),
            chats: chats
                .into_iter()
                .map(|chat| self.chat_view(chat, since, now))
                .collect(),
        })
    }

    fn chat_view<'a>(&'a self, chat: &'a Chat, since: u64, now: i64) -> ChatView<'a> {
        let members = chat.members.iter().filter_map(|id| self.person(id));
        ChatView {
            id: &chat.id,
            kind: match chat.kind {
                ChatKind::OneToOne => "user",
                ChatKind::Group(GroupKind::Group) => "group",
                ChatKind::Group(GroupKind::Room) => "room",
            },
            name: &chat.name,
            members: members
                .map(|person| MemberView {
                    id: &person.id,
                    name: &person.display_name,
                    language: person.language.as_deref(),
                    friendship: person.friendship,
                })
                .collect(),
            bot_present: chat.bot_present,
            loading_ms: (chat.loading_until - now).max(0),
            lines: chat
                .lines
                .iter()
                .filter(|line| line.revision > since)
                .map(|line| self.line_view(line))
                .collect(),
        }
    }

    fn line_view<'a>(&self, line: &'a Line) -> LineView<'a> {
        let (message, note) = match &line.content {
            Content::Message {
                id, json, edited, ..
            } => (
                Some(MessageView {
                    id,
                    json,
                    edited: *edited,
                }),
                None,
            ),
            Content::Note(note) => (None, Some(*note)),
            Content::Unsent => (None, None),
        };
        LineView {
            number: line.number,
            at: line.at,
            author: match &line.author {
                Author::Person(id) => Some(id),
                Author::Bot => None,
            },
            unsent: matches!(line.content, Content::Unsent),
            message,
            note,
            delivery: line.delivery.and_then(|number| self.delivery_view(number)),
        }
    }

    fn delivery_view(&self, number: u64) -> Option<DeliveryView> {
        let delivery = self.outbox.deliveries.get(&number)?;
        let failure = delivery
            .attempts
            .last()
            .and_then(|attempt| match &attempt.outcome {
                Outcome::Failed { reason, status, .. } => Some((*reason, *status)),
                Outcome::Delivered { .. } => None,
            });
        Some(DeliveryView {
            state: delivery.state(),
            reason: failure.map(|(reason, _)| reason),
            status: failure.and_then(|(_, status)| status),
            redeliveries: delivery.attempts.len().saturating_sub(1),
        })
    }
}
