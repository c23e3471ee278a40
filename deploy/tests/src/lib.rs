//! What the tests of the deployment share.

pub mod containers;
