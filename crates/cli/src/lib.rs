//! The program `linebot`: configuration, logs, commands.

pub mod config;
mod telemetry;
mod failure;

pub use failure::Failure;
