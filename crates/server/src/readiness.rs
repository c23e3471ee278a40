//! What `/readyz` says, and whether the server drains.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// Whether this process wants traffic. Cheap to clone.
///
/// It turns ready once, when the database has answered with the right schema, and unready for good when a stop
/// begins. An outage of the database in between changes nothing: every replica shares the database, and all of them
/// going unready would take the service away instead of answering 503.
#[derive(Clone, Debug, Default)]
pub struct Readiness {
    inner: Arc<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    database_was_right: AtomicBool,
    draining: AtomicBool,
    problem: Mutex<Option<String>>,
}

impl Readiness {
    /// The database answered and has the right schema.
    pub fn database_is_right(&self) {
        *self.problem() = None;
        self.inner.database_was_right.store(true, Ordering::Release);
    }

    /// The database does not answer, or has another schema: what is wrong, for `/readyz?verbose`.
    pub fn database_is_wrong(&self, problem: String) {
        *self.problem() = Some(problem);
    }

    /// A stop has begun.
    pub fn drain(&self) {
        self.inner.draining.store(true, Ordering::Release);
    }

    /// Whether a stop has begun.
    pub fn is_draining(&self) -> bool {
        self.inner.draining.load(Ordering::Acquire)
    }

    /// Whether this process wants traffic.
    pub fn is_ready(&self) -> bool {
        self.inner.database_was_right.load(Ordering::Acquire) && !self.is_draining()
    }

    /// What is wrong with the database, as last seen.
    pub fn database_problem(&self) -> Option<String> {
        self.problem().clone()
    }

    fn problem(&self) -> std::sync::MutexGuard<'_, Option<String>> {
        self.inner
            .problem
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}
