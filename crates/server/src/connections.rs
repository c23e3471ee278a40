//! The connections of a listener.

use crate::Readiness;
use crate::callback::Peer;
use axum::Router;
use http::{HeaderValue, Request, Response, header};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::sync::OwnedSemaphorePermit;
use tower::Service;

/// What a connection past the limit is told, without reading from it.
const FULL: &[u8] = b"HTTP/1.1 503 Service Unavailable\r\nretry-after: 1\r\nconnection: close\r\ncontent-length: 0\r\n\r\n";

/// A webhook's head is some hundred bytes, LINE's bodies a few KB: a larger buffer per connection only costs memory.
const READ_BUFFER_BYTES: usize = 64 * 1024;

pub(crate) struct Connections {
    router: Router,
    readiness: Readiness,
    http: http1::Builder,
    graceful: GracefulShutdown,
}

impl Connections {
    pub(crate) fn new(router: Router, readiness: Readiness, header_timeout: Duration) -> Self {
        let mut http = http1::Builder::new();
        http.timer(TokioTimer::new())
            .header_read_timeout(header_timeout)
            .max_buf_size(READ_BUFFER_BYTES);
        Self {
            router,
            readiness,
            http,
            graceful: GracefulShutdown::new(),
        }
    }

    pub(crate) fn spawn(&self, stream: TcpStream, peer: SocketAddr, place: OwnedSemaphorePermit) {
        // Answers are small and complete: waiting to fill a packet only delays them.
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "cannot set TCP_NODELAY");
        }
        let router = self.router.clone();
        let readiness = self.readiness.clone();
        let service = service_fn(move |mut request: Request<Incoming>| {
            request.extensions_mut().insert(Peer(peer));
            let answer = router.clone().call(request);
            let draining = readiness.is_draining();
            async move {
                let response = answer.await;
                if draining {
                    response.map(with_close)
                } else {
                    response
                }
            }
        });
        let connection = self
            .graceful
            .watch(self.http.serve_connection(TokioIo::new(stream), service));
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                // Half-sent requests, timeouts, resets: the other side's business.
                tracing::debug!(%error, "a connection ended early");
            }
            drop(place);
        });
    }

    /// Closes idle connections and waits for the others.
    pub(crate) async fn finish(self, patience: Duration) {
        let open = self.graceful.count();
        if tokio::time::timeout(patience, self.graceful.shutdown())
            .await
            .is_err()
        {
            tracing::warn!(
                connections = open,
                "closed connections before their requests were answered"
            );
        }
    }
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
