//! When messages are sent: as fast as answers come, or at a given rate.

use super::exchanges::{Exchanges, Written};
use super::wire::Wire;
use anyhow::{Context, Result};
use rustix::time::{Itimerspec, TimerfdClockId, TimerfdFlags, TimerfdTimerFlags, Timespec};
use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::net::SocketAddr;
use std::os::fd::OwnedFd;
use std::rc::Rc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use tokio::io::unix::AsyncFd;
use tokio::net::TcpStream;
use tokio::sync::Notify;
use tokio::task::JoinSet;

/// How often to look whether the last replies are in.
const LOOK_AGAIN: Duration = Duration::from_millis(1);

/// One phase of traffic to one bot.
pub(super) struct Pace {
    bot: SocketAddr,
    exchanges: Rc<RefCell<Exchanges>>,
    until: Instant,
    /// Messages that are due and have no connection yet.
    waiting: RefCell<VecDeque<Written>>,
    wake: Notify,
    ended: Cell<bool>,
}

impl Pace {
    pub(super) fn new(bot: SocketAddr, exchanges: Rc<RefCell<Exchanges>>, until: Instant) -> Self {
        Self {
            bot,
            exchanges,
            until,
            waiting: RefCell::default(),
            wake: Notify::new(),
            ended: Cell::new(false),
        }
    }

    /// Each connection waits for the answer and the reply, then sends again.
    pub(super) async fn closed(self: &Rc<Self>, connections: usize) -> Result<()> {
        let mut workers = JoinSet::new();
        for _ in 0..connections {
            workers.spawn_local(Rc::clone(self).send_one_by_one());
        }
        all(workers).await
    }

    async fn send_one_by_one(self: Rc<Self>) -> Result<()> {
        let mut connection = None;
        while Instant::now() < self.until {
            let written = self
                .exchanges
                .borrow_mut()
                .write(Instant::now(), now_ms())?;
            let Some(Written {
                number,
                request,
                over,
            }) = written
            else {
                tokio::time::sleep(LOOK_AGAIN).await;
                continue;
            };
            self.exchange(&mut connection, number, &request).await;
            // An error means that the message failed, which is counted already.
            let _ = over.await;
        }
        Ok(())
    }

    /// Messages are due at even intervals and go out on the next free connection.
    pub(super) async fn open(self: &Rc<Self>, connections: usize, rate: f64) -> Result<()> {
        let mut workers = JoinSet::new();
        for _ in 0..connections {
            workers.spawn_local(Rc::clone(self).send_what_is_due());
        }
        self.fall_due(Duration::from_secs_f64(1.0 / rate)).await?;
        self.ended.set(true);
        self.wake.notify_waiters();
        all(workers).await?;
        while !self.exchanges.borrow().all_over() {
            tokio::time::sleep(LOOK_AGAIN).await;
        }
        Ok(())
    }

    async fn fall_due(&self, interval: Duration) -> Result<()> {
        let metronome = Metronome::new(interval)?;
        let mut due = Instant::now();
        while due < self.until {
            for _ in 0..metronome.beats().await? {
                due += interval;
                // Where everybody waits for an answer, nobody writes: the bot is far behind, which its latencies show.
                if let Some(written) = self.exchanges.borrow_mut().write(due, now_ms())? {
                    self.waiting.borrow_mut().push_back(written);
                    self.wake.notify_one();
                }
            }
        }
        Ok(())
    }

    async fn send_what_is_due(self: Rc<Self>) -> Result<()> {
        let mut connection = None;
        loop {
            let woken = self.wake.notified();
            let next = self.waiting.borrow_mut().pop_front();
            match next {
                Some(Written {
                    number, request, ..
                }) => self.exchange(&mut connection, number, &request).await,
                None if self.ended.get() => return Ok(()),
                None => woken.await,
            }
        }
    }

    /// Sends a webhook on a connection that is opened where there is none, and takes note of the answer.
    async fn exchange(&self, connection: &mut Option<Wire>, number: u64, request: &[u8]) {
        let answered = async {
            let wire = match connection {
                Some(wire) => wire,
                None => connection.insert(Wire::new(
                    TcpStream::connect(self.bot).await.context("connect")?,
                )?),
            };
            wire.send(request).await?;
            wire.response().await
        };
        match answered.await {
            Ok(head) => {
                self.exchanges.borrow_mut().answered(number, head.status);
                if head.closes {
                    *connection = None;
                }
            }
            Err(error) => {
                self.exchanges.borrow_mut().broken(number, &error);
                *connection = None;
            }
        }
    }
}

async fn all(mut workers: JoinSet<Result<()>>) -> Result<()> {
    while let Some(worker) = workers.join_next().await {
        worker??;
    }
    Ok(())
}

/// A clock of the kernel: the timers of tokio tick a thousand times a second, too coarse for ten thousand messages.
struct Metronome {
    timer: AsyncFd<OwnedFd>,
}

impl Metronome {
    fn new(interval: Duration) -> Result<Self> {
        let timer = rustix::time::timerfd_create(
            TimerfdClockId::Monotonic,
            TimerfdFlags::NONBLOCK | TimerfdFlags::CLOEXEC,
        )?;
        let interval = Timespec::try_from(interval)?;
        let schedule = Itimerspec {
            it_interval: interval,
            it_value: interval,
        };
        rustix::time::timerfd_settime(&timer, TimerfdTimerFlags::empty(), &schedule)?;
        #[expect(
            deprecated,
            reason = "unsound for types that change their descriptor; an `OwnedFd` cannot"
        )]
        let timer = AsyncFd::new(timer)?;
        Ok(Self { timer })
    }

    /// Waits for the next beat and gives how many there were since the last call.
    async fn beats(&self) -> Result<u64> {
        loop {
            let mut readable = self.timer.readable().await?;
            let mut beats = [0; 8];
            match readable.try_io(|timer| Ok(rustix::io::read(timer, &mut beats)?)) {
                Ok(read) => {
                    read?;
                    return Ok(u64::from_ne_bytes(beats));
                }
                Err(_would_block) => {}
            }
        }
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "webhooks carry the time of day, and nothing here is tested against it"
)]
fn now_ms() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| {
            u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
        })
}
