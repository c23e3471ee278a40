//! One writer a lane: while one transaction commits, the next batch gathers in the queue. No timer.

use crate::intake::Refusal;
use crate::metrics;
use crate::replies::{Attempt, Replies};
use std::sync::Arc;
use std::time::{Duration, Instant};
use storage::{Batch, Decide, EventKey, Inbound, Outcome, Store, StoreError};
use tokio::sync::{mpsc, oneshot};

/// The most events one transaction takes: long enough to share a disk flush widely, short enough that the last of
/// them is not kept waiting.
pub const MAX_BATCH: usize = 256;

/// How long replies taken by LINE wait to be marked again after the database refused.
const RETRY_MARKS: Duration = Duration::from_millis(500);

/// How long a transaction that only marks replies may take.
const MARK_DEADLINE: Duration = Duration::from_millis(1_500);

pub(crate) enum LaneItem {
    Event(Job),
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

/// What became of a job.
pub(crate) enum Settled {
    /// Durable, by this batch or an earlier one.
    Done,
    /// To be submitted again with a language.
    Deferred(Box<Inbound>),
    Refused(Refusal),
}

/// A lane: owns its end of the queue and works it off until the queue is closed and empty.
pub(crate) struct Lane {
    pub(crate) queue: mpsc::Receiver<LaneItem>,
    pub(crate) store: Arc<dyn Store>,
    pub(crate) decide: Arc<dyn Decide>,
    pub(crate) replies: Replies,
}

/// What one round of the queue brought.
#[derive(Default)]
struct Round {
    jobs: Vec<Job>,
    flushes: Vec<oneshot::Sender<()>>,
}

impl Lane {
    pub(crate) async fn run(mut self) {
        let mut items = Vec::with_capacity(MAX_BATCH);
        let mut replied: Vec<EventKey> = Vec::new();
        loop {
            let received = if replied.is_empty() {
                self.queue.recv_many(&mut items, MAX_BATCH).await
            } else {
                // Marks that failed are tried again even when nothing else comes.
                let more = self.queue.recv_many(&mut items, MAX_BATCH);
                tokio::time::timeout(RETRY_MARKS, more).await.unwrap_or(1)
            };
            let mut round = Round::default();
            for item in items.drain(..) {
                match item {
                    // Nobody waits any more: the sender was told 503 and will deliver it again.
                    LaneItem::Event(job)
                        if job.done.is_closed() || job.deadline <= Instant::now() =>
                    {
                        let _ = job.done.send(Settled::Refused(Refusal::TooSlow));
                    }
                    LaneItem::Event(job) => round.jobs.push(job),
                    LaneItem::Replied(key) => replied.push(key),
                    LaneItem::Flush(done) => round.flushes.push(done),
                }
            }
            self.work_off(round.jobs, &mut replied).await;
            for done in round.flushes {
                let _ = done.send(());
            }
            if received == 0 {
                return;
            }
        }
    }

    async fn work_off(&self, jobs: Vec<Job>, replied: &mut Vec<EventKey>) {
        if jobs.is_empty() && replied.is_empty() {
            return;
        }
        let deadline = jobs
            .iter()
            .map(|job| job.deadline)
            .min()
            .unwrap_or_else(|| Instant::now() + MARK_DEADLINE);
        let (events, waiters): (Vec<_>, Vec<_>) = jobs
            .into_iter()
            .map(|job| (job.event, (job.deadline, job.done)))
            .unzip();
        let batch = Batch {
            events,
            replied: std::mem::take(replied),
            decide: Arc::clone(&self.decide),
            deadline,
        };
        let started = Instant::now();
        let result = self.store.commit(&batch).await;
        metrics::batch(batch.events.len(), started.elapsed(), result.is_ok());
        match result {
            Ok(outcomes) => {
                self.replies.marked(&batch.replied);
                for ((event, outcome), (_, done)) in
                    batch.events.into_iter().zip(outcomes).zip(waiters)
                {
                    self.settle(event, outcome, done);
                }
            }
            Err(StoreError::Unavailable(cause)) => {
                tracing::warn!(error = %cause, events = waiters.len(), "the database is not available");
                *replied = batch.replied;
                for (_, done) in waiters {
                    let _ = done.send(Settled::Refused(Refusal::DatabaseUnavailable));
                }
            }
            Err(error) => {
                tracing::warn!(%error, events = batch.events.len(), "a batch was refused; trying its events one by one");
                self.one_by_one(batch, waiters, replied).await;
            }
        }
    }

    /// One bad event must not harm its neighbours: each is tried alone, and only the bad one fails.
    async fn one_by_one(
        &self,
        batch: Batch,
        waiters: Vec<(Instant, oneshot::Sender<Settled>)>,
        replied: &mut Vec<EventKey>,
    ) {
        let Batch {
            events,
            replied: marks,
            decide,
            ..
        } = batch;
        let marks_only = Batch {
            events: Vec::new(),
            replied: marks,
            decide: Arc::clone(&decide),
            deadline: Instant::now() + MARK_DEADLINE,
        };
        match self.store.commit(&marks_only).await {
            Ok(_) => self.replies.marked(&marks_only.replied),
            Err(StoreError::Unavailable(_)) => *replied = marks_only.replied,
            // The replies stay owed; LINE refuses a second use of their tokens.
            Err(error) => {
                tracing::error!(%error, "replies could not be marked as sent");
                self.replies.marked(&marks_only.replied);
            }
        }
        for (event, (deadline, done)) in events.into_iter().zip(waiters) {
            let alone = Batch {
                events: vec![event],
                replied: Vec::new(),
                decide: Arc::clone(&decide),
                deadline,
            };
            match self.store.commit(&alone).await {
                Ok(outcomes) => {
                    if let (Some(event), Some(outcome)) =
                        (alone.events.into_iter().next(), outcomes.into_iter().next())
                    {
                        self.settle(event, outcome, done);
                    }
                }
                Err(StoreError::Unavailable(_)) => {
                    let _ = done.send(Settled::Refused(Refusal::DatabaseUnavailable));
                }
                Err(error) => {
                    let key = alone.events.first().map(|event| &event.key);
                    tracing::error!(%error, event_id = key.map(|key| &*key.event_id), "an event was refused, also alone");
                    let _ = done.send(Settled::Refused(Refusal::Refused));
                }
            }
        }
    }

    /// The reply goes on its way before the waiter is answered, so that a stop that waits for the answers and then
    /// for the replies misses none.
    fn settle(&self, event: Inbound, outcome: Outcome, done: oneshot::Sender<Settled>) {
        let settled = match outcome {
            Outcome::Applied(reply) => {
                metrics::event_applied();
                if let Some(reply) = reply {
                    self.replies.dispatch(reply, Attempt::First);
                }
                Settled::Done
            }
            Outcome::Duplicate => {
                metrics::event_duplicate();
                Settled::Done
            }
            Outcome::Deferred => Settled::Deferred(Box::new(event)),
        };
        let _ = done.send(settled);
    }
}
