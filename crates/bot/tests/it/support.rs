//! A bot on the in-memory store, whose database can be told to fail, and the simulator as LINE.

use async_trait::async_trait;
use bot::{Bot, Clock, Config, Retention};
use line::LineClient;
use line::retry::RetryPolicy;
use line::token::TokenProvider;
use secrecy::SecretString;
use simulator::{Channel, Simulator};
use std::collections::VecDeque;
use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use storage::memory::MemoryStore;
use storage::{
    Batch, ConversationId, ConversationRecord, EventKey, Inbound, LanguageHint, Outcome, OwedReply,
    PruneBefore, Pruned, Store, StoreError, TakeDue,
};
use todo::{Input, Language, Timestamp};
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, watch};

/// A clock that stands still until it is moved.
pub(crate) struct ManualClock(AtomicI64);

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        Timestamp(self.0.load(Ordering::Relaxed))
    }
}

impl ManualClock {
    pub(crate) fn advance(&self, by: Duration) {
        self.0
            .fetch_add(i64::try_from(by.as_millis()).unwrap(), Ordering::Relaxed);
    }
}

/// A store that records its batches and fails as told.
pub(crate) struct Watched {
    inner: MemoryStore,
    /// A commit waits here for a permit.
    pub(crate) gate: Semaphore,
    /// Conversations whose events the database refuses.
    pub(crate) poisoned: Mutex<Vec<ConversationId>>,
    /// Conversations whose events make the core panic.
    pub(crate) explosive: Mutex<Vec<ConversationId>>,
    /// How many commits are still to fail as unavailable.
    pub(crate) outages: AtomicUsize,
    /// How many commits are still to defer their events.
    pub(crate) deferrals: AtomicUsize,
    /// Whether looking for due replies hangs.
    pub(crate) hides_due_replies: AtomicBool,
    /// Whether closing hangs.
    pub(crate) never_closes: AtomicBool,
    /// How many events each commit held, in order.
    pub(crate) batches: Mutex<Vec<usize>>,
    /// How long each commit may have taken, in order.
    pub(crate) deadlines: Mutex<Vec<Instant>>,
    /// What the next calls to delete what is old say instead of doing it.
    pub(crate) pruning: Mutex<VecDeque<Result<Pruned, StoreError>>>,
    /// What each call was to delete, in order.
    pub(crate) pruned: watch::Sender<Vec<PruneBefore>>,
    /// When owed replies were looked for, and until when those found were taken, in order.
    pub(crate) taken: watch::Sender<Vec<(Timestamp, Timestamp)>>,
}

impl Watched {
    fn new(commits: usize) -> Self {
        Self {
            inner: MemoryStore::new(),
            gate: Semaphore::new(commits),
            poisoned: Mutex::default(),
            explosive: Mutex::default(),
            outages: AtomicUsize::new(0),
            deferrals: AtomicUsize::new(0),
            hides_due_replies: AtomicBool::new(false),
            never_closes: AtomicBool::new(false),
            batches: Mutex::default(),
            deadlines: Mutex::default(),
            pruning: Mutex::default(),
            pruned: watch::Sender::default(),
            taken: watch::Sender::default(),
        }
    }
}

#[async_trait]
impl Store for Watched {
    async fn commit(&self, batch: &Batch) -> Result<Vec<Outcome>, StoreError> {
        self.gate.acquire().await.unwrap().forget();
        let one_of = |left: &AtomicUsize| {
            let taken = left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| {
                left.checked_sub(1)
            });
            taken.is_ok()
        };
        if one_of(&self.outages) {
            return Err(StoreError::Unavailable("the test pulled the plug".into()));
        }
        if one_of(&self.deferrals) {
            return Ok(batch.events.iter().map(|_| Outcome::Deferred).collect());
        }
        let is_among = |marked: &Mutex<Vec<ConversationId>>| {
            let marked = marked.lock().unwrap().clone();
            let mut events = batch.events.iter();
            events.any(|event| marked.contains(&event.key.conversation))
        };
        assert!(!is_among(&self.explosive), "the test lit a fuse");
        if is_among(&self.poisoned) {
            return Err(StoreError::Refused("the test poisoned an event".into()));
        }
        self.batches.lock().unwrap().push(batch.events.len());
        self.deadlines.lock().unwrap().push(batch.deadline);
        self.inner.commit(batch).await
    }
    async fn take_due_replies(&self, take: TakeDue) -> Result<Vec<OwedReply>, StoreError> {
        self.taken
            .send_modify(|taken| taken.push((take.now, take.due_again_at)));
        if self.hides_due_replies.load(Ordering::Relaxed) {
            std::future::pending::<()>().await;
        }
        self.inner.take_due_replies(take).await
    }
    async fn release_leases(&self) -> Result<(), StoreError> {
        self.inner.release_leases().await
    }
    async fn prune(&self, before: PruneBefore, limit: usize) -> Result<Pruned, StoreError> {
        self.pruned.send_modify(|pruned| pruned.push(before));
        let told = self.pruning.lock().unwrap().pop_front();
        match told {
            Some(told) => told,
            None => self.inner.prune(before, limit).await,
        }
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
        if self.never_closes.load(Ordering::Relaxed) {
            std::future::pending::<()>().await;
        }
        self.inner.close().await;
    }
}

/// Everything a test of the bot needs.
pub(crate) struct Stage {
    pub(crate) simulator: Simulator,
    pub(crate) store: Arc<Watched>,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) bot: Bot,
    /// A good channel access token.
    pub(crate) token: SecretString,
    /// Where the bot takes its own from.
    pub(crate) tokens: TokenProvider,
    client: LineClient,
    config: Config,
}

/// How long the stage keeps things: each for a time of its own.
pub(crate) const RETENTION: Retention = Retention {
    events: Duration::from_hours(24),
    closed_tasks: Duration::from_hours(48),
    left_conversations: Duration::from_hours(72),
};

/// Gates that never close.
pub(crate) const OPEN: usize = 1_000_000;

impl Stage {
    /// A bot with one lane, a queue of `queue_events`, and a gate that lets `commits` through.
    pub(crate) async fn new(queue_events: usize, commits: usize) -> Self {
        Self::with(queue_events, commits, RetryPolicy::default()).await
    }

    /// The same with a client that repeats calls like this.
    pub(crate) async fn with(queue_events: usize, commits: usize, retry: RetryPolicy) -> Self {
        let channel = Channel::random();
        let token = SecretString::from(channel.access_token.clone());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let mut config = simulator::Config::new(channel);
        config.limits.messages_kept = 10_000;
        let simulator = Simulator::start(listener, config).unwrap();
        simulator.introduce_everybody();
        let tokens = TokenProvider::fixed(&token).unwrap();
        let client = LineClient::builder(tokens.clone())
            .api_base(simulator.url())
            .retry(retry)
            .build()
            .unwrap();
        let store = Arc::new(Watched::new(commits));
        let clock = Arc::new(ManualClock(AtomicI64::new(1_790_000_000_000)));
        let config = Config {
            queue_events: NonZeroUsize::new(queue_events).unwrap(),
            default_language: Language::English,
            retention: RETENTION,
        };
        let bot = start(&store, &client, &clock, config);
        Self {
            simulator,
            store,
            clock,
            bot,
            token,
            tokens,
            client,
            config,
        }
    }

    /// Another process on the same database.
    pub(crate) fn another_bot(&self) -> Bot {
        start(&self.store, &self.client, &self.clock, self.config)
    }

    /// The bot stores an event.
    pub(crate) async fn takes(&self, event: Inbound) {
        let submitted = self.bot.intake().submit(vec![event], soon()).await;
        submitted.unwrap();
    }

    /// An event is stored, and its reply owed, by a process that dies then.
    pub(crate) async fn left_behind(&self, event: Inbound) {
        let batch = Batch {
            events: Arc::new([event]),
            replied: Arc::new([]),
            decide: Arc::new(bot::decide::TodoLists {
                default_language: Language::English,
            }),
            deadline: soon(),
        };
        self.store.commit(&batch).await.unwrap();
    }

    /// The open titles of a conversation, as stored.
    pub(crate) async fn titles(&self, conversation: &str) -> Vec<String> {
        let all = self.store.export(None, 1_000).await.unwrap();
        let found = all
            .into_iter()
            .find(|record| record.conversation == conversation);
        found
            .map(|record| record.open.into_iter().map(|task| task.title).collect())
            .unwrap_or_default()
    }
}

fn start(
    store: &Arc<Watched>,
    client: &LineClient,
    clock: &Arc<ManualClock>,
    config: Config,
) -> Bot {
    Bot::start(
        Arc::clone(store) as Arc<dyn Store>,
        client.clone(),
        Arc::clone(clock) as Arc<dyn Clock>,
        config,
    )
}

/// A text message, with an English-speaking sender unless the test says otherwise.
pub(crate) fn says(conversation: &str, event_id: &str, text: &str) -> Inbound {
    Inbound {
        key: EventKey {
            conversation: ConversationId(conversation.into()),
            event_id: event_id.into(),
        },
        input: Input::Text {
            text: text.to_owned(),
            message_id: format!("message of {event_id}"),
        },
        reply_token: None,
        happened_at: Timestamp(1_790_000_000_000),
        received_at: Timestamp(1_790_000_000_000),
        due_at: Timestamp(1_790_000_006_000),
        person: Some(conversation.to_owned()),
        language: LanguageHint::Known(Language::English),
    }
}

/// Long enough for anything but a hang.
pub(crate) fn soon() -> Instant {
    Instant::now() + Duration::from_secs(20)
}

/// Lets the clock jump without waiting. Time runs on afterwards, as sockets need it.
pub(crate) async fn pass(time: Duration) {
    tokio::time::pause();
    tokio::time::advance(time).await;
    tokio::time::resume();
}

/// Lets the others work until this is so.
pub(crate) async fn until(mut so: impl FnMut() -> bool) {
    let waiting = async {
        while !so() {
            tokio::task::yield_now().await;
        }
    };
    let waited = tokio::time::timeout(Duration::from_secs(20), waiting);
    waited.await.unwrap();
}
