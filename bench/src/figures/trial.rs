//! One variant, measured once, from start to stop.

use super::process::{self, Bot, Watched};
use super::variant::{Bed, CHANNEL_ACCESS_TOKEN, CHANNEL_SECRET};
use crate::load::{Load, Measured, Settings, Traffic};
use anyhow::{Context, Result, ensure};
use std::fs::{self, File};
use std::io::Write;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

/// How many connections carry the traffic that CPU and latencies are measured at: the budgets say so.
pub const CONNECTIONS: usize = 64;

/// The traffic that the CPU budgets are for.
pub(super) const AS_FAST_AS_IT_CAN: Traffic = Traffic::Closed {
    connections: CONNECTIONS,
};

/// Connections for traffic at a given rate: enough that none has to be waited for.
const OPEN_CONNECTIONS: usize = 256;

/// How long a bot is left alone before its idle memory is read.
const SETTLE: Duration = Duration::from_secs(1);

/// How often the disk is asked to keep something, to see how long that takes.
const FLUSHES: usize = 51;

/// How a variant is measured.
#[derive(Clone, Debug)]
pub struct Course {
    /// How long traffic flows at 64 connections, and at half the load.
    pub duration: Duration,
    /// Other numbers of connections to measure the rate at, for half as long.
    pub other_connections: Vec<usize>,
    /// How many people write.
    pub people: u32,
}

/// What one trial has shown.
#[derive(Clone, Debug)]
pub(super) struct Trial {
    /// Messages a second, by the number of connections, rising.
    pub(super) rates: Vec<(usize, f64)>,
    /// As fast as the bot can, at 64 connections.
    pub(super) full: Cost,
    /// With messages due at even intervals, half as many a second.
    pub(super) half: Cost,
    /// How long that took.
    pub(super) half_took: Measured,
    pub(super) idle_bytes: u64,
    pub(super) peak_bytes: u64,
    pub(super) start: Duration,
    pub(super) binary_bytes: u64,
    /// How long the disk takes to keep what it is given: every commit waits for it.
    pub(super) flush: Duration,
}

/// What a message costs, in microseconds of CPU.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cost {
    /// In the bot.
    pub(super) bot: f64,
    /// In the database server, where it is a process of its own.
    pub(super) database: Option<f64>,
}

/// A bot that runs, and LINE for it.
pub(super) struct Running {
    bot: Bot,
    load: Load,
    database: Option<Watched>,
}

impl Running {
    /// Starts the bot of `bed`, for `people` with `open_each` tasks already.
    pub(super) fn start(bed: &Bed, people: u32, open_each: u8) -> Result<Self> {
        let address = process::free_address()?;
        let settings = Settings {
            bot: address,
            channel_secret: CHANNEL_SECRET.to_owned(),
            channel_access_token: CHANNEL_ACCESS_TOKEN.to_owned(),
            people,
            open_each,
        };
        let load = Load::start(([127, 0, 0, 1], 0).into(), &settings)?;
        let bot = Bot::start(
            &mut bed.serve(address, load.line()),
            address,
            &bed.file("log"),
        )?;
        Ok(Self {
            bot,
            load,
            database: bed.database_process(),
        })
    }

    /// Stops the bot.
    pub(super) fn stop(self) -> Result<()> {
        self.bot.stop()
    }

    /// Sends traffic, and refuses to measure anything that went wrong.
    pub(super) fn send(&self, traffic: Traffic, duration: Duration) -> Result<Measured> {
        let measured = self.load.send(traffic, duration)?;
        ensure!(
            measured.faults.total() == 0,
            "{traffic:?}: {}",
            measured.faults
        );
        ensure!(
            measured.messages > 0,
            "{traffic:?}: no message went through"
        );
        Ok(measured)
    }

    /// Sends until lists are filled, languages known and caches warm.
    pub(super) fn warm(&self, duration: Duration) -> Result<()> {
        self.send(AS_FAST_AS_IT_CAN, duration).map(drop)
    }

    /// Sends traffic, and reads what it cost.
    pub(super) fn cost(&self, traffic: Traffic, duration: Duration) -> Result<(Measured, Cost)> {
        let bot = self.bot.watched();
        let database_cpu = || self.database.map(Watched::cpu).transpose();
        let (bot_before, database_before) = (bot.cpu()?, database_cpu()?);
        let measured = self.send(traffic, duration)?;
        let (bot_after, database_after) = (bot.cpu()?, database_cpu()?);
        #[expect(clippy::cast_precision_loss, reason = "no run sends 2^52 messages")]
        let per_message = |used: Duration| used.as_secs_f64() * 1e6 / measured.messages as f64;
        let cost = Cost {
            bot: per_message(bot_after.saturating_sub(bot_before)),
            database: database_after
                .zip(database_before)
                .map(|(after, before)| per_message(after.saturating_sub(before))),
        };
        Ok((measured, cost))
    }
}

impl Trial {
    pub(super) fn run(bed: &Bed, course: &Course) -> Result<Self> {
        Self::measure(bed, course).with_context(|| format!("{} failed", bed.variant))
    }

    fn measure(bed: &Bed, course: &Course) -> Result<Self> {
        let flush = flush(&bed.file("flushed"))?;
        let running = Running::start(bed, course.people, 0)?;
        let process = running.bot.watched();
        thread::sleep(SETTLE);
        let idle_bytes = process.memory()?.now;
        running.warm(course.duration / 2)?;
        let (measured, full) = running.cost(AS_FAST_AS_IT_CAN, course.duration)?;
        let rate = measured.rate();
        let mut rates = vec![(CONNECTIONS, rate)];
        for &connections in &course.other_connections {
            let measured = running.send(Traffic::Closed { connections }, course.duration / 2)?;
            rates.push((connections, measured.rate()));
        }
        rates.sort_unstable_by_key(|&(connections, _)| connections);
        let evenly = Traffic::Open {
            connections: OPEN_CONNECTIONS,
            rate: rate / 2.0,
        };
        let (half_took, half) = running.cost(evenly, course.duration)?;
        let peak_bytes = process.memory()?.peak;
        running.stop()?;
        // What was stored above is the existing database.
        let again = Running::start(bed, course.people, 0)?;
        let start = again.bot.start;
        again.stop()?;
        let binary_bytes = fs::metadata(bed.binary())?.len();
        Ok(Self {
            rates,
            full,
            half,
            half_took,
            idle_bytes,
            peak_bytes,
            start,
            binary_bytes,
            flush,
        })
    }
}

/// The median time to write a page to a new file and have it kept.
fn flush(path: &Path) -> Result<Duration> {
    let mut file = File::create(path)?;
    let mut taken = Vec::with_capacity(FLUSHES);
    for _ in 0..FLUSHES {
        let started = Instant::now();
        file.write_all(&[1; 4_096])?;
        file.sync_data()?;
        taken.push(started.elapsed());
    }
    taken.sort_unstable();
    Ok(taken[FLUSHES / 2])
}
