//! A bounded queue in front of the lane; the caller waits for the commit.

use crate::lane::{Job, LaneItem, Settled};
use crate::replies::Replies;
use std::sync::Arc;
use std::time::Instant;
use storage::{ConversationId, EventKey, Inbound, LanguageHint};
use tokio::sync::{mpsc, oneshot, watch};

/// Why events were not applied. Whoever sent them may send them again: what was applied is not applied twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// More events wait than the queue holds.
    #[error("too many events are waiting; raise LINEBOT_QUEUE_EVENTS or add replicas")]
    Overloaded,
    /// LINE takes replies so slowly that another one could not be sent while its token is valid.
    #[error("replies wait too long for LINE; look at its status, or add replicas")]
    Behind,
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
    queue: Arc<Queue>,
    replies: Replies,
    trouble: watch::Receiver<Option<String>>,
}

/// The lane's queue, from the side of those who fill it.
pub(crate) struct Queue {
    sender: mpsc::Sender<LaneItem>,
}

impl Queue {
    pub(crate) fn new(sender: mpsc::Sender<LaneItem>) -> Self {
        Self { sender }
    }

    /// Hands over that LINE took a reply; waits for a place in the queue.
    pub(crate) async fn mark_replied(&self, key: EventKey) {
        // A closed lane means that the process is ending: another one finds the reply still owed.
        let _ = self.sender.send(LaneItem::Replied(key)).await;
    }

    /// Hands over what LINE said about a language; waits for a place in the queue.
    pub(crate) async fn found_out(&self, conversation: ConversationId, language: LanguageHint) {
        let item = LaneItem::Language(conversation, language);
        let _ = self.sender.send(item).await;
    }

    /// Returns when everything that was in the queue has been worked off.
    pub(crate) async fn flush(&self) {
        let (done, flushed) = oneshot::channel();
        if self.sender.send(LaneItem::Flush(done)).await.is_ok() {
            let _ = flushed.await;
        }
    }
}

impl Intake {
    pub(crate) fn new(
        queue: Arc<Queue>,
        replies: Replies,
        trouble: watch::Receiver<Option<String>>,
    ) -> Self {
        Self {
            queue,
            replies,
            trouble,
        }
    }

    /// Why the last events could not be stored, if they could not: a database that is read well may be full.
    pub fn trouble(&self) -> Option<String> {
        self.trouble.borrow().clone()
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
        if self.replies.are_behind() {
            return Err(Refusal::Behind);
        }
        let mut waiting = Vec::with_capacity(events.len());
        let mut result = Ok(());
        for event in events {
            let (done, settled) = oneshot::channel();
            let job = Job {
                event,
                deadline,
                done,
            };
            match self.queue.sender.try_send(LaneItem::Event(job)) {
                Ok(()) => waiting.push(settled),
                Err(mpsc::error::TrySendError::Full(_)) => result = Err(Refusal::Overloaded),
                Err(mpsc::error::TrySendError::Closed(_)) => result = Err(Refusal::Stopping),
            }
        }
        for settled in waiting {
            match settled.await {
                Ok(Settled::Done) => {}
                Ok(Settled::Refused(refusal)) => result = Err(refusal),
                Err(_) => result = Err(Refusal::Stopping),
            }
        }
        result
    }
}
