//! The thread that owns the connection that writes.

use crate::checkpoint::Checkpoints;
use crate::error::{Failure, closed};
use crate::lock::WriterLock;
use crate::session::Session;
use rusqlite::Connection;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Instant;
use storage::StoreError;
use tokio::sync::{mpsc, oneshot};

/// How much work may wait for the thread. The bot commits one batch at a time; the rest is housekeeping.
const QUEUE: usize = 16;

type Work = Box<dyn FnOnce(&mut Session<'_>) + Send>;

/// Hands work to the thread.
#[derive(Debug)]
pub(crate) struct Writer {
    path: PathBuf,
    /// `None` once closed.
    thread: Mutex<Option<(mpsc::Sender<Work>, JoinHandle<()>)>>,
}

#[derive(Debug, thiserror::Error)]
enum NotDone {
    #[error("{} had no time for this in time", .0.display())]
    TooLate(PathBuf),
    #[error("a bug: work on {} panicked", .0.display())]
    Panicked(PathBuf),
}

impl Writer {
    /// Starts the thread. It holds `lock` until the connection is closed.
    pub(crate) fn start(
        path: &Path,
        mut connection: Connection,
        lock: WriterLock,
    ) -> Result<Self, StoreError> {
        let checkpoints =
            Checkpoints::start(&mut connection, path).map_err(|failure| failure.at(path))?;
        let (sender, mut queue) = mpsc::channel::<Work>(QUEUE);
        let thread = std::thread::Builder::new()
            .name("sqlite-writer".to_owned())
            .spawn(move || {
                let mut session = Session::new(&connection);
                while let Some(work) = queue.blocking_recv() {
                    work(&mut session);
                }
                drop(session);
                checkpoints.stop(&mut connection);
                drop(connection);
                drop(lock);
            })
            .map_err(|error| StoreError::Unavailable(error.into()))?;
        Ok(Self {
            path: path.to_owned(),
            thread: Mutex::new(Some((sender, thread))),
        })
    }

    /// Runs `work` on the thread, unless `deadline` passes before its turn comes.
    ///
    /// Work that panics is refused, so that the other events of a batch are tried without the bad one.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        deadline: Option<Instant>,
        work: impl FnOnce(&mut Session<'_>) -> Result<T, Failure> + Send + 'static,
    ) -> Result<T, StoreError> {
        let (answer, answered) = oneshot::channel();
        let path = self.path.clone();
        let job: Work = Box::new(move |session: &mut Session<'_>| {
            let result = if deadline.is_some_and(|deadline| Instant::now() >= deadline) {
                Err(StoreError::Unavailable(NotDone::TooLate(path).into()))
            } else {
                // A transaction cut off by a panic is rolled back as it is dropped.
                match catch_unwind(AssertUnwindSafe(|| work(session))) {
                    Ok(result) => result.map_err(|failure| failure.at(&path)),
                    Err(_) => Err(StoreError::Refused(NotDone::Panicked(path).into())),
                }
            };
            // Nobody waits for an answer any more: the work is done all the same.
            let _ = answer.send(result);
        });
        let sender = self.sender().ok_or_else(|| closed(&self.path))?;
        sender.send(job).await.map_err(|_| closed(&self.path))?;
        answered.await.map_err(|_| closed(&self.path))?
    }

    /// Finishes all work handed over so far and closes the connection.
    pub(crate) async fn close(&self) {
        let thread = self.locked().take();
        if let Some((sender, thread)) = thread {
            drop(sender);
            // It panics nowhere, and there would be nobody to tell.
            let _ = tokio::task::spawn_blocking(move || thread.join()).await;
        }
    }

    fn sender(&self) -> Option<mpsc::Sender<Work>> {
        self.locked().as_ref().map(|(sender, _)| sender.clone())
    }

    fn locked(&self) -> std::sync::MutexGuard<'_, Option<(mpsc::Sender<Work>, JoinHandle<()>)>> {
        self.thread.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
