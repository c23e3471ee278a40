//! Lines on their way to stderr, never in anybody's way.
//!
//! A line is copied into a buffer; a thread writes the buffer out. When the other side of stderr does not read, the
//! buffer fills up to its bound and further lines are dropped and counted; the bot goes on.

use std::io::{self, Write};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tracing_subscriber::fmt::MakeWriter;

/// What may wait for a reader: some 3,000 lines.
const MAX_WAITING_BYTES: usize = 1024 * 1024;

/// How long lines gather before they are written together: waking a thread costs more than writing a line.
const GATHER: Duration = Duration::from_millis(5);

/// The way to stderr. Cheap to clone.
#[derive(Clone)]
pub(super) struct LogWriter {
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    /// Something waits, or someone wants everything written at once.
    work: Condvar,
    /// Everything is written.
    done: Condvar,
}

#[derive(Default)]
struct State {
    waiting: Vec<u8>,
    dropped: u64,
    /// The thread has taken lines and not yet written them.
    writing: bool,
    /// Do not gather: someone waits for the end.
    hurry: bool,
}

impl LogWriter {
    /// Starts the thread that writes to `out`, and tells `report` how many lines were dropped when it could. It ends
    /// with the process.
    pub(super) fn start(
        out: impl Write + Send + 'static,
        report: impl Fn(u64) + Send + 'static,
    ) -> io::Result<Self> {
        let shared = Arc::new(Shared::default());
        let thread = Arc::clone(&shared);
        std::thread::Builder::new()
            .name("log-writer".to_owned())
            .spawn(move || thread.write_all_to(out, report))?;
        Ok(Self { shared })
    }

    /// Takes a whole line, or drops it when too many wait.
    pub(super) fn push(&self, line: &[u8]) {
        let mut state = self.shared.lock();
        if state.waiting.len() + line.len() > MAX_WAITING_BYTES {
            state.dropped += 1;
            return;
        }
        let was_empty = state.waiting.is_empty();
        state.waiting.extend_from_slice(line);
        drop(state);
        if was_empty {
            self.shared.work.notify_one();
        }
    }

    /// Waits until everything is written, or for `patience`.
    pub(super) fn flush(&self, patience: Duration) {
        let deadline = Instant::now() + patience;
        let mut state = self.shared.lock();
        state.hurry = true;
        self.shared.work.notify_one();
        while state.writing || !state.waiting.is_empty() {
            let Some(left) = deadline.checked_duration_since(Instant::now()) else {
                break;
            };
            state = self
                .shared
                .done
                .wait_timeout(state, left)
                .unwrap_or_else(PoisonError::into_inner)
                .0;
        }
        state.hurry = false;
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn write_all_to(&self, mut out: impl Write, report: impl Fn(u64)) {
        let mut lines = Vec::new();
        loop {
            let dropped = self.take(&mut lines);
            // Nobody reads any more, and there is no other place to say so.
            let _ = out.write_all(&lines).and_then(|()| out.flush());
            lines.clear();
            if dropped > 0 {
                report(dropped);
            }
            self.lock().writing = false;
            self.done.notify_all();
        }
    }

    /// Waits for lines, lets a few more gather, and swaps them with the empty `lines`.
    fn take(&self, lines: &mut Vec<u8>) -> u64 {
        let mut state = self.lock();
        while state.waiting.is_empty() {
            state = self
                .work
                .wait(state)
                .unwrap_or_else(PoisonError::into_inner);
        }
        if !state.hurry {
            let still_gathering = |state: &mut State| !state.hurry;
            state = self
                .work
                .wait_timeout_while(state, GATHER, still_gathering)
                .unwrap_or_else(PoisonError::into_inner)
                .0;
        }
        state.writing = true;
        std::mem::swap(&mut state.waiting, lines);
        std::mem::take(&mut state.dropped)
    }
}

/// For the text format, which hands over a line in one call.
impl Write for LogWriter {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        self.push(line);
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for LogWriter {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc;

    /// Takes lines only after it is allowed to, and hands them on.
    struct Stuck {
        allowed: mpsc::Receiver<()>,
        written: mpsc::Sender<Vec<u8>>,
    }

    impl Write for Stuck {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            // An error means that everything is allowed from now on.
            let _ = self.allowed.recv();
            self.written
                .send(bytes.to_vec())
                .map_err(io::Error::other)?;
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_reader_that_is_stuck_holds_nobody_up_and_what_is_dropped_is_counted() {
        let (allow, allowed) = mpsc::channel();
        let (written, received) = mpsc::channel();
        let (report, reports) = mpsc::channel();
        let report = move |dropped| report.send(dropped).unwrap();
        let writer = LogWriter::start(Stuck { allowed, written }, report).unwrap();
        let line = [b'x'; 1023].into_iter().chain([b'\n']).collect::<Vec<_>>();
        // At most one buffer is being written and one waits; the rest has no place.
        let pushed = 4 * MAX_WAITING_BYTES / line.len();
        for _ in 0..pushed {
            writer.push(&line);
        }
        drop(allow);
        writer.flush(Duration::from_secs(30));
        let bytes: usize = received.try_iter().map(|bytes| bytes.len()).sum();
        let dropped: u64 = reports.try_iter().sum();
        let dropped = usize::try_from(dropped).unwrap();
        assert!(dropped >= pushed / 2, "{dropped}");
        assert_eq!(
            bytes,
            (pushed - dropped) * line.len(),
            "whole lines, and all that were not dropped"
        );
    }

    #[test]
    fn lines_come_out_whole_and_in_order() {
        let (allow, allowed) = mpsc::channel();
        let (written, received) = mpsc::channel();
        drop(allow);
        let writer = LogWriter::start(Stuck { allowed, written }, |_| {}).unwrap();
        for number in 0..10_000 {
            writer.push(format!("{number}\n").as_bytes());
        }
        writer.flush(Duration::from_secs(30));
        let text = String::from_utf8(received.try_iter().flatten().collect()).unwrap();
        let numbers = text.lines().map(|line| line.parse::<u32>().unwrap());
        assert!(numbers.eq(0..10_000));
    }
}
