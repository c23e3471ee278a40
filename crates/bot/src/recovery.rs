//! What a dead process, or a failed call, left owed.

use crate::clock::Clock;
use crate::metrics;
use crate::replies::{Attempt, LEASE, Replies, TOKEN_LIFE_MS};
use crate::turns::MAX_WAITING_AGAIN;
use std::sync::Arc;
use std::time::Duration;
use storage::{Store, StoreError, TakeDue};
use todo::Timestamp;

/// How often to look. The table of owed replies is small: a reply lives there for milliseconds.
const EVERY: Duration = Duration::from_secs(1);

/// After how many looks the owed replies are counted for the metrics: Prometheus scrapes every ten seconds or more.
const COUNT_EVERY: u64 = 10;

pub(crate) struct Recovery {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) replies: Replies,
    pub(crate) clock: Arc<dyn Clock>,
}

impl Recovery {
    /// Looks until it is dropped, which may be at any time: what was taken and not sent is due again later.
    pub(crate) async fn run(self) {
        let mut released = false;
        for look in 0_u64.. {
            if !released {
                released = report(self.store.release_leases().await).is_some();
            }
            self.replies.room().await;
            let more = self.take().await;
            if look.is_multiple_of(COUNT_EVERY)
                && let Some(owed) = report(self.store.owed_replies().await)
            {
                metrics::owed_replies(owed);
            }
            if !more {
                tokio::time::sleep(EVERY).await;
            }
        }
    }

    /// Says whether there may be more to take, and room for it.
    async fn take(&self) -> bool {
        let now = self.clock.now();
        let lease = i64::try_from(LEASE.as_millis()).unwrap_or(i64::MAX);
        let take = TakeDue {
            now,
            due_again_at: Timestamp(now.0.saturating_add(lease)),
            last_if_received_before: Timestamp(now.0.saturating_sub(TOKEN_LIFE_MS)),
            limit: MAX_WAITING_AGAIN,
        };
        let Some(replies) = report(self.store.take_due_replies(take).await) else {
            return false;
        };
        let taken = replies.len();
        if taken > 0 {
            tracing::info!(replies = taken, "taking up replies that were left owed");
        }
        let mut room = true;
        for reply in replies {
            room &= self
                .replies
                .dispatch(reply, Attempt::Again { taken_at: now });
        }
        room && taken == MAX_WAITING_AGAIN
    }
}

fn report<T>(result: Result<T, StoreError>) -> Option<T> {
    result
        .inspect_err(|error| tracing::warn!(%error, "cannot look for owed replies"))
        .ok()
}
