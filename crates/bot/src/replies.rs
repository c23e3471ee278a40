//! Owed replies on their way to LINE.
//!
//! A reply is in the database before it comes here, so nothing is lost by giving up: it stays owed, and
//! [`recovery`](crate::recovery) takes it up again when its `due_at` has passed.

use crate::clock::Clock;
use crate::lane::LaneItem;
use crate::locked::locked;
use crate::metrics;
use crate::queues::{Queued, Queues};
use crate::turns::{Asks, Place, Turn, Turns};
use line::LineClient;
use line::retry::{self, Class, Decision, Outcome, RetryPolicy};
use std::collections::HashSet;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;
use storage::{ConversationId, EventKey, OwedReply, Store};
use todo::Timestamp;
use tokio::sync::mpsc::WeakSender;
use tokio::time::{Instant, timeout_at};
use tokio_util::task::TaskTracker;

/// How long this process alone may send a stored reply: after that any process may. LINE's token lives about a
/// minute, so a dead process's replies still go out in time.
pub(crate) const LEASE: Duration = Duration::from_secs(6);

/// When to stop trying within a lease, so that two processes do not send at once.
const TRY_FOR: Duration = Duration::from_secs(5);

/// When a reply that waits for its turn is left owed instead, and one that waits for another of its conversation overtakes
/// it. What is left of the lease is as much as the client gives a call, so that none is cut short: LINE would take it, and be
/// called again for nothing.
const WAIT_FOR: Duration = TRY_FOR.saturating_sub(line::client::REPLY_TIME_LIMIT);

/// Quick enough for a person who waits, four attempts within [`TRY_FOR`].
const RETRY: RetryPolicy = RetryPolicy {
    attempts: 4,
    first_pause: Duration::from_millis(200),
    longest_pause: Duration::from_secs(2),
};

/// With less time left, no attempt is made: it would be cut short when LINE is slow.
const SHORTEST_CALL: Duration = Duration::from_secs(1);

/// A reply that waited for less is sent as it was stored, unless this process has heard of a message taken back: one that
/// another process was told of a moment ago would have come too late for a call, too.
const FRESH: Duration = Duration::from_millis(100);

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
pub(crate) const TOKEN_LIFE_MS: i64 = 60_000;

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
    queues: Arc<Queues>,
    /// Dispatched and not yet marked in the database: not to be sent a second time meanwhile.
    in_hand: Mutex<HashSet<EventKey>>,
    tasks: TaskTracker,
    /// Where to report replies that LINE took. The lane ends when its queue is closed, and owns this: so it is held weakly.
    queue: WeakSender<LaneItem>,
}

/// What became of a reply.
enum Fate {
    /// LINE took it, or never will.
    Settled,
    /// It stays owed, and is taken up again when its lease is over.
    Left,
    /// It is owed no longer: its message was taken back.
    Gone,
}

impl Replies {
    pub(crate) fn new(
        client: LineClient,
        store: Arc<dyn Store>,
        clock: Arc<dyn Clock>,
        queue: WeakSender<LaneItem>,
    ) -> Self {
        Self {
            inner: Arc::new(Inner {
                client,
                store,
                clock,
                turns: Turns::new(),
                queues: Arc::default(),
                in_hand: Mutex::default(),
                tasks: TaskTracker::new(),
                queue,
            }),
        }
    }

    /// Sends a reply in the background. Without room for it, it stays owed in the database, and `false` is returned.
    pub(crate) fn dispatch(&self, reply: OwedReply, attempt: Attempt) -> bool {
        let mut in_hand = self.inner.in_hand();
        if in_hand.contains(&reply.key) {
            return true;
        }
        let leased_at = match attempt {
            Attempt::First => reply.received_at,
            Attempt::Again { taken_at } => taken_at,
        };
        let is_last = has_run_out(&reply, leased_at);
        let conversation = &reply.key.conversation;
        // What was left owed is late already, and may be much: it does not queue.
        let left_before = attempt != Attempt::First;
        let asks = Asks {
            bytes: reply.messages.len(),
            left_before,
            behind_another: !left_before && self.inner.queues.has(conversation),
        };
        let Some(place) = self.inner.turns.place(asks) else {
            leave(&reply.key, is_last);
            return false;
        };
        let (queued, ahead) = (!left_before)
            .then(|| self.inner.queues.join(conversation))
            .unzip();
        in_hand.insert(reply.key.clone());
        // The lease ran while the reply was stored.
        let used = self.inner.clock.now().0.saturating_sub(leased_at.0);
        let used = Duration::from_millis(u64::try_from(used).unwrap_or_default());
        let now = Instant::now();
        let turn_by = now + WAIT_FOR.saturating_sub(used);
        let left = TRY_FOR.saturating_sub(used);
        let give_up_at = now + left;
        let overtake_at = now + WAIT_FOR.min(left / 2);
        let inner = Arc::clone(&self.inner);
        self.inner.tasks.spawn(async move {
            let key = reply.key.clone();
            let fate = match place {
                Place::Turn(turn) => inner.send(reply, attempt, turn, give_up_at).await,
                // It would take the turn of one that can still be answered.
                Place::Seat(_) if is_last => Fate::Left,
                Place::Seat(seat) => {
                    if let Some(ahead) = ahead.flatten() {
                        let _ = timeout_at(overtake_at, ahead).await;
                    }
                    let fresh = |queued: &Queued| now.elapsed() < FRESH && !queued.is_outdated();
                    match inner.turns.turn(seat, turn_by).await {
                        Some(turn) if queued.as_ref().is_some_and(fresh) => {
                            inner.send(reply, attempt, turn, give_up_at).await
                        }
                        Some(turn) => inner.send_late(reply, attempt, turn, give_up_at).await,
                        None => Fate::Left,
                    }
                }
            };
            drop(queued);
            inner.conclude(key, fate, is_last).await;
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

    /// Somebody took a message back: what waits is to be read again, as it may quote it.
    pub(crate) fn outdate(&self, conversation: &ConversationId) {
        self.inner.queues.outdate(conversation);
    }

    /// The database knows that these are replied: they can be forgotten here.
    pub(crate) fn marked(&self, keys: &[EventKey]) {
        if keys.is_empty() {
            return;
        }
        let mut in_hand = self.inner.in_hand();
        for key in keys {
            in_hand.remove(key);
        }
    }

    /// Returns when nothing is on its way any more. Nothing may be dispatched afterwards.
    pub(crate) async fn finish(&self) {
        self.inner.tasks.close();
        self.inner.tasks.wait().await;
    }
}

impl Inner {
    /// Sends a reply that waited for its turn.
    async fn send_late(
        &self,
        mut reply: OwedReply,
        attempt: Attempt,
        turn: Turn,
        give_up_at: Instant,
    ) -> Fate {
        match self.read_again(&mut reply, give_up_at).await {
            None => self.send(reply, attempt, turn, give_up_at).await,
            Some(fate) => fate,
        }
    }

    /// The turn is given back at the end.
    async fn send(
        &self,
        mut reply: OwedReply,
        attempt: Attempt,
        _turn: Turn,
        give_up_at: Instant,
    ) -> Fate {
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
                    return Fate::Settled;
                }
                // LINE refuses a token that has run out as it does one that was used.
                Decision::AlreadyAccepted if has_run_out(&reply, self.clock.now()) => break,
                Decision::AlreadyAccepted => {
                    metrics::reply_already_sent();
                    return Fate::Settled;
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
                    if let Some(fate) = self.read_again(&mut reply, give_up_at).await {
                        return fate;
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
                    return Fate::Settled;
                }
            }
        }
        Fate::Left
    }

    /// After a wait: a message may have been taken back meanwhile, and nobody is to read what was in it. Its fate, where the
    /// reply is not to be sent now.
    async fn read_again(&self, reply: &mut OwedReply, give_up_at: Instant) -> Option<Fate> {
        match timeout_at(give_up_at, self.store.owed_messages(&reply.key)).await {
            Ok(Ok(Some(messages))) => {
                reply.messages = messages;
                None
            }
            Ok(Ok(None)) => Some(Fate::Gone),
            Ok(Err(_)) | Err(_) => Some(Fate::Left),
        }
    }

    async fn conclude(&self, key: EventKey, fate: Fate, is_last: bool) {
        match fate {
            Fate::Settled => {
                if let Some(queue) = self.queue.upgrade() {
                    // A closed lane means that the process is ending: another one finds the reply still owed.
                    let _ = queue.send(LaneItem::Replied(key)).await;
                }
                return;
            }
            Fate::Left => leave(&key, is_last),
            Fate::Gone => {}
        }
        self.in_hand().remove(&key);
    }

    fn in_hand(&self) -> MutexGuard<'_, HashSet<EventKey>> {
        locked(&self.in_hand)
    }
}

/// Says that a reply stays owed. `is_last`: nobody takes it up again, unless LINE delivers its event once more.
fn leave(key: &EventKey, is_last: bool) {
    if is_last {
        metrics::reply_undeliverable();
        tracing::warn!(
            event_id = &*key.event_id,
            "a reply token ran out before LINE said that it took the reply"
        );
    } else {
        metrics::reply_left_for_later();
    }
}

/// Whether LINE promises nothing for the reply token any more.
fn has_run_out(reply: &OwedReply, at: Timestamp) -> bool {
    at.0.saturating_sub(reply.received_at.0) > TOKEN_LIFE_MS
}
