//! How long things took.

use std::time::Duration;

/// Every duration of a phase.
#[derive(Clone, Debug, Default)]
pub struct Latencies {
    taken: Vec<Duration>,
}

impl Latencies {
    pub(super) fn add(&mut self, taken: Duration) {
        self.taken.push(taken);
    }

    /// The duration that `percent` of a hundred did not exceed; zero when nothing was measured.
    pub fn percentile(&mut self, percent: usize) -> Duration {
        let Some(last) = self.taken.len().checked_sub(1) else {
            return Duration::ZERO;
        };
        let place = (self.taken.len() * percent).div_ceil(100).saturating_sub(1);
        *self.taken.select_nth_unstable(place.min(last)).1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_percentile_is_one_of_the_durations() {
        let mut latencies = Latencies {
            taken: (1..=200).rev().map(Duration::from_millis).collect(),
        };
        assert_eq!(latencies.percentile(50), Duration::from_millis(100));
        assert_eq!(latencies.percentile(99), Duration::from_millis(198));
        assert_eq!(latencies.percentile(100), Duration::from_millis(200));
        assert_eq!(Latencies::default().percentile(99), Duration::ZERO);
    }
}
