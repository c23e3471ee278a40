//! Which path does what.

use crate::body::Bodies;
use crate::strays::Strays;
use crate::{Readiness, callback, probes};
use axum::Router;
use axum::body::Body;
use axum::routing::{get, post};
use bot::{Clock, Intake};
use http::Request;
use line::ChannelSecrets;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;
use storage::Store;

/// The channel secrets in force; they can be replaced while the server runs. Cheap to clone.
#[derive(Clone, Debug)]
pub struct CurrentSecrets(Arc<RwLock<ChannelSecrets>>);

impl CurrentSecrets {
    /// Starts with these.
    pub fn new(secrets: ChannelSecrets) -> Self {
        Self(Arc::new(RwLock::new(secrets)))
    }

    /// From now on only these count.
    pub fn replace(&self, secrets: ChannelSecrets) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = secrets;
    }

    pub(crate) fn get(&self) -> ChannelSecrets {
        self.0
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}

/// What the handlers share.
pub struct App {
    /// Where events go.
    pub intake: Intake,
    /// What webhooks are signed with.
    pub secrets: CurrentSecrets,
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
    let bodies = Arc::new(Bodies::new(app.max_body_bytes, app.body_timeout));
    let strays = Arc::new(Strays::default());
    let elsewhere = Arc::clone(&strays);
    let callback = move |app, request| callback::callback(app, Arc::clone(&bodies), request);
    Router::new()
        .route("/callback", post(callback))
        .route("/", get(probes::index))
        .route("/healthz", get(probes::healthz))
        .route("/readyz", get(probes::readyz))
        .fallback(async move |request: Request<Body>| strays.not_found(&request))
        .method_not_allowed_fallback(async move |request: Request<Body>| {
            elsewhere.method_not_allowed(&request)
        })
        .with_state(Arc::new(app))
}
