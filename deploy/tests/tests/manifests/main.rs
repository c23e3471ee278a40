//! Every overlay, every combination of components, and what must be found when one is made wrong.

mod combinations;
mod metrics;
mod mutations;
mod overlays;
mod own_database;
mod release;
mod scans;
mod schemas;
mod secrets;
mod settings;
mod sources;

/// Fails with all of `problems`, a line each.
#[track_caller]
fn none(what: &str, problems: &[String]) {
    assert!(problems.is_empty(), "{what}:\n  {}", problems.join("\n  "));
}
