//! The program `linebot`: one binary from laptop to cluster.
//!
//! | module | what it holds |
//! |---|---|
//! | [`config`] | flags, environment and file, from one declaration |
//! | `cli` | the command line |
//! | `commands` | what each command does, a file each |
//! | `telemetry` | logs and traces |
//! | `running`, `signals` | a bot behind its HTTP server, and what the operating system asks of it |
//! | `store`, `channel` | the configured database and LINE channel, opened |
//! | `failure`, `output` | how a command ends: a line that says why, data for stdout |
//! | `files` | how many connections the limit of open files allows |
//! | `redact` | passwords typed in the wrong place |

mod channel;
mod cli;
mod commands;
pub mod config;
mod failure;
mod files;
mod http_client;
mod output;
mod redact;
mod run;
mod running;
mod signals;
mod store;
mod telemetry;

pub use failure::Failure;
pub use run::run;
