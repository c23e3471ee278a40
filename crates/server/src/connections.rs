//! The connections of a listener.

use crate::Readiness;
use crate::callback::Peer;
use crate::places::Place;
use crate::probes::problem;
use axum::Router;
use http::{HeaderValue, Request, Response, StatusCode, header};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use std::net::SocketAddr;
use std::pin::pin;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt, copy, sink};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_io_timeout::TimeoutWriter;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower::Service;

/// What a connection past the limit and past the reserve is told, without reading from it.
const FULL: &[u8] = b"HTTP/1.1 503 Service Unavailable\r\nretry-after: 1\r\nconnection: close\r\ncontent-length: 0\r\n\r\n";

/// A webhook's head is some hundred bytes, LINE's bodies a few KB: a larger buffer per connection only costs memory.
const READ_BUFFER_BYTES: usize = 16 * 1024;

/// How long idle connections are left open after the socket has closed: a client that connected in the last moment is
/// about to send its request.
const LAST_REQUESTS: Duration = Duration::from_millis(500);

/// How long a client may go on sending after it was answered. LINE waits two seconds for the answer.
const LINGER: Duration = Duration::from_secs(1);

/// How much of that is read.
const MOST_DISCARDED_BYTES: u64 = 16 * 1024 * 1024;

/// What is answered however many connections are open: a process that is busy is not dead.
const PROBES: [&str; 2] = ["/healthz", "/readyz"];

/// How long a connection past the limit has for its only request. Probes wait a second or more.
const RESERVE_TIMEOUT: Duration = Duration::from_secs(1);

pub(crate) struct Connections {
    router: Router,
    readiness: Readiness,
    http: http1::Builder,
    header_timeout: Duration,
    tasks: TaskTracker,
    close_idle: CancellationToken,
    cut_off: CancellationToken,
}

impl Connections {
    pub(crate) fn new(router: Router, readiness: Readiness, header_timeout: Duration) -> Self {
        let mut http = http1::Builder::new();
        http.timer(TokioTimer::new())
            // Who has said all may still listen; and what was sent is done, and logged, also where nobody does.
            .half_close(true)
            .max_buf_size(READ_BUFFER_BYTES);
        Self {
            router,
            readiness,
            http,
            header_timeout,
            tasks: TaskTracker::new(),
            close_idle: CancellationToken::new(),
            cut_off: CancellationToken::new(),
        }
    }

    pub(crate) fn spawn(&self, mut stream: TcpStream, peer: SocketAddr, place: Place) {
        // Answers are small and complete: waiting to fill a packet only delays them.
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "cannot set TCP_NODELAY");
        }
        let router = self.router.clone();
        let readiness = self.readiness.clone();
        let in_reserve = place.in_reserve;
        let service = service_fn(move |mut request: Request<Incoming>| {
            request.extensions_mut().insert(Peer(peer));
            let refused = in_reserve && !PROBES.contains(&request.uri().path());
            let answer = (!refused).then(|| router.clone().call(request));
            let readiness = readiness.clone();
            async move {
                let response = match answer {
                    Some(answer) => answer.await,
                    None => Ok(problem(
                        StatusCode::SERVICE_UNAVAILABLE,
                        "too many connections are open; send it again",
                    )),
                };
                // The stop may have begun meanwhile.
                if in_reserve || readiness.is_draining() {
                    response.map(with_close)
                } else {
                    response
                }
            }
        });
        let patience = if in_reserve {
            self.header_timeout.min(RESERVE_TIMEOUT)
        } else {
            self.header_timeout
        };
        let mut http = self.http.clone();
        http.header_read_timeout(patience);
        let close_idle = self.close_idle.clone();
        let serve = async move {
            let ended = {
                // hyper waits without end for a client that reads no answers.
                let mut bounded = TimeoutWriter::new(&mut stream);
                bounded.set_timeout(Some(patience));
                let bounded = pin!(bounded);
                let connection = http.serve_connection(TokioIo::new(bounded), service);
                let mut connection = pin!(connection);
                tokio::select! {
                    biased;
                    ended = connection.as_mut() => ended,
                    () = close_idle.cancelled() => {
                        connection.as_mut().graceful_shutdown();
                        connection.await
                    }
                }
            };
            if let Err(error) = ended {
                // Half-sent requests, timeouts, resets: the other side's business.
                tracing::debug!(%error, "a connection ended early");
            }
            linger(stream).await;
            drop(place);
        };
        let cut_off = self.cut_off.clone();
        self.tasks.spawn(cut_off.run_until_cancelled_owned(serve));
    }

    /// Serves what is about to be asked, closes idle connections, waits for the others and cuts off what is left then.
    pub(crate) async fn finish(self, patience: Duration) {
        self.tasks.close();
        let finished = timeout(patience, async {
            if timeout(LAST_REQUESTS, self.tasks.wait()).await.is_err() {
                self.close_idle.cancel();
                self.tasks.wait().await;
            }
        });
        if finished.await.is_err() {
            tracing::warn!(
                connections = self.tasks.len(),
                "closed connections before their requests were answered"
            );
            self.cut_off.cancel();
            self.tasks.wait().await;
        }
    }
}

/// Waits until the client has closed its side too. Closed while it still sends, the connection would be reset, and what
/// it was answered might be lost (<https://www.rfc-editor.org/rfc/rfc9112#section-9.6>).
async fn linger(mut stream: TcpStream) {
    let discard = async {
        stream.shutdown().await?;
        copy(&mut stream.take(MOST_DISCARDED_BYTES), &mut sink()).await
    };
    let _ = timeout(LINGER, discard).await;
}

fn with_close<B>(mut response: Response<B>) -> Response<B> {
    response
        .headers_mut()
        .insert(header::CONNECTION, HeaderValue::from_static("close"));
    response
}

/// Refuses a connection honestly. If the few bytes do not fit into an empty socket buffer, nobody reads there.
pub(crate) fn turn_away(stream: &TcpStream) {
    let _ = stream.try_write(FULL);
}
