use axum::Json;
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use crate::validation::Problem;
use crate::world::SentMessage;

/// An answer that is not a success: `ErrorResponse` in messaging-api.yml.
#[derive(Debug)]
pub(crate) struct ApiError {
    status: StatusCode,
    body: Body,
    accepted_request_id: Option<String>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Body {
    message: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    details: Vec<Problem>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    sent_messages: Vec<SentMessage>,
}

impl ApiError {
    pub(crate) fn new(status: StatusCode, message: impl Into<String>) -> Self {
        let body = Body {
            message: message.into(),
            details: Vec::new(),
            sent_messages: Vec::new(),
        };
        Self {
            status,
            body,
            accepted_request_id: None,
        }
    }

    pub(crate) fn bad_request(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, message)
    }

    /// The texts of these are in <https://developers.line.biz/en/reference/messaging-api/#error-messages>.
    pub(crate) fn invalid(problems: Vec<Problem>) -> Self {
        let mut error =
            Self::bad_request(format!("The request body has {} error(s)", problems.len()));
        error.body.details = problems;
        error
    }

    pub(crate) fn invalid_property(property: &str) -> Self {
        Self::bad_request(format!(
            "The property, {property}, in the request body is invalid (line: -, column: -)"
        ))
    }

    pub(crate) fn unauthorized(reason: &str) -> Self {
        Self::new(
            StatusCode::UNAUTHORIZED,
            format!(
                "Authentication failed due to the following reason: {reason}. \
                 Confirm that the access token in the authorization header is valid."
            ),
        )
    }

    pub(crate) fn not_found() -> Self {
        Self::new(StatusCode::NOT_FOUND, "Not found")
    }

    pub(crate) fn method_not_allowed() -> Self {
        Self::new(StatusCode::METHOD_NOT_ALLOWED, "Method not allowed")
    }

    pub(crate) fn failed_to_send() -> Self {
        Self::bad_request("Failed to send messages")
    }

    pub(crate) fn quota_exceeded() -> Self {
        Self::new(
            StatusCode::TOO_MANY_REQUESTS,
            "You have reached your monthly limit.",
        )
    }

    pub(crate) fn already_accepted(request_id: String, sent: Vec<SentMessage>) -> Self {
        let mut error = Self::new(StatusCode::CONFLICT, "The retry key is already accepted");
        error.body.sent_messages = sent;
        error.accepted_request_id = Some(request_id);
        error
    }

    /// What LINE says with a status, for a fault that asks for it.
    pub(crate) fn of_status(status: u16) -> Self {
        let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        match status {
            StatusCode::UNAUTHORIZED => Self::unauthorized("invalid token"),
            StatusCode::TOO_MANY_REQUESTS => Self::new(
                status,
                "The API rate limit has been exceeded. Try again later.",
            ),
            _ => Self::new(status, status.canonical_reason().unwrap_or("Error")),
        }
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let mut response = (self.status, Json(self.body)).into_response();
        if let Some(id) = self
            .accepted_request_id
            .and_then(|id| HeaderValue::try_from(id).ok())
        {
            response
                .headers_mut()
                .insert("x-line-accepted-request-id", id);
        }
        response
    }
}
