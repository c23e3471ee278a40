//! The webhook sender: signs, posts, keeps LINE's deadline and its words for what went wrong.

use std::fmt::Write;
use std::time::Duration;

use axum::http::{Request, Uri, header};
use bytes::Bytes;
use http_body_util::{BodyExt, Full, Limited};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use secrecy::SecretString;
use serde_json::Value;
use tokio::time::timeout;

use crate::signature::sign;
use crate::world::{FailureReason, Outcome};

/// What a bot answers is not read beyond this; the status says all.
const ANSWER_READ: usize = 64 * 1024;

pub(crate) struct WebhookSender {
    http: Client<HttpConnector, Full<Bytes>>,
    secret: SecretString,
    deadline: Duration,
    escape_astral: bool,
}

impl WebhookSender {
    pub(crate) fn new(secret: SecretString, deadline: Duration, escape_astral: bool) -> Self {
        let http = Client::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(Duration::from_secs(30))
            .build(HttpConnector::new());
        Self {
            http,
            secret,
            deadline,
            escape_astral,
        }
    }

    /// The bytes that are sent for a request body.
    pub(crate) fn bytes(&self, body: &Value) -> Bytes {
        let text = body.to_string();
        if self.escape_astral {
            escape_astral(&text).into()
        } else {
            text.into()
        }
    }

    pub(crate) fn sign(&self, body: &[u8]) -> String {
        sign(&self.secret, body)
    }

    /// Posts a webhook and waits for the answer as long as LINE does.
    pub(crate) async fn post(
        &self,
        url: Option<&str>,
        body: Bytes,
        signature: Option<&str>,
    ) -> Outcome {
        let Some(url) = url else {
            return failed(FailureReason::CouldNotConnect, "no webhook URL is in use");
        };
        let request = match request(url, body, signature) {
            Ok(request) => request,
            Err(why) => return failed(FailureReason::CouldNotConnect, &why),
        };
        timeout(self.deadline, self.answer(request))
            .await
            .unwrap_or_else(|_| {
                failed(
                    FailureReason::RequestTimeout,
                    &format!("no answer within {:?}", self.deadline),
                )
            })
    }

    async fn answer(&self, request: Request<Full<Bytes>>) -> Outcome {
        match self.http.request(request).await {
            Ok(response) => {
                let status = response.status();
                // Read to the end, so that the connection can be used again.
                let _ = Limited::new(response.into_body(), ANSWER_READ)
                    .collect()
                    .await;
                if status.is_success() {
                    Outcome::Delivered {
                        status: status.as_u16(),
                    }
                } else {
                    Outcome::Failed {
                        reason: FailureReason::ErrorStatusCode,
                        status: Some(status.as_u16()),
                        detail: status.to_string(),
                    }
                }
            }
            // A connection closed before the answer also counts as "could not connect" in LINE's statistics.
            Err(error) => failed(FailureReason::CouldNotConnect, &chain(&error)),
        }
    }
}

fn request(
    url: &str,
    body: Bytes,
    signature: Option<&str>,
) -> Result<Request<Full<Bytes>>, String> {
    let uri: Uri = url
        .parse()
        .map_err(|_| "the webhook URL is not a URL".to_owned())?;
    if uri.scheme_str() != Some("http") {
        return Err("the simulator sends webhooks over plain http only".to_owned());
    }
    let mut request = Request::post(uri)
        .header(header::CONTENT_TYPE, "application/json; charset=utf-8")
        .header(header::USER_AGENT, "LineBotWebhook/2.0");
    if let Some(signature) = signature {
        request = request.header("x-line-signature", signature);
    }
    request
        .body(Full::new(body))
        .map_err(|error| error.to_string())
}

fn failed(reason: FailureReason, detail: &str) -> Outcome {
    Outcome::Failed {
        reason,
        status: None,
        detail: detail.to_owned(),
    }
}

fn chain(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(Some(error), |error| error.source());
    causes
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join(": ")
}

/// Writes characters beyond U+FFFF as escaped surrogate pairs. In JSON these stand inside strings only.
fn escape_astral(json: &str) -> String {
    let mut escaped = String::with_capacity(json.len());
    for character in json.chars() {
        if character > '\u{FFFF}' {
            let mut units = [0; 2];
            for unit in character.encode_utf16(&mut units) {
                // Writing to a String cannot fail.
                let _ = write!(escaped, "\\u{unit:04x}");
            }
        } else {
            escaped.push(character);
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn emoji_become_escaped_surrogate_pairs_and_mean_the_same() {
        let body = serde_json::json!({ "text": "牛乳🥛 \\ \"𠮷\"" });
        let escaped = escape_astral(&body.to_string());
        assert!(escaped.contains(r"牛乳\ud83e\udd5b"));
        assert_eq!(serde_json::from_str::<Value>(&escaped).unwrap(), body);
    }
}
