//! `deploy/docs/sizing.md` has the figures of the benchmark, and calculates right.

use crate::files::read;

/// The figures of a benchmark's row: MySQL's and `SQLite`'s, without ratios.
fn measured(row: &str) -> Option<(String, String)> {
    let readme = read("README.md");
    let line = readme
        .lines()
        .find(|line| line.starts_with(&format!("| {row} |")))?;
    let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
    let plain = |cell: &str| cell.split(" (").next().unwrap_or_default().to_owned();
    Some((plain(cells[4]), plain(cells[2])))
}

#[test]
fn the_figures_for_sizing_are_those_of_the_benchmark() {
    let page = read("deploy/docs/sizing.md");
    for (here, there) in [
        ("the bot's CPU, at full load", "CPU a message, bot"),
        (
            "the bot's CPU, at half the load (smaller batches)",
            "CPU a message, bot at half the load",
        ),
        (
            "the database server's CPU, at full load",
            "CPU a message, database server",
        ),
        (
            "the database server's CPU, at half the load",
            "CPU a message, database server at half the load",
        ),
        ("the bot's memory, idle", "memory, idle"),
        ("the bot's memory, at most", "memory, peak"),
        (
            "messages a second, 64 connections",
            "messages a second, 64 connections",
        ),
        (
            "messages a second, 256 connections",
            "messages a second, 256 connections",
        ),
    ] {
        let (mysql, sqlite) =
            measured(there).unwrap_or_else(|| panic!("the README has no `{there}`"));
        let sqlite = if sqlite.is_empty() {
            "–".to_owned()
        } else {
            sqlite
        };
        let row = format!("| {here} | {mysql} | {sqlite} |");
        assert!(
            page.contains(&row),
            "the README measures now:\n{row}\n(and what follows from it below)"
        );
    }
}

#[test]
fn the_arithmetic_of_sizing_is_right() {
    let page = read("deploy/docs/sizing.md");
    let microseconds = |row: &str| -> f64 {
        let (mysql, _) = measured(row).expect("measured");
        mysql.trim_end_matches(" µs").parse().expect("a number")
    };
    let bot = microseconds("CPU a message, bot at half the load");
    let database = microseconds("CPU a message, database server at half the load");
    let grouped = |number: f64| {
        let digits = format!("{number:.0}");
        let (thousands, rest) = digits.split_at(digits.len().saturating_sub(3));
        format!("{thousands},{rest}")
    };
    let of_core = |microseconds: f64| (500_000.0 / microseconds).floor();
    for expected in [
        format!("0.5 s / {bot:.1} µs = {}", grouped(of_core(bot))),
        format!("0.5 s / {database:.1} µs = {}", grouped(of_core(database))),
        format!("1 × {bot:.1} µs = {:.2} % of a core", bot / 10_000.0),
        format!(
            "1 × {database:.1} µs = {:.2} % of a core",
            database / 10_000.0
        ),
        format!("100 × {bot:.1} µs = {:.1} % of a core", bot / 100.0),
        format!(
            "100 × {database:.1} µs = {:.1} % of a core",
            database / 100.0
        ),
        format!(
            "10,000 / {} = {:.1} cores",
            grouped(of_core(bot)),
            10_000.0 / of_core(bot)
        ),
        format!(
            "10,000 / {} = {:.1} cores",
            grouped(of_core(database)),
            10_000.0 / of_core(database)
        ),
        format!(
            "6 × {} = {}",
            grouped(of_core(bot)),
            grouped(6.0 * of_core(bot))
        ),
    ] {
        assert!(page.contains(&expected), "{expected}");
    }
}
