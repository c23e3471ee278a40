//! The program from outside: its configuration, its command line, its exit codes, its logs.

#![expect(
    clippy::unwrap_used,
    reason = "what a test cannot go on without fails it"
)]

mod command_line;
mod configuration;
mod damaged_lines;
mod database;
mod dev;
mod doctor;
mod files;
mod limits;
mod mysql;
mod reference;
mod secrets;
mod seed;
mod serve;
mod simulator;
mod support;
mod traces;
mod transfer;
mod webhook;
mod wrong_values;
