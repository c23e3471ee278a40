//! The accept loop: bounded connections, header timeout, and the two-step stop of a rolling update.

use crate::places::Places;
use crate::seldom::Seldom;
use crate::{Readiness, connections};
use axum::Router;
use std::io;
use std::net::SocketAddr;
use std::time::{Duration, Instant};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio_util::sync::CancellationToken;

/// What one listener allows.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Connections open at once; one more is answered if it asks how the process is, told 503 otherwise, and closed.
    pub max_connections: usize,
    /// How long a request's head may take to arrive, how long an idle connection is kept, and how long a client may
    /// leave its answers unread. Longer than the 15 s after which nginx drops idle upstream connections, so that nginx,
    /// not this server, closes them.
    pub header_timeout: Duration,
}

/// How long to wait after `accept` failed, as it does when the process has no file descriptor left.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Connections that may wait in the kernel: all those of a busy bot, which come back at once when it starts again. One that
/// finds no room is tried again after a second, and LINE waits two. The system may allow fewer (`net.core.somaxconn`).
const BACKLOG: u32 = 1024;

/// More than wait there: a flood must not keep a stop from going on.
const MOST_WAITING: usize = 2 * BACKLOG as usize;

/// A bound socket that serves a router.
pub struct Listener {
    socket: TcpListener,
    limits: Limits,
}

impl Listener {
    /// Binds `address`; called within a runtime. Connections queue from here on, and are served once
    /// [`serve`](Self::serve) runs.
    pub fn bind(address: SocketAddr, limits: Limits) -> io::Result<Self> {
        let socket = if address.is_ipv4() {
            TcpSocket::new_v4()?
        } else {
            TcpSocket::new_v6()?
        };
        // Connections of the process before may not have been forgotten yet.
        socket.set_reuseaddr(true)?;
        socket.bind(address)?;
        let socket = socket.listen(BACKLOG)?;
        Ok(Self { socket, limits })
    }

    /// The address bound, with the port the system chose where 0 was asked for.
    pub fn address(&self) -> io::Result<SocketAddr> {
        self.socket.local_addr()
    }

    /// Serves until `close` is cancelled, then closes the socket and returns when the requests under way, and those of
    /// clients that connected in the last moment, are answered, or after `patience`.
    ///
    /// While `readiness` says that a stop has begun, responses carry `Connection: close`, so that a proxy moves its
    /// connections elsewhere before the socket closes.
    pub async fn serve(
        self,
        router: Router,
        readiness: Readiness,
        close: CancellationToken,
        patience: Duration,
    ) {
        let Self { socket, limits } = self;
        let mut told = Seldom::default();
        let mut places = Places::new(limits.max_connections);
        let connections = connections::Connections::new(router, readiness, limits.header_timeout);
        let mut take = |stream, peer| match places.take() {
            Some(place) => connections.spawn(stream, peer, place),
            None => connections::turn_away(&stream),
        };
        loop {
            let accepted = tokio::select! {
                biased;
                () = close.cancelled() => break,
                accepted = socket.accept() => accepted,
            };
            match accepted {
                Ok((stream, peer)) => take(stream, peer),
                Err(error) => {
                    if told.is_due(Instant::now()) {
                        tracing::warn!(%error, "cannot accept connections; it is tried again and again");
                    }
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                }
            }
        }
        for (stream, peer) in still_waiting(socket) {
            take(stream, peer);
        }
        connections.finish(patience).await;
    }
}

/// Who is in the socket's queue when it closes: for them the connection stands already.
fn still_waiting(socket: TcpListener) -> Vec<(TcpStream, SocketAddr)> {
    let Ok(socket) = socket.into_std() else {
        return Vec::new();
    };
    // Straight from the kernel: the runtime may not have heard of them yet. It made the socket non-blocking, so this
    // ends when the queue is empty.
    std::iter::from_fn(|| socket.accept().ok())
        .take(MOST_WAITING)
        .filter_map(|(stream, peer)| {
            stream.set_nonblocking(true).ok()?;
            Some((TcpStream::from_std(stream).ok()?, peer))
        })
        .collect()
}
