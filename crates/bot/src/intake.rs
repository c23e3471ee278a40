//! A bounded queue in front of the lane; the caller waits for the commit.

use crate::lane::{Job, LaneItem};
use crate::replies::Replies;
use std::time::Instant;
use storage::Inbound;
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
    queue: mpsc::Sender<LaneItem>,
    replies: Replies,
    trouble: watch::Receiver<Option<String>>,
}

impl Intake {
    pub(crate) fn new(
        queue: mpsc::Sender<LaneItem>,
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
        // What gets no reply is taken all the same: nobody may send it again.
        let answered = |event: &Inbound| event.reply_token.is_some();
        if self.replies.are_behind() && events.iter().any(answered) {
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
            // What comes after one that is refused must not be applied before it.
            match self.queue.try_send(LaneItem::Event(job)) {
                Ok(()) => waiting.push(settled),
                Err(mpsc::error::TrySendError::Full(_)) => {
                    result = Err(Refusal::Overloaded);
                    break;
                }
                Err(mpsc::error::TrySendError::Closed(_)) => {
                    result = Err(Refusal::Stopping);
                    break;
                }
            }
        }
        for settled in waiting {
            if let Err(refusal) = settled.await.unwrap_or(Err(Refusal::Stopping)) {
                result = Err(refusal);
            }
        }
        result
    }
}
