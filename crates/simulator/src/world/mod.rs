//! The state of the platform: people, chats, what was said, what is on its way to the bot.
//!
//! Plain data behind one lock, changed by methods that never wait and take the time as an argument. Every change
//! that somebody may be waiting for gets a new [`World::revision`].

mod act;
mod calls;
mod chat;
mod event;
mod mention;
mod outbox;
mod people;
mod relate;
mod reply_token;
mod send;
mod speak;
mod tokens;
mod view;

use std::collections::{BTreeMap, HashMap};

pub use calls::ApiCall;
pub(crate) use calls::NewCall;
pub(crate) use chat::Chat;
pub use chat::Message;
pub(crate) use outbox::Job;
pub use outbox::{Attempt, DeliveryReport, DeliveryState, FailureReason, Outcome};
pub(crate) use people::{Membership, Profile};
pub(crate) use send::{Push, PushRefusal, ReplyRefusal, SentMessage};
pub(crate) use tokens::STATELESS_TOKEN_SECONDS;

use crate::config::{Account, Config, Limits, Person, Redelivery};
use crate::error::Refusal;
use crate::fault::Faults;
use crate::id::{ChatId, UserId};
use calls::Calls;
use outbox::Outbox;
use reply_token::ReplyTokens;
use send::Sending;
use tokens::AccessTokens;

/// Everything the platform knows.
pub(crate) struct World {
    /// Grows with every change. A page or a waiting test asks for what is newer than the one it has seen.
    revision: u64,
    /// The last number given to a message, a delivery or a send; they share one row.
    last_number: u64,
    last_message_id: i64,
    bot: Account,
    people: HashMap<UserId, Person>,
    chats: Vec<Chat>,
    chat_index: HashMap<ChatId, usize>,
    outbox: Outbox,
    reply_tokens: ReplyTokens,
    sending: Sending,
    limits: Limits,
    /// API calls received.
    pub(crate) calls: Calls,
    /// What goes wrong on purpose.
    pub(crate) faults: Faults,
    /// Access tokens issued besides the long-lived one.
    pub(crate) access_tokens: AccessTokens,
    webhook_url: Option<String>,
    use_webhook: bool,
    /// When failed webhooks go out again.
    pub(crate) redelivery: Redelivery,
}

impl World {
    /// The world as configured; refused when people and groups do not fit together.
    pub(crate) fn new(config: &Config) -> Result<Self, Refusal> {
        let limits = config.limits.clone();
        let mut world = Self {
            revision: 1,
            last_number: 0,
            last_message_id: 0,
            bot: config.bot.clone(),
            people: HashMap::new(),
            chats: Vec::new(),
            chat_index: HashMap::new(),
            outbox: Outbox {
                pending: 0,
                deliveries: BTreeMap::new(),
            },
            reply_tokens: ReplyTokens::new(limits.tokens_kept),
            sending: Sending::new(config.quota, limits.tokens_kept),
            calls: Calls::new(&limits),
            faults: Faults::default(),
            access_tokens: AccessTokens::new(limits.tokens_kept),
            webhook_url: config.webhook_url.clone(),
            use_webhook: config.use_webhook,
            redelivery: config.redelivery.clone(),
            limits,
        };
        for person in &config.people {
            world.add_person(person.clone())?;
        }
        for group in &config.groups {
            world.add_group(group.clone())?;
        }
        Ok(world)
    }

    /// The number of the last change.
    pub(crate) fn revision(&self) -> u64 {
        self.revision
    }

    /// The bot's account.
    pub(crate) fn bot(&self) -> &Account {
        &self.bot
    }

    /// All chats, oldest first.
    pub(crate) fn chats(&self) -> &[Chat] {
        &self.chats
    }

    /// A chat by its id.
    pub(crate) fn chat(&self, id: &ChatId) -> Option<&Chat> {
        self.chat_index.get(id).and_then(|at| self.chats.get(*at))
    }

    fn chat_mut(&mut self, id: &ChatId) -> Option<&mut Chat> {
        self.chat_index
            .get(id)
            .and_then(|at| self.chats.get_mut(*at))
    }

    /// The webhook URL, whether in use or not.
    pub(crate) fn webhook_url(&self) -> Option<&str> {
        self.webhook_url.as_deref()
    }

    /// Whether the webhook URL is in use, if there is one.
    pub(crate) fn uses_webhook(&self) -> bool {
        self.use_webhook
    }

    /// Where events go.
    fn webhook_url_in_use(&self) -> Option<&str> {
        self.webhook_url().filter(|_| self.use_webhook)
    }

    /// Sends webhooks to this URL from now on. Every chat counts as changed: its page says whether there is a bot.
    pub(crate) fn set_webhook_url(&mut self, url: String) {
        self.webhook_url = Some(url);
        let revision = self.changed();
        for chat in &mut self.chats {
            chat.revision = revision;
        }
    }

    /// Marks a change and gives its number.
    pub(crate) fn changed(&mut self) -> u64 {
        self.revision += 1;
        self.revision
    }

    fn next_number(&mut self) -> u64 {
        self.last_number += 1;
        self.last_number
    }

    /// Message ids are decimal numbers that grow; ours also grow over restarts, because bots store them.
    fn next_message_id(&mut self, now: i64) -> String {
        self.last_message_id = (self.last_message_id + 1).max(now.saturating_mul(1_000));
        self.last_message_id.to_string()
    }
}
