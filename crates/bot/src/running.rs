//! The bot as a whole: starting and stopping its parts in order.

use crate::clock::Clock;
use crate::decide::TodoLists;
use crate::housekeeping::{Housekeeping, Retention};
use crate::intake::Intake;
use crate::lane::{Lane, LaneItem};
use crate::language::Languages;
use crate::parked::Parked;
use crate::recovery::Recovery;
use crate::replies::Replies;
use line::LineClient;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::Duration;
use storage::{Decide, Store};
use todo::Language;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// How the bot behaves.
#[derive(Clone, Copy, Debug)]
pub struct Config {
    /// Events that may wait for their transaction; more are refused.
    pub queue_events: NonZeroUsize,
    /// The language of replies where the person's is not known.
    pub default_language: Language,
    /// How long things are kept.
    pub retention: Retention,
}

/// How long the store may take to close: a connection that hangs must not outlast the grace period of a stop.
const CLOSE_WITHIN: Duration = Duration::from_secs(5);

/// A running bot.
pub struct Bot {
    intake: Intake,
    queue: mpsc::Sender<LaneItem>,
    lane: JoinHandle<()>,
    replies: Replies,
    background: TaskTracker,
    stop_background: CancellationToken,
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
}

impl Bot {
    /// Starts the bot on the current runtime.
    pub fn start(
        store: Arc<dyn Store>,
        client: LineClient,
        clock: Arc<dyn Clock>,
        config: Config,
    ) -> Self {
        let decide: Arc<dyn Decide> = Arc::new(TodoLists {
            default_language: config.default_language,
        });
        let (queue, receiver) = mpsc::channel(config.queue_events.get());
        let replies = Replies::new(
            client.clone(),
            Arc::clone(&store),
            Arc::clone(&clock),
            queue.downgrade(),
        );
        let (tell_trouble, trouble) = watch::channel(None);
        let lane = Lane {
            queue: receiver,
            trouble: tell_trouble,
            store: Arc::clone(&store),
            decide,
            replies: replies.clone(),
            parked: Parked::new(
                Languages::new(client, config.default_language),
                queue.downgrade(),
                config.queue_events.get(),
            ),
        };
        let lane = tokio::spawn(lane.run());

        let stop_background = CancellationToken::new();
        let background = TaskTracker::new();
        let recovery = Recovery {
            store: Arc::clone(&store),
            replies: replies.clone(),
            clock: Arc::clone(&clock),
        };
        let until_stopped = stop_background
            .clone()
            .run_until_cancelled_owned(recovery.run());
        background.spawn(until_stopped);
        let housekeeping = Housekeeping {
            store: Arc::clone(&store),
            retention: config.retention,
            clock: Arc::clone(&clock),
        };
        let until_stopped = stop_background
            .clone()
            .run_until_cancelled_owned(housekeeping.run());
        background.spawn(until_stopped);
        background.close();

        let intake = Intake::new(queue.clone(), replies.clone(), trouble);
        Self {
            intake,
            queue,
            lane,
            replies,
            background,
            stop_background,
            store,
            clock,
        }
    }

    /// The way in.
    pub fn intake(&self) -> Intake {
        self.intake.clone()
    }

    /// The clock the bot goes by.
    pub fn clock(&self) -> Arc<dyn Clock> {
        Arc::clone(&self.clock)
    }

    /// Where everything is kept.
    pub fn store(&self) -> Arc<dyn Store> {
        Arc::clone(&self.store)
    }

    /// Works off what was accepted, sends the replies owed, and closes the store. To be called when nothing submits
    /// any more. What takes longer than `patience` stays in the database, for the next process.
    pub async fn stop(self, patience: Duration) {
        let Self {
            intake,
            queue,
            lane,
            replies,
            background,
            stop_background,
            store,
            ..
        } = self;
        drop(intake);
        stop_background.cancel();
        let finished = timeout(patience, async {
            background.wait().await;
            let (done, flushed) = oneshot::channel();
            if queue.send(LaneItem::Flush(done)).await.is_ok() {
                let _ = flushed.await;
            }
            replies.finish().await;
            // The lane ends when its queue is closed, after the last marks.
            drop(queue);
            let _ = lane.await;
        })
        .await;
        if finished.is_err() {
            tracing::warn!(
                patience_ms = patience.as_millis(),
                "stopped before every reply was sent; the rest stays owed"
            );
        }
        if timeout(CLOSE_WITHIN, store.close()).await.is_err() {
            tracing::warn!("the database was not closed in time; nothing is lost by that");
        }
    }
}
