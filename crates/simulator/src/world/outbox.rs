use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use serde::Serialize;
use serde_json::{Value, json};

use super::World;
use crate::id::ChatId;

/// How a webhook fared, in the words LINE's error statistics use
/// (<https://developers.line.biz/en/docs/messaging-api/check-webhook-error-statistics/>).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum FailureReason {
    /// No connection, or it was closed before an answer.
    CouldNotConnect,
    /// No answer within the deadline.
    RequestTimeout,
    /// An answer that was not 2xx.
    ErrorStatusCode,
    /// Anything else.
    Unclassified,
}

impl fmt::Display for FailureReason {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::CouldNotConnect => "could_not_connect",
            Self::RequestTimeout => "request_timeout",
            Self::ErrorStatusCode => "error_status_code",
            Self::Unclassified => "unclassified",
        })
    }
}

/// What came of one attempt to send a webhook.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Answered 2xx.
    Delivered {
        /// The status.
        status: u16,
    },
    /// Not answered 2xx in time.
    Failed {
        /// Why, in LINE's words.
        reason: FailureReason,
        /// The status, if there was an answer.
        status: Option<u16>,
        /// More about it, for a person.
        detail: String,
    },
}

impl Outcome {
    /// Whether the bot answered 2xx.
    pub fn is_delivered(&self) -> bool {
        matches!(self, Self::Delivered { .. })
    }

    /// The status the bot answered with.
    pub fn status(&self) -> Option<u16> {
        match self {
            Self::Delivered { status } => Some(*status),
            Self::Failed { status, .. } => *status,
        }
    }
}

/// One attempt to send a webhook.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attempt {
    /// When it was over, in milliseconds since 1970.
    pub at: i64,
    /// Whether the event was marked as redelivered.
    pub is_redelivery: bool,
    /// What came of it.
    pub outcome: Outcome,
}

/// Where a webhook event is on its way to the bot.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum DeliveryState {
    /// Waits for the events before it.
    Queued,
    /// Sent, not answered yet.
    Sending,
    /// Answered 2xx at least once.
    Delivered,
    /// Not answered 2xx; will be sent again.
    Retrying,
    /// Not answered 2xx; will not be sent again by itself.
    Failed,
}

/// The record of one webhook event.
#[derive(Clone, Debug)]
pub struct DeliveryReport {
    /// The chat it happened in.
    pub chat: ChatId,
    /// The event object as sent first.
    pub event: Value,
    /// The message it is about, if any.
    pub message_id: Option<String>,
    /// Where it is now.
    pub state: DeliveryState,
    /// All attempts so far.
    pub attempts: Vec<Attempt>,
}

/// The deliveries under way and the record of those that are over.
pub(super) struct Outbox {
    /// How many are not over yet.
    pub(super) pending: usize,
    pub(super) deliveries: BTreeMap<u64, Delivery>,
}

pub(super) struct Delivery {
    chat: ChatId,
    pub(super) event: Value,
    pub(super) reply_token: Option<String>,
    pub(super) message_id: Option<String>,
    queued: usize,
    sending: bool,
    /// A redelivery waits for its time.
    scheduled: bool,
    redeliveries: usize,
    pub(super) attempts: Vec<Attempt>,
}

impl Delivery {
    pub(super) fn state(&self) -> DeliveryState {
        if self
            .attempts
            .iter()
            .any(|attempt| attempt.outcome.is_delivered())
        {
            DeliveryState::Delivered
        } else if self.sending {
            DeliveryState::Sending
        } else if self.scheduled || (self.queued > 0 && !self.attempts.is_empty()) {
            DeliveryState::Retrying
        } else if self.queued > 0 {
            DeliveryState::Queued
        } else {
            DeliveryState::Failed
        }
    }

    fn is_settled(&self) -> bool {
        self.queued == 0 && !self.sending && !self.scheduled
    }
}

/// One webhook to post.
pub(crate) struct Job {
    pub(crate) delivery: u64,
    pub(crate) url: Option<String>,
    /// The request body, not escaped or signed yet.
    pub(crate) body: Value,
    /// Whether to post it twice, as a network may.
    pub(crate) twice: bool,
    is_redelivery: bool,
}

impl World {
    pub(super) fn record_event(
        &mut self,
        chat: &ChatId,
        number: u64,
        event: Value,
        reply_token: Option<String>,
        message_id: Option<String>,
    ) {
        let delivery = Delivery {
            chat: chat.clone(),
            event,
            reply_token,
            message_id,
            queued: 0,
            sending: false,
            scheduled: false,
            redeliveries: 0,
            attempts: Vec::new(),
        };
        self.outbox.deliveries.insert(number, delivery);
        if self.outbox.deliveries.len() > self.limits.deliveries_kept + self.outbox.pending {
            let oldest = self
                .outbox
                .deliveries
                .iter()
                .find(|(at, kept)| kept.is_settled() && **at != number);
            if let Some(oldest) = oldest.map(|(at, _)| *at) {
                self.outbox.deliveries.remove(&oldest);
            }
        }
    }

    /// Puts a delivery at the end of its chat's queue. True when somebody has to start sending from it.
    pub(crate) fn enqueue(&mut self, number: u64) -> bool {
        let Some(delivery) = self.outbox.deliveries.get_mut(&number) else {
            return false;
        };
        if delivery.is_settled() {
            self.outbox.pending += 1;
        }
        delivery.queued += 1;
        delivery.scheduled = false;
        let chat = delivery.chat.clone();
        self.touch_delivery(number);
        let Some(chat) = self.chat_mut(&chat) else {
            return false;
        };
        chat.queue.push_back(number);
        !std::mem::replace(&mut chat.draining, true)
    }

    /// Like [`World::enqueue`], for a redelivery whose time has come; nothing if it was sent in the meantime.
    pub(crate) fn enqueue_scheduled(&mut self, number: u64) -> bool {
        let due = self
            .outbox
            .deliveries
            .get(&number)
            .is_some_and(|delivery| delivery.scheduled);
        due && self.enqueue(number)
    }

    /// The next webhook of a chat; without one, the sender of this chat may go.
    pub(crate) fn next_job(&mut self, chat_id: &ChatId, now: i64) -> Option<Job> {
        let chat = self.chat_mut(chat_id)?;
        let Some(number) = chat.queue.pop_front() else {
            chat.draining = false;
            return None;
        };
        let destination = self.bot.user_id.clone();
        let delivery = self.outbox.deliveries.get_mut(&number)?;
        delivery.queued -= 1;
        delivery.sending = true;
        let is_redelivery = !delivery.attempts.is_empty();
        let mut event = delivery.event.clone();
        if let Some(flag) = event.pointer_mut("/deliveryContext/isRedelivery") {
            *flag = json!(is_redelivery);
        }
        if let Some(token) = &delivery.reply_token {
            self.reply_tokens.sent(token, now);
        }
        self.touch_delivery(number);
        Some(Job {
            delivery: number,
            url: self.webhook_url_in_use().map(ToOwned::to_owned),
            body: json!({ "destination": destination, "events": [event] }),
            twice: self.faults.take_duplicate(),
            is_redelivery,
        })
    }

    /// Notes what came of a webhook. Gives the wait before its redelivery, if there is to be one.
    pub(crate) fn note_attempt(
        &mut self,
        job: &Job,
        outcome: Outcome,
        now: i64,
    ) -> Option<Duration> {
        let delivery = self.outbox.deliveries.get_mut(&job.delivery)?;
        delivery.sending = false;
        delivery.attempts.push(Attempt {
            at: now,
            is_redelivery: job.is_redelivery,
            outcome,
        });
        let mut wait = None;
        if delivery.state() == DeliveryState::Failed {
            wait = self.redelivery.delays.get(delivery.redeliveries).copied();
            delivery.scheduled = wait.is_some();
            delivery.redeliveries += 1;
        }
        if delivery.is_settled() {
            self.outbox.pending -= 1;
        }
        self.touch_delivery(job.delivery);
        wait
    }

    /// Makes the line of a delivery count as changed, so that pages show its new state.
    fn touch_delivery(&mut self, number: u64) {
        let revision = self.changed();
        let Some(chat) = self
            .outbox
            .deliveries
            .get(&number)
            .map(|delivery| delivery.chat.clone())
        else {
            return;
        };
        let Some(chat) = self.chat_mut(&chat) else {
            return;
        };
        if let Some(line) = chat
            .lines
            .iter_mut()
            .rev()
            .find(|line| line.delivery == Some(number))
        {
            line.revision = revision;
            chat.revision = revision;
        }
    }

    /// The record of a delivery.
    pub(crate) fn delivery(&self, number: u64) -> Option<DeliveryReport> {
        self.outbox
            .deliveries
            .get(&number)
            .map(|delivery| DeliveryReport {
                chat: delivery.chat.clone(),
                event: delivery.event.clone(),
                message_id: delivery.message_id.clone(),
                state: delivery.state(),
                attempts: delivery.attempts.clone(),
            })
    }

    /// Whether a delivery is over, or forgotten.
    pub(crate) fn is_settled(&self, number: u64) -> bool {
        self.outbox
            .deliveries
            .get(&number)
            .is_none_or(Delivery::is_settled)
    }

    /// The attempts made for a delivery.
    pub(crate) fn attempts(&self, number: u64) -> Option<&[Attempt]> {
        self.outbox
            .deliveries
            .get(&number)
            .map(|delivery| delivery.attempts.as_slice())
    }

    /// Deliveries that are not over yet.
    pub(crate) fn pending(&self) -> usize {
        self.outbox.pending
    }

    /// All deliveries on record, oldest first.
    pub(crate) fn deliveries(&self) -> impl DoubleEndedIterator<Item = u64> {
        self.outbox.deliveries.keys().copied()
    }
}
