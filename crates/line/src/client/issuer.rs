//! Issuing stateless channel access tokens.

use super::answer::Response;
use super::error::{ClientError, ErrorKind};
use super::transport::Transport;
use super::{Endpoint, escaped};
use crate::token::bearer;
use bytes::Bytes;
use http::header::{CONTENT_TYPE, USER_AGENT};
use http::{HeaderValue, Request, Uri};
use http_body_util::Full;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use std::borrow::Cow;
use std::time::Duration;
use tokio::time::Instant;

/// The longest life of a token that is believed: far more than LINE documents, and a time that can be
/// counted from now, as not every number of seconds can.
const LONGEST_LIFE: Duration = Duration::from_hours(24);

/// A new token.
#[derive(Clone, Debug)]
pub struct StatelessToken {
    /// The header it goes into; sensitive, so that it is never printed.
    pub(crate) authorization: HeaderValue,
    /// How long it lives, at most a day; LINE documents 15 minutes.
    pub expires_in: Duration,
}

/// Asks LINE for tokens.
#[derive(Clone, Debug)]
pub(crate) struct TokenIssuer {
    pub(super) transport: Transport,
    pub(super) uri: Uri,
}

impl TokenIssuer {
    /// <https://developers.line.biz/en/reference/messaging-api/#issue-stateless-channel-access-token>
    pub(crate) async fn issue(
        &self,
        channel_id: &str,
        channel_secret: &SecretString,
        deadline: Instant,
    ) -> Result<Response<StatelessToken>, ClientError> {
        #[derive(Deserialize)]
        struct Issued<'a> {
            #[serde(borrow)]
            access_token: Cow<'a, str>,
            expires_in: u64,
        }
        const ENDPOINT: Endpoint = Endpoint::IssueStatelessToken;

        let form = format!(
            "grant_type=client_credentials&client_id={}&client_secret={}",
            escaped(channel_id),
            escaped(channel_secret.expose_secret()),
        );
        let request = Request::builder()
            .method(ENDPOINT.method())
            .uri(self.uri.clone())
            .header(USER_AGENT, super::USER_AGENT)
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(Full::new(Bytes::from(form)))
            .map_err(|error| ClientError::unanswered(ENDPOINT, ErrorKind::InvalidRequest, error))?;
        let answer = self.transport.attempt(ENDPOINT, request, deadline).await?;
        if !answer.status.is_success() {
            return Err(ClientError::refused(ENDPOINT, answer));
        }
        let body = answer.body.clone();
        let issued: Issued<'_> = match serde_json::from_slice(&body) {
            Ok(issued) => issued,
            Err(error) => return Err(ClientError::unreadable(ENDPOINT, answer, error)),
        };
        match bearer(&issued.access_token) {
            Ok(authorization) => Ok(answer.with(|_| StatelessToken {
                authorization,
                expires_in: Duration::from_secs(issued.expires_in).min(LONGEST_LIFE),
            })),
            Err(error) => Err(ClientError::unreadable(ENDPOINT, answer, error)),
        }
    }
}
