//! People who write to all bots at once, and LINE, which delivers again what was not answered 2xx.

use crate::PATIENCE;
use anyhow::{Context, ensure};
use e2e::Stage;
use serde_json::{Value, json};
use simulator::{Action, Chat, Person};
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, timeout};

/// Few enough that every batch of a bot meets those of the others.
const CONVERSATIONS: usize = 20;

/// What one person sends to one bot in a round: two tasks, of which the first is then completed.
const MESSAGES: usize = 3;

/// Messages in a round, with three bots.
pub(crate) const ROUND: usize = CONVERSATIONS * 3 * MESSAGES;

/// How long LINE waits for an answer (`check-webhook-error-statistics` in its documentation).
const ANSWER_LIMIT: Duration = Duration::from_secs(2);

/// Between two deliveries of one event. LINE takes longer.
const REDELIVERY_PAUSE: Duration = Duration::from_millis(100);

/// Conversations, and the bots that share them.
pub(crate) struct Load {
    stage: Arc<Stage>,
    bots: Vec<SocketAddr>,
    chats: Vec<Chat>,
    rounds: usize,
}

/// A round under way.
pub(crate) struct Round {
    writers: JoinSet<anyhow::Result<()>>,
    taken: watch::Receiver<usize>,
}

impl Load {
    /// New people, who have said nothing yet.
    pub(crate) fn new(stage: Arc<Stage>, bots: Vec<SocketAddr>) -> anyhow::Result<Self> {
        let person = |number| {
            let person = Person::new(format!("Person {number}")).with_language("en");
            Ok(stage.simulator.add_person(person)?)
        };
        let chats = (0..CONVERSATIONS).map(person);
        let chats = chats.collect::<anyhow::Result<_>>()?;
        Ok(Self {
            stage,
            bots,
            chats,
            rounds: 0,
        })
    }

    /// Starts a round: in every conversation one writes to each bot, all at the same time.
    pub(crate) fn start_round(&mut self) -> anyhow::Result<Round> {
        let (taken, progress) = watch::channel(0);
        let taken = Arc::new(taken);
        let mut writers = JoinSet::new();
        for chat in &self.chats {
            for bot in 0..self.bots.len() {
                let writer = Writer {
                    stage: Arc::clone(&self.stage),
                    bots: self.bots.clone(),
                    chat: self.stage.simulator.user(chat.speaker())?,
                    bot,
                };
                writers.spawn(writer.writes(self.rounds, Arc::clone(&taken)));
            }
        }
        self.rounds += 1;
        Ok(Round {
            writers,
            taken: progress,
        })
    }

    /// The titles that every list should have, those of a writer together and in order.
    pub(crate) fn expected(&self) -> BTreeMap<String, Vec<String>> {
        let bots = 0..self.bots.len();
        let titles: Vec<String> = bots
            .flat_map(|bot| (0..self.rounds).map(move |round| kept(bot, round)))
            .collect();
        let ids = self.chats.iter().map(|chat| chat.id().as_str().to_owned());
        ids.map(|id| (id, titles.clone())).collect()
    }

    /// Fails unless every message was answered, and none twice.
    pub(crate) fn check_replies(&self) -> anyhow::Result<()> {
        let messages = self.rounds * self.bots.len() * MESSAGES;
        for chat in &self.chats {
            let replies = chat.bot_messages().len();
            ensure!(
                replies == messages,
                "{replies} replies to {messages} messages"
            );
        }
        Ok(())
    }
}

impl Round {
    /// Waits until so many messages were taken.
    pub(crate) async fn taken(&mut self, count: usize) -> anyhow::Result<()> {
        let taken = self.taken.wait_for(|taken| *taken >= count).await;
        taken.map(drop).context("the round is over already")
    }

    /// Waits until all messages were taken.
    pub(crate) async fn finished(mut self) -> anyhow::Result<()> {
        while let Some(writer) = self.writers.join_next().await {
            writer??;
        }
        Ok(())
    }
}

/// The order in a list is that in which the bots took the messages; this puts those of a writer together.
pub(crate) fn by_writer(mut lists: BTreeMap<String, Vec<String>>) -> BTreeMap<String, Vec<String>> {
    for titles in lists.values_mut() {
        // Stable: the titles of one writer stay in the order they have.
        titles.sort_by_key(|title| title.split(':').next().map(str::to_owned));
    }
    lists
}

fn kept(bot: usize, round: usize) -> String {
    format!("bot {bot}: keep in round {round}")
}

/// One who waits until a message is taken before sending the next.
struct Writer {
    stage: Arc<Stage>,
    bots: Vec<SocketAddr>,
    chat: Chat,
    /// Who gets the messages first.
    bot: usize,
}

impl Writer {
    async fn writes(self, round: usize, taken: Arc<watch::Sender<usize>>) -> anyhow::Result<()> {
        let completed = format!("bot {}: complete in round {round}", self.bot);
        for text in [completed.clone(), kept(self.bot, round), completed] {
            self.deliver(text).await?;
            taken.send_modify(|taken| *taken += 1);
        }
        Ok(())
    }

    /// Until a bot answers 2xx, one after the other.
    async fn deliver(&self, text: String) -> anyhow::Result<()> {
        let mentions = Vec::new();
        let mut event = self.chat.compose(Action::Text { text, mentions })?;
        let give_up = Instant::now() + PATIENCE;
        let mut bots = self.bots.iter().cycle().skip(self.bot);
        while let Some(bot) = bots.next()
            && Instant::now() < give_up
        {
            if self.post(*bot, &event).await {
                return Ok(());
            }
            let redelivered = event.pointer_mut("/deliveryContext/isRedelivery");
            *redelivered.context("an event says whether it was sent before")? = json!(true);
            sleep(REDELIVERY_PAUSE).await;
        }
        anyhow::bail!("no bot took a message within {PATIENCE:?}")
    }

    /// Whether the bot answered 2xx in time.
    async fn post(&self, bot: SocketAddr, event: &Value) -> bool {
        let body = self
            .stage
            .simulator
            .webhook_body(std::slice::from_ref(event));
        let head = format!(
            "POST /callback HTTP/1.1\r\nhost: bot\r\nconnection: close\r\nx-line-signature: {}\r\n\
             content-type: application/json\r\ncontent-length: {}\r\n\r\n",
            self.stage.simulator.sign(&body),
            body.len(),
        );
        let exchange = async {
            let mut stream = TcpStream::connect(bot).await?;
            stream.write_all(&[head.as_bytes(), &body].concat()).await?;
            let mut answer = String::new();
            stream.read_to_string(&mut answer).await?;
            std::io::Result::Ok(answer)
        };
        let answer = timeout(ANSWER_LIMIT, exchange).await;
        matches!(answer, Ok(Ok(answer)) if answer.starts_with("HTTP/1.1 2"))
    }
}
