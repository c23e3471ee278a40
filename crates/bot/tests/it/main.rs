//! Tests of the use cases, on the in-memory store and with the simulator as LINE.

#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot go on stops where it is"
)]

mod housekeeping;
mod intake;
mod lane;
mod language;
mod language_again;
mod leases;
mod metrics;
mod queues;
mod replies;
mod room;
mod support;
mod turns;
mod understand;
