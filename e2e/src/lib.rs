//! What the tests of the whole bot share: the real binary as a child process, databases for it, and a network that
//! can be cut.
//!
//! LINE is the [`simulator`], in the test's own process; between the two is real HTTP.

pub mod database;
pub mod ports;
pub mod process;
pub mod proxy;
pub mod stage;

pub use database::Database;
pub use process::Linebot;
pub use proxy::Proxy;
pub use stage::Stage;
