use serde::Serialize;

use super::World;
use super::chat::{Author, Chat, ChatKind, Content, Line, Note};
use crate::config::{Friendship, Group, GroupKind, Person};
use crate::error::Refusal;
use crate::id::{ChatId, UserId};

/// What the profile endpoints tell.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Profile {
    display_name: String,
    user_id: UserId,
    /// Only the profile of a friend tells the language
    /// (<https://developers.line.biz/en/reference/messaging-api/#get-group-member-profile>).
    #[serde(skip_serializing_if = "Option::is_none")]
    language: Option<String>,
}

/// What the group endpoints tell.
pub(crate) struct Membership {
    pub(crate) name: String,
    pub(crate) count: usize,
}

impl World {
    /// Brings a person into the world, with a chat with the bot.
    pub(crate) fn add_person(&mut self, person: Person) -> Result<(), Refusal> {
        if self.people.len() >= self.limits.people {
            return Err(Refusal::LimitReached);
        }
        if UserId::parse(person.id.as_str()).is_none() || self.people.contains_key(&person.id) {
            return Err(Refusal::BadId);
        }
        self.add_chat(Chat::new(
            person.id.clone().into(),
            ChatKind::OneToOne,
            person.display_name.clone(),
            vec![person.id.clone()],
        ));
        self.people.insert(person.id.clone(), person);
        Ok(())
    }

    /// Brings a group into the world.
    pub(crate) fn add_group(&mut self, group: Group) -> Result<(), Refusal> {
        if self.chats.len() - self.people.len() >= self.limits.people
            || group.members.len() > self.limits.group_members
        {
            return Err(Refusal::LimitReached);
        }
        let kind = match group.id.as_str().chars().next() {
            Some('C') => GroupKind::Group,
            Some('R') => GroupKind::Room,
            _ => return Err(Refusal::BadId),
        };
        if ChatId::parse(group.id.as_str()).is_none() || self.chat_index.contains_key(&group.id) {
            return Err(Refusal::BadId);
        }
        if group
            .members
            .iter()
            .any(|member| !self.people.contains_key(member))
        {
            return Err(Refusal::UnknownPerson);
        }
        let mut chat = Chat::new(group.id, ChatKind::Group(kind), group.name, group.members);
        chat.bot_present = group.bot_is_member;
        self.add_chat(chat);
        Ok(())
    }

    fn add_chat(&mut self, mut chat: Chat) {
        chat.revision = self.changed();
        self.chat_index.insert(chat.id.clone(), self.chats.len());
        self.chats.push(chat);
    }

    /// A person by id.
    pub(crate) fn person(&self, id: &UserId) -> Option<&Person> {
        self.people.get(id)
    }

    /// The profile of a friend; of anybody else LINE tells nothing (404).
    pub(crate) fn friend_profile(&self, id: &str) -> Option<Profile> {
        let person = self.people.get(&UserId::parse(id)?)?;
        let visible = person.friendship == Friendship::Friend && person.shares_profile;
        visible.then(|| Profile {
            display_name: person.display_name.clone(),
            user_id: person.id.clone(),
            language: person.language.clone(),
        })
    }

    /// The profile of a member of a group the bot is in, friend or not.
    pub(crate) fn member_profile(
        &self,
        kind: GroupKind,
        group: &str,
        user: &str,
    ) -> Option<Profile> {
        let chat = self.group_with_bot(kind, group)?;
        let user = UserId::parse(user)?;
        let person = self
            .people
            .get(&user)
            .filter(|_| chat.members.contains(&user))?;
        person.shares_profile.then(|| Profile {
            display_name: person.display_name.clone(),
            user_id: user,
            language: None,
        })
    }

    /// Name and size of a group the bot is in.
    pub(crate) fn membership(&self, kind: GroupKind, group: &str) -> Option<Membership> {
        let chat = self.group_with_bot(kind, group)?;
        Some(Membership {
            name: chat.name.clone(),
            count: chat.members.len(),
        })
    }

    fn group_with_bot(&self, kind: GroupKind, group: &str) -> Option<&Chat> {
        self.chat(&ChatId::parse(group)?)
            .filter(|chat| chat.bot_present && chat.kind == ChatKind::Group(kind))
    }

    /// The bot leaves by itself; no event tells it so.
    pub(crate) fn bot_leaves(&mut self, kind: GroupKind, group: &str, now: i64) -> bool {
        let Some(id) = self.group_with_bot(kind, group).map(|chat| chat.id.clone()) else {
            return false;
        };
        let (number, revision, kept) = (
            self.next_number(),
            self.changed(),
            self.limits.messages_kept,
        );
        if let Some(chat) = self.chat_mut(&id) {
            chat.bot_present = false;
            let content = Content::Note(Note::BotLeft);
            chat.push_line(
                Line {
                    number,
                    revision,
                    at: now,
                    author: Author::Bot,
                    content,
                    delivery: None,
                },
                kept,
            );
        }
        true
    }
}
