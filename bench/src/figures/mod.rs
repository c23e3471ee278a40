//! Runs bot and bound as processes of their own, measures them, and holds the budgets against it.
//!
//! | module | what it holds |
//! |---|---|
//! | `variant` | what is measured: the bound, and the bot on each database |
//! | `process` | processes of their own, and what the kernel says about them |
//! | `trial` | one variant, measured once, from start to stop |
//! | `stored` | what a message costs when millions of tasks are stored |
//! | `budget` | the budgets, and the figures they are for |
//! | `table` | figures as one table |
//!
//! The machine is noisy, so the variants take turns, a ratio is one of neighbours in time, and the median of the
//! rounds counts.

mod budget;
mod process;
mod stored;
mod table;
mod trial;
mod variant;

pub use stored::stored;
pub use table::{Form, Table};
pub use trial::{CONNECTIONS, Course};
pub use variant::{MysqlServer, Variant};

use anyhow::Result;
use budget::Figure;
use std::collections::BTreeMap;
use std::path::PathBuf;
use table::Measurement;
use trial::Trial;
use variant::Bed;

/// What is to be measured.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The variants, each once in every round.
    pub variants: Vec<Variant>,
    /// How often.
    pub rounds: usize,
    /// How each is measured.
    pub course: Course,
    /// The folder with `linebot` and `bound`.
    pub binaries: PathBuf,
    /// Where MySQL is.
    pub mysql: Option<MysqlServer>,
}

/// Measures every variant and compares it with the bound of its round.
pub fn measure(plan: &Plan) -> Result<Table> {
    let mut rounds = Vec::new();
    for round in 1..=plan.rounds {
        let mut trials = BTreeMap::new();
        for &variant in &plan.variants {
            eprintln!("round {round} of {}: {variant}", plan.rounds);
            let bed = Bed::make(variant, &plan.binaries, plan.mysql.as_ref())?;
            trials.insert(variant, Trial::run(&bed, &plan.course)?);
        }
        rounds.push(trials);
    }
    let bound = median(
        rounds
            .iter()
            .filter_map(|trials| trials.get(&Variant::Bound))
            .map(|trial| trial.full.bot),
    );
    let others: Vec<_> = plan
        .variants
        .iter()
        .copied()
        .filter(|&variant| variant != Variant::Bound)
        .collect();
    let mut head = vec!["figure".to_owned(), Variant::Bound.to_string()];
    head.extend(
        others
            .iter()
            .flat_map(|variant| [variant.to_string(), "budget".to_owned()]),
    );
    let mut table = Table::new(head);
    for figure in budget::figures(&plan.course.other_connections, bound) {
        let first = value(&rounds, &figure, Variant::Bound);
        let others: Vec<_> = others
            .iter()
            .map(|&variant| value(&rounds, &figure, variant))
            .collect();
        table.row(&figure.name, figure.unit, first, &others);
    }
    Ok(table)
}

/// The median of a figure over the rounds, and of its ratio to the bound.
fn value(
    rounds: &[BTreeMap<Variant, Trial>],
    figure: &Figure,
    variant: Variant,
) -> Option<Measurement> {
    let read = |trials: &BTreeMap<Variant, Trial>, variant| {
        trials.get(&variant).and_then(|trial| (figure.read)(trial))
    };
    let value = median(rounds.iter().filter_map(|trials| read(trials, variant)))?;
    let ratios = rounds
        .iter()
        .filter_map(|trials| Some(read(trials, variant)? / read(trials, Variant::Bound)?));
    let ratio = if figure.compared && variant != Variant::Bound {
        median(ratios)
    } else {
        None
    };
    Some(Measurement {
        value,
        ratio,
        budget: figure.budget(variant),
    })
}

/// The middle one, or the mean of the two in the middle.
fn median(values: impl Iterator<Item = f64>) -> Option<f64> {
    let mut values: Vec<_> = values.collect();
    values.sort_unstable_by(f64::total_cmp);
    let upper = *values.get(values.len() / 2)?;
    let lower = values[(values.len() - 1) / 2];
    Some(f64::midpoint(lower, upper))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_in_the_middle() {
        assert_eq!(median([3.0, 1.0, 2.0].into_iter()), Some(2.0));
        assert_eq!(median([4.0, 1.0, 2.0, 3.0].into_iter()), Some(2.5));
        assert_eq!(median([].into_iter()), None);
    }
}
