//! What a message costs when millions of tasks are stored.

use super::budget::{Budget, Unit};
use super::table::{Measurement, Table};
use super::trial::{AS_FAST_AS_IT_CAN, Cost, Running};
use super::variant::{Bed, Variant};
use super::{Plan, median};
use crate::load::{TITLES_EACH, title, user_id};
use anyhow::{Context, Result, ensure};
use std::io::{BufWriter, Write};
use std::process::{ChildStdin, Stdio};
use storage::ConversationRecord;
use todo::{Language, Task, Timestamp};

/// The small database that the large one is compared with.
const FEW: u64 = 10_000;
/// Half of their titles, as the traffic keeps it.
const TASKS_EACH: u8 = TITLES_EACH / 2;
/// A message to ten million stored tasks may cost this many times what it costs to ten thousand.
const BUDGET: Budget = Budget::TimesAtMost(1.2);
/// When the stored tasks were added: any time in the past.
const ADDED_AT: Timestamp = Timestamp(1_767_225_600_000);

/// Measures the databases of `plan` with `tasks` stored against the same with ten thousand, people picked at random
/// among all.
pub fn stored(plan: &Plan, tasks: u64) -> Result<Table> {
    let duration = plan.course.duration;
    let many = format!("{tasks} tasks");
    let mut table = Table::new([
        "CPU for a message".to_owned(),
        format!("{FEW} tasks"),
        many,
        "budget".to_owned(),
    ]);
    for &variant in plan
        .variants
        .iter()
        .filter(|&&variant| variant != Variant::Bound)
    {
        let few = Filled::make(plan, variant, FEW)?;
        let many = Filled::make(plan, variant, tasks)?;
        let mut costs = Vec::new();
        for round in 1..=plan.rounds {
            eprintln!("round {round} of {}: {variant}", plan.rounds);
            let (_, few) = few.running.cost(AS_FAST_AS_IT_CAN, duration)?;
            let (_, many) = many.running.cost(AS_FAST_AS_IT_CAN, duration)?;
            costs.push((few, many));
        }
        few.running.stop()?;
        many.running.stop()?;
        add_row(
            &mut table,
            &format!("bot on {variant}"),
            &costs,
            |cost| Some(cost.bot),
            Some(BUDGET),
        );
        add_row(
            &mut table,
            &format!("{variant} server"),
            &costs,
            |cost| cost.database,
            None,
        );
    }
    Ok(table)
}

fn add_row(
    table: &mut Table,
    name: &str,
    costs: &[(Cost, Cost)],
    read: fn(&Cost) -> Option<f64>,
    budget: Option<Budget>,
) {
    let few = median(costs.iter().filter_map(|(few, _)| read(few)));
    let many = median(costs.iter().filter_map(|(_, many)| read(many)));
    let ratio = median(
        costs
            .iter()
            .filter_map(|(few, many)| Some(read(many)? / read(few)?)),
    );
    if let (Some(few), Some(many)) = (few, many) {
        let few = Measurement {
            value: few,
            ratio: None,
            budget: None,
        };
        table.row(
            name,
            Unit::Microseconds,
            Some(few),
            &[Some(Measurement {
                value: many,
                ratio,
                budget,
            })],
        );
    }
}

/// A bot on a database with tasks in it. Fields are dropped in order: the bot before its database.
struct Filled {
    running: Running,
    _bed: Bed,
}

impl Filled {
    fn make(plan: &Plan, variant: Variant, tasks: u64) -> Result<Self> {
        let people = u32::try_from(tasks / u64::from(TASKS_EACH)).context("too many tasks")?;
        eprintln!("storing {tasks} tasks of {people} people in {variant}");
        let bed = Bed::make(variant, &plan.binaries, plan.mysql.as_ref())?;
        let mut import = bed
            .linebot()
            .args(["import", "-"])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .spawn()?;
        let written = import
            .stdin
            .take()
            .context("no way in")
            .and_then(|input| write_all(input, people));
        let status = import.wait()?;
        ensure!(status.success(), "linebot import failed: {status}");
        written?;
        let running = Running::start(&bed, people, TASKS_EACH)?;
        running.warm(plan.course.duration)?;
        Ok(Self { running, _bed: bed })
    }
}

fn write_all(input: ChildStdin, people: u32) -> Result<()> {
    let mut lines = BufWriter::new(input);
    for person in 0..people {
        serde_json::to_writer(&mut lines, &record(person))?;
        lines.write_all(b"\n")?;
    }
    Ok(lines.flush()?)
}

/// The list as the load generator expects to find it.
fn record(person: u32) -> ConversationRecord {
    let task = |index: u8| Task {
        id: u64::from(index),
        title: title(person, index).to_owned(),
        message_id: (500_000_000_000_000_000 + u64::from(person) * 100 + u64::from(index))
            .to_string(),
        added_revision: u64::from(index) + 1,
        added_at: ADDED_AT,
    };
    ConversationRecord {
        conversation: user_id(person),
        language: Some(Language::Japanese),
        left_at: None,
        last_event_at: None,
        revision: u64::from(TASKS_EACH),
        next_task_id: u64::from(TASKS_EACH),
        undoable: (1..=u64::from(TASKS_EACH)).collect(),
        unsent: Vec::new(),
        open: (0..TASKS_EACH).map(task).collect(),
        closed: Vec::new(),
    }
}
