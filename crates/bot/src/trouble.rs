//! What the database last refused, for whoever asks how the bot is.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Why the last batch could not be stored; nothing when it was. Clones share it.
#[derive(Clone, Default)]
pub(crate) struct Trouble(Arc<Mutex<Option<String>>>);

impl Trouble {
    pub(crate) fn is(&self, cause: String) {
        *self.locked() = Some(cause);
    }

    pub(crate) fn is_over(&self) {
        *self.locked() = None;
    }

    pub(crate) fn cause(&self) -> Option<String> {
        self.locked().clone()
    }

    fn locked(&self) -> MutexGuard<'_, Option<String>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
