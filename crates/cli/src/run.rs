//! From the command line to the exit code.

use crate::cli::{Cli, Command, Config, Webhook};
use crate::commands;
use crate::config::values::LogFilter;
use crate::config::{self, Configuration, Environment, Flags};
use crate::failure::Failure;
use crate::telemetry::Telemetry;
use bot::{Clock, SystemClock};
use clap::Parser;
use std::io::Write;
use std::num::NonZeroUsize;
use std::process::ExitCode;
use tracing::Level;
use tracing_subscriber::filter::Targets;

/// Threads that carry the bot: LINE's webhooks leave most of a core idle, and what SQLite and TLS do is on threads of
/// its own; more only hand work to each other.
const MOST_WORKERS: usize = 2;

/// Runs the program with this process's arguments and environment.
pub fn run() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        // Help and version too; a closed pipe is no reason to complain.
        Err(error) => {
            let _ = error.print();
            return ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2));
        }
    };
    match dispatch(cli.command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            // If nobody reads it, the exit code has to do.
            let _ = writeln!(std::io::stderr(), "{failure}");
            failure.exit_code()
        }
    }
}

fn dispatch(command: Command) -> Result<(), Failure> {
    match command {
        Command::Completions { shell } => commands::completions::run(shell),
        Command::Healthcheck { flags } => commands::healthcheck::run(&load(flags)?),
        Command::Config(Config::Check {
            reference: true, ..
        }) => commands::config::print_reference(),
        Command::Config(Config::Check { json, flags, .. }) => {
            commands::config::check(&load(flags)?, json)
        }
        Command::Migrate { plan: false, flags } => {
            with_runtime(&load(flags)?, async |configuration, _| {
                commands::migrate::run(configuration).await
            })
        }
        Command::Migrate { plan: true, flags } => {
            with_runtime(&load(flags)?, async |configuration, _| {
                commands::migrate::plan(configuration).await
            })
        }
        Command::Export { output, flags } => {
            with_runtime(&load(flags)?, async |configuration, _| {
                commands::export::run(configuration, output.as_deref()).await
            })
        }
        Command::Import {
            file,
            from_seed,
            flags,
        } => with_runtime(&load(flags)?, async |configuration, _| {
            match (file, from_seed) {
                (_, Some(url)) => commands::seed::run(configuration, &url, SystemClock.now()).await,
                (file, None) => {
                    commands::import::from_file(configuration, &file.unwrap_or_default()).await
                }
            }
        }),
        Command::Webhook(Webhook::Get { flags }) => {
            with_runtime(&load(flags)?, async |configuration, _| {
                commands::webhook::get(configuration).await
            })
        }
        Command::Webhook(Webhook::Set { url, flags }) => {
            with_runtime(&load(flags)?, async |configuration, _| {
                commands::webhook::set(configuration, &url).await
            })
        }
        Command::Webhook(Webhook::Test { url, flags }) => {
            with_runtime(&load(flags)?, async |configuration, _| {
                commands::webhook::test(configuration, url.as_deref()).await
            })
        }
        Command::Doctor { json, flags } => with_runtime(&load(flags)?, async |configuration, _| {
            commands::doctor::run(configuration, json).await
        }),
        Command::Dev { flags } => with_runtime(&load(flags)?, commands::dev::run),
        Command::Serve { flags } => with_logs(&load(flags)?, commands::serve::run),
    }
}

fn load<S>(flags: Flags<S>) -> Result<Configuration, Failure> {
    config::load(flags.given, Environment::of_process())
}

/// Runs a command for a person, who wants to see warnings only, unless they say otherwise.
fn with_runtime(
    configuration: &Configuration,
    command: impl AsyncFnOnce(&Configuration, &Telemetry) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let said_otherwise = configuration.is_set("rust_log");
    let warnings = LogFilter(Targets::new().with_default(Level::WARN));
    let lines = if said_otherwise {
        configuration.settings.telemetry.rust_log.clone()
    } else {
        warnings
    };
    with_lines(configuration, lines, command)
}

/// Runs a command whose log is read by machines.
fn with_logs(
    configuration: &Configuration,
    command: impl AsyncFnOnce(&Configuration, &Telemetry) -> Result<(), Failure>,
) -> Result<(), Failure> {
    with_lines(
        configuration,
        configuration.settings.telemetry.rust_log.clone(),
        command,
    )
}

fn with_lines(
    configuration: &Configuration,
    lines: LogFilter,
    command: impl AsyncFnOnce(&Configuration, &Telemetry) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let workers = std::thread::available_parallelism()
        .map_or(1, NonZeroUsize::get)
        .min(MOST_WORKERS);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(workers)
        .enable_all()
        .build()
        .map_err(|error| Failure::failed(format!("cannot start the runtime: {error}")))?;
    runtime.block_on(async {
        let telemetry = Telemetry::start(&configuration.settings.telemetry, lines)?;
        for note in &configuration.notes {
            tracing::warn!("{note}");
        }
        let result = command(configuration, &telemetry).await;
        telemetry.finish().await;
        result
    })
}
