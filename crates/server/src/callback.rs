//! LINE's webhook.

use crate::App;
use crate::body::Bodies;
use crate::probes::problem;
use crate::skipped::Skipped;
use axum::body::Body;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use bot::Refusal;
use bot::understand::{self, Understood};
use http::{HeaderMap, HeaderValue, Request, StatusCode, header};
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// LINE counts a webhook as failed after 2 s
/// (<https://developers.line.biz/en/docs/messaging-api/check-webhook-error-statistics/>): by then an honest 503 has
/// to be on its way.
const ANSWER_WITHIN: Duration = Duration::from_millis(1_500);

/// Who connected: a proxy, or LINE itself.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Peer(pub(crate) SocketAddr);

impl Peer {
    /// The address a request came from, for the log.
    pub(crate) fn ip(extensions: &http::Extensions) -> Option<IpAddr> {
        extensions.get::<Self>().map(|peer| peer.0.ip())
    }
}

/// What is known of a webhook, besides its outcome.
#[derive(Default)]
struct Seen {
    /// Whether the body was read to its end.
    body: bool,
    events: usize,
    redelivered: usize,
    skipped: Skipped,
}

pub(crate) async fn callback(
    State(app): State<Arc<App>>,
    bodies: Arc<Bodies>,
    request: Request<Body>,
) -> Response {
    let started = Instant::now();
    let (parts, body) = request.into_parts();
    let mut seen = Seen::default();
    let result = receive(
        &app,
        &bodies,
        &parts.headers,
        body,
        started + ANSWER_WITHIN,
        &mut seen,
    )
    .await;
    let (status, problem_text) = match result {
        Ok(()) => (StatusCode::OK, None),
        Err(Failure { status, message }) => (status, Some(message)),
    };
    log(
        &parts.extensions,
        &parts.headers,
        status,
        problem_text,
        &seen,
        started.elapsed(),
    );
    crate::metrics_page::webhook(status, started.elapsed());
    match problem_text {
        None => StatusCode::OK.into_response(),
        Some(message) => {
            let mut response = problem(status, message);
            if !seen.body {
                // The connection cannot be used again: say so, or the next request on it meets a closed socket.
                let close = HeaderValue::from_static("close");
                response.headers_mut().insert(header::CONNECTION, close);
            }
            response
        }
    }
}

/// Why a webhook was not taken.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) status: StatusCode,
    message: &'static str,
}

pub(crate) const fn failure(status: StatusCode, message: &'static str) -> Failure {
    Failure { status, message }
}

async fn receive(
    app: &App,
    bodies: &Bodies,
    headers: &HeaderMap,
    body: Body,
    deadline: Instant,
    seen: &mut Seen,
) -> Result<(), Failure> {
    // Before the body is read: whoever does not sign gets nothing stored or computed.
    let signature = headers.get("x-line-signature").ok_or(failure(
        StatusCode::UNAUTHORIZED,
        "the X-Line-Signature header is missing",
    ))?;
    let body = bodies.read(body).await?;
    let body = &body.bytes;
    seen.body = true;
    if !app.secrets.get().verify(body, signature.as_bytes()) {
        return Err(failure(
            StatusCode::UNAUTHORIZED,
            "the signature does not fit the body and the channel secret",
        ));
    }
    let webhook = line::webhook::parse(body)
        .map_err(|_| failure(StatusCode::BAD_REQUEST, "the body is not a webhook of LINE"))?;
    let received_at = app.clock.now();
    let mut events = Vec::with_capacity(webhook.events().len());
    for event in webhook.events() {
        seen.events += 1;
        seen.redelivered += usize::from(event.is_redelivery == Some(true));
        match understand::understand(&event, received_at) {
            Understood::Apply(inbound) => events.push(inbound),
            Understood::Ignore(ignored) => seen.skipped.count(&event, ignored),
        }
    }
    if events.is_empty() {
        return Ok(());
    }
    app.intake.submit(events, deadline).await.map_err(refused)
}

fn refused(refusal: Refusal) -> Failure {
    let why = match refusal {
        Refusal::Overloaded => "too many events are waiting; send it again",
        Refusal::Behind => "too many replies wait for LINE; send it again",
        Refusal::TooSlow => "the events were not stored in time; send it again",
        Refusal::DatabaseUnavailable => "the database is not available; send it again",
        Refusal::Stopping => "the bot is stopping; send it again",
        Refusal::Refused => {
            return failure(
                StatusCode::INTERNAL_SERVER_ERROR,
                "an event could not be stored; the others were",
            );
        }
    };
    failure(StatusCode::SERVICE_UNAVAILABLE, why)
}

/// One line a webhook, with what LINE recommends to keep
/// (<https://developers.line.biz/en/docs/messaging-api/development-guidelines/#save-logs>): sender, time, method,
/// path, status. Never the body.
fn log(
    extensions: &http::Extensions,
    headers: &HeaderMap,
    status: StatusCode,
    problem: Option<&str>,
    seen: &Seen,
    elapsed: Duration,
) {
    let peer = Peer::ip(extensions);
    let forwarded_for = headers
        .get("x-forwarded-for")
        .and_then(|value| value.to_str().ok());
    let duration_ms = f64::from(u32::try_from(elapsed.as_micros()).unwrap_or(u32::MAX)) / 1000.0;
    macro_rules! line {
        ($level:ident) => {
            tracing::$level!(
                sender_ip = peer.map(tracing::field::display),
                forwarded_for,
                method = "POST",
                path = "/callback",
                status = status.as_u16(),
                events = seen.events,
                redelivered = seen.redelivered,
                duration_ms,
                problem,
                "webhook"
            )
        };
    }
    seen.skipped.log();
    if status.is_server_error() {
        line!(warn);
    } else {
        line!(info);
    }
}
