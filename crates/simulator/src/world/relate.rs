//! What people do besides talking: befriend and block the bot, bring it into groups, come and go.

use serde_json::json;

use super::World;
use super::act::Deed;
use super::chat::{Chat, Note};
use super::event::Draft;
use crate::action::Action;
use crate::config::{Friendship, Person};
use crate::error::Refusal;
use crate::id::{ChatId, UserId};

impl World {
    /// Adding the bot and unblocking it are one event, told apart by `follow.isUnblocked`.
    pub(super) fn follow(
        &mut self,
        chat: &ChatId,
        who: &UserId,
        expected: Friendship,
    ) -> Result<Deed, Refusal> {
        let person = self.befriendable(chat, who)?;
        let unblocked = expected == Friendship::Blocked;
        match person.friendship {
            before if before == expected => person.friendship = Friendship::Friend,
            _ if unblocked => return Err(Refusal::NotBlocked),
            Friendship::Blocked => return Err(Refusal::Blocked),
            _ => return Err(Refusal::AlreadyAFriend),
        }
        let note = if unblocked {
            Note::Unblocked
        } else {
            Note::Followed
        };
        let draft = Draft::replyable(
            "follow",
            Some(("follow", json!({ "isUnblocked": unblocked }))),
        );
        Ok(Deed::noted(draft, note))
    }

    pub(super) fn block(&mut self, chat: &ChatId, who: &UserId) -> Result<Deed, Refusal> {
        let person = self.befriendable(chat, who)?;
        if person.friendship == Friendship::Blocked {
            return Err(Refusal::Blocked);
        }
        person.friendship = Friendship::Blocked;
        Ok(Deed::noted(Draft::silent("unfollow", None), Note::Blocked))
    }

    fn befriendable(&mut self, chat: &ChatId, who: &UserId) -> Result<&mut Person, Refusal> {
        if self.chat_of(chat, who)?.is_group() {
            return Err(Refusal::OneToOneOnly);
        }
        self.people.get_mut(who).ok_or(Refusal::UnknownPerson)
    }

    pub(super) fn invite_bot(&mut self, chat: &ChatId, who: &UserId) -> Result<Deed, Refusal> {
        let chat = self.group_of(chat, who)?;
        if chat.bot_present {
            return Err(Refusal::BotPresent);
        }
        chat.bot_present = true;
        Ok(Deed::noted(
            Draft::replyable("join", None),
            Note::BotInvited,
        ))
    }

    pub(super) fn remove_bot(&mut self, chat: &ChatId, who: &UserId) -> Result<Deed, Refusal> {
        let chat = self.group_of(chat, who)?;
        if !chat.bot_present {
            return Err(Refusal::BotAbsent);
        }
        chat.bot_present = false;
        Ok(Deed::noted(Draft::silent("leave", None), Note::BotRemoved))
    }

    fn group_of(&mut self, chat: &ChatId, who: &UserId) -> Result<&mut Chat, Refusal> {
        let chat = self.chat_of(chat, who)?;
        if chat.is_group() {
            Ok(chat)
        } else {
            Err(Refusal::GroupsOnly)
        }
    }

    pub(super) fn join_group(&mut self, chat: &ChatId, who: &UserId) -> Result<Deed, Refusal> {
        let most = self.limits.group_members;
        self.people.get(who).ok_or(Refusal::UnknownPerson)?;
        let chat = self
            .chat_mut(chat)
            .filter(|chat| chat.is_group())
            .ok_or(Refusal::UnknownChat)?;
        if chat.members.contains(who) {
            return Err(Refusal::AlreadyAMember);
        }
        if chat.members.len() >= most {
            return Err(Refusal::LimitReached);
        }
        if !chat.bot_present {
            return Err(Refusal::BotAbsent);
        }
        chat.members.push(who.clone());
        let joined = json!({ "members": [{ "type": "user", "userId": who }] });
        Ok(Deed::noted(
            Draft::replyable("memberJoined", Some(("joined", joined))),
            Note::Joined,
        ))
    }

    pub(super) fn leave_group(&mut self, chat: &ChatId, who: &UserId) -> Result<Deed, Refusal> {
        let chat = self.group_of(chat, who)?;
        if !chat.bot_present {
            return Err(Refusal::BotAbsent);
        }
        chat.members.retain(|member| member != who);
        let left = json!({ "members": [{ "type": "user", "userId": who }] });
        Ok(Deed::noted(
            Draft::silent("memberLeft", Some(("left", left))),
            Note::Left,
        ))
    }

    /// Makes strangers of all friends and takes the bot out of all groups; gives what brings them together again.
    pub(crate) fn forget_introductions(&mut self) -> Vec<(ChatId, UserId, Action)> {
        let mut introductions = Vec::new();
        for chat in &mut self.chats {
            let Some(somebody) = chat.members.first().cloned() else {
                continue;
            };
            if chat.is_group() {
                if std::mem::take(&mut chat.bot_present) {
                    introductions.push((chat.id.clone(), somebody, Action::InviteBot));
                }
            } else if let Some(person) = self.people.get_mut(&somebody)
                && person.friendship == Friendship::Friend
            {
                person.friendship = Friendship::Stranger;
                introductions.push((chat.id.clone(), somebody, Action::Follow));
            }
        }
        introductions
    }
}
