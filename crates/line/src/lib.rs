//! The LINE Messaging API.

pub mod signature;
pub mod webhook;

pub use signature::ChannelSecrets;
