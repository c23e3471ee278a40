//! Messages on their way, and what came of them.

use super::people::{Expectation, People};
use super::webhook::{self, Webhooks};
use anyhow::Result;
use serde::Deserialize;
use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt;
use std::time::{Duration, Instant};
use tokio::sync::oneshot;

/// Everything that is known of the messages of a run.
pub(super) struct Exchanges {
    people: People,
    webhooks: Webhooks,
    run: u64,
    /// The number of the next message.
    next: u64,
    under_way: HashMap<u64, Exchange>,
    seen: Seen,
}

/// A message that was written, to be sent.
pub(super) struct Written {
    pub(super) number: u64,
    pub(super) request: Vec<u8>,
    /// Resolves when both the answer to the webhook and the reply are in; fails when the message failed.
    pub(super) over: oneshot::Receiver<()>,
}

struct Exchange {
    expectation: Expectation,
    due: Instant,
    acknowledged: bool,
    replied: bool,
    over: oneshot::Sender<()>,
}

/// What a phase has seen.
#[derive(Debug, Default)]
pub(super) struct Seen {
    pub(super) messages: u64,
    pub(super) acknowledgements: Vec<Duration>,
    pub(super) replies: Vec<Duration>,
    pub(super) faults: Faults,
}

/// What must not happen.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Faults {
    /// Webhooks answered with another status than 2xx.
    pub refused: u64,
    /// Connections that broke before the answer.
    pub broken: u64,
    /// Replies that do not say what happened or do not show the right list.
    pub wrong: u64,
    /// Replies sent twice, or with a token that was never given out.
    pub unexpected: u64,
    /// Messages without a reply when the phase had ended.
    pub unanswered: u64,
    /// Calls that LINE would not have accepted.
    pub calls: u64,
    /// The first of them, in words.
    pub first: Option<String>,
}

impl Faults {
    /// How many there were.
    pub fn total(&self) -> u64 {
        self.refused + self.broken + self.wrong + self.unexpected + self.unanswered + self.calls
    }

    fn note(&mut self, what: impl FnOnce() -> String) {
        self.first.get_or_insert_with(what);
    }
}

impl fmt::Display for Faults {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            refused,
            broken,
            wrong,
            unexpected,
            unanswered,
            calls,
            first,
        } = self;
        write!(
            formatter,
            "{refused} refused, {broken} broken, {wrong} wrong, {unexpected} unexpected, {unanswered} unanswered, {calls} bad calls",
        )?;
        first
            .iter()
            .try_for_each(|first| write!(formatter, "; the first: {first}"))
    }
}

/// The body of a reply call, as far as it is checked.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Reply<'a> {
    #[serde(borrow)]
    reply_token: Cow<'a, str>,
    #[serde(borrow)]
    messages: Vec<Text<'a>>,
}

#[derive(Deserialize)]
struct Text<'a> {
    #[serde(borrow)]
    text: Cow<'a, str>,
}

impl Exchanges {
    pub(super) fn new(people: People, webhooks: Webhooks, run: u64) -> Self {
        Self {
            people,
            webhooks,
            run,
            next: 0,
            under_way: HashMap::new(),
            seen: Seen::default(),
        }
    }

    /// Somebody writes a message that is due at `due`, from where its latencies count; `None` when everybody waits for
    /// an answer.
    pub(super) fn write(&mut self, due: Instant, now_ms: u64) -> Result<Option<Written>> {
        let Some((text, expectation)) = self.people.write() else {
            return Ok(None);
        };
        let number = self.next;
        self.next += 1;
        let request = self
            .webhooks
            .request(number, expectation.person, text, now_ms)?;
        let (done, over) = oneshot::channel();
        let exchange = Exchange {
            expectation,
            due,
            acknowledged: false,
            replied: false,
            over: done,
        };
        self.under_way.insert(number, exchange);
        Ok(Some(Written {
            number,
            request,
            over,
        }))
    }

    /// The webhook was answered.
    pub(super) fn answered(&mut self, number: u64, status: u16) {
        if !(200..300).contains(&status) {
            self.seen.faults.refused += 1;
            self.seen
                .faults
                .note(|| format!("a webhook was answered {status}"));
            return self.lose(number);
        }
        if let Some(exchange) = self.under_way.get_mut(&number) {
            exchange.acknowledged = true;
            self.seen.acknowledgements.push(exchange.due.elapsed());
            self.finish(number);
        }
    }

    /// The connection broke before the webhook was answered.
    pub(super) fn broken(&mut self, number: u64, error: &anyhow::Error) {
        self.seen.faults.broken += 1;
        self.seen
            .faults
            .note(|| format!("a connection broke: {error:#}"));
        self.lose(number);
    }

    /// The bot replies. Gives the number of texts LINE takes, or `None` where it would answer 400.
    pub(super) fn reply(&mut self, body: &[u8]) -> Option<usize> {
        let Ok(reply) = serde_json::from_slice::<Reply<'_>>(body) else {
            self.bad_call(&format!(
                "a reply of another form: {}",
                String::from_utf8_lossy(body)
            ));
            return None;
        };
        let number = webhook::number_in(&reply.reply_token, self.run);
        let exchange = number
            .and_then(|number| self.under_way.get_mut(&number))
            .filter(|exchange| !exchange.replied);
        let (Some(number), Some(exchange)) = (number, exchange) else {
            self.seen.faults.unexpected += 1;
            self.seen
                .faults
                .note(|| format!("nobody waits for a reply with token {}", reply.reply_token));
            return None;
        };
        exchange.replied = true;
        self.seen.replies.push(exchange.due.elapsed());
        if exchange
            .expectation
            .is_met_by(reply.messages.iter().map(|message| &*message.text))
        {
            self.finish(number);
        } else {
            self.seen.faults.wrong += 1;
            self.seen.faults.note(|| {
                format!(
                    "{:?} is not met by {}",
                    exchange.expectation,
                    String::from_utf8_lossy(body)
                )
            });
            self.lose(number);
        }
        Some(reply.messages.len())
    }

    /// The bot called something that LINE does not have, or not so.
    pub(super) fn bad_call(&mut self, what: &str) {
        self.seen.faults.calls += 1;
        self.seen.faults.note(|| what.to_owned());
    }

    /// Whether every message has been answered and replied to.
    pub(super) fn all_over(&self) -> bool {
        self.under_way.is_empty()
    }

    /// What was seen since the last call. Whatever is still under way has failed.
    pub(super) fn take_seen(&mut self) -> Seen {
        let unanswered: Vec<_> = self.under_way.keys().copied().collect();
        for number in unanswered {
            self.seen.faults.unanswered += 1;
            self.lose(number);
        }
        std::mem::take(&mut self.seen)
    }

    fn finish(&mut self, number: u64) {
        if self
            .under_way
            .get(&number)
            .is_some_and(|exchange| exchange.acknowledged && exchange.replied)
            && let Some(exchange) = self.under_way.remove(&number)
        {
            self.seen.messages += 1;
            self.people.answered(exchange.expectation.person);
            // Nobody listens where messages are sent at a given rate.
            let _ = exchange.over.send(());
        }
    }

    fn lose(&mut self, number: u64) {
        if let Some(exchange) = self.under_way.remove(&number) {
            self.people.lost(exchange.expectation.person);
        }
    }
}

/// The latest a reply may come: long after the bot gave up, so that a late one is not taken for a lost one.
pub(super) const PATIENCE: Duration = Duration::from_secs(10);
