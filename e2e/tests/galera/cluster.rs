//! Several nodes that hold the same data.

use crate::node::{Node, PORTS};
use anyhow::Context;
use std::net::TcpListener;
use std::ops::RangeInclusive;
use tokio::sync::{Mutex, MutexGuard};

/// Below the ports that Linux gives to outgoing connections: a node that was killed gets its own back.
const PORT_RANGE: RangeInclusive<u16> = 20_000..=32_000;

/// Held by a test with a cluster: two at once would be slow, and take each other's ports.
pub(crate) async fn one_at_a_time() -> MutexGuard<'static, ()> {
    static CLUSTER: Mutex<()> = Mutex::const_new(());
    CLUSTER.lock().await
}

/// Nodes that found each other.
pub(crate) struct Cluster {
    pub(crate) nodes: Vec<Node>,
}

impl Cluster {
    /// Starts a new cluster, a node at a time, as one copies its data from another.
    pub(crate) async fn start(size: u16) -> anyhow::Result<Self> {
        let first_port = free_ports(size * PORTS)?;
        let nodes = (0..size).map(|number| Node::new(first_port + number * PORTS));
        let mut cluster = Self {
            nodes: nodes.collect::<anyhow::Result<_>>()?,
        };
        let first = cluster.nodes.first_mut().context("a cluster has nodes")?;
        first.install()?;
        first.start("")?;
        first.synced().await?;
        for number in 1..cluster.nodes.len() {
            cluster.join(number).await?;
        }
        Ok(cluster)
    }

    /// Starts a node that does not run, and waits until it has caught up.
    pub(crate) async fn join(&mut self, number: usize) -> anyhow::Result<()> {
        let members: Vec<String> = self.nodes.iter().map(Node::member).collect();
        let node = &mut self.nodes[number];
        node.start(&members.join(","))?;
        node.synced().await
    }
}

/// The first of so many neighbouring ports that nobody uses; not where the next process looks first.
fn free_ports(count: u16) -> anyhow::Result<u16> {
    let firsts: Vec<u16> = PORT_RANGE.step_by(usize::from(count)).collect();
    let start = std::process::id() as usize % firsts.len();
    let free = |first: &u16| {
        let ports = *first..first + count;
        let listeners = ports.map(|port| TcpListener::bind(("127.0.0.1", port)));
        listeners.collect::<Result<Vec<_>, _>>().is_ok()
    };
    let found = firsts
        .iter()
        .cycle()
        .skip(start)
        .take(firsts.len())
        .find(|first| free(first));
    found.copied().context("no free ports")
}
