//! A network that can be cut: a TCP proxy between two parts.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

/// Passes connections on to one of its targets, in turn; one that refuses is skipped, as a load balancer does.
pub struct Proxy {
    address: SocketAddr,
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    targets: Mutex<Vec<SocketAddr>>,
    turn: AtomicUsize,
    connections: Mutex<JoinSet<()>>,
}

impl Proxy {
    /// A proxy on a free port of this machine.
    pub async fn start(targets: Vec<SocketAddr>) -> anyhow::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let shared = Arc::new(Shared {
            targets: Mutex::new(targets),
            ..Shared::default()
        });
        tokio::spawn(accept(listener, Arc::clone(&shared)));
        Ok(Self { address, shared })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// From now on connections go there.
    pub fn set_targets(&self, targets: Vec<SocketAddr>) {
        *self
            .shared
            .targets
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = targets;
    }

    /// Cuts the network: open connections break, new ones end at once, until there are targets again.
    pub fn cut(&self) {
        self.set_targets(Vec::new());
        self.shared
            .connections
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .abort_all();
    }
}

async fn accept(listener: TcpListener, shared: Arc<Shared>) {
    while let Ok((client, _)) = listener.accept().await {
        let targets = shared
            .targets
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        let turn = shared.turn.fetch_add(1, Ordering::Relaxed);
        let mut connections = shared
            .connections
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        while connections.try_join_next().is_some() {}
        connections.spawn(pass_on(client, targets, turn));
    }
}

async fn pass_on(mut client: TcpStream, targets: Vec<SocketAddr>, turn: usize) {
    for offset in 0..targets.len() {
        if let Ok(mut server) = TcpStream::connect(targets[(turn + offset) % targets.len()]).await {
            // Whichever side breaks, the other one notices.
            let _ = copy_bidirectional(&mut client, &mut server).await;
            return;
        }
    }
}
