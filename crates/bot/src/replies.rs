//! Owed replies on their way to LINE.
//!
//! A reply is in the database before it comes here, so nothing is lost by giving up: it stays owed, and
//! [`recovery`](crate::recovery) takes it up again when its `due_at` has passed.

use crate::clock::Clock;
use crate::intake::Queue;
use crate::metrics;
use crate::turns::{Place, Seat, Turn, Turns};
use line::LineClient;
use line::retry::{self, Class, Decision, Outcome, RetryPolicy};
use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;
use storage::{EventKey, OwedReply, Store};
use todo::Timestamp;
use tokio::time::{Instant, timeout_at};
use tokio_util::task::TaskTracker;

/// How long this process alone may send a stored reply: after that any process may. LINE's token lives about a
/// minute, so a dead process's replies still go out in time.
pub(crate) const LEASE: Duration = Duration::from_secs(6);

/// When to stop trying within a lease, so that two processes do not send at once.
const TRY_FOR: Duration = Duration::from_secs(5);

/// When a reply that waits for its turn is left owed instead. What is left of the lease is as much as the client gives a
/// call, so that none is cut short: LINE would take it, and be called again for nothing.
const WAIT_FOR: Duration = TRY_FOR.saturating_sub(line::client::REPLY_TIME_LIMIT);

/// Quick enough for a person who waits, four attempts within [`TRY_FOR`].
const RETRY: RetryPolicy = RetryPolicy {
    attempts: 4,
    first_pause: Duration::from_millis(200),
    longest_pause: Duration::from_secs(2),
};

/// With less time left, no attempt is made: it would be cut short when LINE is slow.
const SHORTEST_CALL: Duration = Duration::from_secs(1);

/// Whether somebody may have sent a reply before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Attempt {
    /// It was stored a moment ago, by this process.
    First,
    /// It was left owed, and taken up at this time: whoever had it before may have sent it.
    Again {
        /// From when on it was ours alone.
        taken_at: Timestamp,
    },
}

/// How long a reply token serves after its webhook, in milliseconds
/// (<https://developers.line.biz/en/reference/messaging-api/#send-reply-message>).
const TOKEN_LIFE_MS: i64 = 60_000;

/// Sends replies. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Replies {
    inner: Arc<Inner>,
}

struct Inner {
    client: LineClient,
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    turns: Turns,
    /// Dispatched and not yet marked in the database: not to be sent a second time meanwhile.
    in_hand: Mutex<HashSet<EventKey>>,
    tasks: TaskTracker,
    queue: Mutex<Weak<Queue>>,
}

impl Replies {
    pub(crate) fn new(client: LineClient, store: Arc<dyn Store>, clock: Arc<dyn Clock>) -> Self {
        Self {
            inner: Arc::new(Inner {
                client,
                store,
                clock,
                turns: Turns::new(),
                in_hand: Mutex::default(),
                tasks: TaskTracker::new(),
                queue: Mutex::default(),
            }),
        }
    }

    /// Where to report replies that LINE took. The lane owns this sender, so its queue is held weakly here.
    pub(crate) fn report_to(&self, queue: &Arc<Queue>) {
        *self
            .inner
            .queue
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = Arc::downgrade(queue);
    }

    /// Sends a reply in the background. Without room for it, it stays owed in the database, and `false` is returned.
    pub(crate) fn dispatch(&self, reply: OwedReply, attempt: Attempt) -> bool {
        let mut in_hand = self.in_hand();
        if in_hand.contains(&reply.key) {
            return true;
        }
        let left_before = attempt != Attempt::First;
        let Some(place) = self.inner.turns.place(reply.messages.len(), left_before) else {
            metrics::reply_left_for_later();
            return false;
        };
        in_hand.insert(reply.key.clone());
        let leased_at = match attempt {
            Attempt::First => reply.received_at,
            Attempt::Again { taken_at } => taken_at,
        };
        // The lease ran while the reply was stored.
        let used = self.inner.clock.now().0.saturating_sub(leased_at.0);
        let used = Duration::from_millis(u64::try_from(used).unwrap_or_default());
        let now = Instant::now();
        let turn_by = now + WAIT_FOR.saturating_sub(used);
        let give_up_at = now + TRY_FOR.saturating_sub(used);
        let inner = Arc::clone(&self.inner);
        self.inner.tasks.spawn(async move {
            let placed = match place {
                Place::Turn(turn) => Some((reply, turn)),
                Place::Seat(seat) => inner.wait(reply, seat, turn_by).await,
            };
            if let Some((reply, turn)) = placed {
                inner.send(reply, attempt, turn, give_up_at).await;
            }
        });
        true
    }

    /// Returns when [`MAX_WAITING_AGAIN`](crate::turns::MAX_WAITING_AGAIN) replies that were left owed can be taken up.
    pub(crate) async fn room(&self) {
        self.inner.turns.room().await;
    }

    /// Whether so many wait for LINE that another one might not be sent while its token is valid.
    pub(crate) fn are_behind(&self) -> bool {
        self.inner.turns.are_behind()
    }

    /// The database knows that these are replied: they can be forgotten here.
    pub(crate) fn marked(&self, keys: &[EventKey]) {
        if keys.is_empty() {
            return;
        }
        let mut in_hand = self.in_hand();
        for key in keys {
            in_hand.remove(key);
        }
    }

    /// Returns when nothing is on its way any more. Nothing may be dispatched afterwards.
    pub(crate) async fn finish(&self) {
        self.inner.tasks.close();
        self.inner.tasks.wait().await;
    }

    fn in_hand(&self) -> std::sync::MutexGuard<'_, HashSet<EventKey>> {
        self.inner
            .in_hand
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    /// Waits for a turn. Nothing is returned where the reply is not to be sent now.
    async fn wait(
        &self,
        mut reply: OwedReply,
        seat: Seat,
        until: Instant,
    ) -> Option<(OwedReply, Turn)> {
        if self.has_run_out(&reply) {
            // It would take the turn of one that can still be answered.
            self.run_out(reply.key).await;
            return None;
        }
        let Some(turn) = self.turns.turn(seat, until).await else {
            self.leave(&reply.key);
            return None;
        };
        let still_ours = self.read_again(&mut reply).await;
        still_ours.then_some((reply, turn))
    }

    async fn send(&self, mut reply: OwedReply, attempt: Attempt, _turn: Turn, give_up_at: Instant) {
        let mut maybe_accepted = attempt != Attempt::First;
        for failed in 1.. {
            if give_up_at.saturating_duration_since(Instant::now()) < SHORTEST_CALL {
                break;
            }
            let call = self.client.reply(&reply.reply_token, &*reply.messages);
            let (outcome, error) = match timeout_at(give_up_at, call).await {
                Ok(Ok(response)) => (Outcome::Answered(response.status), None),
                Ok(Err(error)) => (error.outcome(), Some(error)),
                Err(_) => break,
            };
            match retry::decide(Class::Reply, outcome, maybe_accepted) {
                Decision::Done => {
                    metrics::reply_sent();
                    return self.mark(reply.key).await;
                }
                Decision::AlreadyAccepted => {
                    if self.has_run_out(&reply) {
                        return self.run_out(reply.key).await;
                    }
                    metrics::reply_already_sent();
                    return self.mark(reply.key).await;
                }
                // The client has refreshed the token: it is worth one more attempt, and later ones with the next lease.
                Decision::RefreshToken if failed > 1 => {
                    tracing::warn!(
                        event_id = &*reply.key.event_id,
                        "LINE does not take the channel access token: `linebot doctor` says more"
                    );
                    break;
                }
                Decision::RefreshToken | Decision::BackOff => {
                    let pause = RETRY.pause(failed);
                    if failed >= RETRY.attempts || Instant::now() + pause >= give_up_at {
                        break;
                    }
                    maybe_accepted |= outcome.may_have_been_accepted();
                    tokio::time::sleep(pause).await;
                    if !self.read_again(&mut reply).await {
                        return;
                    }
                }
                Decision::GiveUp => {
                    metrics::reply_undeliverable();
                    let error = error.as_ref().map(tracing::field::display);
                    tracing::warn!(
                        error,
                        event_id = &*reply.key.event_id,
                        "LINE refused a reply for good"
                    );
                    return self.mark(reply.key).await;
                }
            }
        }
        if self.has_run_out(&reply) {
            return self.run_out(reply.key).await;
        }
        self.leave(&reply.key);
    }

    /// Whether LINE promises nothing for the reply token any more.
    fn has_run_out(&self, reply: &OwedReply) -> bool {
        self.clock.now().0.saturating_sub(reply.received_at.0) > TOKEN_LIFE_MS
    }

    async fn run_out(&self, key: EventKey) {
        metrics::reply_undeliverable();
        tracing::warn!(
            event_id = &*key.event_id,
            "a reply token ran out before LINE said that it took the reply"
        );
        self.mark(key).await;
    }

    /// After a wait: a message may have been taken back meanwhile, and nobody is to read what was in it. `false` where
    /// the reply is no longer ours to send.
    async fn read_again(&self, reply: &mut OwedReply) -> bool {
        match self.store.owed_messages(&reply.key).await {
            Ok(Some(messages)) => {
                reply.messages = messages;
                true
            }
            Ok(None) => {
                self.let_go(&reply.key);
                false
            }
            Err(_) => {
                self.leave(&reply.key);
                false
            }
        }
    }

    /// Recovery will take it up.
    fn leave(&self, key: &EventKey) {
        metrics::reply_left_for_later();
        self.let_go(key);
    }

    async fn mark(&self, key: EventKey) {
        let queue = self
            .queue
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .upgrade();
        if let Some(queue) = queue {
            queue.mark_replied(key).await;
        }
    }

    /// If it is still owed, recovery will take it again.
    fn let_go(&self, key: &EventKey) {
        self.in_hand
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .remove(key);
    }
}
