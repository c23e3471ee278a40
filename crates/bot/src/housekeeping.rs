//! Deleting what is old, in small steps, so that no message waits behind a large delete.

use crate::clock::Clock;
use crate::metrics;
use std::sync::Arc;
use std::time::Duration;
use storage::{PruneBefore, Store};
use todo::Timestamp;

/// Rows of each kind one step deletes: some milliseconds' work.
const STEP: usize = 500;

/// A breath between steps for the messages that wait.
const BETWEEN_STEPS: Duration = Duration::from_millis(50);

/// How often to look for old rows. Ages are in days, so hours do not matter.
const EVERY: Duration = Duration::from_hours(1);

/// LINE takes no reply later than this after the event
/// (<https://developers.line.biz/en/reference/messaging-api/#send-reply-message-reply-token>).
const REPLY_TOKEN_LIFE: Duration = Duration::from_mins(20);

/// How long things are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retention {
    /// Claims of events, for recognising redeliveries.
    pub events: Duration,
    /// Tasks after they were completed, cleared or undone.
    pub closed_tasks: Duration,
    /// Conversations after the bot was blocked or removed.
    pub left_conversations: Duration,
}

impl Retention {
    fn before(&self, now: Timestamp) -> PruneBefore {
        let ago = |age: Duration| {
            Timestamp(
                now.0
                    .saturating_sub(i64::try_from(age.as_millis()).unwrap_or(i64::MAX)),
            )
        };
        PruneBefore {
            events: ago(self.events),
            closed_tasks: ago(self.closed_tasks),
            left_conversations: ago(self.left_conversations),
            owed_replies: ago(REPLY_TOKEN_LIFE),
        }
    }
}

pub(crate) struct Housekeeping {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) retention: Retention,
    pub(crate) clock: Arc<dyn Clock>,
}

impl Housekeeping {
    /// Goes on until it is dropped, which may be at any time.
    pub(crate) async fn run(self) {
        loop {
            let pause = match self
                .store
                .prune(self.retention.before(self.clock.now()), STEP)
                .await
            {
                Ok(pruned) => {
                    metrics::pruned(pruned);
                    if pruned.more { BETWEEN_STEPS } else { EVERY }
                }
                Err(error) => {
                    tracing::warn!(%error, "cannot delete old rows; trying again later");
                    EVERY
                }
            };
            // Replicas that started together should not sweep together.
            let pause = pause.mul_f64(rand::random_range(0.8..1.2));
            tokio::time::sleep(pause).await;
        }
    }
}
