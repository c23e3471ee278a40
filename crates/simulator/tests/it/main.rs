//! The simulator over real HTTP: a small bot on one side, the API calls a bot makes on the other.

#![expect(
    clippy::unwrap_used,
    reason = "in a test, whatever is not there is a failure"
)]

mod account;
mod desk;
mod events;
mod faults;
mod page;
mod pushes;
mod redelivery;
mod replies;
mod webhooks;
