//! The figures of the bot against their budgets.

use anyhow::{Context, Result};
use bench::figures::{self, Course, Form, MysqlServer, Plan, Variant};
use clap::Parser;
use std::process::ExitCode;
use std::time::Duration;

/// Measures the bound and the bot, and exits with 1 when a budget is missed.
///
/// Takes `linebot` and `bound` from its own folder: build all of them with `cargo build --release -p linebot -p bench`.
#[derive(Parser)]
struct Arguments {
    /// What to measure; by default everything there is a database for.
    #[arg(long, value_delimiter = ',')]
    variants: Vec<Variant>,
    /// How often to measure each.
    #[arg(long, default_value_t = 3)]
    rounds: usize,
    /// How long traffic flows in each measurement.
    #[arg(long, default_value_t = 5)]
    seconds: u64,
    /// Numbers of connections to measure the rate at, besides 64.
    #[arg(long, value_delimiter = ',', default_value = "1,8,256")]
    connections: Vec<usize>,
    /// How many people write.
    #[arg(long, default_value_t = 1_000)]
    people: u32,
    /// One short round: shows that it works, not what it costs.
    #[arg(long)]
    quick: bool,
    /// Store this many tasks and measure what a message costs then, against ten thousand.
    #[arg(long)]
    tasks: Option<u64>,
    /// A MySQL server whose user may create databases: `mysql://user:password@host:port`.
    #[arg(long, env = "LINEBOT_TEST_MYSQL_URL", hide_env_values = true)]
    mysql_url: Option<String>,
    /// Its process on this machine, so that its CPU can be read.
    #[arg(long, env = "LINEBOT_TEST_MYSQL_PROCESS")]
    mysql_process: Option<u32>,
    /// Write the table in Markdown.
    #[arg(long)]
    markdown: bool,
    /// Exit with 0 also when a budget is missed.
    #[arg(long)]
    report_only: bool,
}

fn main() -> Result<ExitCode> {
    let arguments = Arguments::parse();
    let (form, report_only, tasks) = (
        if arguments.markdown {
            Form::Markdown
        } else {
            Form::Text
        },
        arguments.report_only,
        arguments.tasks,
    );
    let plan = plan(arguments)?;
    let table = match tasks {
        Some(tasks) => figures::stored(&plan, tasks)?,
        None => figures::measure(&plan)?,
    };
    print!("{}", table.write(form));
    if table.missed().is_empty() {
        return Ok(ExitCode::SUCCESS);
    }
    eprintln!("over budget: {}", table.missed().join("; "));
    Ok(if report_only {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

fn plan(arguments: Arguments) -> Result<Plan> {
    let binaries = std::env::current_exe()?
        .parent()
        .context("this program is in no folder")?
        .to_owned();
    let mysql = arguments.mysql_url.map(|url| MysqlServer {
        url,
        process: arguments.mysql_process,
    });
    let mut variants = arguments.variants;
    if variants.is_empty() {
        variants = vec![Variant::Bound, Variant::Sqlite];
        variants.extend(mysql.is_some().then_some(Variant::Mysql));
    }
    let course = Course {
        duration: Duration::from_secs(if arguments.quick {
            1
        } else {
            arguments.seconds
        }),
        other_connections: arguments
            .connections
            .into_iter()
            .filter(|&other| other != figures::CONNECTIONS)
            .collect(),
        people: arguments.people,
    };
    let rounds = if arguments.quick { 1 } else { arguments.rounds };
    Ok(Plan {
        variants,
        rounds,
        course,
        binaries,
        mysql,
    })
}
