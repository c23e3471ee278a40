//! Which log lines and spans exist at all.
//!
//! Asked once for every place in the code that logs, not once a line: `tracing` remembers the answer.

use crate::config::values::LogFilter;
use std::sync::{Arc, PoisonError, RwLock};
use tracing::level_filters::LevelFilter;
use tracing::subscriber::Interest;
use tracing::{Metadata, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::Context;

/// Lets lines through by level and module, and spans only when there is a collector for them.
#[derive(Clone)]
pub(super) struct Gate {
    lines: Arc<RwLock<LogFilter>>,
    spans: LevelFilter,
}

impl Gate {
    pub(super) fn new(lines: LogFilter, with_spans: bool) -> Self {
        // Spans below `info` belong to libraries.
        let spans = if with_spans {
            LevelFilter::INFO
        } else {
            LevelFilter::OFF
        };
        Self {
            lines: Arc::new(RwLock::new(lines)),
            spans,
        }
    }

    /// Lets other lines through from now on.
    pub(super) fn set(&self, lines: LogFilter) {
        *self.lines.write().unwrap_or_else(PoisonError::into_inner) = lines;
        tracing::callsite::rebuild_interest_cache();
    }

    fn lets_through(&self, metadata: &Metadata<'_>) -> bool {
        if metadata.is_span() {
            *metadata.level() <= self.spans
        } else {
            let lines = self.lines.read().unwrap_or_else(PoisonError::into_inner);
            lines.0.would_enable(metadata.target(), metadata.level())
        }
    }
}

impl<S: Subscriber> Layer<S> for Gate {
    fn register_callsite(&self, metadata: &'static Metadata<'static>) -> Interest {
        if self.lets_through(metadata) {
            Interest::always()
        } else {
            Interest::never()
        }
    }

    fn enabled(&self, metadata: &Metadata<'_>, _context: Context<'_, S>) -> bool {
        self.lets_through(metadata)
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        let lines = self.lines.read().unwrap_or_else(PoisonError::into_inner);
        let least = lines
            .0
            .iter()
            .map(|(_, level)| level)
            .chain(lines.0.default_level())
            .max();
        Some(least.unwrap_or(LevelFilter::OFF).max(self.spans))
    }
}
