//! What the bot needs from a store, cut to the size of its use cases.
//!
//! A backend implements [`Store`] (the bot's work) and [`Schema`] (migrations). The rules it must keep are the
//! guarantees of the product; `conformance` states them as tests that every backend runs, and `memory` is the
//! model they are compared with.
//!
//! | module | what it holds |
//! |---|---|
//! | [`batch`] | one transaction's worth of events: claim, load, decide, write, all or nothing |
//! | [`plan`] | what every backend does the same way inside that transaction |
//! | [`row`] | how values are written in columns, the same on every backend |
//! | [`reply`] | replies that are owed to LINE until they are marked replied |
//! | [`schema`] | migrations, the same version numbers on every backend |
//! | [`record`] | one conversation as a line of an export |
//! | [`prune`] | deleting what is old, in small steps |

pub mod batch;
#[cfg(feature = "conformance")]
pub mod conformance;
pub mod error;
#[cfg(feature = "conformance")]
pub mod memory;
pub mod plan;
pub mod prune;
pub mod record;
pub mod reply;
pub mod row;
pub mod schema;

pub use batch::{Batch, Conversation, Decide, Inbound, LanguageHint, Outcome, Verdict};
pub use error::StoreError;
pub use plan::{Group, Owed, Plan};
pub use prune::{PruneBefore, Pruned};
pub use record::{ConversationRecord, InvalidRecord};
pub use reply::{OwedReply, TakeDue};
pub use schema::{Migration, Schema, SchemaStatus};

use async_trait::async_trait;
use std::fmt;
use std::sync::Arc;

/// The longest conversation, event or message id a store keeps, in bytes. LINE's are 33, 26 and 18.
pub const MAX_ID_BYTES: usize = 64;

/// The longest reply token a store keeps, in bytes. LINE's are 32.
pub const MAX_REPLY_TOKEN_BYTES: usize = 255;

/// LINE's id of a chat: a user (`U…`), a group (`C…`) or a room (`R…`). Every stored row belongs to one: it is the
/// shard key.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ConversationId(pub Arc<str>);

impl fmt::Display for ConversationId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// What makes an event one and the same, however often LINE delivers it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EventKey {
    /// The chat it happened in.
    pub conversation: ConversationId,
    /// LINE's `webhookEventId`.
    pub event_id: Arc<str>,
}

/// The store of one bot.
#[async_trait]
pub trait Store: Send + Sync + 'static {
    /// Applies a batch in one transaction and returns one outcome for each of its events, in order.
    ///
    /// On `Ok` everything is durable. On `Err` nothing of the batch was written, except that after
    /// [`StoreError::Unavailable`] at the commit it may have been, and half of it where a backend does long lists in parts:
    /// submitting the batch again is safe, because events already applied come back as [`Outcome::Duplicate`].
    ///
    /// The backend retries deadlocks and lost connections itself, within [`Batch::deadline`].
    async fn commit(&self, batch: &Batch) -> Result<Vec<Outcome>, StoreError>;

    /// Takes owed replies whose `due_at` has passed, and moves it to [`TakeDue::next_due_at`], so that no other process
    /// takes them meanwhile.
    async fn take_due_replies(&self, take: TakeDue) -> Result<Vec<OwedReply>, StoreError>;

    /// Makes every owed reply due at once: for a store that only one process can open, called when it starts.
    /// Stores that several processes share do nothing: there, leases run out by themselves.
    async fn release_leases(&self) -> Result<(), StoreError>;

    /// Deletes at most about `limit` old rows of each kind, and of conversations left at most about so many with all
    /// that is in them; call again while [`Pruned::more`] says so.
    async fn prune(&self, before: PruneBefore, limit: usize) -> Result<Pruned, StoreError>;

    /// The messages of a reply, `None` when it is owed no longer: its message may have been taken back since it was
    /// stored, or one that it quotes ([`Verdict::Retell`]).
    async fn owed_messages(&self, key: &EventKey) -> Result<Option<Arc<str>>, StoreError>;

    /// How many replies are owed now and still to be sent: for the metrics.
    async fn owed_replies(&self) -> Result<u64, StoreError>;

    /// Up to `limit` conversations with an id greater than `after`, in id order, with all their tasks.
    async fn export(
        &self,
        after: Option<&ConversationId>,
        limit: usize,
    ) -> Result<Vec<ConversationRecord>, StoreError>;

    /// Stores conversations that are not there yet; one that exists is left as it is. Returns for each whether it was
    /// stored. [`StoreError::Refused`], and nothing is stored, when one does not pass [`ConversationRecord::check`].
    async fn import(&self, records: &[ConversationRecord]) -> Result<Vec<bool>, StoreError>;

    /// Asks the database for an answer.
    async fn ping(&self) -> Result<(), StoreError>;

    /// Finishes what is under way and closes every connection.
    async fn close(&self);
}
