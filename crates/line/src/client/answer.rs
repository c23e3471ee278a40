//! What LINE answers.

use bytes::Bytes;
use http::StatusCode;
use serde::Deserialize;

/// A successful call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Response<T> {
    /// The status: 2xx, or 409 for a push that an earlier attempt had delivered.
    pub status: StatusCode,
    /// LINE's id of this request: what its support asks for.
    pub request_id: Option<String>,
    /// With 409: LINE's id of the request it accepted before.
    pub accepted_request_id: Option<String>,
    /// What the endpoint answers.
    pub value: T,
}

/// Any answer, as it came.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) request_id: Option<String>,
    pub(crate) accepted_request_id: Option<String>,
    pub(crate) body: Bytes,
}

impl Answer {
    pub(crate) fn with<T>(self, read: impl FnOnce(Bytes) -> T) -> Response<T> {
        Response {
            status: self.status,
            request_id: self.request_id,
            accepted_request_id: self.accepted_request_id,
            value: read(self.body),
        }
    }
}

/// The ids of what was sent, read only when asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SentMessages(Bytes);

/// One message that was sent.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SentMessage {
    /// Its id.
    pub id: String,
    /// Quotes it in a later message.
    pub quote_token: Option<String>,
}

impl SentMessages {
    pub(crate) fn new(body: Bytes) -> Self {
        Self(body)
    }

    /// The messages in the order they were sent; none when LINE did not say.
    pub fn list(&self) -> Vec<SentMessage> {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Body {
            sent_messages: Vec<SentMessage>,
        }
        serde_json::from_slice::<Body>(&self.0)
            .map(|body| body.sent_messages)
            .unwrap_or_default()
    }
}
