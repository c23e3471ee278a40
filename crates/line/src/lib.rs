#![doc = include_str!("../README.md")]

pub mod client;
pub mod message;
pub mod retry;
mod retry_key;
pub mod signature;
pub mod token;
pub mod webhook;

pub use client::{ClientError, LineClient, Response};
pub use http::StatusCode;
pub use retry_key::{InvalidRetryKey, RetryKey};
pub use signature::ChannelSecrets;
pub use token::TokenProvider;
