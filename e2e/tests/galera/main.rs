//! Past one database machine: a Galera cluster, in which every node takes writes.
//!
//! Locks do not cross nodes. Two transactions on one conversation, each on its own node, both succeed statement by
//! statement; the one that comes second to commit is undone, and the store does it again.
//!
//! | module | what it holds |
//! |---|---|
//! | [`node`], [`cluster`] | servers that may be killed and join again |
//! | [`load`] | people who write to all bots at once, and LINE, which delivers again |
//! | [`bots`] | three bots, each on its own node; a node dies and joins again |
//! | [`stores`] | two stores in conflict on purpose, and one without a quorum |

mod bots;
mod cluster;
mod load;
mod node;
mod stores;

use std::time::Duration;

/// How long anything a cluster does may take on a busy machine.
const PATIENCE: Duration = Duration::from_mins(2);

/// Asks again and again until there is an answer.
async fn eventually<T>(
    what: &str,
    mut ask: impl AsyncFnMut() -> anyhow::Result<Option<T>>,
) -> anyhow::Result<T> {
    let asking = async {
        loop {
            if let Some(answer) = ask().await? {
                return Ok(answer);
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    let answer = tokio::time::timeout(PATIENCE, asking).await;
    answer.unwrap_or_else(|_| Err(anyhow::anyhow!("{what}: not within {PATIENCE:?}")))
}
