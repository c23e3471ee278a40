//! A typed client of the Messaging API.
//!
//! Each call answers with LINE's status and request ids, on success ([`Response`]) and on failure
//! ([`ClientError`]); each attempt logs one line under the target `line::client`. Reading and
//! pushing are repeated as the table of [`crate::retry`] says.

mod answer;
mod builder;
mod calls;
mod endpoint;
mod error;
mod issuer;
#[cfg(test)]
mod refused_token_test;
#[cfg(test)]
mod tls_test;
mod transport;
mod types;

pub use answer::{Response, SentMessage, SentMessages};
pub use builder::{BuildError, LineClientBuilder, REPLY_TIME_LIMIT};
pub use endpoint::Endpoint;
pub use error::{ClientError, ErrorDetail, ErrorKind};
pub use issuer::StatelessToken;
pub use types::{
    BotInfo, ChatMode, MarkAsReadMode, Profile, Quota, QuotaConsumption, WebhookEndpoint,
    WebhookTest,
};

pub(crate) use issuer::TokenIssuer;

use crate::retry::{Decision, Outcome, RetryPolicy, decide};
use crate::token::TokenProvider;
use answer::Answer;
use bytes::Bytes;
use http::header::{self, AUTHORIZATION, CONTENT_TYPE};
use http::{HeaderName, HeaderValue, Request, Uri};
use http_body_util::Full;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, PercentEncode, utf8_percent_encode};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;
use transport::{MAX_REQUEST_BYTES, Transport};

const USER_AGENT: HeaderValue =
    HeaderValue::from_static(concat!("linebot/", env!("CARGO_PKG_VERSION")));
const JSON: HeaderValue = HeaderValue::from_static("application/json");
const RETRY_KEY: HeaderName = HeaderName::from_static("x-line-retry-key");

/// All but the unreserved characters of RFC 3986, 2.3; the dot too, so that no id is a path.
const RESERVED: AsciiSet = NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'~');

/// Talks to LINE. Cheap to clone; clones share connections and token.
#[derive(Clone, Debug)]
pub struct LineClient(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    transport: Transport,
    tokens: TokenProvider,
    issuer: TokenIssuer,
    api_base: String,
    reply_uri: Uri,
    reply_time_limit: Duration,
    time_limit: Duration,
    retry: RetryPolicy,
}

/// A request as it is sent, once or again.
struct Call {
    endpoint: Endpoint,
    uri: Uri,
    retry_key: Option<HeaderValue>,
    body: Bytes,
}

impl LineClient {
    /// Sets up a client.
    pub fn builder(tokens: TokenProvider) -> LineClientBuilder {
        LineClientBuilder::new(tokens)
    }

    /// Sends a request as often as the table allows. An `Ok` is a success or, where that is as
    /// good, the word that an earlier attempt was one.
    async fn execute(&self, call: Call) -> Result<Answer, ClientError> {
        let Self(inner) = self;
        let endpoint = call.endpoint;
        if call.body.len() > MAX_REQUEST_BYTES {
            let size = format!(
                "{} bytes, at most {MAX_REQUEST_BYTES} are allowed",
                call.body.len()
            );
            return Err(ClientError::unanswered(endpoint, ErrorKind::TooLarge, size));
        }
        // Whoever replies decides when to do it again: what is owed outlives this process.
        let attempts = if endpoint == Endpoint::Reply {
            1
        } else {
            inner.retry.attempts
        };
        let limit = match endpoint {
            Endpoint::Reply => inner.reply_time_limit,
            _ => inner.time_limit,
        };
        let mut deadline = Instant::now() + limit;
        let mut failed_attempts = 0;
        let mut maybe_accepted = false;
        let mut token_refreshed = false;
        loop {
            let authorization = inner.tokens.authorization(&inner.issuer, deadline).await;
            let (used, result) = match authorization {
                Ok(authorization) => (
                    Some(authorization.clone()),
                    self.attempt(&call, authorization, deadline).await,
                ),
                Err(error) => (None, Err(error)),
            };
            let outcome = match &result {
                Ok(answer) => Outcome::Answered(answer.status),
                Err(error) => error.outcome(),
            };
            failed_attempts += 1;
            match decide(endpoint.class(), outcome, maybe_accepted) {
                Decision::Done | Decision::AlreadyAccepted => return result,
                Decision::RefreshToken
                    if !token_refreshed && used.is_some_and(|used| inner.tokens.reject(&used)) =>
                {
                    token_refreshed = true;
                }
                Decision::BackOff if failed_attempts < attempts => {
                    tokio::time::sleep(inner.retry.pause(failed_attempts)).await;
                    deadline = Instant::now() + limit;
                }
                _ => return result.and_then(|answer| Err(ClientError::refused(endpoint, answer))),
            }
            maybe_accepted |= outcome.may_have_been_accepted();
        }
    }

    async fn attempt(
        &self,
        call: &Call,
        authorization: HeaderValue,
        deadline: Instant,
    ) -> Result<Answer, ClientError> {
        let mut request = Request::new(Full::new(call.body.clone()));
        *request.method_mut() = call.endpoint.method();
        *request.uri_mut() = call.uri.clone();
        let headers = request.headers_mut();
        headers.insert(AUTHORIZATION, authorization);
        headers.insert(header::USER_AGENT, USER_AGENT);
        if !call.body.is_empty() {
            headers.insert(CONTENT_TYPE, JSON);
        }
        if let Some(retry_key) = &call.retry_key {
            headers.insert(RETRY_KEY, retry_key.clone());
        }
        self.0
            .transport
            .attempt(call.endpoint, request, deadline)
            .await
    }
}

/// Escapes what goes into a path segment or a form field.
fn escaped(text: &str) -> PercentEncode<'_> {
    utf8_percent_encode(text, &RESERVED)
}
