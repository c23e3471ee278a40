//! TODO lists: what a message means and what the bot answers.
//!
//! Pure: no clock, no async, no database, no LINE types. The caller loads a [`List`], calls
//! [`respond`] with what happened in the chat, stores [`List::changes`] and sends the texts.
//!
//! | module | what it holds |
//! |---|---|
//! | [`list`] | the list of one conversation, its history, and the net change made to it |
//! | [`title`] | when two titles are the same task |
//! | [`message`] | a message as lines: commands and titles |
//! | [`apply`] | what each line does to the list, and what there is to say about it |
//! | [`render`] | the sentences, in the person's language, cut to LINE's limits |

pub mod apply;
pub mod language;
pub mod list;
pub mod message;
pub mod render;
pub mod title;

pub use apply::{Input, respond};
pub use language::Language;
pub use list::{Changes, CloseReason, ClosedTask, List, Snapshot, Task};

/// Milliseconds since the Unix epoch, as LINE counts event times.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    serde::Serialize,
    serde::Deserialize,
)]
#[serde(transparent)]
pub struct Timestamp(pub i64);
