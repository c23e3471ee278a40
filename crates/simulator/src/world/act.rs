//! From what a person does to the webhook event and the line in the chat.

use serde_json::{Value, json};

use super::World;
use super::chat::{Author, Chat, Content, Line, Note};
use super::event::{Draft, media};
use crate::action::Action;
use crate::config::Friendship;
use crate::error::Refusal;
use crate::id::{ChatId, UserId};

/// What an action led to.
pub(crate) struct Acted {
    /// The delivery of its webhook event.
    pub(crate) delivery: u64,
    /// Whether somebody has to start sending from the chat's queue.
    pub(crate) start_draining: bool,
}

/// What an action means: the event for the bot, what the chat shows of it, and the message it is about.
pub(super) struct Deed {
    pub(super) draft: Draft,
    pub(super) trace: Trace,
    pub(super) message_id: Option<String>,
}

/// What the chat shows of an action.
pub(super) enum Trace {
    Added(Content),
    /// The message with this id now has this content.
    Replaced(String, Content),
}

impl World {
    /// A person does something in a chat; the webhook event is queued.
    pub(crate) fn act(
        &mut self,
        chat: &ChatId,
        who: &UserId,
        action: Action,
        now: i64,
    ) -> Result<Acted, Refusal> {
        if self.outbox.pending >= self.limits.pending_events {
            return Err(Refusal::LimitReached);
        }
        let deed = self.carry_out(chat, who, action, now)?;
        let delivery = self.write_down(chat, who, deed, now)?;
        Ok(Acted {
            delivery,
            start_draining: self.enqueue(delivery),
        })
    }

    /// Like [`World::act`], but the event is handed out instead of being sent; its reply token counts from now.
    pub(crate) fn compose(
        &mut self,
        chat: &ChatId,
        who: &UserId,
        action: Action,
        now: i64,
    ) -> Result<Value, Refusal> {
        let deed = self.carry_out(chat, who, action, now)?;
        let delivery = self.write_down(chat, who, deed, now)?;
        let delivery = self
            .outbox
            .deliveries
            .remove(&delivery)
            .ok_or(Refusal::LimitReached)?;
        if let Some(token) = &delivery.reply_token {
            self.reply_tokens.sent(token, now);
        }
        Ok(delivery.event)
    }

    fn write_down(
        &mut self,
        chat: &ChatId,
        who: &UserId,
        deed: Deed,
        now: i64,
    ) -> Result<u64, Refusal> {
        let Deed {
            draft,
            trace,
            message_id,
        } = deed;
        let number = self.next_number();
        let reply_token = draft
            .replyable
            .then(|| self.reply_tokens.issue(chat, number, now));
        let person = self.people.get(who).ok_or(Refusal::UnknownPerson)?;
        let place = self.chat(chat).ok_or(Refusal::UnknownChat)?;
        let event = draft.event(place, person, reply_token.as_deref(), now);
        self.record_event(chat, number, event, reply_token, message_id);

        let (revision, kept) = (self.changed(), self.limits.messages_kept);
        let place = self.chat_mut(chat).ok_or(Refusal::UnknownChat)?;
        let delivery = Some(number);
        match trace {
            Trace::Added(content) => {
                let author = Author::Person(who.clone());
                place.push_line(
                    Line {
                        number,
                        revision,
                        at: now,
                        author,
                        content,
                        delivery,
                    },
                    kept,
                );
            }
            Trace::Replaced(message, content) => {
                place.revision = revision;
                if let Some(line) = place.line_of(&message) {
                    (line.revision, line.content, line.delivery) = (revision, content, delivery);
                }
            }
        }
        Ok(number)
    }

    fn carry_out(
        &mut self,
        chat: &ChatId,
        who: &UserId,
        action: Action,
        now: i64,
    ) -> Result<Deed, Refusal> {
        match action {
            Action::Follow => self.follow(chat, who, Friendship::Stranger),
            Action::Unblock => self.follow(chat, who, Friendship::Blocked),
            Action::Block => self.block(chat, who),
            Action::InviteBot => self.invite_bot(chat, who),
            Action::RemoveBot => self.remove_bot(chat, who),
            Action::JoinGroup => self.join_group(chat, who),
            Action::LeaveGroup => self.leave_group(chat, who),
            Action::Unsend { message_id } => self.unsend(chat, who, message_id),
            Action::Edit {
                message_id,
                text,
                mentions,
            } => self.edit(chat, who, message_id, &text, &mentions),
            Action::Postback { data, display_text } => {
                self.chat_with_bot(chat, who)?.last_spoken = Some(now);
                let content = match display_text {
                    Some(text) => self.shown(&text, now),
                    None => Content::Note(Note::PostedBack),
                };
                let draft =
                    Draft::replyable("postback", Some(("postback", json!({ "data": data }))));
                Ok(Deed {
                    draft,
                    trace: Trace::Added(content),
                    message_id: None,
                })
            }
            Action::Text { text, mentions } => {
                self.chat_with_bot(chat, who)?.last_spoken = Some(now);
                let json = self.text(chat, &text, &mentions)?;
                Ok(self.said(json, true, now))
            }
            other => {
                let (json, quotable) = media(&other).ok_or(Refusal::Empty)?;
                self.chat_with_bot(chat, who)?.last_spoken = Some(now);
                Ok(self.said(json, quotable, now))
            }
        }
    }

    /// The chat, if what this person does there reaches the bot.
    pub(super) fn chat_with_bot(
        &mut self,
        chat: &ChatId,
        who: &UserId,
    ) -> Result<&mut Chat, Refusal> {
        let person = self.people.get(who).ok_or(Refusal::UnknownPerson)?;
        let blocked = person.friendship == Friendship::Blocked;
        let chat = self.chat_of(chat, who)?;
        match (chat.is_group(), chat.bot_present, blocked) {
            (true, false, _) => Err(Refusal::BotAbsent),
            (false, _, true) => Err(Refusal::Blocked),
            _ => Ok(chat),
        }
    }

    /// The chat, if this person is in it.
    pub(super) fn chat_of(&mut self, chat: &ChatId, who: &UserId) -> Result<&mut Chat, Refusal> {
        let chat = self.chat_mut(chat).ok_or(Refusal::UnknownChat)?;
        if chat.members.contains(who) {
            Ok(chat)
        } else {
            Err(Refusal::NotAMember)
        }
    }
}

impl Deed {
    /// A deed that leaves a note in the chat.
    pub(super) fn noted(draft: Draft, note: Note) -> Self {
        Self {
            draft,
            trace: Trace::Added(Content::Note(note)),
            message_id: None,
        }
    }
}
