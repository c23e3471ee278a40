use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, Uri};
use bytes::Bytes;
use serde_json::{Value, json};

use super::body::{JsonBody, parse};
use super::error::ApiError;
use crate::clock::iso_8601;
use crate::shared::Shared;
use crate::world::{FailureReason, Outcome};

/// The longest webhook URL LINE takes (messaging-api.yml, `SetWebhookEndpointRequest`).
const LONGEST_URL: usize = 500;

pub(super) async fn endpoint(State(shared): State<Arc<Shared>>) -> Result<Json<Value>, ApiError> {
    let (endpoint, active) = shared.with_world(|world| {
        (
            world.webhook_url().map(ToOwned::to_owned),
            world.uses_webhook(),
        )
    });
    let endpoint = endpoint.ok_or_else(not_set)?;
    Ok(Json(json!({ "endpoint": endpoint, "active": active })))
}

pub(super) async fn set_endpoint(
    State(shared): State<Arc<Shared>>,
    JsonBody(body): JsonBody,
) -> Result<Json<Value>, ApiError> {
    let endpoint = endpoint_in(&body)?.ok_or_else(invalid_url)?;
    shared.with_world(|world| world.set_webhook_url(endpoint));
    Ok(Json(json!({})))
}

/// Really posts a signed webhook without events, as LINE does.
pub(super) async fn test(
    State(shared): State<Arc<Shared>>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Json<Value>, ApiError> {
    // The body may be left out; then the URL that is set is tested.
    let body = if body.is_empty() {
        Value::Null
    } else {
        parse(&headers, &body)?
    };
    let (destination, set) = shared.with_world(|world| {
        (
            world.bot().user_id.clone(),
            world.webhook_url().map(ToOwned::to_owned),
        )
    });
    let url = endpoint_in(&body)?.or(set).ok_or_else(not_set)?;
    let timestamp = iso_8601(shared.clock.now());
    let body = shared
        .webhook
        .bytes(&json!({ "destination": destination, "events": [] }));
    let signature = shared.webhook.sign(&body);
    let outcome = shared
        .webhook
        .post(Some(&url), body, Some(&signature))
        .await;
    let (reason, detail) = match &outcome {
        Outcome::Delivered { status } => ("OK", status.to_string()),
        Outcome::Failed { reason, detail, .. } => (reason_code(*reason), detail.clone()),
    };
    Ok(Json(json!({
        "success": outcome.is_delivered(),
        "timestamp": timestamp,
        // Zero when there was no answer.
        "statusCode": outcome.status().unwrap_or(0),
        "reason": reason,
        "detail": detail,
    })))
}

/// The `endpoint` of a request. LINE takes `https` only; here the bot is on the same desk, so `http` is fine.
fn endpoint_in(body: &Value) -> Result<Option<String>, ApiError> {
    let url = match body.get("endpoint") {
        None | Some(Value::Null) => return Ok(None),
        Some(Value::String(url)) => url,
        Some(_) => return Err(ApiError::invalid_property("endpoint")),
    };
    let uri: Uri = url.parse().map_err(|_| invalid_url())?;
    let usable = matches!(uri.scheme_str(), Some("http" | "https"))
        && uri.host().is_some_and(|host| !host.is_empty());
    if usable && url.len() <= LONGEST_URL {
        Ok(Some(url.clone()))
    } else {
        Err(invalid_url())
    }
}

fn invalid_url() -> ApiError {
    ApiError::bad_request("Invalid webhook endpoint URL")
}

fn not_set() -> ApiError {
    ApiError::new(StatusCode::NOT_FOUND, "Webhook endpoint not found")
}

fn reason_code(reason: FailureReason) -> &'static str {
    match reason {
        FailureReason::CouldNotConnect => "COULD_NOT_CONNECT",
        FailureReason::RequestTimeout => "REQUEST_TIMEOUT",
        FailureReason::ErrorStatusCode => "ERROR_STATUS_CODE",
        FailureReason::Unclassified => "UNCLASSIFIED",
    }
}
