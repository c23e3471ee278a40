//! What people say: messages and their later changes.

use serde_json::{Value, json};

use super::World;
use super::act::{Deed, Trace};
use super::chat::{Author, Chat, Content, Line};
use super::event::Draft;
use super::mention::{self, Mentioned, Target};
use crate::action::Mention;
use crate::error::Refusal;
use crate::id::{ChatId, UserId, random_hex};

impl World {
    /// A new message, told to the bot.
    pub(super) fn said(&mut self, json: Value, quotable: bool, now: i64) -> Deed {
        let quote_token = quotable.then(|| random_hex(48));
        let (id, json) = self.identified(json, quote_token.as_deref(), now);
        Deed {
            draft: Draft::message("message", json.clone()),
            trace: Trace::Added(Content::Message {
                id: id.clone(),
                json,
                quote_token,
                edited: false,
            }),
            message_id: Some(id),
        }
    }

    /// A text a button put into the chat; no event tells the bot of it.
    pub(super) fn shown(&mut self, text: &str, now: i64) -> Content {
        let (id, json) = self.identified(json!({ "type": "text", "text": text }), None, now);
        Content::Message {
            id,
            json,
            quote_token: None,
            edited: false,
        }
    }

    /// Gives a message its id and its quote token.
    fn identified(
        &mut self,
        mut json: Value,
        quote_token: Option<&str>,
        now: i64,
    ) -> (String, Value) {
        let id = self.next_message_id(now);
        if let Some(fields) = json.as_object_mut() {
            fields.insert("id".to_owned(), json!(id));
            if let Some(token) = quote_token {
                fields.insert("quoteToken".to_owned(), json!(token));
            }
        }
        (id, json)
    }

    pub(super) fn text(
        &self,
        chat: &ChatId,
        text: &str,
        mentions: &[Mention],
    ) -> Result<Value, Refusal> {
        let chat = self.chat(chat).ok_or(Refusal::UnknownChat)?;
        if !chat.is_group() && !mentions.is_empty() {
            return Err(Refusal::GroupsOnly);
        }
        let mentioned = mentions
            .iter()
            .map(|mention| self.mentioned(chat, mention))
            .collect::<Result<Vec<_>, _>>()?;
        let (text, mentionees) = mention::place(text, &mentioned);
        if text.is_empty() {
            return Err(Refusal::Empty);
        }
        if text.encode_utf16().count() > self.limits.text {
            return Err(Refusal::TooLong);
        }
        let mut json = json!({ "type": "text", "text": text });
        if let (false, Some(fields)) = (mentionees.is_empty(), json.as_object_mut()) {
            fields.insert("mention".to_owned(), json!({ "mentionees": mentionees }));
        }
        Ok(json)
    }

    fn mentioned(&self, chat: &Chat, mention: &Mention) -> Result<Mentioned, Refusal> {
        Ok(match mention {
            Mention::Everyone => Mentioned {
                name: "All".to_owned(),
                target: Target::Everyone,
            },
            Mention::Bot => {
                let target = Target::One {
                    id: Some(self.bot.user_id.clone()),
                    is_bot: true,
                };
                Mentioned {
                    name: self.bot.display_name.clone(),
                    target,
                }
            }
            Mention::User(id) => {
                let person = self
                    .people
                    .get(id)
                    .filter(|_| chat.members.contains(id))
                    .ok_or(Refusal::NotAMember)?;
                let id = person.shares_profile.then(|| id.clone());
                Mentioned {
                    name: person.display_name.clone(),
                    target: Target::One { id, is_bot: false },
                }
            }
        })
    }

    pub(super) fn unsend(
        &mut self,
        chat: &ChatId,
        who: &UserId,
        message_id: String,
    ) -> Result<Deed, Refusal> {
        self.own_message(chat, who, &message_id)?;
        let draft = Draft::silent(
            "unsend",
            Some(("unsend", json!({ "messageId": message_id }))),
        );
        Ok(Deed {
            draft,
            trace: Trace::Replaced(message_id.clone(), Content::Unsent),
            message_id: Some(message_id),
        })
    }

    /// Same message id, new reply and quote token
    /// (<https://developers.line.biz/en/reference/messaging-api/#edit-event>).
    pub(super) fn edit(
        &mut self,
        chat: &ChatId,
        who: &UserId,
        message_id: String,
        text: &str,
        mentions: &[Mention],
    ) -> Result<Deed, Refusal> {
        let before = self.own_message(chat, who, &message_id)?;
        if before.get("type") != Some(&json!("text")) {
            return Err(Refusal::NotTheirMessage);
        }
        if !self.chat(chat).is_some_and(Chat::is_group) {
            return Err(Refusal::GroupsOnly);
        }
        let mut json = self.text(chat, text, mentions)?;
        let quote_token = random_hex(48);
        if let Some(fields) = json.as_object_mut() {
            fields.insert("id".to_owned(), json!(message_id));
            fields.insert("quoteToken".to_owned(), json!(quote_token));
        }
        let draft = Draft::message("messageEdited", json.clone());
        let content = Content::Message {
            id: message_id.clone(),
            json,
            quote_token: Some(quote_token),
            edited: true,
        };
        Ok(Deed {
            draft,
            trace: Trace::Replaced(message_id.clone(), content),
            message_id: Some(message_id),
        })
    }

    fn own_message(
        &mut self,
        chat: &ChatId,
        who: &UserId,
        message_id: &str,
    ) -> Result<Value, Refusal> {
        match self.chat_with_bot(chat, who)?.line_of(message_id) {
            Some(Line {
                author: Author::Person(author),
                content: Content::Message { json, .. },
                ..
            }) if author == who => Ok(json.clone()),
            _ => Err(Refusal::NotTheirMessage),
        }
    }
}
