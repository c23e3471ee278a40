//! Tests of the use cases, on the in-memory store and with the simulator as LINE.

mod intake;
mod replies;
mod support;
mod understand;
