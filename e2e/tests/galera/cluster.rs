//! Several nodes that hold the same data.

use crate::node::{Node, PORTS};
use anyhow::Context;
use e2e::ports;
use tokio::sync::{Mutex, MutexGuard};

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
        let first_port = ports::free(size * PORTS)?;
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
