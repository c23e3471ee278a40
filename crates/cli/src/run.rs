//! From the command line to the exit code.

use crate::cli::{Cli, Command, Config, Webhook};
use crate::commands;
use crate::config::values::LogFilter;
use crate::config::{self, Configuration, Environment, Flags};
use crate::failure::Failure;
use crate::redact::without_logins;
use crate::telemetry::Telemetry;
use bot::{Clock, SystemClock};
use clap::Parser;
use std::io::Write;
use std::num::NonZeroUsize;
use std::panic::{self, AssertUnwindSafe};
use std::process::ExitCode;
use std::time::Duration;
use tracing::Level;
use tracing_subscriber::filter::Targets;

/// Threads that carry the bot: LINE's webhooks leave most of a core idle, and what SQLite and TLS do is on threads of
/// its own; more only hand work to each other.
const MOST_WORKERS: usize = 1;

/// How long threads that wait for the system are waited for at the end.
const LAST_MOMENT: Duration = Duration::from_secs(1);

/// Runs the program with this process's arguments and environment.
pub fn run() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        // Help and version too; a closed pipe is no reason to complain.
        Err(error) => {
            let text = error.render().to_string();
            let told = without_logins(&text, typed());
            let _ = if told == text {
                error.print()
            } else {
                write!(std::io::stderr(), "{told}")
            };
            return ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2));
        }
    };
    match guarded(|| dispatch(cli.command)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            // If nobody reads it, the exit code has to do.
            let told = without_logins(&failure.to_string(), typed());
            let _ = writeln!(std::io::stderr(), "{told}");
            failure.exit_code()
        }
    }
}

/// Ends a panic as a failure. What the log has to say about it is written by then.
fn guarded(work: impl FnOnce() -> Result<(), Failure>) -> Result<(), Failure> {
    // Nothing that a panic could have left half done is used again.
    panic::catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|_| Err(a_mistake()))
}

fn a_mistake() -> Failure {
    Failure::failed("a mistake in the program ended it")
        .hint("the line about a panic says where; please report it")
}

/// The arguments, for those that are not to be repeated.
fn typed() -> impl Iterator<Item = String> {
    std::env::args_os()
        .skip(1)
        .map(|argument| argument.to_string_lossy().into_owned())
}

fn dispatch(command: Command) -> Result<(), Failure> {
    match command {
        Command::Dev { flags } => start(Audience::Watcher, flags, commands::dev::run),
        Command::Serve { flags } => start(Audience::Machines, flags, commands::serve::run),
        Command::Simulator { webhook_url, flags } => {
            start(Audience::Watcher, flags, async |configuration, _| {
                commands::simulator::run(configuration, &webhook_url).await
            })
        }
        Command::Migrate { plan: false, flags } => ask(flags, commands::migrate::run),
        Command::Migrate { plan: true, flags } => ask(flags, commands::migrate::plan),
        Command::Doctor { json, flags } => ask(flags, async |configuration| {
            commands::doctor::run(configuration, json).await
        }),
        Command::Webhook(Webhook::Get { flags }) => ask(flags, commands::webhook::get),
        Command::Webhook(Webhook::Set { url, flags }) => ask(flags, async |configuration| {
            commands::webhook::set(configuration, &url).await
        }),
        Command::Webhook(Webhook::Test { url, flags }) => ask(flags, async |configuration| {
            commands::webhook::test(configuration, url.as_deref()).await
        }),
        Command::Export { output, flags } => ask(flags, async |configuration| {
            commands::export::run(configuration, output.as_deref()).await
        }),
        Command::Import {
            from_seed: Some(url),
            flags,
            ..
        } => ask(flags, async |configuration| {
            commands::seed::run(configuration, &url, SystemClock.now()).await
        }),
        Command::Import {
            file,
            from_seed: None,
            flags,
        } => ask(flags, async |configuration| {
            commands::import::from_file(configuration, &file.unwrap_or_default()).await
        }),
        Command::Config(Config::Check {
            reference: true, ..
        }) => commands::config::print_reference(),
        Command::Config(Config::Check { json, flags, .. }) => {
            commands::config::check(&load(flags)?, json)
        }
        Command::Completions { shell } => commands::completions::run(shell),
        Command::Healthcheck { flags } => commands::healthcheck::run(&load(flags)?),
    }
}

fn load<S>(flags: Flags<S>) -> Result<Configuration, Failure> {
    config::load(flags.given, Environment::of_process())
}

/// Who reads the log, and so what is in it where `RUST_LOG` does not say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Audience {
    /// The person who typed the command, which says itself what the matter is: only its own remarks are logged.
    Person,
    /// A person who watches a bot: what is wrong.
    Watcher,
    /// Machines: everything that happens.
    Machines,
}

impl Audience {
    fn lines(self, configuration: &Configuration) -> LogFilter {
        let usual = Targets::new();
        match self {
            Self::Person if !configuration.is_set("rust_log") => LogFilter(
                usual
                    .with_default(Level::ERROR)
                    .with_target("linebot", Level::WARN),
            ),
            Self::Watcher if !configuration.is_set("rust_log") => {
                LogFilter(usual.with_default(Level::WARN))
            }
            _ => configuration.settings.telemetry.rust_log.clone(),
        }
    }
}

/// Runs a command that does one thing and ends.
fn ask<S>(
    flags: Flags<S>,
    command: impl AsyncFnOnce(&Configuration) -> Result<(), Failure>,
) -> Result<(), Failure> {
    start(Audience::Person, flags, async |configuration, _| {
        command(configuration).await
    })
}

/// Runs a command that waits for others: logs first, and last.
fn start<S>(
    audience: Audience,
    flags: Flags<S>,
    command: impl AsyncFnOnce(&Configuration, &Telemetry) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let configuration = load(flags)?;
    let workers = std::thread::available_parallelism()
        .map_or(1, NonZeroUsize::get)
        .min(MOST_WORKERS);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(workers)
        .enable_all()
        .build()
        .map_err(|error| Failure::failed(format!("cannot start the runtime: {error}")))?;
    let work = async {
        let telemetry = Telemetry::start(
            &configuration.settings.telemetry,
            audience.lines(&configuration),
        )?;
        for note in &configuration.notes {
            tracing::warn!("{note}");
        }
        let result = command(&configuration, &telemetry).await;
        telemetry.finish().await;
        result
    };
    let result = guarded(|| runtime.block_on(work));
    // A name that no server resolves holds a thread for as long as the system pleases.
    runtime.shutdown_timeout(LAST_MOMENT);
    result
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::process;

    /// Set in the process of its own that a test needs because log and stderr belong to the process.
    const INSIDE: &str = "LINEBOT_TEST_INSIDE";

    #[test]
    fn a_panic_of_a_command_is_logged_and_a_failure() {
        if std::env::var_os(INSIDE).is_some() {
            let command = Cli::try_parse_from(["linebot", "migrate"]).unwrap().command;
            let Command::Migrate { flags, .. } = command else {
                unreachable!("parsed as something else");
            };
            let ended = start(Audience::Machines, flags, async |_, _| panic!("as tested"));
            assert_eq!(ended, Err(a_mistake()));
            return;
        }
        let test = "run::tests::a_panic_of_a_command_is_logged_and_a_failure";
        let inside = process::Command::new(std::env::current_exe().unwrap())
            .args([test, "--exact", "--nocapture"])
            .env_clear()
            .env(INSIDE, "1")
            .output()
            .unwrap();
        let log = String::from_utf8(inside.stderr).unwrap();
        assert!(inside.status.success(), "{log}");
        assert!(
            log.contains("a panic: this is a mistake in the program") && log.contains("as tested"),
            "{log}"
        );
    }

    #[test]
    fn whatever_panics_ends_with_1_and_a_line_that_says_so() {
        let ended = guarded(|| panic!("as tested"));
        assert_eq!(ended, Err(a_mistake()));
        assert!(a_mistake().to_string().starts_with("error: "));
        assert_eq!(
            a_mistake(),
            Failure::failed(a_mistake().message()).hint(a_mistake().cure().unwrap())
        );
    }
}
