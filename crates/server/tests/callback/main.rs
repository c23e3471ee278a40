//! What LINE is answered on `POST /callback`.

#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot go on stops where it is"
)]

mod connection;
mod refusals;
mod signature;
mod support;
