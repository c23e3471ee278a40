//! The one writer: while one transaction commits, the next batch gathers in the queue. No timer.

use crate::intake::Refusal;
use crate::metrics;
use crate::parked::Parked;
use crate::replies::{Attempt, Replies};
use futures_util::FutureExt;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::{Duration, Instant};
use storage::{
    Batch, ConversationId, Decide, EventKey, Inbound, LanguageHint, Outcome, Store, StoreError,
};
use todo::Input;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::timeout_at;

/// The most events one transaction takes: long enough to share a disk flush widely, short enough that the last of
/// them is not kept waiting.
pub(crate) const MAX_BATCH: usize = 256;

/// How long replies taken by LINE wait for events whose transaction marks them too: alone, they would cost a flush of
/// the disk each. If the process dies meanwhile, another one sends them again and LINE refuses, as their tokens are used.
const MARKS_WAIT: Duration = Duration::from_millis(20);

/// How long they wait after the database refused.
const RETRY_MARKS: Duration = Duration::from_millis(500);

/// How long a transaction that only marks replies may take.
const MARK_DEADLINE: Duration = Duration::from_millis(1_500);

pub(crate) enum LaneItem {
    Event(Job),
    /// What LINE said about the language of a conversation whose events are parked.
    Language(ConversationId, LanguageHint),
    /// LINE took this reply, or never will.
    Replied(EventKey),
    /// Answered when everything queued before it is done.
    Flush(oneshot::Sender<()>),
}

/// An event and who waits for it.
pub(crate) struct Job {
    pub(crate) event: Inbound,
    pub(crate) deadline: Instant,
    /// Told once it is durable, by this batch or an earlier one.
    pub(crate) done: oneshot::Sender<Result<(), Refusal>>,
}

impl Job {
    /// Refused where nobody waits any more: the sender was told 503 and will deliver it again.
    pub(crate) fn in_time(self, now: Instant) -> Option<Self> {
        if self.done.is_closed() || self.deadline <= now {
            let _ = self.done.send(Err(Refusal::TooSlow));
            return None;
        }
        Some(self)
    }
}

/// A lane: owns its end of the queue and works it off until the queue is closed and empty.
pub(crate) struct Lane {
    pub(crate) queue: mpsc::Receiver<LaneItem>,
    /// Why nothing of the last batch could be stored; nothing when something was.
    pub(crate) trouble: watch::Sender<Option<String>>,
    pub(crate) store: Arc<dyn Store>,
    pub(crate) decide: Arc<dyn Decide>,
    pub(crate) replies: Replies,
    pub(crate) parked: Parked,
}

/// Who waits for an event, and until when.
type Waiter = (Instant, oneshot::Sender<Result<(), Refusal>>);

/// What one round of the queue brought.
#[derive(Default)]
struct Round {
    jobs: Vec<Job>,
    flushes: Vec<oneshot::Sender<()>>,
}

/// Replies that LINE took, to be marked with the next transaction.
#[derive(Default)]
struct Marks {
    keys: Vec<EventKey>,
    /// When they have waited long enough; `None` when there are none.
    due: Option<Instant>,
}

impl Marks {
    fn push(&mut self, key: EventKey) {
        self.keys.push(key);
        self.due.get_or_insert_with(|| Instant::now() + MARKS_WAIT);
    }

    fn take(&mut self) -> Vec<EventKey> {
        self.due = None;
        std::mem::take(&mut self.keys)
    }

    fn put_back(&mut self, keys: &[EventKey]) {
        if !keys.is_empty() {
            self.keys.extend_from_slice(keys);
            self.due = Some(Instant::now() + RETRY_MARKS);
        }
    }
}

impl Lane {
    pub(crate) async fn run(mut self) {
        let mut items = Vec::with_capacity(MAX_BATCH);
        let mut marks = Marks::default();
        loop {
            let more = self.queue.recv_many(&mut items, MAX_BATCH);
            let received = match marks.due {
                None => Some(more.await),
                Some(due) => timeout_at(due.into(), more).await.ok(),
            };
            let mut round = Round::default();
            let now = Instant::now();
            for item in items.drain(..) {
                match item {
                    LaneItem::Event(job) => {
                        let job = job.in_time(now);
                        let job = job.and_then(|job| self.parked.behind_others(job));
                        round.jobs.extend(job);
                    }
                    LaneItem::Language(conversation, language) => {
                        let released = self.parked.release(&conversation, language);
                        round.jobs.extend(released);
                    }
                    LaneItem::Replied(key) => marks.push(key),
                    LaneItem::Flush(done) => round.flushes.push(done),
                }
            }
            let only_marks = round.jobs.is_empty() && round.flushes.is_empty();
            let may_wait = received.is_some_and(|received| received > 0);
            if only_marks && may_wait && marks.keys.len() < MAX_BATCH {
                continue;
            }
            while round.jobs.len() > MAX_BATCH {
                let rest = round.jobs.split_off(MAX_BATCH);
                self.work_off(round.jobs, &mut marks).await;
                round.jobs = rest;
            }
            self.work_off(round.jobs, &mut marks).await;
            for done in round.flushes {
                let _ = done.send(());
            }
            if received == Some(0) {
                return;
            }
        }
    }

    /// Does all of it in one transaction, if it can. One bad event must not harm its neighbours: what the database refuses is
    /// tried again in ever smaller parts, until the bad one is alone.
    async fn work_off(&mut self, jobs: Vec<Job>, marks: &mut Marks) {
        let mut replied = marks.take();
        // A stack: what is done next is its last.
        let mut parts = vec![jobs];
        let (mut tried, mut stored, mut trouble) = (false, false, None);
        while let Some(jobs) = parts.pop() {
            let now = Instant::now();
            let jobs = jobs.into_iter().filter_map(|job| job.in_time(now));
            // What was done before may have parked what comes before these.
            let jobs = jobs.filter_map(|job| self.parked.behind_others(job));
            let (events, waiters): (Vec<_>, Vec<_>) = jobs
                .map(|job| (job.event, (job.deadline, job.done)))
                .unzip();
            if events.is_empty() && replied.is_empty() {
                continue;
            }
            tried = true;
            let batch = self.batch(events, std::mem::take(&mut replied), &waiters);
            let started = Instant::now();
            let result = self.commit(&batch).await;
            metrics::batch(batch.events.len(), started.elapsed(), result.is_ok());
            match result {
                Ok(outcomes) => {
                    stored |= !batch.events.is_empty();
                    self.replies.marked(&batch.replied);
                    let outcomes = batch.events.iter().zip(outcomes);
                    for ((event, outcome), waiter) in outcomes.zip(waiters) {
                        self.settle(event, outcome, waiter);
                    }
                }
                Err(StoreError::Unavailable(cause)) => {
                    tracing::warn!(error = %cause, events = waiters.len(), "the database is not available");
                    trouble = Some(cause.to_string());
                    marks.put_back(&batch.replied);
                    for (_, done) in waiters {
                        let _ = done.send(Err(Refusal::DatabaseUnavailable));
                    }
                }
                // The replies stay owed; LINE refuses a second use of their tokens.
                Err(error) if waiters.is_empty() => {
                    tracing::error!(%error, "replies could not be marked as sent");
                    self.replies.marked(&batch.replied);
                }
                Err(error) => {
                    let mut jobs = jobs_again(&batch, waiters);
                    let together = jobs.len() + batch.replied.len();
                    if together > 1 {
                        tracing::warn!(%error, events = jobs.len(), "a batch was refused; trying parts of it");
                        let first = if batch.replied.is_empty() {
                            let half = jobs.len() / 2;
                            jobs.drain(..half).collect()
                        } else {
                            replied = batch.replied.to_vec();
                            Vec::new()
                        };
                        parts.extend([jobs, first]);
                        continue;
                    }
                    trouble = Some(error.to_string());
                    for Job { event, done, .. } in jobs {
                        let event_id = &*event.key.event_id;
                        tracing::error!(%error, event_id, "an event was refused, also alone");
                        let _ = done.send(Err(Refusal::Refused));
                    }
                }
            }
        }
        if tried {
            self.trouble.send_replace(trouble.filter(|_| !stored));
        }
    }

    /// A batch on which the core panics is refused like one the database does not take: it must not end the lane.
    async fn commit(&self, batch: &Batch) -> Result<Vec<Outcome>, StoreError> {
        let committed = AssertUnwindSafe(self.store.commit(batch)).catch_unwind();
        committed
            .await
            .unwrap_or_else(|_| Err(StoreError::Refused("an event made the bot panic".into())))
    }

    fn batch(&self, events: Vec<Inbound>, replied: Vec<EventKey>, waiters: &[Waiter]) -> Batch {
        // The last one's: who has less time is told so by the intake meanwhile, and must not cut the others short.
        let deadline = waiters.iter().map(|(deadline, _)| *deadline).max();
        Batch {
            events: events.into(),
            replied: replied.into(),
            decide: Arc::clone(&self.decide),
            deadline: deadline.unwrap_or_else(|| Instant::now() + MARK_DEADLINE),
        }
    }

    /// The reply goes on its way before the waiter is answered, so that a stop that waits for the answers and then
    /// for the replies misses none.
    fn settle(&mut self, event: &Inbound, outcome: Outcome, (deadline, done): Waiter) {
        match outcome {
            Outcome::Applied(reply) => {
                metrics::event_applied();
                if let Input::Unsent { .. } = event.input {
                    self.replies.outdate(&event.key.conversation);
                }
                if let Some(reply) = reply {
                    self.replies.dispatch(reply, Attempt::First);
                }
            }
            Outcome::Duplicate => metrics::event_duplicate(),
            Outcome::Deferred => {
                let event = event.clone();
                return self.parked.park(Job {
                    event,
                    deadline,
                    done,
                });
            }
        }
        let _ = done.send(Ok(()));
    }
}

/// The jobs of a batch, to be tried again.
fn jobs_again(batch: &Batch, waiters: Vec<Waiter>) -> Vec<Job> {
    let events = batch.events.iter().cloned();
    events
        .zip(waiters)
        .map(|(event, (deadline, done))| Job {
            event,
            deadline,
            done,
        })
        .collect()
}
