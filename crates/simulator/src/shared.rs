use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::future::join;
use secrecy::SecretString;
use tokio::sync::watch;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::action::Action;
use crate::clock::Clock;
use crate::config::{Channel, Config, Limits};
use crate::error::{Error, Refusal};
use crate::id::{ChatId, UserId, random_hex};
use crate::recent::recent;
use crate::webhook::WebhookSender;
use crate::world::{Job, World};

/// What all parts of a running simulator share.
pub(crate) struct Shared {
    world: Mutex<World>,
    /// The revision of the world, for everybody who waits for a change.
    revision: watch::Sender<u64>,
    /// Names this run; what a page remembers of another run does not count.
    pub(crate) run: String,
    pub(crate) webhook: WebhookSender,
    pub(crate) channel: Channel,
    pub(crate) clock: Clock,
    pub(crate) patience: Duration,
    pub(crate) limits: Limits,
    pub(crate) page_hosts: Vec<String>,
    /// Set when the simulator stops.
    pub(crate) stopping: CancellationToken,
    pub(crate) tasks: TaskTracker,
}

impl Shared {
    pub(crate) fn new(config: Config) -> Result<Arc<Self>, Refusal> {
        let world = World::new(&config)?;
        let secret: SecretString = config.channel.secret.clone();
        Ok(Arc::new(Self {
            revision: watch::Sender::new(world.revision()),
            world: Mutex::new(world),
            run: random_hex(8),
            webhook: WebhookSender::new(
                secret,
                config.webhook_deadline,
                config.escape_astral_characters,
            ),
            channel: config.channel,
            clock: config.clock,
            patience: config.patience,
            limits: config.limits,
            page_hosts: config.page_hosts,
            stopping: CancellationToken::new(),
            tasks: TaskTracker::new(),
        }))
    }

    /// Looks at the world or changes it, and tells whoever waits for a change.
    pub(crate) fn with_world<T>(&self, work: impl FnOnce(&mut World) -> T) -> T {
        let mut world = self.world.lock().unwrap_or_else(PoisonError::into_inner);
        let result = work(&mut world);
        let revision = world.revision();
        // Still under the lock, so that revisions are published in order.
        self.revision
            .send_if_modified(|published| std::mem::replace(published, revision) != revision);
        result
    }

    /// A receiver that learns of every change from now on.
    pub(crate) fn changes(&self) -> watch::Receiver<u64> {
        self.revision.subscribe()
    }

    /// Waits until the world gives an answer, looking again after every change.
    pub(crate) async fn wait_for<T>(
        &self,
        what: &str,
        look: impl Fn(&World) -> Option<T>,
    ) -> Result<T, Error> {
        let mut changes = self.changes();
        let seen = async {
            loop {
                changes.mark_unchanged();
                if let Some(found) = self.with_world(|world| look(world)) {
                    return found;
                }
                // Cannot fail: the sender lives in `self`.
                let _ = changes.changed().await;
            }
        };
        timeout(self.patience, seen)
            .await
            .map_err(|_| Error::TimedOut {
                what: what.to_owned(),
                waited: self.patience,
                recent: self.with_world(|world| recent(world)),
            })
    }

    /// A person does something; gives the number of the delivery that tells the bot.
    pub(crate) fn act(
        self: &Arc<Self>,
        chat: &ChatId,
        who: &UserId,
        action: Action,
    ) -> Result<u64, Refusal> {
        let now = self.clock.now();
        let acted = self.with_world(|world| world.act(chat, who, action, now))?;
        if acted.start_draining {
            self.start_draining(chat.clone());
        }
        Ok(acted.delivery)
    }

    /// Sends an event once more.
    pub(crate) fn send_again(self: &Arc<Self>, chat: &ChatId, delivery: u64) {
        if self.with_world(|world| world.enqueue(delivery)) {
            self.start_draining(chat.clone());
        }
    }

    /// Sends what is in the queue of a chat, one webhook at a time; ends when the queue is empty.
    fn start_draining(self: &Arc<Self>, chat: ChatId) {
        let shared = Arc::clone(self);
        self.tasks.spawn(async move {
            while !shared.stopping.is_cancelled() {
                let now = shared.clock.now();
                let Some(job) = shared.with_world(|world| world.next_job(&chat, now)) else {
                    return;
                };
                shared.send(&chat, &job).await;
            }
        });
    }

    async fn send(self: &Arc<Self>, chat: &ChatId, job: &Job) {
        let body = self.webhook.bytes(&job.body);
        let signature = self.webhook.sign(&body);
        let post = || {
            self.webhook
                .post(job.url.as_deref(), body.clone(), Some(&signature))
        };
        let outcome = if job.twice {
            join(post(), post()).await.0
        } else {
            post().await
        };
        tracing::debug!(delivery = job.delivery, ?outcome, "webhook sent");
        let now = self.clock.now();
        if let Some(wait) = self.with_world(|world| world.note_attempt(job, outcome, now)) {
            self.redeliver_after(wait, chat.clone(), job.delivery);
        }
    }

    fn redeliver_after(self: &Arc<Self>, wait: Duration, chat: ChatId, delivery: u64) {
        let shared = Arc::clone(self);
        self.tasks.spawn(async move {
            tokio::select! {
                () = shared.stopping.cancelled() => {}
                () = sleep(wait) => {
                    if shared.with_world(|world| world.enqueue_scheduled(delivery)) {
                        shared.start_draining(chat);
                    }
                }
            }
        });
    }
}
