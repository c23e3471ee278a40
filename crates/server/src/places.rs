//! How many connections a listener serves at once.

use crate::listen::Limits;
use crate::metrics_page;
use crate::seldom::Seldom;
use std::sync::Arc;
use std::time::Instant;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

impl Limits {
    /// Connections past the limit that are listened to: for the probes, of which there are a few every second, beside
    /// others that come and say nothing. Whoever floods the port fills these too, and is cut off after a second.
    pub const RESERVE: usize = 64;
}

/// The places of a listener.
pub(crate) struct Places {
    limit: usize,
    regular: Arc<Semaphore>,
    reserve: Arc<Semaphore>,
    told: Seldom,
}

/// What a connection holds while it is open.
pub(crate) struct Place {
    _permit: OwnedSemaphorePermit,
    /// Past the limit: probes are answered, anything else is told 503.
    pub(crate) in_reserve: bool,
}

impl Places {
    pub(crate) fn new(limit: usize) -> Self {
        Self {
            limit,
            regular: Arc::new(Semaphore::new(limit)),
            reserve: Arc::new(Semaphore::new(Limits::RESERVE)),
            told: Seldom::default(),
        }
    }

    /// A place for one more connection; `None` when even the reserve is full.
    pub(crate) fn take(&mut self) -> Option<Place> {
        if let Ok(permit) = Arc::clone(&self.regular).try_acquire_owned() {
            return Some(Place {
                _permit: permit,
                in_reserve: false,
            });
        }
        metrics_page::connection_refused();
        if self.told.is_due(Instant::now()) {
            tracing::warn!(
                limit = self.limit,
                "all connections of a port are taken: new ones are refused, but for probes"
            );
        }
        let permit = Arc::clone(&self.reserve).try_acquire_owned().ok()?;
        Some(Place {
            _permit: permit,
            in_reserve: true,
        })
    }
}
