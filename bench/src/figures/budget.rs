//! The budgets of the product, and what is held against them.

use super::trial::{CONNECTIONS, Trial};
use super::variant::Variant;
use std::time::Duration;

/// What a budget allows.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Budget {
    /// The value may be this at most.
    AtMost(f64),
    /// The value must be this at least.
    AtLeast(f64),
    /// The value may be this many times the bound's at most.
    TimesAtMost(f64),
    /// The value must be this many times the bound's at least.
    TimesAtLeast(f64),
}

/// What a figure is counted in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unit {
    PerSecond,
    Microseconds,
    Milliseconds,
    Mebibytes,
}

/// Reads a figure from a trial.
type Read = Box<dyn Fn(&Trial) -> Option<f64>>;

/// One line of the table.
pub(super) struct Figure {
    pub(super) name: String,
    pub(super) unit: Unit,
    /// Reads it from a trial; `None` where there is no such thing.
    pub(super) read: Read,
    /// Also shown as a ratio to the bound.
    pub(super) compared: bool,
    pub(super) sqlite: Option<Budget>,
    pub(super) mysql: Option<Budget>,
}

impl Figure {
    /// What this variant may cost.
    pub(super) fn budget(&self, variant: Variant) -> Option<Budget> {
        match variant {
            Variant::Bound => None,
            Variant::Sqlite => self.sqlite,
            Variant::Mysql => self.mysql,
        }
    }
}

impl Budget {
    /// Whether a value, and its ratio to the bound where there is one, keep the budget.
    pub(super) fn is_kept(self, value: f64, ratio: Option<f64>) -> bool {
        match self {
            Self::AtMost(most) => value <= most,
            Self::AtLeast(least) => value >= least,
            Self::TimesAtMost(most) => ratio.is_some_and(|ratio| ratio <= most),
            Self::TimesAtLeast(least) => ratio.is_some_and(|ratio| ratio >= least),
        }
    }
}

/// Messages a second of the Flask bot of the seeds, on the machine where the bound takes
/// [`BOUND_WITH_FLASK`].
const FLASK: f64 = 57.0;
/// CPU of the bound for a message on the machine where the Flask bot was measured, in microseconds.
const BOUND_WITH_FLASK: f64 = 22.0;

/// Every figure, with its budget. `bound` is the CPU of the bound for a message here, in microseconds: it carries the
/// budget that was set against the Flask bot over to this machine.
pub(super) fn figures(other_connections: &[usize], bound: Option<f64>) -> Vec<Figure> {
    let mut connections = other_connections.to_vec();
    connections.push(CONNECTIONS);
    connections.sort_unstable();
    connections.dedup();
    let flask = FLASK * BOUND_WITH_FLASK / bound.unwrap_or(BOUND_WITH_FLASK);
    let mut figures: Vec<_> = connections
        .into_iter()
        .map(|connections| rate(connections, flask))
        .collect();
    figures.extend(costs());
    figures.extend(latencies());
    figures.extend(footprint());
    figures
}

fn rate(connections: usize, flask: f64) -> Figure {
    let budgeted = connections == CONNECTIONS;
    Figure {
        name: format!(
            "messages a second, {connections} connection{}",
            if connections == 1 { "" } else { "s" }
        ),
        unit: Unit::PerSecond,
        read: Box::new(move |trial| {
            let mut rates = trial.rates.iter();
            rates
                .find(|(measured, _)| *measured == connections)
                .map(|(_, rate)| *rate)
        }),
        compared: true,
        sqlite: budgeted.then_some(Budget::TimesAtLeast(0.5)),
        mysql: budgeted.then_some(Budget::AtLeast(150.0 * flask)),
    }
}

fn costs() -> [Figure; 4] {
    let unit = Unit::Microseconds;
    [
        Figure {
            compared: true,
            sqlite: Some(Budget::TimesAtMost(2.0)),
            mysql: Some(Budget::TimesAtMost(2.5)),
            ..figure("CPU a message, bot", unit, None, |trial| {
                Some(trial.full.bot)
            })
        },
        Figure {
            compared: true,
            ..figure("CPU a message, bot at half the load", unit, None, |trial| {
                Some(trial.half.bot)
            })
        },
        figure("CPU a message, database server", unit, None, |trial| {
            trial.full.database
        }),
        figure(
            "CPU a message, database server at half the load",
            unit,
            None,
            |trial| trial.half.database,
        ),
    ]
}

fn latencies() -> [Figure; 4] {
    let unit = Unit::Milliseconds;
    [
        figure(
            "webhook answered, p50 at half the load",
            unit,
            None,
            |trial| {
                Some(milliseconds(
                    trial.half_took.acknowledgements.percentile(50),
                ))
            },
        ),
        figure(
            "webhook answered, p99 at half the load",
            unit,
            None,
            |trial| {
                Some(milliseconds(
                    trial.half_took.acknowledgements.percentile(99),
                ))
            },
        ),
        figure("reply, p50 at half the load", unit, Some(3.0), |trial| {
            Some(milliseconds(trial.half_took.replies.percentile(50)))
        }),
        figure("reply, p99 at half the load", unit, Some(15.0), |trial| {
            Some(milliseconds(trial.half_took.replies.percentile(99)))
        }),
    ]
}

fn footprint() -> [Figure; 5] {
    let start = "exec to listening, existing database";
    [
        figure("memory, idle", Unit::Mebibytes, Some(15.0), |trial| {
            Some(mebibytes(trial.idle_bytes))
        }),
        figure("memory, peak", Unit::Mebibytes, Some(40.0), |trial| {
            Some(mebibytes(trial.peak_bytes))
        }),
        figure(start, Unit::Milliseconds, Some(100.0), |trial| {
            Some(milliseconds(trial.start))
        }),
        figure("program, stripped", Unit::Mebibytes, Some(15.0), |trial| {
            Some(mebibytes(trial.binary_bytes))
        }),
        figure("a flush of this disk", Unit::Milliseconds, None, |trial| {
            Some(milliseconds(trial.flush))
        }),
    ]
}

/// A figure that is the same matter on every database, with the most it may be.
fn figure(name: &str, unit: Unit, at_most: Option<f64>, read: fn(&Trial) -> Option<f64>) -> Figure {
    let budget = at_most.map(Budget::AtMost);
    Figure {
        name: name.to_owned(),
        unit,
        read: Box::new(read),
        compared: false,
        sqlite: budget,
        mysql: budget,
    }
}

fn milliseconds(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e3
}

#[expect(
    clippy::cast_precision_loss,
    reason = "no size here reaches 2^52 bytes"
)]
fn mebibytes(bytes: u64) -> f64 {
    bytes as f64 / f64::from(1024 * 1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_budget_against_the_bound_is_not_kept_without_the_bound() {
        assert!(Budget::TimesAtMost(2.0).is_kept(40.0, Some(1.9)));
        assert!(!Budget::TimesAtMost(2.0).is_kept(40.0, Some(2.1)));
        assert!(!Budget::TimesAtMost(2.0).is_kept(40.0, None));
        assert!(!Budget::AtLeast(10.0).is_kept(9.0, None));
    }
}
