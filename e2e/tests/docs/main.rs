//! What the papers say is true.
//!
//! | module | what it holds them to |
//! |---|---|
//! | [`commands`] | every command line is run, or checked as a table says |
//! | [`cargo`] | packages, tests and chores named behind `cargo` exist |
//! | [`compose`] | services and files named behind `docker compose` exist |
//! | [`mysql`] | what the README says about MySQL is done, on every server there is |
//! | [`settings`] | the table of settings, and every variable named |
//! | [`metrics`] | every metric, its kind and labels; fields of log lines |
//! | [`links`] | links and pictures lead somewhere |
//! | [`names`] | versions, limits and crates |
//! | [`pages`], [`world`] | Markdown, read; a bot to try things on |

#![expect(
    clippy::unwrap_used,
    reason = "what a test cannot go on without fails it"
)]

mod cargo;
mod commands;
mod compose;
mod links;
mod metrics;
mod mysql;
mod names;
mod pages;
mod settings;
mod world;
