//! Chores of the repository: `cargo xtask …`.
//!
//! | module | what it does |
//! |---|---|
//! | `check` | what a change must pass besides the tests: format, lints, docs, dependencies |
//! | `test` | all tests, with everything they need installed and started |
//! | `bench` | the benchmark, built for release, on a MySQL of its own |
//! | `mysql`, `mariadb` | throw-away database servers on loopback |
//! | `image`, `sbom` | the two images, and the list of what is in the bot's |
//! | `containers` | podman for the tests, with stand-ins for images of registries |
//! | `unstable` | Debian unstable in a folder: MySQL, and what the stand-ins are made from |
//! | `galera` | what tests need for a cluster of their own |
//! | `server` | what those have in common: a port, a folder, an end |
//! | `python`, `browser` | LINE's Python SDK and a browser, for the end-to-end tests |
//! | `manifests` | kubectl, nginx, networks, schemas and scanners, for the tests of the manifests |
//! | `apt` | Debian packages that are missing |
//! | `once` | folders that are made once and found made by later runs |
//! | `command`, `paths` | running programs, finding folders |

mod apt;
mod bench;
mod browser;
mod check;
mod command;
mod containers;
mod galera;
mod image;
mod manifests;
mod mariadb;
mod mysql;
mod once;
mod paths;
mod python;
mod sbom;
mod server;
mod test;
mod unstable;

use clap::{Parser, Subcommand};
use std::process::ExitCode;

#[derive(Parser)]
#[command(name = "cargo xtask", about = "Chores of the repository.")]
struct Arguments {
    #[command(subcommand)]
    chore: Chore,
}

#[derive(Subcommand)]
enum Chore {
    /// What a change must pass besides the tests: format, lints, docs, dependencies.
    Check,
    /// Every test, on SQLite, MySQL and MariaDB; installs and starts what they need.
    Test {
        /// Passed on to `cargo test`, for example `-p storage-mysql deadlock`.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<String>,
    },
    /// Measures the bot against its budgets; exits with 1 when one is missed.
    Bench {
        /// Only in memory and on SQLite.
        #[arg(long)]
        without_mysql: bool,
        /// Passed on to the program `figures`, for example `--quick` or `--tasks 10000000`.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<String>,
    },
    /// Builds both images, and writes what is in the bot's (SPDX) and their digests to target/images.
    Image {
        /// What builds them.
        #[arg(long, value_enum, default_value = "podman")]
        engine: image::Engine,
        /// Their tag.
        #[arg(long, default_value = "local")]
        tag: String,
        /// Build on what is on this machine instead of images from a registry, as the tests do.
        #[arg(long)]
        stand_ins: bool,
        /// Build once more from the beginning, and fail unless the digests are the same.
        #[arg(long)]
        twice: bool,
    },
    /// Starts MySQL and MariaDB with empty data, prints their URLs and waits for Ctrl-C.
    Servers,
}

fn main() -> ExitCode {
    match run(Arguments::parse().chore) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(chore: Chore) -> anyhow::Result<()> {
    match chore {
        Chore::Check => check::run(),
        Chore::Test { arguments } => test::run(&arguments),
        Chore::Bench {
            without_mysql,
            arguments,
        } => bench::run(without_mysql, &arguments),
        Chore::Image {
            engine,
            tag,
            stand_ins,
            twice,
        } => image::run(engine, &tag, stand_ins, twice),
        Chore::Servers => test::serve(),
    }
}
