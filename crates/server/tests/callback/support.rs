//! The server's router on a bot whose database can be told to fail, and the simulator as LINE.

use async_trait::async_trait;
use axum::Router;
use axum::body::Body;
use bot::{Bot, Config, Retention, SystemClock};
use http::{Request, StatusCode};
use http_body_util::BodyExt;
use line::{ChannelSecrets, LineClient, TokenProvider};
use server::{App, CurrentSecrets, Readiness, router};
use simulator::{Action, Channel, Person, Simulator};
use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use storage::memory::MemoryStore;
use storage::{
    Batch, ConversationId, ConversationRecord, EventKey, Outcome, OwedReply, PruneBefore, Pruned,
    Store, StoreError, TakeDue,
};
use todo::Language;
use tokio::net::TcpListener;
use tower::ServiceExt;

/// The largest body taken.
pub(crate) const MOST_BYTES: usize = 64 * 1024;

/// What a commit does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Commits {
    #[default]
    Store,
    Refuse,
    FindNoDatabase,
    Hang,
}

/// A store that does as it is told.
#[derive(Default)]
pub(crate) struct Obedient {
    inner: MemoryStore,
    pub(crate) commits: Mutex<Commits>,
    /// When each batch of events came, and how long it may have taken.
    pub(crate) deadlines: Mutex<Vec<(Instant, Instant)>>,
    /// Whether there are always replies that somebody else left owed.
    pub(crate) never_done: AtomicBool,
    taken: AtomicUsize,
}

#[async_trait]
impl Store for Obedient {
    async fn commit(&self, batch: &Batch) -> Result<Vec<Outcome>, StoreError> {
        let deadline = (Instant::now(), batch.deadline);
        self.deadlines.lock().unwrap().push(deadline);
        let commits = *self.commits.lock().unwrap();
        match commits {
            Commits::Store => self.inner.commit(batch).await,
            Commits::Refuse => Err(StoreError::refused("the test said so")),
            Commits::FindNoDatabase => Err(StoreError::Unavailable("the test said so".into())),
            Commits::Hang => std::future::pending().await,
        }
    }
    async fn take_due_replies(&self, take: TakeDue) -> Result<Vec<OwedReply>, StoreError> {
        if !self.never_done.load(Ordering::Relaxed) {
            return self.inner.take_due_replies(take).await;
        }
        let one = |_| {
            let number = self.taken.fetch_add(1, Ordering::Relaxed);
            OwedReply {
                key: EventKey {
                    conversation: ConversationId("U1".into()),
                    event_id: number.to_string().into(),
                },
                reply_token: "token".into(),
                messages: "[]".into(),
                received_at: take.now,
            }
        };
        Ok((0..take.limit).map(one).collect())
    }
    async fn release_leases(&self) -> Result<(), StoreError> {
        self.inner.release_leases().await
    }
    async fn prune(&self, before: PruneBefore, limit: usize) -> Result<Pruned, StoreError> {
        self.inner.prune(before, limit).await
    }
    async fn owed_messages(&self, key: &EventKey) -> Result<Option<Arc<str>>, StoreError> {
        self.inner.owed_messages(key).await
    }
    async fn owed_replies(&self) -> Result<u64, StoreError> {
        self.inner.owed_replies().await
    }
    async fn export(
        &self,
        after: Option<&ConversationId>,
        limit: usize,
    ) -> Result<Vec<ConversationRecord>, StoreError> {
        self.inner.export(after, limit).await
    }
    async fn import(&self, records: &[ConversationRecord]) -> Result<Vec<bool>, StoreError> {
        self.inner.import(records).await
    }
    async fn ping(&self) -> Result<(), StoreError> {
        self.inner.ping().await
    }
    async fn close(&self) {
        self.inner.close().await;
    }
}

/// Everything a test of the webhook needs.
pub(crate) struct Stage {
    pub(crate) simulator: Simulator,
    pub(crate) store: Arc<Obedient>,
    pub(crate) router: Router,
}

/// A status and the text beside it.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) text: String,
}

impl Stage {
    pub(crate) async fn new() -> Self {
        Self::with(16, Duration::from_secs(20)).await
    }

    /// A bot whose queue holds so many events, and which waits so long for a body.
    pub(crate) async fn with(queue_events: usize, body_timeout: Duration) -> Self {
        let channel = Channel::random();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let simulator =
            Simulator::start(listener, simulator::Config::new(channel.clone())).unwrap();
        simulator.introduce_everybody();
        let client = LineClient::builder(TokenProvider::fixed(&channel.access_token).unwrap())
            .api_base(simulator.url())
            .build()
            .unwrap();
        let store = Arc::new(Obedient::default());
        let day = Duration::from_hours(24);
        let config = Config {
            queue_events: NonZeroUsize::new(queue_events).unwrap(),
            default_language: Language::English,
            retention: Retention {
                events: day,
                closed_tasks: day,
                left_conversations: day,
            },
        };
        let bot = Bot::start(
            Arc::clone(&store) as Arc<dyn Store>,
            client,
            Arc::new(SystemClock),
            config,
        );
        let router = router(App {
            intake: bot.intake(),
            secrets: CurrentSecrets::new(ChannelSecrets::new([&channel.secret]).unwrap()),
            clock: bot.clock(),
            store: bot.store(),
            readiness: Readiness::default(),
            max_body_bytes: MOST_BYTES,
            body_timeout,
        });
        Self {
            simulator,
            store,
            router,
        }
    }

    /// The body of a webhook with so many messages of Alex.
    pub(crate) fn messages(&self, count: usize) -> Vec<u8> {
        let alex = self.simulator.user(&Person::alex().id).unwrap();
        let message = |number| {
            let action = Action::Text {
                text: format!("task {number}"),
                mentions: Vec::new(),
            };
            alex.compose(action).unwrap()
        };
        let events: Vec<_> = (0..count).map(message).collect();
        self.simulator.webhook_body(&events).into()
    }

    /// What LINE is answered to a webhook with so many messages, correctly signed.
    pub(crate) async fn sends(&self, messages: usize) -> Answer {
        let body = self.messages(messages);
        let signature = self.simulator.sign(&body);
        self.posts(body, Some(&signature)).await
    }

    /// What whoever posts this is answered.
    pub(crate) async fn posts(&self, body: impl Into<Body>, signature: Option<&str>) -> Answer {
        let mut request = Request::post("/callback");
        if let Some(signature) = signature {
            request = request.header("x-line-signature", signature);
        }
        let request = request.body(body.into()).unwrap();
        let response = self.router.clone().oneshot(request).await.unwrap();
        let status = response.status();
        let body = response.into_body().collect().await.unwrap().to_bytes();
        let text = String::from_utf8(body.into()).unwrap();
        Answer { status, text }
    }
}
