//! A batch: lock and load, decide, write.
//!
//! Conversations are locked in the order of their ids, so that two processes wait for each other and never in a
//! circle. A conversation that is not there cannot be locked: two processes that both add it meet at its insert,
//! where the second fails with a duplicate key and starts again.

mod load;
mod write;

pub(crate) use write::{Saved, bind_closed_task, bind_conversation, bind_key, bind_task};

use crate::failure::Failure;
use crate::transaction::{Transaction, Work};
use storage::plan::Outcomes;
use storage::{Batch, Conversation, Group, Outcome, Plan};

/// [`Store::commit`](storage::Store::commit).
pub(crate) struct Commit<'a> {
    pub(crate) batch: &'a Batch,
    /// [`Batch::groups`].
    pub(crate) groups: Vec<Group<'a>>,
}

/// What to write for a conversation.
struct Decided<'a> {
    plan: Plan<'a>,
    /// Whether its row is to be added, not changed.
    is_new: bool,
}

impl Work for Commit<'_> {
    /// `None`, and nothing done, where it is to be done in parts.
    type Output = Option<Vec<Outcome>>;

    async fn run(&self, transaction: &mut Transaction<'_>) -> Result<Self::Output, Failure> {
        let Some(loaded) = load::load(transaction, &self.groups).await? else {
            transaction.undo().await?;
            return Ok(None);
        };
        let mut decided = Vec::with_capacity(self.groups.len());
        for (group, loaded) in self.groups.iter().zip(loaded) {
            decided.push(self.decide(group, loaded)?);
        }
        write::write(transaction, &self.batch.replied, &decided).await?;
        let plans = decided.into_iter().map(|decided| decided.plan);
        Ok(Some(plans.collect::<Outcomes>().in_order()))
    }
}

impl Commit<'_> {
    fn decide<'a>(&self, group: &Group<'a>, loaded: load::Loaded) -> Result<Decided<'a>, Failure> {
        let is_new = loaded.row.is_none();
        let conversation = match loaded.row {
            Some(row) => row.decode(loaded.open, loaded.closed)?,
            None => Conversation::default(),
        };
        let plan = group.plan(self.batch.decide.as_ref(), conversation, &loaded.claimed);
        Ok(Decided { plan, is_new })
    }
}
