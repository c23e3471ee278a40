//! LINE, as far as a bot can tell: sends signed webhooks, takes the replies, and checks every one.
//!
//! | module | what it holds |
//! |---|---|
//! | `titles` | what the people write on their lists |
//! | `people` | the people, and the list each of them must be shown |
//! | `webhook` | webhooks as LINE sends them |
//! | `wire` | HTTP/1.1 on a connection |
//! | `line` | LINE's side of the Messaging API |
//! | `exchanges` | messages on their way, and what came of them |
//! | `pace` | when messages are sent: as fast as answers come, or at a given rate |
//! | `latency` | how long things took |
//!
//! Everything runs on one thread: the generator shares two cores with the bot it measures, and must leave it most of
//! them.

mod exchanges;
mod latency;
mod line;
mod pace;
mod people;
mod titles;
mod webhook;
mod wire;

pub use exchanges::Faults;
pub use latency::Latencies;
pub use titles::{TITLES_EACH, title};
pub use webhook::user_id;

use anyhow::{Context, Result};
use exchanges::{Exchanges, PATIENCE};
use pace::Pace;
use people::People;
use std::cell::{Cell, RefCell};
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::{Duration, Instant};
use tokio::net::TcpListener;
use tokio::task::LocalSet;
use webhook::Webhooks;

/// Whom to send to, and who sends.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Where the bot listens.
    pub bot: SocketAddr,
    /// What webhooks are signed with.
    pub channel_secret: String,
    /// What every call of the bot must carry.
    pub channel_access_token: String,
    /// How many people write.
    pub people: u32,
    /// How many of their [`TITLES_EACH`] titles everybody has on the list already.
    pub open_each: u8,
}

/// When messages are sent.
#[derive(Clone, Copy, Debug)]
pub enum Traffic {
    /// Each connection sends the next message when the last one is answered and replied to: as fast as the bot can.
    Closed {
        /// How many connections.
        connections: usize,
    },
    /// Messages are due at even intervals, whatever the bot does, and latencies count from there: queueing shows.
    Open {
        /// How many connections share the messages.
        connections: usize,
        /// Messages a second.
        rate: f64,
    },
}

/// What a phase of traffic has shown.
#[derive(Clone, Debug)]
pub struct Measured {
    /// Messages answered, replied to, and right.
    pub messages: u64,
    /// From the first message to the last reply.
    pub took: Duration,
    /// From when the message was due to the answer to its webhook.
    pub acknowledgements: Latencies,
    /// From when the message was due to its reply.
    pub replies: Latencies,
    /// What went wrong.
    pub faults: Faults,
}

impl Measured {
    /// Messages a second.
    pub fn rate(&self) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "no run sends 2^52 messages")]
        let messages = self.messages as f64;
        messages / self.took.as_secs_f64()
    }
}

/// A stand-in for the LINE Platform that one bot talks to.
pub struct Load {
    runtime: tokio::runtime::Runtime,
    tasks: LocalSet,
    exchanges: Rc<RefCell<Exchanges>>,
    bot: SocketAddr,
    line: SocketAddr,
}

impl Load {
    /// Starts to listen for the bot's calls at `line`; port 0 takes a free one.
    pub fn start(line: SocketAddr, settings: &Settings) -> Result<Self> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        let run = rand::random();
        let webhooks = Webhooks::new(settings.bot, &settings.channel_secret, run)?;
        // The same people write the same in every run, so that runs compare.
        let people = People::new(settings.people, settings.open_each, 1);
        let exchanges = Rc::new(RefCell::new(Exchanges::new(people, webhooks, run)));
        let listener = runtime
            .block_on(TcpListener::bind(line))
            .with_context(|| format!("listen at {line}"))?;
        let line = listener.local_addr()?;
        let tasks = LocalSet::new();
        let platform = line::Line {
            exchanges: Rc::clone(&exchanges),
            authorization: format!("Bearer {}", settings.channel_access_token),
            calls: Cell::new(0),
        };
        tasks.spawn_local(Rc::new(platform).serve(listener));
        Ok(Self {
            runtime,
            tasks,
            exchanges,
            bot: settings.bot,
            line,
        })
    }

    /// Where the bot finds the Messaging API.
    pub fn line(&self) -> SocketAddr {
        self.line
    }

    /// Sends for `duration` and waits for what is still under way then.
    pub fn send(&self, traffic: Traffic, duration: Duration) -> Result<Measured> {
        self.tasks.block_on(&self.runtime, async {
            let started = Instant::now();
            let pace = Rc::new(Pace::new(
                self.bot,
                Rc::clone(&self.exchanges),
                started + duration,
            ));
            let all = async {
                match traffic {
                    Traffic::Closed { connections } => pace.closed(connections).await,
                    Traffic::Open { connections, rate } => pace.open(connections, rate).await,
                }
            };
            // A message that is never answered ends the phase here and is counted below.
            if let Ok(result) = tokio::time::timeout(duration + PATIENCE, all).await {
                result?;
            }
            let took = started.elapsed();
            let seen = self.exchanges.borrow_mut().take_seen();
            Ok(Measured {
                messages: seen.messages,
                took,
                acknowledgements: Latencies::new(seen.acknowledgements),
                replies: Latencies::new(seen.replies),
                faults: seen.faults,
            })
        })
    }
}
