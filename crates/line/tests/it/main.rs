//! What the crate promises, over real HTTP where there is HTTP.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod events;
mod line_server;
mod log_lines;
mod mentions;
mod mutations;
mod odd_webhooks;
mod openapi;
mod outgoing;
mod replies;
mod retries;
mod sdk;
mod set_up;
mod signature;
mod token_times;
mod tokens;
mod webhook;
