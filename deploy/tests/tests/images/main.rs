//! The two images, as `cargo xtask image --stand-ins` built them.
//!
//! | module | what it holds them to |
//! |---|---|
//! | [`contents`] | what is in them, and what is not: files, users, secrets, shells |
//! | [`reproducible`] | the same commit is the same image |
//! | [`sbom`] | the list of what is in the bot's image |
//! | [`lint`] | how they are written |

mod contents;
mod lint;
mod reproducible;
mod sbom;
