//! HTTP to LINE: one pool of connections, hard limits, one log line for each call.

use super::Endpoint;
use super::answer::Answer;
use super::error::{ClientError, ErrorKind};
use crate::retry::Class;
use bytes::Bytes;
use http::{HeaderMap, Request, Uri};
use http_body_util::{BodyExt, Full, Limited};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::{Client, connect::HttpConnector};
use hyper_util::rt::{TokioExecutor, TokioTimer};
use std::time::Duration;
use tokio::time::{Instant, timeout, timeout_at};
use tower::Service;
use tower::util::{MapFuture, ServiceExt};

/// How long a TCP connection may take: LINE answers from near by, so a longer wait only hides that
/// it is unreachable.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(2);

/// How long name, TCP and TLS may take together. Less than a reply's 4 s: what fails before the
/// first byte was surely not sent, and what fails at the deadline may have been.
const READY_TIMEOUT: Duration = Duration::from_secs(3);

/// How long a connection is kept unused. LINE does not say when it closes one; the shorter we keep
/// it, the rarer a request meets a closing connection and ends unclear.
const IDLE_TIMEOUT: Duration = Duration::from_secs(30);

/// How long an HTTP/2 connection may say nothing to a call before it is pinged. With
/// [`PONG_TIMEOUT`] less than a reply's 4 s: of a connection that died without a word, as when a
/// NAT forgot it, the first call is the last. A call that times out takes only its stream with it,
/// and the next would wait on the same connection. Connections without a call are not pinged:
/// servers may take that for an attack.
const PING_AFTER: Duration = Duration::from_millis(1_500);

/// How long the answer to a ping may take, which no work is needed for; as long as connecting.
const PONG_TIMEOUT: Duration = CONNECT_TIMEOUT;

/// LINE's own limit ("2 MB", <https://developers.line.biz/en/reference/messaging-api/#status-codes>).
pub(super) const MAX_REQUEST_BYTES: usize = 2_000_000;

/// The answers of the endpoints here are a few hundred bytes; this bounds what a broken proxy in
/// between can make us hold.
const MAX_ANSWER_BYTES: usize = 256 * 1024;

#[derive(Clone, Debug)]
pub(crate) struct Transport {
    http: Client<BoundedConnector, Full<Bytes>>,
}

type Https = HttpsConnector<HttpConnector>;
type Connecting = <Https as Service<Uri>>::Future;
type BoundedConnector = MapFuture<Https, fn(Connecting) -> Connecting>;

impl Transport {
    /// HTTP/2 where the other side offers it over TLS, else HTTP/1.1 with keep-alive.
    pub(super) fn new(tls: rustls::ClientConfig) -> Self {
        let mut tcp = HttpConnector::new();
        tcp.set_connect_timeout(Some(CONNECT_TIMEOUT));
        tcp.set_nodelay(true);
        // Whether plain HTTP is allowed was decided when the base URL was read.
        tcp.enforce_http(false);
        let connector = HttpsConnectorBuilder::new()
            .with_tls_config(tls)
            .https_or_http()
            .enable_all_versions()
            .wrap_connector(tcp)
            .map_future(bounded as fn(Connecting) -> Connecting);
        let http = Client::builder(TokioExecutor::new())
            .timer(TokioTimer::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(IDLE_TIMEOUT)
            .http2_keep_alive_interval(PING_AFTER)
            .http2_keep_alive_timeout(PONG_TIMEOUT)
            .build(connector);
        Self { http }
    }

    /// One attempt, answered before the deadline. `Err` only when there is no answer to judge by.
    pub(crate) async fn attempt(
        &self,
        endpoint: Endpoint,
        request: Request<Full<Bytes>>,
        deadline: Instant,
    ) -> Result<Answer, ClientError> {
        let mut attempt = Attempt {
            endpoint,
            start: Instant::now(),
            is_over: false,
        };
        let result = self.exchange(endpoint, request, deadline).await;
        attempt.end(&result);
        result
    }

    async fn exchange(
        &self,
        endpoint: Endpoint,
        request: Request<Full<Bytes>>,
        deadline: Instant,
    ) -> Result<Answer, ClientError> {
        let late = |elapsed| ClientError::unanswered(endpoint, ErrorKind::TimedOut, elapsed);
        let response = timeout_at(deadline, self.http.request(request))
            .await
            .map_err(late)?
            .map_err(|error| {
                let kind = if error.is_connect() {
                    ErrorKind::NotSent
                } else {
                    ErrorKind::ConnectionLost
                };
                ClientError::unanswered(endpoint, kind, error)
            })?;
        let (head, body) = response.into_parts();
        let body = Limited::new(body, MAX_ANSWER_BYTES);
        // Read to its end even if nobody looks at it: only then is the connection used again.
        let body = match timeout_at(deadline, body.collect()).await.map_err(late) {
            Ok(Ok(body)) => body.to_bytes(),
            // The status says whether it was accepted, with or without its body.
            _ if endpoint.class() != Class::Read => Bytes::new(),
            Ok(Err(error)) => {
                let kind = ErrorKind::ConnectionLost;
                return Err(ClientError::unanswered(endpoint, kind, error));
            }
            Err(late) => return Err(late),
        };
        Ok(Answer {
            status: head.status,
            request_id: text(&head.headers, "x-line-request-id"),
            accepted_request_id: text(&head.headers, "x-line-accepted-request-id"),
            body,
        })
    }
}

/// An attempt under way. It leaves its line also when nobody waits for it any more.
struct Attempt {
    endpoint: Endpoint,
    start: Instant,
    is_over: bool,
}

impl Attempt {
    fn end(&mut self, result: &Result<Answer, ClientError>) {
        self.is_over = true;
        let result = result.as_ref().map_err(ClientError::kind);
        log(self.endpoint, result, self.start.elapsed());
    }
}

impl Drop for Attempt {
    fn drop(&mut self) {
        if !self.is_over {
            log(
                self.endpoint,
                Err(ErrorKind::TimedOut),
                self.start.elapsed(),
            );
        }
    }
}

fn bounded(connecting: Connecting) -> Connecting {
    Box::pin(async { timeout(READY_TIMEOUT, connecting).await? })
}

fn text(headers: &HeaderMap, name: &str) -> Option<String> {
    headers.get(name)?.to_str().ok().map(str::to_owned)
}

/// The fields LINE asks bots to keep, as it hands out no logs
/// (<https://developers.line.biz/en/docs/messaging-api/development-guidelines/#save-logs>).
fn log(endpoint: Endpoint, result: Result<&Answer, ErrorKind>, duration: Duration) {
    let method = endpoint.method();
    let method = method.as_str();
    let endpoint = endpoint.template();
    let duration_ms = f64::from(u32::try_from(duration.as_micros()).unwrap_or(u32::MAX)) / 1000.0;
    match result {
        Ok(answer) => tracing::info!(
            target: "line::client",
            method,
            endpoint,
            status = answer.status.as_u16(),
            x_line_request_id = answer.request_id,
            duration_ms,
            "called LINE"
        ),
        Err(error) => tracing::warn!(
            target: "line::client",
            method,
            endpoint,
            ?error,
            duration_ms,
            "LINE did not answer"
        ),
    }
}
