//! What the tests of the whole bot share: the real binary as a child process, and databases for it.
//!
//! LINE is the [`simulator`], in the test's own process; between the two is real HTTP.

pub mod database;
pub mod process;

pub use database::Database;
pub use process::Linebot;
