//! What goes on and on is logged once in a while.

use std::time::{Duration, Instant};

/// How often the log is told of the same trouble.
const TELL_EVERY: Duration = Duration::from_mins(1);

/// Whether to tell the log of some trouble, once more.
#[derive(Debug, Default)]
pub(crate) struct Seldom {
    told: Option<Instant>,
}

impl Seldom {
    /// Whether a minute has passed since it last was; the time counts from `now` then.
    pub(crate) fn is_due(&mut self, now: Instant) -> bool {
        let is_due = self
            .told
            .is_none_or(|told| now.saturating_duration_since(told) >= TELL_EVERY);
        if is_due {
            self.told = Some(now);
        }
        is_due
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trouble_that_goes_on_is_told_once_a_minute() {
        let mut seldom = Seldom::default();
        let start = Instant::now();
        let told = (0..180).filter(|second| seldom.is_due(start + Duration::from_secs(*second)));
        assert_eq!(told.collect::<Vec<_>>(), [0, 60, 120]);
    }
}
