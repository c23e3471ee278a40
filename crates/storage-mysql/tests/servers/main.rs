//! What only real servers can show. `cargo xtask test` starts them and runs these; plain `cargo test` lists them as
//! ignored.

#![expect(clippy::unwrap_used, reason = "a failed test panics")]

mod conformance;
mod database;
