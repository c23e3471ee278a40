//! Processes of their own, and what the kernel says about them.

use anyhow::{Context, Result, bail, ensure};
use rustix::process::{Pid, Signal, kill_process};
use std::fs::{self, File};
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// How long a bot may take to become ready, or to stop.
const PATIENCE: Duration = Duration::from_secs(30);
/// How often to look whether it listens: a fraction of what is measured.
const LOOK_AGAIN: Duration = Duration::from_micros(500);

/// A bot that runs until it is stopped, or until this is dropped.
pub(super) struct Bot {
    child: Child,
    log: PathBuf,
    /// From exec until it took the first connection.
    pub(super) start: Duration,
}

/// What the kernel knows about a process that may not be ours.
#[derive(Clone, Copy, Debug)]
pub(super) struct Watched(pub(super) u32);

/// Memory of a process, in bytes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Memory {
    pub(super) now: u64,
    pub(super) peak: u64,
}

impl Bot {
    /// Runs `command`, whose output goes to the file `log`, until it listens at `address` and says that it is ready.
    pub(super) fn start(command: &mut Command, address: SocketAddr, log: &Path) -> Result<Self> {
        let output = File::options().create(true).append(true).open(log)?;
        command
            .stdin(Stdio::null())
            .stdout(output.try_clone()?)
            .stderr(output);
        let started = Instant::now();
        let child = command
            .spawn()
            .with_context(|| format!("cannot start {}", command.get_program().display()))?;
        let mut bot = Self {
            child,
            log: log.to_owned(),
            start: Duration::ZERO,
        };
        while TcpStream::connect(address).is_err() {
            bot.still_runs()?;
            ensure!(
                started.elapsed() < PATIENCE,
                "the bot does not listen; it wrote:\n{}",
                bot.last_words()
            );
            thread::sleep(LOOK_AGAIN);
        }
        bot.start = started.elapsed();
        while !is_ready(address) {
            bot.still_runs()?;
            ensure!(
                started.elapsed() < PATIENCE,
                "the bot does not get ready; it wrote:\n{}",
                bot.last_words()
            );
            thread::sleep(LOOK_AGAIN);
        }
        Ok(bot)
    }

    pub(super) fn watched(&self) -> Watched {
        Watched(self.child.id())
    }

    /// Asks it to stop, as Kubernetes would, and waits until it did.
    pub(super) fn stop(mut self) -> Result<()> {
        let pid = i32::try_from(self.child.id())
            .ok()
            .and_then(Pid::from_raw)
            .context("a process id out of range")?;
        kill_process(pid, Signal::TERM)?;
        let asked = Instant::now();
        while asked.elapsed() < PATIENCE {
            if let Some(status) = self.child.try_wait()? {
                ensure!(
                    status.success(),
                    "the bot stopped with {status}; it wrote:\n{}",
                    self.last_words()
                );
                return Ok(());
            }
            thread::sleep(Duration::from_millis(5));
        }
        bail!("the bot does not stop; it wrote:\n{}", self.last_words())
    }

    fn still_runs(&mut self) -> Result<()> {
        if let Some(status) = self.child.try_wait()? {
            bail!(
                "the bot ended with {status}; it wrote:\n{}",
                self.last_words()
            );
        }
        Ok(())
    }

    fn last_words(&self) -> String {
        let log = fs::read_to_string(&self.log).unwrap_or_default();
        let lines: Vec<_> = log.lines().collect();
        lines[lines.len().saturating_sub(20)..].join("\n")
    }
}

impl Drop for Bot {
    fn drop(&mut self) {
        // After `stop` there is nothing left to kill.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Watched {
    /// CPU time used so far, in user and kernel mode, by all its threads.
    pub(super) fn cpu(self) -> Result<Duration> {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.0))?;
        // The name, in brackets, may hold anything; utime and stime are fields 14 and 15 (proc_pid_stat(5)).
        let after_name = stat.rsplit_once(')').context("no name in /proc/…/stat")?.1;
        let mut fields = after_name.split_ascii_whitespace().skip(11);
        let mut ticks =
            || -> Result<u64> { Ok(fields.next().context("no times in /proc/…/stat")?.parse()?) };
        let ticks = ticks()? + ticks()?;
        Ok(Duration::from_secs(ticks)
            .checked_div(ticks_per_second()?)
            .unwrap_or_default())
    }

    pub(super) fn memory(self) -> Result<Memory> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.0))?;
        let field = |name: &str| -> Result<u64> {
            let value = status
                .lines()
                .find_map(|line| line.strip_prefix(name))
                .context("no memory in /proc/…/status")?;
            Ok(value.trim().trim_end_matches(" kB").parse::<u64>()? * 1_024)
        };
        Ok(Memory {
            now: field("VmRSS:")?,
            peak: field("VmHWM:")?,
        })
    }
}

fn ticks_per_second() -> Result<u32> {
    Ok(u32::try_from(rustix::param::clock_ticks_per_second())?)
}

/// Runs `command` to its end.
pub(super) fn run(command: &mut Command) -> Result<()> {
    let output = command.stdin(Stdio::null()).output()?;
    ensure!(
        output.status.success(),
        "{command:?} failed with {}:\n{}",
        output.status,
        String::from_utf8_lossy(&output.stderr),
    );
    Ok(())
}

/// An address on the loopback interface that nobody uses now.
pub(super) fn free_address() -> Result<SocketAddr> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?)
}

fn is_ready(address: SocketAddr) -> bool {
    let answer = || -> std::io::Result<Vec<u8>> {
        let mut stream = TcpStream::connect(address)?;
        stream.write_all(
            format!("GET /readyz HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\r\n")
                .as_bytes(),
        )?;
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer)?;
        Ok(answer)
    };
    answer().is_ok_and(|answer| answer.starts_with(b"HTTP/1.1 200"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kernel_knows_this_process() {
        let this = Watched(std::process::id());
        let memory = this.memory().unwrap();
        assert!(memory.now > 1_000_000 && memory.peak >= memory.now);
        let before = this.cpu().unwrap();
        let mut sum = 0_u64;
        while this.cpu().unwrap() == before {
            sum = std::hint::black_box(sum + 1);
        }
        assert!(sum > 0);
    }
}
