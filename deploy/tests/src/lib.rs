//! Tests of everything under `deploy/`.
