use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde_json::{Value, json};

use super::body::JsonBody;
use super::error::ApiError;
use crate::id::UserId;
use crate::shared::Shared;
use crate::validation::Problem;

/// The rules and texts of <https://developers.line.biz/en/reference/messaging-api/#display-a-loading-indicator>.
pub(super) async fn start(
    State(shared): State<Arc<Shared>>,
    JsonBody(body): JsonBody,
) -> Result<(StatusCode, Json<Value>), ApiError> {
    let user = body.get("chatId").and_then(Value::as_str).and_then(UserId::parse).ok_or_else(|| {
        ApiError::bad_request(
            "Only user id is acceptable, please confirm if there are any group/room ids or illegal ids.",
        )
    })?;
    let seconds = match body.get("loadingSeconds") {
        None | Some(Value::Null) => 20,
        Some(seconds) => seconds
            .as_i64()
            .ok_or_else(|| ApiError::invalid_property("loadingSeconds"))?,
    };
    let mut problems = Vec::new();
    if !(5..=60).contains(&seconds) {
        problems.push(Problem::new("loadingSeconds", "Must be between 5 and 60"));
    }
    if seconds % 5 != 0 {
        problems.push(Problem::new("loadingSeconds", "must be a multiple of five"));
    }
    if !problems.is_empty() {
        return Err(ApiError::invalid(problems));
    }
    let now = shared.clock.now();
    shared.with_world(|world| world.show_loading(&user, seconds, now));
    Ok((StatusCode::ACCEPTED, Json(json!({}))))
}
