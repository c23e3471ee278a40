use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::json;

use super::Page;
use crate::action::Action;
use crate::id::{ChatId, UserId};

/// What somebody does on the page.
#[derive(Deserialize)]
pub(super) struct ActionRequest {
    chat: ChatId,
    /// The person who acts.
    person: UserId,
    action: Action,
}

/// The JSON extractor insists on `application/json`, which a form of another site cannot send.
pub(super) async fn act(State(page): State<Page>, Json(request): Json<ActionRequest>) -> Response {
    match page
        .shared
        .act(&request.chat, &request.person, request.action)
    {
        Ok(_) => StatusCode::NO_CONTENT.into_response(),
        Err(refusal) => (StatusCode::CONFLICT, Json(json!({ "refusal": refusal }))).into_response(),
    }
}
