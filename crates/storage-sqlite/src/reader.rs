//! The connection that reads beside the writer.

use crate::connection;
use crate::error::{Failure, closed};
use rusqlite::Connection;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use storage::StoreError;

/// Runs work on the connection, one piece at a time.
#[derive(Debug)]
pub(crate) struct Reader {
    path: PathBuf,
    connection: Arc<Mutex<State>>,
}

#[derive(Debug, Default)]
enum State {
    /// Opened when first needed.
    #[default]
    NotYet,
    Open(Connection),
    Closed,
}

impl Reader {
    pub(crate) fn new(path: &Path) -> Self {
        Self {
            path: path.to_owned(),
            connection: Arc::default(),
        }
    }

    /// Runs `work` on a thread that may block.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Connection) -> Result<T, Failure> + Send + 'static,
    ) -> Result<T, StoreError> {
        let (path, connection) = (self.path.clone(), self.connection.clone());
        let done = tokio::task::spawn_blocking(move || {
            // A panic cannot leave a reading connection in a bad state.
            let mut state = connection.lock().unwrap_or_else(PoisonError::into_inner);
            state
                .open(&path)
                .and_then(work)
                .map_err(|failure| failure.at(&path))
        });
        match done.await {
            Ok(result) => result,
            Err(error) => Err(StoreError::Unavailable(error.into())),
        }
    }

    /// Closes the connection for good.
    pub(crate) fn close(&self) {
        *self
            .connection
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = State::Closed;
    }
}

impl State {
    fn open(&mut self, path: &Path) -> Result<&mut Connection, Failure> {
        if matches!(self, Self::NotYet) {
            *self = Self::Open(connection::reading(path)?);
        }
        match self {
            Self::Open(connection) => Ok(connection),
            _ => Err(Failure::Store(closed(path))),
        }
    }
}
