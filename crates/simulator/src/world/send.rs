//! What the bot sends: replies, pushes, the loading indicator.

use std::collections::{HashMap, VecDeque};

use serde::Serialize;
use serde_json::Value;

use super::World;
use super::chat::{Author, BotSend, Content, Line, Message};
use crate::clock::month;
use crate::config::{Friendship, Quota};
use crate::id::{ChatId, UserId, random_hex};

/// A retry key is remembered for a day (<https://developers.line.biz/en/docs/messaging-api/retrying-api-request/>).
const RETRY_KEY_LIFE: i64 = 24 * 3_600_000;
/// Who wrote to the bot can be pushed to for a week, friend or not
/// (<https://developers.line.biz/en/reference/messaging-api/#send-push-message>).
const STRANGER_REACHABLE: i64 = 7 * 24 * 3_600_000;
/// The message types that can be quoted (<https://developers.line.biz/en/docs/messaging-api/get-quote-tokens/>).
const QUOTABLE: [&str; 7] = [
    "text", "textV2", "sticker", "image", "video", "template", "flex",
];

/// What the platform remembers about pushes.
pub(super) struct Sending {
    quota: Quota,
    month: i32,
    used: u64,
    retry_keys: HashMap<String, AcceptedPush>,
    retry_key_order: VecDeque<String>,
    kept: usize,
}

struct AcceptedPush {
    at: i64,
    request_id: String,
    sent: Vec<SentMessage>,
}

impl Sending {
    pub(super) fn new(quota: Quota, kept: usize) -> Self {
        Self {
            quota,
            month: 0,
            used: 0,
            retry_keys: HashMap::new(),
            retry_key_order: VecDeque::new(),
            kept,
        }
    }

    fn remember(&mut self, key: &str, accepted: AcceptedPush) {
        if self.retry_keys.insert(key.to_owned(), accepted).is_none() {
            self.retry_key_order.push_back(key.to_owned());
        }
        if self.retry_key_order.len() > self.kept
            && let Some(oldest) = self.retry_key_order.pop_front()
        {
            self.retry_keys.remove(&oldest);
        }
    }
}

/// An item of `sentMessages`.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SentMessage {
    id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    quote_token: Option<String>,
}

/// Why a reply is refused.
#[derive(Debug)]
pub(crate) enum ReplyRefusal {
    InvalidToken,
    /// The bot is no longer in the group.
    Unreachable,
    /// `messages[n].quoteToken` is not from this chat.
    QuoteToken(usize),
}

/// Why a push is refused.
#[derive(Debug)]
pub(crate) enum PushRefusal {
    UnknownTarget,
    QuotaExceeded,
    QuoteToken(usize),
    AlreadyAccepted {
        request_id: String,
        sent: Vec<SentMessage>,
    },
}

/// A push as requested.
pub(crate) struct Push<'a> {
    pub(crate) to: &'a str,
    pub(crate) retry_key: Option<&'a str>,
    pub(crate) request_id: &'a str,
}

impl World {
    /// The bot replies; `messages` are valid.
    pub(crate) fn reply(
        &mut self,
        token: &str,
        messages: Vec<Value>,
        now: i64,
    ) -> Result<Vec<SentMessage>, ReplyRefusal> {
        let (chat, delivery) = self
            .reply_tokens
            .check(token, now)
            .ok_or(ReplyRefusal::InvalidToken)?;
        if !self.chat(&chat).is_some_and(|chat| chat.bot_present) {
            return Err(ReplyRefusal::Unreachable);
        }
        self.check_quotes(&chat, &messages)
            .map_err(ReplyRefusal::QuoteToken)?;
        self.reply_tokens.redeem(token);
        let visible = !self.is_blocked(&chat);
        Ok(self.say(&chat, Some(delivery), messages, visible, now))
    }

    /// The bot pushes; `messages` are valid.
    pub(crate) fn push(
        &mut self,
        push: &Push<'_>,
        messages: Vec<Value>,
        now: i64,
    ) -> Result<Vec<SentMessage>, PushRefusal> {
        if let Some(accepted) = push
            .retry_key
            .and_then(|key| self.sending.retry_keys.get(key))
            && now - accepted.at < RETRY_KEY_LIFE
        {
            let (request_id, sent) = (accepted.request_id.clone(), accepted.sent.clone());
            return Err(PushRefusal::AlreadyAccepted { request_id, sent });
        }
        let chat_id = ChatId::parse(push.to).ok_or(PushRefusal::UnknownTarget)?;
        let chat = self
            .chat(&chat_id)
            .filter(|chat| chat.bot_present)
            .ok_or(PushRefusal::UnknownTarget)?;
        // Recipients are counted, not messages (<https://developers.line.biz/en/docs/messaging-api/pricing/>).
        let recipients = if chat.is_group() {
            chat.members.len() as u64
        } else {
            1
        };
        let visible = chat.is_group() || self.is_reachable(&chat_id, now);
        self.check_quotes(&chat_id, &messages)
            .map_err(PushRefusal::QuoteToken)?;
        if visible {
            let used = self.quota_used(now) + recipients;
            if matches!(self.sending.quota, Quota::Limited(most) if used > most) {
                return Err(PushRefusal::QuotaExceeded);
            }
            (self.sending.used, self.sending.month) = (used, month(now));
        }
        let sent = self.say(&chat_id, None, messages, visible, now);
        if let Some(key) = push.retry_key {
            let accepted = AcceptedPush {
                at: now,
                request_id: push.request_id.to_owned(),
                sent: sent.clone(),
            };
            self.sending.remember(key, accepted);
        }
        Ok(sent)
    }

    /// The monthly limit.
    pub(crate) fn quota(&self) -> Quota {
        self.sending.quota
    }

    /// Recipients pushed to this month.
    pub(crate) fn quota_used(&self, now: i64) -> u64 {
        if self.sending.month == month(now) {
            self.sending.used
        } else {
            0
        }
    }

    /// Shows the loading indicator; LINE also accepts when nobody will see it.
    pub(crate) fn show_loading(&mut self, user: &UserId, seconds: i64, now: i64) {
        let (chat, revision) = (user.clone().into(), self.changed());
        if !self.is_blocked(&chat)
            && let Some(chat) = self.chat_mut(&chat)
        {
            chat.loading_until = now + seconds * 1_000;
            chat.revision = revision;
        }
    }

    fn say(
        &mut self,
        chat: &ChatId,
        answers: Option<u64>,
        messages: Vec<Value>,
        visible: bool,
        now: i64,
    ) -> Vec<SentMessage> {
        let kept = self.limits.messages_kept;
        let mut sent = Vec::with_capacity(messages.len());
        let mut arrived = Vec::with_capacity(messages.len());
        for json in messages {
            let id = self.next_message_id(now);
            let message = Message {
                id: id.clone(),
                json,
            };
            let quote_token = QUOTABLE.contains(&message.kind()).then(|| random_hex(48));
            sent.push(SentMessage {
                id: id.clone(),
                quote_token: quote_token.clone(),
            });
            if visible {
                let (number, revision) = (self.next_number(), self.changed());
                let content = Content::Message {
                    id,
                    json: message.json.clone(),
                    quote_token,
                    edited: false,
                };
                if let Some(chat) = self.chat_mut(chat) {
                    let line = Line {
                        number,
                        revision,
                        at: now,
                        author: Author::Bot,
                        content,
                        delivery: None,
                    };
                    chat.push_line(line, kept);
                }
                arrived.push(message);
            }
        }
        if visible {
            let number = self.next_number();
            if let Some(chat) = self.chat_mut(chat) {
                chat.loading_until = 0;
                chat.sends.push_back(BotSend {
                    number,
                    answers,
                    messages: arrived,
                });
                if chat.sends.len() > kept {
                    chat.sends.pop_front();
                }
            }
        }
        sent
    }

    fn check_quotes(&self, chat: &ChatId, messages: &[Value]) -> Result<(), usize> {
        let Some(chat) = self.chat(chat) else {
            return Ok(());
        };
        let unknown = messages.iter().position(|message| {
            message
                .get("quoteToken")
                .and_then(Value::as_str)
                .is_some_and(|token| !chat.has_quote_token(token))
        });
        unknown.map_or(Ok(()), Err)
    }

    fn is_blocked(&self, chat: &ChatId) -> bool {
        let person = UserId::parse(chat.as_str()).and_then(|id| self.person(&id));
        person.is_some_and(|person| person.friendship == Friendship::Blocked)
    }

    fn is_reachable(&self, chat: &ChatId, now: i64) -> bool {
        let person = UserId::parse(chat.as_str()).and_then(|id| self.person(&id));
        let spoken = self.chat(chat).and_then(|chat| chat.last_spoken);
        match person.map(|person| person.friendship) {
            Some(Friendship::Friend) => true,
            Some(Friendship::Stranger) => spoken.is_some_and(|at| now - at <= STRANGER_REACHABLE),
            Some(Friendship::Blocked) | None => false,
        }
    }
}
