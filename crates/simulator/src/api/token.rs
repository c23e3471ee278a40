use std::collections::HashMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::FormRejection;
use axum::extract::{Form, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use secrecy::ExposeSecret;
use serde_json::json;

use crate::shared::Shared;
use crate::world::STATELESS_TOKEN_SECONDS;

/// Issues a stateless channel access token from channel id and secret
/// (<https://developers.line.biz/en/reference/messaging-api/#issue-stateless-channel-access-token>).
pub(super) async fn issue_stateless(
    State(shared): State<Arc<Shared>>,
    form: Result<Form<HashMap<String, String>>, FormRejection>,
) -> Response {
    let Ok(Form(form)) = form else {
        return refuse("invalid_request", "The request body is not a form");
    };
    let field = |name: &str| form.get(name).map(String::as_str);
    match field("grant_type") {
        Some("client_credentials") => {}
        Some(_) => {
            return refuse(
                "unsupported_grant_type",
                "grant_type must be client_credentials",
            );
        }
        None => return refuse("invalid_request", "grant_type is missing"),
    }
    let (Some(id), Some(secret)) = (field("client_id"), field("client_secret")) else {
        return refuse("invalid_request", "client_id and client_secret are needed");
    };
    if id != shared.channel.id || secret != shared.channel.secret.expose_secret() {
        return refuse("invalid_client", "invalid client_id or client_secret");
    }
    let now = shared.clock.now();
    let token = shared.with_world(|world| world.access_tokens.issue(now));
    Json(json!({ "token_type": "Bearer", "access_token": token, "expires_in": STATELESS_TOKEN_SECONDS }))
        .into_response()
}

/// The error of channel-access-token.yml.
fn refuse(error: &str, description: &str) -> Response {
    let body = Json(json!({ "error": error, "error_description": description }));
    (StatusCode::BAD_REQUEST, body).into_response()
}
