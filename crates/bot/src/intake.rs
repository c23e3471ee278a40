//! Bounded queues in front of the lanes; the caller waits for the commit.

use crate::lane::{Job, LaneItem, Settled};
use crate::language::{self, Languages};
use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;
use std::time::Instant;
use storage::{ConversationId, EventKey, Inbound, LanguageHint};
use tokio::sync::{mpsc, oneshot};

/// Why events were not applied. Whoever sent them may send them again: what was applied is not applied twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// More events wait than the queue holds.
    #[error("too many events are waiting; raise LINEBOT_QUEUE_EVENTS or add replicas")]
    Overloaded,
    /// The commit took longer than the caller can wait.
    #[error("the events were not committed in time")]
    TooSlow,
    /// The database does not answer.
    #[error("the database is not available")]
    DatabaseUnavailable,
    /// The database refused this event, also alone.
    #[error("the database refused the event")]
    Refused,
    /// The process is about to end.
    #[error("the bot is stopping")]
    Stopping,
}

/// The way in. Cheap to clone.
#[derive(Clone)]
pub struct Intake {
    lanes: Arc<Lanes>,
    languages: Languages,
}

/// The queues of the lanes. Everything of one conversation goes to the same one.
pub(crate) struct Lanes {
    queues: Vec<mpsc::Sender<LaneItem>>,
    hasher: RandomState,
}

impl Lanes {
    pub(crate) fn new(queues: Vec<mpsc::Sender<LaneItem>>) -> Self {
        Self {
            queues,
            hasher: RandomState::new(),
        }
    }

    fn of(&self, conversation: &ConversationId) -> &mpsc::Sender<LaneItem> {
        let hash = self.hasher.hash_one(conversation);
        let index = usize::try_from(hash % self.queues.len() as u64).unwrap_or_default();
        &self.queues[index]
    }

    /// Hands over that LINE took a reply; waits for a place in the queue.
    pub(crate) async fn mark_replied(&self, key: EventKey) {
        // A closed lane means that the process is ending: another one finds the reply still owed.
        let _ = self
            .of(&key.conversation)
            .send(LaneItem::Replied(key))
            .await;
    }

    /// Returns when everything that was in the queues has been worked off.
    pub(crate) async fn flush(&self) {
        for queue in &self.queues {
            let (done, flushed) = oneshot::channel();
            if queue.send(LaneItem::Flush(done)).await.is_ok() {
                let _ = flushed.await;
            }
        }
    }
}

impl Intake {
    pub(crate) fn new(lanes: Arc<Lanes>, languages: Languages) -> Self {
        Self { lanes, languages }
    }

    /// Applies the events, in order for each conversation, and returns when all of them are durable.
    ///
    /// On an error some of them may have been applied; submitting all of them again is safe.
    pub async fn submit(&self, events: Vec<Inbound>, deadline: Instant) -> Result<(), Refusal> {
        match tokio::time::timeout_at(deadline.into(), self.apply(events, deadline)).await {
            Ok(result) => result,
            Err(_) => Err(Refusal::TooSlow),
        }
    }

    async fn apply(&self, events: Vec<Inbound>, deadline: Instant) -> Result<(), Refusal> {
        let mut deferred = self.queue_and_wait(events, deadline).await?;
        if deferred.is_empty() {
            return Ok(());
        }
        for event in &mut deferred {
            event.language = self.languages.of(&event.key.conversation).await;
        }
        // With a hint no event is deferred again.
        self.queue_and_wait(deferred, deadline).await.map(|_| ())
    }

    /// Returns the events that were deferred.
    async fn queue_and_wait(
        &self,
        events: Vec<Inbound>,
        deadline: Instant,
    ) -> Result<Vec<Inbound>, Refusal> {
        let mut waiting = Vec::with_capacity(events.len());
        let mut result = Ok(());
        for mut event in events {
            if matches!(event.language, LanguageHint::NotAsked) {
                event.language = language::hint(&event.key.conversation);
            }
            let (done, settled) = oneshot::channel();
            let queue = self.lanes.of(&event.key.conversation);
            match queue.try_send(LaneItem::Event(Job {
                event,
                deadline,
                done,
            })) {
                Ok(()) => waiting.push(settled),
                Err(mpsc::error::TrySendError::Full(_)) => result = Err(Refusal::Overloaded),
                Err(mpsc::error::TrySendError::Closed(_)) => result = Err(Refusal::Stopping),
            }
        }
        let mut deferred = Vec::new();
        for settled in waiting {
            match settled.await {
                Ok(Settled::Done) => {}
                Ok(Settled::Deferred(event)) => deferred.push(*event),
                Ok(Settled::Refused(refusal)) => result = Err(refusal),
                Err(_) => result = Err(Refusal::Stopping),
            }
        }
        result.map(|()| deferred)
    }
}
