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
    pub(crate) done: oneshot::Sender<Settled>,
}

impl Job {
    /// Refused where nobody waits any more: the sender was told 503 and will deliver it again.
    pub(crate) fn in_time(self, now: Instant) -> Option<Self> {
        if self.done.is_closed() || self.deadline <= now {
            let _ = self.done.send(Settled::Refused(Refusal::TooSlow));
            return None;
        }
        Some(self)
    }
}

/// What became of a job.
pub(crate) enum Settled {
    /// Durable, by this batch or an earlier one.
    Done,
    Refused(Refusal),
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
type Waiter = (Instant, oneshot::Sender<Settled>);

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

    async fn work_off(&mut self, jobs: Vec<Job>, marks: &mut Marks) {
        // The batch before may have parked what comes before these.
        let jobs = jobs.into_iter();
        let jobs: Vec<Job> = jobs
            .filter_map(|job| self.parked.behind_others(job))
            .collect();
        if jobs.is_empty() && marks.keys.is_empty() {
            return;
        }
        // The last one's: who has less time is told so by the intake meanwhile, and must not cut the others short.
        let deadline = jobs
            .iter()
            .map(|job| job.deadline)
            .max()
            .unwrap_or_else(|| Instant::now() + MARK_DEADLINE);
        let (events, waiters): (Vec<_>, Vec<_>) = jobs
            .into_iter()
            .map(|job| (job.event, (job.deadline, job.done)))
            .unzip();
        let batch = self.batch(events, marks.take(), deadline);
        let started = Instant::now();
        let result = self.commit(&batch).await;
        metrics::batch(batch.events.len(), started.elapsed(), result.is_ok());
        match result {
            Ok(outcomes) => {
                self.trouble.send_replace(None);
                self.replies.marked(&batch.replied);
                for ((event, outcome), waiter) in batch.events.iter().zip(outcomes).zip(waiters) {
                    self.settle(event, outcome, waiter);
                }
            }
            Err(StoreError::Unavailable(cause)) => {
                tracing::warn!(error = %cause, events = waiters.len(), "the database is not available");
                self.trouble.send_replace(Some(cause.to_string()));
                marks.put_back(&batch.replied);
                for (_, done) in waiters {
                    let _ = done.send(Settled::Refused(Refusal::DatabaseUnavailable));
                }
            }
            Err(error) => {
                tracing::warn!(%error, events = batch.events.len(), "a batch was refused; trying its events one by one");
                self.one_by_one(&batch, waiters, marks).await;
            }
        }
    }

    /// A batch on which the core panics is refused like one the database does not take: it must not end the lane.
    async fn commit(&self, batch: &Batch) -> Result<Vec<Outcome>, StoreError> {
        let committed = AssertUnwindSafe(self.store.commit(batch)).catch_unwind();
        committed
            .await
            .unwrap_or_else(|_| Err(StoreError::Refused("an event made the bot panic".into())))
    }

    /// One bad event must not harm its neighbours: each is tried alone, and only the bad one fails.
    async fn one_by_one(&mut self, batch: &Batch, waiters: Vec<Waiter>, marks: &mut Marks) {
        let deadline = Instant::now() + MARK_DEADLINE;
        let marks_only = self.batch(Vec::new(), batch.replied.to_vec(), deadline);
        match self.commit(&marks_only).await {
            Ok(_) => self.replies.marked(&marks_only.replied),
            Err(StoreError::Unavailable(_)) => marks.put_back(&marks_only.replied),
            // The replies stay owed; LINE refuses a second use of their tokens.
            Err(error) => {
                tracing::error!(%error, "replies could not be marked as sent");
                self.replies.marked(&marks_only.replied);
            }
        }
        let mut trouble = None;
        let mut stored = false;
        for (event, (deadline, done)) in batch.events.iter().zip(waiters) {
            let job = Job {
                event: event.clone(),
                deadline,
                done,
            };
            let Some(Job { event, done, .. }) = self.parked.behind_others(job) else {
                continue;
            };
            let alone = self.batch(vec![event.clone()], Vec::new(), deadline);
            match self.commit(&alone).await {
                Ok(outcomes) => {
                    stored = true;
                    if let Some(outcome) = outcomes.into_iter().next() {
                        self.settle(&event, outcome, (deadline, done));
                    }
                }
                Err(StoreError::Unavailable(cause)) => {
                    trouble = Some(cause.to_string());
                    let _ = done.send(Settled::Refused(Refusal::DatabaseUnavailable));
                }
                Err(error) => {
                    let event_id = &*event.key.event_id;
                    tracing::error!(%error, event_id, "an event was refused, also alone");
                    trouble = Some(error.to_string());
                    let _ = done.send(Settled::Refused(Refusal::Refused));
                }
            }
        }
        self.trouble.send_replace(trouble.filter(|_| !stored));
    }

    fn batch(&self, events: Vec<Inbound>, replied: Vec<EventKey>, deadline: Instant) -> Batch {
        Batch {
            events: events.into(),
            replied: replied.into(),
            decide: Arc::clone(&self.decide),
            deadline,
        }
    }

    /// The reply goes on its way before the waiter is answered, so that a stop that waits for the answers and then
    /// for the replies misses none.
    fn settle(&mut self, event: &Inbound, outcome: Outcome, (deadline, done): Waiter) {
        match outcome {
            Outcome::Applied(reply) => {
                metrics::event_applied();
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
        let _ = done.send(Settled::Done);
    }
}
