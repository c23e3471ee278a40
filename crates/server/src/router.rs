//! Which path does what.

use crate::{Readiness, callback, probes};
use axum::Router;
use axum::routing::{get, post};
use bot::{Clock, Intake};
use line::ChannelSecrets;
use std::sync::Arc;
use std::time::Duration;
use storage::Store;

/// What the handlers share.
pub struct App {
    /// Where events go.
    pub intake: Intake,
    /// What webhooks are signed with.
    pub secrets: ChannelSecrets,
    /// The time of day.
    pub clock: Arc<dyn Clock>,
    /// Asked by `/readyz?verbose`.
    pub store: Arc<dyn Store>,
    /// What `/readyz` says.
    pub readiness: Readiness,
    /// The largest webhook body, in bytes.
    pub max_body_bytes: usize,
    /// How long a webhook body may take to arrive.
    pub body_timeout: Duration,
}

/// The bot's HTTP interface.
pub fn router(app: App) -> Router {
    Router::new()
        .route("/callback", post(callback::callback))
        .route("/", get(probes::index))
        .route("/healthz", get(probes::healthz))
        .route("/readyz", get(probes::readyz))
        .fallback(probes::not_found)
        .method_not_allowed_fallback(probes::method_not_allowed)
        .with_state(Arc::new(app))
}
