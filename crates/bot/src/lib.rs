//! The use cases of the bot, between the webhook and the store.
//!
//! ```text
//! line::webhook ─▶ understand ─▶ Intake ─▶ lane (recv_many) ─▶ Store::commit ─▶ answer the waiters
//!                                             ▲                      │
//!                                             └── replied ◀─ Replies ◀┘ ─▶ LINE
//! ```
//!
//! | module | what it holds |
//! |---|---|
//! | [`understand`] | a webhook event becomes something to apply, or is set aside |
//! | `intake` | a bounded queue in front of the lane; the caller waits for the commit |
//! | `lane` | the one writer: batches form while the last one commits |
//! | [`decide`] | the pure core, run by the store inside its transaction |
//! | `replies` | owed replies on their way to LINE |
//! | `turns` | how many replies at once, and whose turn it is |
//! | `recovery` | what a dead process, or a failed call, left owed |
//! | `housekeeping` | deleting what is old |
//! | `parked` | events that wait until a language is known |
//! | `language` | which language a person reads |
//!
//! Invariants: a waiter hears "applied" only after the commit; everything goes through one lane, so that
//! the order of a conversation is kept and it is never in two batches at once; every queue has a bound; a reply is in the
//! database before it is on the wire.

mod clock;
pub mod decide;
mod housekeeping;
mod intake;
mod lane;
mod language;
mod locked;
pub mod metrics;
mod parked;
mod queues;
mod recovery;
mod replies;
mod running;
mod turns;
pub mod understand;

pub use clock::{Clock, SystemClock};
pub use housekeeping::Retention;
pub use intake::{Intake, Refusal};
pub use running::{Bot, Config};
pub use turns::MAX_CALLS;
