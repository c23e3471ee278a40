//! One transaction's worth of events: claim, load, decide, write, all or nothing.

use crate::{EventKey, OwedReply};
use std::sync::Arc;
use std::time::Instant;
use todo::{Input, Language, List, Timestamp};

/// Events to apply together, and replies to mark as sent. Cheap to clone.
#[derive(Clone)]
pub struct Batch {
    /// In the order they are to be applied; events of one conversation keep it.
    pub events: Arc<[Inbound]>,
    /// Replies that LINE has accepted, or that can never be delivered: no longer owed.
    pub replied: Arc<[EventKey]>,
    /// What to do with each event that was not seen before.
    pub decide: Arc<dyn Decide>,
    /// When to give up retrying.
    pub deadline: Instant,
}

/// An event, verified and understood, waiting to be applied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Inbound {
    /// What it is claimed by.
    pub key: EventKey,
    /// What happened.
    pub input: Input,
    /// Lets the bot answer once; absent where LINE offers none.
    pub reply_token: Option<String>,
    /// When it happened, by LINE's clock. It stays the same however late and in which order events arrive
    /// (<https://developers.line.biz/en/docs/messaging-api/receiving-messages/#webhook-redelivery>).
    pub happened_at: Timestamp,
    /// When this process received it: the reply token's minute starts here.
    pub received_at: Timestamp,
    /// When another process may take the reply over, if one is owed.
    pub due_at: Timestamp,
    /// The user id of the person it came from, where LINE names one: whose profile tells the language.
    pub person: Option<String>,
    /// What is known of the person's language: [`Verdict::Defer`] asks for it.
    pub language: LanguageHint,
}

impl Inbound {
    /// Whether the conversation is the person's own, and no group.
    pub fn is_in_own_chat(&self) -> bool {
        self.person.as_deref() == Some(&*self.key.conversation.0)
    }
}

/// What is known of the language of the person an event came from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LanguageHint {
    /// It was not looked up.
    #[default]
    NotAsked,
    /// LINE's profile named it, or one the bot does not speak, for which the default stands; worth storing.
    Known(Language),
    /// LINE does not tell of this person (no friend, no consent): the default, until LINE tells.
    Untold,
    /// There is nobody to ask about, or the call failed: the default, this time.
    UseDefault,
}

/// What a store keeps of a chat.
#[derive(Clone, Debug, Default)]
pub struct Conversation {
    /// Its list.
    pub list: List,
    /// The language replies are written in; `None` until it was looked up.
    pub language: Option<Language>,
    /// When the bot was blocked or removed; `None` while it can send.
    pub left_at: Option<Timestamp>,
    /// When the latest of its events happened, but for messages taken back; `None` before the first.
    pub last_event_at: Option<Timestamp>,
}

impl Conversation {
    /// Notes that `event` happened, and whether the bot can still send: an event that arrives after a later one does not
    /// say. Who blocked the bot and came back must not be taken for gone because LINE delivers the first once more.
    pub(crate) fn note(&mut self, event: &Inbound) {
        let happened_at = Some(event.happened_at);
        // A message can be taken back from outside, too: that says nothing.
        if happened_at < self.last_event_at || matches!(event.input, Input::Unsent { .. }) {
            return;
        }
        self.last_event_at = happened_at;
        self.left_at = matches!(event.input, Input::Left).then_some(event.received_at);
    }
}

/// The use case a store runs inside its transaction, once for each event not seen before.
///
/// Pure and quick: it may run again when the transaction is retried.
pub trait Decide: Send + Sync + 'static {
    /// Changes `conversation` as `event` demands and says what to reply.
    ///
    /// A verdict of [`Verdict::Defer`] leaves the list as it is; what it did to the language is taken back. When the bot
    /// left, and when the latest event happened, is the store's to note.
    fn decide(&self, conversation: &mut Conversation, event: &Inbound) -> Verdict;
}

/// What [`Decide`] made of an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Applied; these messages (a JSON array of LINE message objects) are owed to the person, if there is a reply
    /// token.
    Reply(Arc<str>),
    /// Applied; nothing to say.
    Silent,
    /// Applied: a message was taken back. If it made tasks, every other reply of the conversation that is still owed may
    /// quote them, and from now on says this instead (messages as above).
    Retell(Arc<str>),
    /// Not applied and not claimed: [`Inbound::language`] must be known first. Later events of the conversation in
    /// the batch are deferred with it, so that their order is kept.
    Defer,
}

/// What became of an event of a batch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Claimed and applied, with the reply now owed, if any.
    Applied(Option<OwedReply>),
    /// Claimed before; nothing was changed. If its reply is still owed, its time starts anew: LINE lets the reply
    /// token of a redelivered event be used again
    /// (<https://developers.line.biz/en/reference/messaging-api/#send-reply-message-reply-token>).
    Duplicate,
    /// See [`Verdict::Defer`].
    Deferred,
}
