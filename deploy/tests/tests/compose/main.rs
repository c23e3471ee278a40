//! The three tiers on one machine: `compose.yaml` and what belongs to it.
//!
//! | module | what it holds them to |
//! |---|---|
//! | [`file`] | how compose.yaml is written |
//! | [`prepare`] | the script that makes .env and the secrets |
//! | [`stack`] | the whole, in containers: a conversation, new secrets, a backup, and nothing left behind |
//! | [`project`] | a copy of the project that runs |

#![expect(
    clippy::unwrap_used,
    reason = "what a test cannot go on without fails it"
)]

mod file;
mod prepare;
mod project;
mod stack;
