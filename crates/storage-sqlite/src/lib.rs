//! The store on embedded SQLite: one file, one writing process, nothing to install.
//!
//! One thread owns the connection that writes, so that no caller ever waits for another's lock inside SQLite; a second
//! connection reads beside it. What is committed is on the disk (`synchronous = FULL`).
//!
//! | module | what it holds |
//! |---|---|
//! | [`store`] | [`SqliteStore`]: opening, and which connection does what |
//! | `connection` | opening a connection, and its settings |
//! | `writer`, `reader` | the two connections, from async code |
//! | `checkpoint` | writing the log back, beside the writer |
//! | `session` | the writing connection with the statements it keeps |
//! | `lock` | one writing process at a time |
//! | `commit`, `replies`, `prune`, `transfer` | the statements of each use case |
//! | `rows` | reading rows |
//! | `schema` | the migrations |

mod checkpoint;
mod commit;
mod connection;
mod error;
mod lock;
mod prune;
mod reader;
mod replies;
mod rows;
mod schema;
mod session;
pub mod store;
mod transfer;
mod writer;

pub use store::SqliteStore;
