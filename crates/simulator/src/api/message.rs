use std::sync::Arc;

use axum::extract::State;
use axum::http::HeaderMap;
use axum::{Extension, Json};
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::body::JsonBody;
use super::error::ApiError;
use super::platform::{RETRY_KEY, RequestId};
use crate::id::is_uuid;
use crate::shared::Shared;
use crate::validation::{Invalid, Problem, validate_messages};
use crate::world::{Push, PushRefusal, ReplyRefusal, SentMessage};

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Sent {
    sent_messages: Vec<SentMessage>,
}

pub(super) async fn reply(
    State(shared): State<Arc<Shared>>,
    JsonBody(body): JsonBody,
) -> Result<Json<Sent>, ApiError> {
    let (token, messages) = request(body, "replyToken")?;
    let now = shared.clock.now();
    let sent_messages = shared
        .with_world(|world| world.reply(&token, messages, now))
        .map_err(|refusal| match refusal {
            ReplyRefusal::InvalidToken => ApiError::bad_request("Invalid reply token"),
            ReplyRefusal::Unreachable => ApiError::failed_to_send(),
            ReplyRefusal::QuoteToken(at) => invalid_quote(at),
        })?;
    Ok(Json(Sent { sent_messages }))
}

pub(super) async fn push(
    State(shared): State<Arc<Shared>>,
    Extension(RequestId(request_id)): Extension<RequestId>,
    headers: HeaderMap,
    JsonBody(body): JsonBody,
) -> Result<Json<Sent>, ApiError> {
    let retry_key = headers
        .get(RETRY_KEY)
        .map(|key| key.to_str().unwrap_or_default());
    if retry_key.is_some_and(|key| !is_uuid(key)) {
        return Err(ApiError::bad_request(
            "The retry key is not a UUID in hexadecimal format",
        ));
    }
    let (to, messages) = request(body, "to")?;
    let push = Push {
        to: &to,
        retry_key,
        request_id: &request_id,
    };
    let now = shared.clock.now();
    let sent_messages = shared
        .with_world(|world| world.push(&push, messages, now))
        .map_err(|refusal| match refusal {
            PushRefusal::UnknownTarget => ApiError::failed_to_send(),
            PushRefusal::QuotaExceeded => ApiError::quota_exceeded(),
            PushRefusal::QuoteToken(at) => invalid_quote(at),
            PushRefusal::AlreadyAccepted { request_id, sent } => {
                ApiError::already_accepted(request_id, sent)
            }
        })?;
    Ok(Json(Sent { sent_messages }))
}

pub(super) async fn validate(JsonBody(body): JsonBody) -> Result<Json<Value>, ApiError> {
    let mut fields = object(body)?;
    messages(&mut fields, Vec::new())?;
    Ok(Json(json!({})))
}

/// The addressee and the messages of a reply or push.
fn request(body: Value, addressee: &str) -> Result<(String, Vec<Value>), ApiError> {
    let mut fields = object(body)?;
    let mut problems = Vec::new();
    let to = match fields.remove(addressee) {
        Some(Value::String(to)) if !to.is_empty() => to,
        Some(Value::String(_) | Value::Null) | None => {
            problems.push(Problem::new(addressee, "May not be empty"));
            String::new()
        }
        Some(_) => return Err(ApiError::invalid_property(addressee)),
    };
    if !matches!(
        fields.get("notificationDisabled"),
        None | Some(Value::Null | Value::Bool(_))
    ) {
        return Err(ApiError::invalid_property("notificationDisabled"));
    }
    Ok((to, messages(&mut fields, problems)?))
}

fn object(body: Value) -> Result<Map<String, Value>, ApiError> {
    match body {
        Value::Object(fields) => Ok(fields),
        _ => Err(ApiError::bad_request(
            "The request body could not be parsed as JSON (line: 1, column: 1)",
        )),
    }
}

fn messages(
    fields: &mut Map<String, Value>,
    mut problems: Vec<Problem>,
) -> Result<Vec<Value>, ApiError> {
    let messages = match fields.remove("messages") {
        Some(Value::Array(messages)) => messages,
        Some(Value::Null) | None => Vec::new(),
        Some(_) => return Err(ApiError::invalid_property("messages")),
    };
    match validate_messages(&messages) {
        Ok(()) => {}
        Err(Invalid::Values(found)) => problems.extend(found),
        Err(Invalid::Type(property)) => return Err(ApiError::invalid_property(&property)),
    }
    if problems.is_empty() {
        Ok(messages)
    } else {
        Err(ApiError::invalid(problems))
    }
}

fn invalid_quote(at: usize) -> ApiError {
    ApiError::invalid(vec![Problem::new(
        format!("messages[{at}].quoteToken"),
        "Invalid quote token",
    )])
}
