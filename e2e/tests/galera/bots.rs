//! Three bots, each on its own node.

use crate::cluster::Cluster;
use crate::eventually;
use crate::load::{self, Load, ROUND};
use anyhow::{Context, ensure};
use e2e::{Database, Stage};
use sqlx::Row;
use std::sync::Arc;

/// Of three. Nothing is particular about it, but that the test reads the others meanwhile.
const KILLED: usize = 2;

/// What a server counts of transactions undone because another node committed first: at their commit, and before it.
const CONFLICTS: [&str; 2] = ["wsrep_local_cert_failures", "wsrep_local_bf_aborts"];

/// About 100 and 400 conflicts. A `COMMIT` in the text that writes (see ADR 10) lost a task in six of seven runs of so
/// many, and in few of one round.
const ROUNDS: usize = 30;

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs MariaDB with Galera: cargo xtask test"]
async fn bots_on_a_node_each_lose_and_double_nothing_when_they_collide_and_a_node_dies()
-> anyhow::Result<()> {
    let _alone = crate::cluster::one_at_a_time().await;
    let mut cluster = Cluster::start(3).await?;
    let mut stage = Stage::new(Database::at("Galera", cluster.nodes[0].url())?).await?;
    // A bot refuses to start where the tables are not there yet.
    all_caught_up(&cluster).await?;
    let (mut bots, mut addresses) = (Vec::new(), Vec::new());
    for node in &cluster.nodes {
        stage
            .environment
            .insert("DATABASE_URL".to_owned(), node.url());
        let (bot, address) = stage.replica(None).await?;
        bots.push(bot);
        addresses.push(address);
    }
    let stage = Arc::new(stage);
    let mut load = Load::new(Arc::clone(&stage), addresses)?;

    for _ in 0..ROUNDS {
        load.start_round()?.finished().await?;
    }
    let counted = conflicts(&cluster).await?;
    ensure!(!counted.contains(&0), "{CONFLICTS:?}: {counted:?}");

    let mut round = load.start_round()?;
    round.taken(ROUND / 3).await?;
    cluster.nodes[KILLED].kill()?;
    round.finished().await?;

    let round = load.start_round()?;
    cluster.join(KILLED).await?;
    round.finished().await?;

    // Only its own bot writes through it, and that bot was not started again.
    let before = cluster.nodes[KILLED].count("wsrep_replicated").await?;
    load.start_round()?.finished().await?;
    let after = cluster.nodes[KILLED].count("wsrep_replicated").await?;
    ensure!(after > before, "the node that joined again serves nobody");

    let connection = &mut cluster.nodes[0].connection().await?;
    eventually("replies are still owed", async || {
        let count = "SELECT COUNT(*) FROM owed_replies";
        let row = sqlx::raw_sql(count).fetch_one(&mut *connection).await?;
        Ok((row.try_get_unchecked::<i64, _>(0)? == 0).then_some(()))
    })
    .await?;
    load.check_replies()?;
    let expected = load.expected();
    drop(load);
    let mut stage = Arc::into_inner(stage).context("somebody still writes")?;
    all_caught_up(&cluster).await?;
    for node in &cluster.nodes {
        stage
            .environment
            .insert("DATABASE_URL".to_owned(), node.url());
        assert_eq!(load::by_writer(stage.lists().await?), expected);
    }
    Ok(())
}

/// Of all nodes together.
async fn conflicts(cluster: &Cluster) -> anyhow::Result<[u64; 2]> {
    let mut counted = [0; 2];
    for node in &cluster.nodes {
        for (count, name) in counted.iter_mut().zip(CONFLICTS) {
            *count += node.count(name).await?;
        }
    }
    Ok(counted)
}

/// A node answers with what it has applied, which may be less than the others have (`wsrep_sync_wait` is 0). Nobody
/// writes meanwhile: what one has, the others get.
async fn all_caught_up(cluster: &Cluster) -> anyhow::Result<()> {
    let mut last = 0;
    for node in &cluster.nodes {
        last = last.max(node.count("wsrep_last_committed").await?);
    }
    eventually("a node is behind", async || {
        for node in &cluster.nodes {
            if node.count("wsrep_last_committed").await? < last {
                return Ok(None);
            }
        }
        Ok(Some(()))
    })
    .await
}
