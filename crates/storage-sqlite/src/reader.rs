//! The connection that reads beside the writer.

use crate::connection;
use crate::error::Failure;
use rusqlite::Connection;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use storage::StoreError;

/// Opened when first needed.
#[derive(Debug)]
pub(crate) struct Reader {
    path: PathBuf,
    connection: Arc<Mutex<Option<Connection>>>,
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
            let mut connection = connection.lock().unwrap_or_else(PoisonError::into_inner);
            let open = match connection.take() {
                Some(open) => open,
                None => {
                    connection::reading(&path).map_err(|error| Failure::from(error).at(&path))?
                }
            };
            work(connection.insert(open)).map_err(|failure| failure.at(&path))
        });
        match done.await {
            Ok(result) => result,
            Err(error) => Err(StoreError::Unavailable(error.into())),
        }
    }

    /// Closes the connection.
    pub(crate) fn close(&self) {
        *self
            .connection
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = None;
    }
}
