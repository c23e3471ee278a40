//! The model the backends are compared with: everything in ordered maps behind one lock, nothing clever.

use crate::plan::{Outcomes, Owed, Plan};
use crate::reply::NOT_DUE;
use crate::{
    Batch, Conversation, ConversationId, ConversationRecord, EventKey, Group, Migration, Outcome,
    OwedReply, PruneBefore, Pruned, Schema, SchemaStatus, Store, StoreError, TakeDue,
};
use async_trait::async_trait;
use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use todo::{List, Snapshot, Timestamp};

/// A store that forgets everything when it is dropped.
#[derive(Debug, Default)]
pub struct MemoryStore {
    tables: Mutex<Tables>,
}

#[derive(Debug, Default)]
struct Tables {
    conversations: BTreeMap<ConversationId, ConversationRecord>,
    events: BTreeMap<EventKey, Timestamp>,
    owed_replies: BTreeMap<EventKey, Owed>,
}

impl MemoryStore {
    /// An empty store.
    pub fn new() -> Self {
        Self::default()
    }

    fn tables(&self) -> MutexGuard<'_, Tables> {
        // No method leaves the tables half changed, whatever panicked.
        self.tables.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Store for MemoryStore {
    async fn commit(&self, batch: &Batch) -> Result<Vec<Outcome>, StoreError> {
        let groups = batch.groups()?;
        let mut tables = self.tables();
        let plans: Vec<Plan<'_>> = groups
            .iter()
            .map(|group| {
                let claimed: Vec<bool> = group
                    .events()
                    .map(|event| tables.events.contains_key(&event.key))
                    .collect();
                let stored = tables.load(group);
                group.plan(batch.decide.as_ref(), stored, &claimed)
            })
            .collect();
        for key in &*batch.replied {
            tables.owed_replies.remove(key);
        }
        for plan in &plans {
            tables.write(plan)?;
        }
        Ok(plans.into_iter().collect::<Outcomes>().in_order())
    }

    async fn take_due_replies(&self, take: TakeDue) -> Result<Vec<OwedReply>, StoreError> {
        let mut tables = self.tables();
        let mut due: Vec<&mut Owed> = tables
            .owed_replies
            .values_mut()
            .filter(|owed| owed.due_at <= take.now)
            .collect();
        due.sort_by_key(|owed| owed.due_at);
        Ok(due
            .into_iter()
            .take(take.limit)
            .map(|owed| {
                owed.due_at = take.next_due_at(&owed.reply);
                owed.reply.clone()
            })
            .collect())
    }

    async fn release_leases(&self) -> Result<(), StoreError> {
        for owed in self.tables().owed_replies.values_mut() {
            owed.due_at = owed.reply.received_at;
        }
        Ok(())
    }

    async fn prune(&self, before: PruneBefore, limit: usize) -> Result<Pruned, StoreError> {
        let mut tables = self.tables();
        let mut pruned = Pruned {
            events: delete(&mut tables.events, limit, |at| *at < before.events),
            owed_replies: delete(&mut tables.owed_replies, limit, |owed| {
                owed.reply.received_at < before.owed_replies
            }),
            ..Pruned::default()
        };
        let mut room = limit;
        for record in tables.conversations.values_mut() {
            let old = record
                .closed
                .extract_if(.., |closed| closed.closed_at < before.closed_tasks)
                .take(room)
                .count();
            room -= old;
            pruned.closed_tasks += old as u64;
        }
        let (conversations, rows) = tables.delete_left(before.left_conversations, limit);
        pruned.conversations = conversations;
        pruned.more = pruned.any() || rows > 0;
        Ok(pruned)
    }

    async fn owed_messages(&self, key: &EventKey) -> Result<Option<Arc<str>>, StoreError> {
        let tables = self.tables();
        let owed = tables.owed_replies.get(key);
        Ok(owed.map(|owed| Arc::clone(&owed.reply.messages)))
    }

    async fn owed_replies(&self) -> Result<u64, StoreError> {
        let tables = self.tables();
        let due = tables.owed_replies.values();
        Ok(due.filter(|owed| owed.due_at < NOT_DUE).count() as u64)
    }

    async fn export(
        &self,
        after: Option<&ConversationId>,
        limit: usize,
    ) -> Result<Vec<ConversationRecord>, StoreError> {
        let from = after.map_or(Bound::Unbounded, Bound::Excluded);
        Ok(self
            .tables()
            .conversations
            .range((from, Bound::Unbounded))
            .take(limit)
            .map(|(_, record)| record.clone())
            .collect())
    }

    async fn import(&self, records: &[ConversationRecord]) -> Result<Vec<bool>, StoreError> {
        for record in records {
            record.check()?;
        }
        let mut tables = self.tables();
        Ok(records
            .iter()
            .map(|record| {
                let id = ConversationId(record.conversation.as_str().into());
                let stored = !tables.conversations.contains_key(&id);
                if stored {
                    let mut record = record.clone();
                    record.open.sort_by_key(|task| task.id);
                    record.closed.sort_by_key(|closed| closed.task.id);
                    tables.conversations.insert(id, record);
                }
                stored
            })
            .collect())
    }

    async fn ping(&self) -> Result<(), StoreError> {
        Ok(())
    }

    async fn close(&self) {}
}

/// Needs no migrations.
#[async_trait]
impl Schema for MemoryStore {
    async fn status(&self) -> Result<SchemaStatus, StoreError> {
        Ok(SchemaStatus::Current)
    }

    async fn migrate(&self) -> Result<Vec<Migration>, StoreError> {
        Ok(Vec::new())
    }
}

impl Tables {
    fn load(&self, group: &Group<'_>) -> Conversation {
        let Some(record) = self.conversations.get(group.conversation()) else {
            return Conversation::default();
        };
        let mut closed = Vec::new();
        if group.needs_closed_tasks() {
            closed.clone_from(&record.closed);
            closed.retain(|closed| record.undoable.contains(&closed.closed_revision));
        }
        Conversation {
            list: List::new(Snapshot {
                revision: record.revision,
                next_task_id: record.next_task_id,
                undoable: record.undoable.clone(),
                unsent: record.unsent.clone(),
                open: record.open.clone(),
                closed,
            }),
            language: record.language,
            left_at: record.left_at,
            last_event_at: record.last_event_at,
        }
    }

    /// Deletes conversations left before then until about `limit` rows are gone. Returns how many conversations and rows.
    fn delete_left(&mut self, before: Timestamp, limit: usize) -> (u64, usize) {
        let (mut conversations, mut rows) = (0, 0);
        while rows < limit {
            let mut records = self.conversations.iter_mut();
            let left = records.find(|(_, record)| record.left_at.is_some_and(|at| at < before));
            let Some((id, record)) = left else { break };
            let closed = record.closed.len().min(limit - rows);
            record.closed.drain(..closed);
            rows += closed;
            if rows < limit {
                rows += 1 + record.open.len();
                conversations += 1;
                let id = id.clone();
                self.conversations.remove(&id);
                self.owed_replies.retain(|key, _| key.conversation != id);
            }
        }
        (conversations, rows)
    }

    fn write(&mut self, plan: &Plan<'_>) -> Result<(), StoreError> {
        let id = plan.conversation;
        for event in &plan.claims {
            self.events.insert(event.key.clone(), event.received_at);
        }
        for event in &plan.redelivered {
            if let Some(owed) = self.owed_replies.get_mut(&event.key) {
                owed.reply.received_at = event.received_at;
                owed.due_at = if owed.due_at == NOT_DUE {
                    event.received_at
                } else {
                    owed.due_at.min(event.due_at)
                };
            }
        }
        let Some(row) = &plan.row else {
            return Ok(());
        };
        let changes = &plan.changes;
        let forgotten = |message_id: &String| changes.forgotten_messages.contains(message_id);
        let (mut open, mut closed) = match self.conversations.remove(id) {
            Some(record) => (record.open, record.closed),
            None => (Vec::new(), Vec::new()),
        };
        open.retain(|task| !changes.no_longer_open.contains(&task.id));
        closed.retain(|closed| !changes.no_longer_closed.contains(&closed.task.id));
        let kept = open.len() + closed.len();
        open.retain(|task| !forgotten(&task.message_id));
        closed.retain(|closed| !forgotten(&closed.task.message_id));
        let forgot = open.len() + closed.len() < kept;
        self.owed_replies
            .retain(|key, owed| key.conversation != *id || !forgotten(&owed.message_id));
        if let Some(messages) = plan.retold(forgot) {
            for (key, owed) in &mut self.owed_replies {
                if key.conversation == *id {
                    owed.reply.messages = Arc::clone(messages);
                }
            }
        }
        open.extend(changes.opened.iter().cloned());
        open.sort_by_key(|task| task.id);
        closed.extend(changes.closed.iter().cloned());
        closed.sort_by_key(|closed| closed.task.id);
        let record = ConversationRecord::new(id.0.to_string(), &row.decode(open, closed)?);
        self.conversations.insert(id.clone(), record);
        for owed in &plan.owed {
            self.owed_replies
                .insert(owed.reply.key.clone(), owed.clone());
        }
        Ok(())
    }
}

/// Deletes at most `limit` of the values that are `old`.
fn delete<K: Ord, V>(
    table: &mut BTreeMap<K, V>,
    limit: usize,
    mut old: impl FnMut(&V) -> bool,
) -> u64 {
    table
        .extract_if(.., |_, value| old(value))
        .take(limit)
        .count() as u64
}
