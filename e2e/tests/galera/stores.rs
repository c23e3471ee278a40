//! Stores on different nodes, in conflict on purpose.

use crate::cluster::{Cluster, one_at_a_time};
use crate::eventually;
use crate::node::Node;
use sqlx::Executor;
use std::collections::BTreeSet;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use storage::conformance::decide::Lists;
use storage::conformance::fixture::{MUCH_LATER, batch, commit, take, text, titles};
use storage::{Batch, Conversation, Decide, Inbound, Schema, Store, StoreError, Verdict};
use storage_mysql::{MysqlStore, Options};
use tokio::runtime::Handle;
use tokio::task::block_in_place;

/// Replies that two nodes want to take.
const REPLIES: usize = 60;

/// How many at a time, so that the two meet often.
const TAKEN_AT_ONCE: usize = 4;

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs MariaDB with Galera: cargo xtask test"]
async fn a_transaction_overtaken_on_another_node_is_done_again_and_one_without_a_quorum_refused()
-> anyhow::Result<()> {
    let _alone = one_at_a_time().await;
    let mut cluster = Cluster::start(2).await?;
    let [here, there] = [store_on(&cluster.nodes[0])?, store_on(&cluster.nodes[1])?];
    here.migrate().await?;
    for (name, conversation) in [("a new", "U1"), ("an old", "U1")] {
        overtaken(&here, &there, name, conversation).await;
    }
    due_replies_are_taken_once(&here, &there).await?;
    without_a_quorum_nothing_is_taken(&mut cluster, &here).await
}

/// Both times the other's task is there first, and ours is decided anew, upon it.
async fn overtaken(here: &MysqlStore, there: &Arc<MysqlStore>, name: &str, conversation: &str) {
    let before = titles(here, conversation).await;
    let [ours, theirs] = ["our", "their"].map(|whose| format!("{whose} task in {name} list"));
    let decide = Arc::new(Overtaken {
        by: Arc::clone(there),
        event: text(conversation, &theirs, &theirs),
        decisions: AtomicUsize::new(0),
    });
    let overtaken = Batch {
        decide: decide.clone(),
        ..batch(vec![text(conversation, &ours, &ours)])
    };
    here.commit(&overtaken).await.expect("it is done again");
    assert_eq!(decide.decisions.load(Ordering::Relaxed), 2);
    let expected = [before, vec![theirs, ours]].concat();
    assert_eq!(titles(here, conversation).await, expected);
}

/// Decides as always. The first time another node commits between our reading and our writing.
struct Overtaken {
    by: Arc<MysqlStore>,
    event: Inbound,
    decisions: AtomicUsize,
}

impl Decide for Overtaken {
    fn decide(&self, conversation: &mut Conversation, event: &Inbound) -> Verdict {
        if self.decisions.fetch_add(1, Ordering::Relaxed) == 0 {
            let committing = commit(&*self.by, vec![self.event.clone()]);
            block_in_place(|| Handle::current().block_on(committing));
        }
        Lists.decide(conversation, event)
    }
}

async fn due_replies_are_taken_once(
    here: &Arc<MysqlStore>,
    there: &Arc<MysqlStore>,
) -> anyhow::Result<()> {
    // What the commits before left.
    let mut owed = here.owed_replies().await?;
    let events = (0..REPLIES).map(|n| text(&format!("U{n}"), &format!("owed {n}"), "milk"));
    commit(&**here, events.collect()).await;
    owed += REPLIES as u64;
    eventually("the other node is behind", async || {
        Ok((there.owed_replies().await? == owed).then_some(()))
    })
    .await?;
    let (mut taken, other) = tokio::try_join!(
        tokio::spawn(take_all(Arc::clone(here))),
        tokio::spawn(take_all(Arc::clone(there))),
    )?;
    taken.extend(other);
    assert_eq!(taken.len() as u64, owed, "one was taken twice, or never");
    assert_eq!(BTreeSet::from_iter(taken).len() as u64, owed);
    Ok(())
}

/// The event ids of the replies that were left for us.
async fn take_all(store: Arc<MysqlStore>) -> Vec<String> {
    let mut all = Vec::new();
    loop {
        let taken = store.take_due_replies(take(MUCH_LATER, TAKEN_AT_ONCE));
        let taken = taken.await.expect("takes");
        if taken.is_empty() {
            return all;
        }
        all.extend(taken.iter().map(|reply| reply.key.event_id.to_string()));
    }
}

async fn without_a_quorum_nothing_is_taken(
    cluster: &mut Cluster,
    here: &MysqlStore,
) -> anyhow::Result<()> {
    let before = titles(here, "U1").await;
    // Half of a cluster that did not say goodbye cannot know who is in the right.
    cluster.nodes[1].kill()?;
    let event = text("U1", "cut off", "bread");
    let hopeless = Batch {
        deadline: Instant::now() + Duration::from_millis(1_200),
        ..batch(vec![event.clone()])
    };
    let refused = here.commit(&hopeless).await;
    assert!(
        matches!(refused, Err(StoreError::Unavailable(_))),
        "{refused:?}"
    );
    let node = &cluster.nodes[0];
    eventually("it still takes itself for the cluster", async || {
        let status = node.status("wsrep_cluster_status").await?;
        Ok((status == "non-Primary").then_some(()))
    })
    .await?;
    let ping = here.ping().await;
    assert!(matches!(ping, Err(StoreError::Unavailable(_))), "{ping:?}");

    // What an operator does who knows that the other one is dead.
    let alone = "SET GLOBAL wsrep_provider_options = 'pc.bootstrap=YES'";
    node.connection().await?.execute(alone).await?;
    commit(here, vec![event]).await;
    assert_eq!(
        titles(here, "U1").await,
        [before, vec!["bread".to_owned()]].concat()
    );
    Ok(())
}

fn store_on(node: &Node) -> anyhow::Result<Arc<MysqlStore>> {
    let options = Options::from_url(&node.url().into())?;
    let connections = NonZeroU32::MIN.saturating_add(1);
    Ok(Arc::new(MysqlStore::new(options, connections)))
}
