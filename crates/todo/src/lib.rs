//! TODO lists: what a message means and what the bot answers.
//!
//! Pure: no clock, no async, no database, no LINE types. The caller loads a [`List`], calls
//! [`respond`] with what happened in the chat, stores [`List::changes`] and sends the texts.
//!
//! ```
//! use todo::{Input, Language, List, Timestamp, respond};
//!
//! let mut list = List::default();
//! let text = |text: &str| Input::Text { text: text.into(), message_id: "1".into() };
//!
//! let reply = respond(&mut list, &text("milk\neggs"), Language::English, Timestamp(0));
//! assert_eq!(reply, ["Added “milk”, “eggs” ✨\n\n📝 Your list (2)\n1. milk\n2. eggs"]);
//!
//! let reply = respond(&mut list, &text("ＭＩＬＫ"), Language::English, Timestamp(1));
//! assert_eq!(reply, ["✅ Done: “milk”. Nice work!\n\n📝 Your list (1)\n1. eggs"]);
//!
//! // To a store this is one open task and one closed one: what lies between loading and now does not matter.
//! assert_eq!(list.changes().opened.len(), 1);
//! assert_eq!(list.changes().closed.len(), 1);
//! ```
//!
//! | module | what it holds |
//! |---|---|
//! | [`apply`] | what each line does to the list, and what there is to say about it |
//! | [`list`] | the list of one conversation, its history, and the net change made to it |
//! | [`language`] | the languages the bot speaks |
//! | `message` | a message as lines: commands and titles |
//! | `title` | when two titles are the same task |
//! | `happening` | what there is to say, grouped into sentences |
//! | `phrases` | the sentences in each language, from `texts/*.ftl` |
//! | `display` | titles as they are shown: harmless to the text around them |
//! | `render`, `pages` | the whole reply, cut to LINE's limits |
//! | [`takeover`] | a list made of titles that another program kept |
//!
//! # What a message means
//!
//! Each line that has something to see in it is a command word or the title of a task, taken in order.
//!
//! | line | what it does |
//! |---|---|
//! | `clear`, `クリア` | empties the list |
//! | `list`, `一覧` | nothing: every reply shows the list |
//! | `help`, `ヘルプ`, `使い方` | says how to use the bot |
//! | `undo`, `元に戻す` | takes back the last change, see below |
//! | the title of an open task | completes it |
//! | anything else | adds a task at the end |
//!
//! Command words and titles are compared after NFKC, full case folding and collapsing of white space (`ﾐﾙｸ` is
//! `ミルク`); zero-width characters count. A title is kept and shown as first typed, trimmed; on its way into a reply,
//! control characters are left out and direction changes are kept from reaching the text around it. A line of
//! nothing visible (spaces of any kind, zero-width characters, fillers) is an empty line, and a message of nothing
//! but such lines is told so.
//!
//! ## Undo
//!
//! One message that changes the list is one step, [`UNDO_DEPTH`](list::UNDO_DEPTH) are remembered. `undo` takes back
//! what the lines before it in the same message did, if they did anything, else the newest step: tasks it added are
//! withdrawn, tasks it closed return to their old places, as far as they are still there (old closed tasks are
//! deleted in time). Saying it again goes a step further; an undo itself cannot be undone.
//!
//! ## Limits
//!
//! Each refused line is named in the reply; the others take effect.
//!
//! | what | limit |
//! |---|---|
//! | a title | [`MAX_TITLE_CHARACTERS`](list::MAX_TITLE_CHARACTERS) Unicode scalar values |
//! | a list | [`MAX_OPEN_TASKS`](list::MAX_OPEN_TASKS) open tasks |
//! | a message | 100 lines that are not empty |
//! | a reply | 5 messages of 5,000 UTF-16 code units; the last says how many more tasks there are |
//!
//! # What is said
//!
//! First what happened, in order, neighbours of a kind in one sentence; in long messages every kind in one sentence,
//! naming ten and counting the rest. Then the list, always whole titles. Every word is in `texts/ja.ftl` and
//! `texts/en.ftl`; the tests refuse a phrase that is missing, unused, or lacks a variable in one of them.

pub mod apply;
mod display;
mod happening;
pub mod language;
pub mod list;
mod message;
mod pages;
mod phrases;
mod render;
pub mod takeover;
mod title;

pub use apply::{Input, respond, show};
pub use language::Language;
pub use list::{Changes, CloseReason, ClosedTask, List, Snapshot, Task};
pub use message::{TitleFault, check_title};

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
