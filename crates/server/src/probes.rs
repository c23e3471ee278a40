//! The pages that say how the bot is.

use crate::App;
use axum::extract::{RawQuery, State};
use axum::response::{Html, IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};
use std::sync::Arc;
use std::time::Duration;

/// How long `/readyz?verbose` waits for the database.
const DATABASE_PATIENCE: Duration = Duration::from_secs(1);

/// What `GET /` shows: the bot of the tutorial answered "hello world!" here, to check the connection.
const INDEX: &str = include_str!("index.html");

pub(crate) async fn index() -> Html<&'static str> {
    Html(INDEX)
}

pub(crate) async fn healthz() -> &'static str {
    "ok\n"
}

pub(crate) async fn readyz(State(app): State<Arc<App>>, RawQuery(query): RawQuery) -> Response {
    let ready = app.readiness.is_ready();
    let status = if ready {
        StatusCode::OK
    } else {
        StatusCode::SERVICE_UNAVAILABLE
    };
    if query.is_none_or(|query| {
        !query
            .split('&')
            .any(|part| part.split('=').next() == Some("verbose"))
    }) {
        return (status, if ready { "ready\n" } else { "not ready\n" }).into_response();
    }
    let database = match tokio::time::timeout(DATABASE_PATIENCE, app.store.ping()).await {
        Ok(Ok(())) => app
            .readiness
            .database_problem()
            .or_else(|| {
                let cause = app.intake.trouble()?;
                Some(format!(
                    "answers, but the last events could not be stored: {cause}"
                ))
            })
            .unwrap_or_else(|| "ok".to_owned()),
        Ok(Err(error)) => error.to_string(),
        Err(_) => format!("no answer within {} s", DATABASE_PATIENCE.as_secs()),
    };
    let draining = if app.readiness.is_draining() {
        "yes"
    } else {
        "no"
    };
    let ready = if ready { "yes" } else { "no" };
    (
        status,
        format!("ready: {ready}\ndraining: {draining}\ndatabase: {database}\n"),
    )
        .into_response()
}

/// An error as JSON, shaped like LINE's own errors. A 503 says when to come again.
pub(crate) fn problem(status: StatusCode, message: &'static str) -> Response {
    let body = serde_json::json!({ "message": message }).to_string();
    let mut response = (status, [(header::CONTENT_TYPE, "application/json")], body).into_response();
    if status == StatusCode::SERVICE_UNAVAILABLE {
        let a_second = HeaderValue::from_static("1");
        response.headers_mut().insert(header::RETRY_AFTER, a_second);
    }
    response
}
