//! Webhooks that miss `/callback`. A wrong URL in LINE's console is a common mistake, and whoever sees nothing in the bot's log
//! looks for the fault elsewhere.

use crate::callback::Peer;
use crate::probes::problem;
use crate::seldom::Seldom;
use axum::body::Body;
use axum::response::Response;
use http::{Method, Request, StatusCode};
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

/// So much of a path is logged.
const MOST_CHARACTERS: usize = 100;

/// Answers what no route takes.
#[derive(Default)]
pub(crate) struct Strays {
    told: Mutex<Seldom>,
}

impl Strays {
    /// No path is like this.
    pub(crate) fn not_found(&self, request: &Request<Body>) -> Response {
        self.note(request, StatusCode::NOT_FOUND);
        problem(
            StatusCode::NOT_FOUND,
            "nothing is here; LINE's webhook is POST /callback",
        )
    }

    /// The path is there, for another method.
    pub(crate) fn method_not_allowed(&self, request: &Request<Body>) -> Response {
        self.note(request, StatusCode::METHOD_NOT_ALLOWED);
        problem(
            StatusCode::METHOD_NOT_ALLOWED,
            "this path does not take this method; LINE's webhook is POST /callback",
        )
    }

    /// Logs what looks like LINE's, once in a while: anybody may send it.
    fn note(&self, request: &Request<Body>, status: StatusCode) {
        if request.method() != Method::POST || !request.headers().contains_key("x-line-signature") {
            return;
        }
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        if told.is_due(Instant::now()) {
            let path = request.uri().path();
            let path: String = path.chars().take(MOST_CHARACTERS).collect();
            let peer = Peer::ip(request.extensions());
            tracing::warn!(
                sender_ip = peer.map(tracing::field::display),
                method = "POST",
                path,
                status = status.as_u16(),
                "a webhook missed /callback: look at the URL in LINE's console, or run `linebot webhook get`"
            );
        }
    }
}
