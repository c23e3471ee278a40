//! Figures as one table.

use super::budget::{Budget, Unit};
use std::fmt::Write;

/// A table whose first column is named on the left and whose others are numbers.
#[derive(Debug, Default)]
pub struct Table {
    head: Vec<String>,
    rows: Vec<Vec<String>>,
    missed: Vec<String>,
}

/// How the table is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// Columns of a terminal.
    Text,
    /// A table of Markdown.
    Markdown,
}

/// One measured value.
#[derive(Clone, Copy, Debug)]
pub(super) struct Measurement {
    pub(super) value: f64,
    /// Compared with the bound.
    pub(super) ratio: Option<f64>,
    pub(super) budget: Option<Budget>,
}

impl Table {
    pub(super) fn new(head: impl IntoIterator<Item = String>) -> Self {
        Self {
            head: head.into_iter().collect(),
            ..Self::default()
        }
    }

    /// Adds a row; each value takes two columns, itself and its budget, except the `first`, which has none.
    pub(super) fn row(
        &mut self,
        name: &str,
        unit: Unit,
        first: Option<Measurement>,
        others: &[Option<Measurement>],
    ) {
        let mut row = vec![
            name.to_owned(),
            first.map_or_else(nothing, |first| unit.write(first.value)),
        ];
        for value in others {
            let Some(Measurement {
                value,
                ratio,
                budget,
            }) = *value
            else {
                row.extend([nothing(), String::new()]);
                continue;
            };
            let ratio_text = ratio.map_or_else(String::new, |ratio| format!(" ({ratio:.2} ×)"));
            row.push(unit.write(value) + &ratio_text);
            let verdict = budget.map_or_else(String::new, |budget| {
                let kept = budget.is_kept(value, ratio);
                if !kept {
                    self.missed.push(name.to_owned());
                }
                format!(
                    "{} {}",
                    budget.write(unit),
                    if kept { "ok" } else { "OVER" }
                )
            });
            row.push(verdict);
        }
        self.rows.push(row);
    }

    /// The names of the figures that miss a budget.
    pub fn missed(&self) -> &[String] {
        &self.missed
    }

    /// The table in `form`.
    pub fn write(&self, form: Form) -> String {
        let mut lines = vec![&self.head];
        lines.extend(&self.rows);
        let widths: Vec<usize> = (0..self.head.len())
            .map(|column| {
                lines
                    .iter()
                    .filter_map(|line| line.get(column))
                    .map(|cell| cell.chars().count())
                    .max()
                    .unwrap_or(0)
            })
            .collect();
        let mut text = String::new();
        for (number, line) in lines.into_iter().enumerate() {
            let cells: Vec<_> = line
                .iter()
                .zip(&widths)
                .enumerate()
                .map(|(column, (cell, &width))| pad(column, cell, width))
                .collect();
            // Writing to a string does not fail.
            let _ = match form {
                Form::Text => writeln!(text, "{}", cells.join("  ").trim_end()),
                Form::Markdown => writeln!(text, "| {} |", cells.join(" | ")),
            };
            if number == 0 {
                let rule = widths
                    .iter()
                    .enumerate()
                    .map(|(column, &width)| rule(form, column, width));
                let rule = rule.collect::<Vec<_>>();
                let _ = match form {
                    Form::Text => writeln!(text, "{}", rule.join("  ")),
                    Form::Markdown => writeln!(text, "| {} |", rule.join(" | ")),
                };
            }
        }
        text
    }
}

fn nothing() -> String {
    "–".to_owned()
}

fn pad(column: usize, cell: &str, width: usize) -> String {
    if column == 0 {
        format!("{cell:<width$}")
    } else {
        format!("{cell:>width$}")
    }
}

fn rule(form: Form, column: usize, width: usize) -> String {
    match (form, column) {
        (Form::Text, _) => "─".repeat(width),
        (Form::Markdown, 0) => "-".repeat(width),
        (Form::Markdown, _) => format!("{}:", "-".repeat(width.saturating_sub(1))),
    }
}

impl Unit {
    fn write(self, value: f64) -> String {
        match self {
            Self::PerSecond => thousands(value),
            Self::Microseconds => format!("{value:.1} µs"),
            Self::Milliseconds => format!("{value:.2} ms"),
            Self::Mebibytes => format!("{value:.1} MiB"),
        }
    }
}

impl Budget {
    fn write(self, unit: Unit) -> String {
        let limit = |limit: f64| match unit {
            Unit::PerSecond => thousands(limit),
            Unit::Microseconds => format!("{limit} µs"),
            Unit::Milliseconds => format!("{limit} ms"),
            Unit::Mebibytes => format!("{limit} MiB"),
        };
        match self {
            Self::AtMost(most) => format!("≤ {}", limit(most)),
            Self::AtLeast(least) => format!("≥ {}", limit(least)),
            Self::TimesAtMost(most) => format!("≤ {most} ×"),
            Self::TimesAtLeast(least) => format!("≥ {least} ×"),
        }
    }
}

/// `12,345`.
fn thousands(value: f64) -> String {
    let digits = format!("{value:.0}");
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table() -> Table {
        let mut table = Table::new(["figure", "bound", "SQLite", "budget"].map(str::to_owned));
        let value = |value, ratio, budget| {
            Some(Measurement {
                value,
                ratio,
                budget,
            })
        };
        let bound = value(20_000.0, None, None);
        table.row(
            "rate",
            Unit::PerSecond,
            bound,
            &[value(9_000.0, Some(0.45), Some(Budget::TimesAtLeast(0.5)))],
        );
        table.row(
            "start",
            Unit::Milliseconds,
            None,
            &[value(12.0, None, Some(Budget::AtMost(100.0)))],
        );
        table
    }

    #[test]
    fn a_missed_budget_is_said() {
        let table = table();
        assert_eq!(table.missed(), ["rate"]);
        let text = table.write(Form::Text);
        assert!(text.contains("9,000 (0.45 ×)  ≥ 0.5 × OVER\n"), "{text}");
        assert!(text.contains("12.00 ms   ≤ 100 ms ok\n"), "{text}");
    }

    #[test]
    fn markdown_has_a_cell_for_every_column() {
        for line in table().write(Form::Markdown).lines() {
            assert_eq!(line.matches('|').count(), 5, "{line}");
        }
    }

    #[test]
    fn thousands_are_set_apart() {
        assert_eq!(
            ["7", "999", "1000", "1234567"].map(|number| thousands(number.parse().unwrap())),
            ["7", "999", "1,000", "1,234,567"]
        );
    }
}
