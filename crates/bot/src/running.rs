//! The bot as a whole: starting and stopping its parts in order.

use crate::clock::Clock;
use crate::decide::TodoLists;
use crate::housekeeping::{Housekeeping, Retention};
use crate::intake::{Intake, Lanes};
use crate::lane::Lane;
use crate::language::Languages;
use crate::recovery::Recovery;
use crate::replies::Replies;
use line::LineClient;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::Duration;
use storage::{Decide, Store};
use todo::Language;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// How the bot behaves.
#[derive(Clone, Copy, Debug)]
pub struct Config {
    /// Transactions that may run side by side: one for a store with one writer, a few for a server.
    pub lanes: NonZeroUsize,
    /// Events that may wait for their transaction, over all lanes; more are refused.
    pub queue_events: NonZeroUsize,
    /// The language of replies where the person's is not known.
    pub default_language: Language,
    /// How long things are kept.
    pub retention: Retention,
}

/// A running bot.
pub struct Bot {
    intake: Intake,
    lanes: Arc<Lanes>,
    lane_tasks: TaskTracker,
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
        let replies = Replies::new(client.clone());
        let lane_tasks = TaskTracker::new();
        let capacity = config.queue_events.get().div_ceil(config.lanes.get());
        let queues = (0..config.lanes.get())
            .map(|_| {
                let (sender, queue) = mpsc::channel(capacity);
                let lane = Lane {
                    queue,
                    store: Arc::clone(&store),
                    decide: Arc::clone(&decide),
                    replies: replies.clone(),
                };
                lane_tasks.spawn(lane.run());
                sender
            })
            .collect();
        lane_tasks.close();
        let lanes = Arc::new(Lanes::new(queues));
        replies.report_to(&lanes);

        let stop_background = CancellationToken::new();
        let background = TaskTracker::new();
        let recovery = Recovery {
            store: Arc::clone(&store),
            replies: replies.clone(),
            clock: Arc::clone(&clock),
            stop: stop_background.clone(),
        };
        background.spawn(recovery.run());
        let housekeeping = Housekeeping {
            store: Arc::clone(&store),
            retention: config.retention,
            clock: Arc::clone(&clock),
            stop: stop_background.clone(),
        };
        background.spawn(housekeeping.run());
        background.close();

        let intake = Intake::new(
            Arc::clone(&lanes),
            Languages::new(client, config.default_language),
        );
        Self {
            intake,
            lanes,
            lane_tasks,
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

    /// Asks the database for an answer.
    pub fn store(&self) -> Arc<dyn Store> {
        Arc::clone(&self.store)
    }

    /// Works off what was accepted, sends the replies owed, and closes the store. To be called when nothing submits
    /// any more. What takes longer than `patience` stays in the database, for the next process.
    pub async fn stop(self, patience: Duration) {
        let Self {
            intake,
            lanes,
            lane_tasks,
            replies,
            background,
            stop_background,
            store,
            ..
        } = self;
        drop(intake);
        stop_background.cancel();
        let finished = tokio::time::timeout(patience, async {
            background.wait().await;
            lanes.flush().await;
            replies.finish().await;
            // The lanes end when their queues are closed, after the last marks.
            drop(lanes);
            lane_tasks.wait().await;
        })
        .await;
        if finished.is_err() {
            tracing::warn!(
                patience_ms = patience.as_millis(),
                "stopped before every reply was sent; the rest stays owed"
            );
        }
        store.close().await;
    }
}
