//! A batch in one transaction.

use crate::error::Failure;
use crate::rows::{closed_task, conversation_row, task};
use crate::session::Session;
use rusqlite::{Connection, Statement, params};
use storage::plan::Outcomes;
use storage::reply::NOT_DUE;
use storage::row::{ConversationRow, reason_code};
use storage::{Batch, Conversation, ConversationId, EventKey, Group, Inbound, Outcome, Owed, Plan};
use todo::{ClosedTask, Task};

pub(crate) fn commit(session: &mut Session<'_>, batch: &Batch) -> Result<Vec<Outcome>, Failure> {
    let groups = batch.groups()?;
    let transaction = session.begin()?;
    let statements = session.statements()?;
    for key in &*batch.replied {
        statements.replied(key)?;
    }
    let plans = groups.iter().map(|group| statements.apply(batch, group));
    let outcomes = plans.collect::<Result<Outcomes, Failure>>()?;
    transaction.commit()?;
    Ok(outcomes.in_order())
}

/// The statements every batch needs, prepared once and kept: `SQLite` plans some anew whenever they come back from the
/// cache of the connection.
pub(crate) struct Statements<'c> {
    connection: &'c Connection,
    replied: Statement<'c>,
    claim: Statement<'c>,
    load: Statement<'c>,
    insert_conversation: Statement<'c>,
    update_conversation: Statement<'c>,
    open: Statement<'c>,
    delete_open: Statement<'c>,
    close: Statement<'c>,
    owe: Statement<'c>,
}

impl<'c> Statements<'c> {
    pub(crate) fn new(connection: &'c Connection) -> rusqlite::Result<Self> {
        Ok(Self {
            connection,
            replied: connection.prepare(
                "DELETE FROM owed_replies WHERE conversation_id = ?1 AND event_id = ?2",
            )?,
            claim: connection.prepare(
                "INSERT INTO events (event_id, conversation_id, received_at) VALUES (?1, ?2, ?3)
                 ON CONFLICT DO NOTHING",
            )?,
            load: connection.prepare(
                "SELECT revision, next_task_id, undoable, unsent, language, left_at, updated_at,
                        task_id, title, message_id, added_revision, added_at
                 FROM lists WHERE conversation_id = ?1 AND part <= 1 ORDER BY part, task_id",
            )?,
            insert_conversation: connection.prepare(
                "INSERT INTO lists (conversation_id, part, task_id, revision, next_task_id, undoable, unsent,
                                    language, left_at, updated_at)
                 VALUES (?1, 0, 0, ?2, ?3, ?4, ?5, ?6, ?7, ?8) ON CONFLICT DO NOTHING",
            )?,
            update_conversation: connection.prepare(
                "UPDATE lists SET revision = ?2, next_task_id = ?3, undoable = ?4, unsent = ?5,
                                  language = ?6, left_at = ?7, updated_at = ?8
                 WHERE conversation_id = ?1 AND part = 0 AND task_id = 0",
            )?,
            open: connection.prepare(
                "INSERT INTO lists (conversation_id, part, task_id, title, message_id, added_revision, added_at)
                 VALUES (?1, 1, ?2, ?3, ?4, ?5, ?6)",
            )?,
            delete_open: connection.prepare(
                "DELETE FROM lists WHERE conversation_id = ?1 AND part = 1 AND task_id = ?2",
            )?,
            close: connection.prepare(
                "INSERT INTO lists (conversation_id, part, task_id, title, message_id, added_revision, added_at,
                                    closed_revision, closed_at, reason)
                 VALUES (?1, 2, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
            )?,
            owe: connection.prepare(
                "INSERT INTO owed_replies (conversation_id, event_id, received_at, due_at, message_id,
                                           reply_token, messages)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
                 ON CONFLICT DO UPDATE SET
                     received_at = excluded.received_at, due_at = excluded.due_at,
                     message_id = excluded.message_id, reply_token = excluded.reply_token,
                     messages = excluded.messages",
            )?,
        })
    }

    fn replied(&mut self, key: &EventKey) -> rusqlite::Result<()> {
        self.replied
            .execute(params![key.conversation.0, key.event_id])?;
        Ok(())
    }

    fn apply<'a>(&mut self, batch: &Batch, group: &Group<'a>) -> Result<Plan<'a>, Failure> {
        let mut claimed = Vec::with_capacity(group.events().len());
        for event in group.events() {
            claimed.push(!self.claim(event)?);
        }
        let anything_new = claimed.iter().any(|claimed| !claimed);
        let stored = if anything_new {
            self.load(group)?
        } else {
            None
        };
        let exists = stored.is_some();
        let plan = group.plan(batch.decide.as_ref(), stored.unwrap_or_default(), &claimed);
        self.write(&plan, exists)?;
        Ok(plan)
    }

    /// Claims an event; `false` when it was claimed before.
    fn claim(&mut self, event: &Inbound) -> rusqlite::Result<bool> {
        let key = &event.key;
        let rows = self.claim.execute(params![
            key.event_id,
            key.conversation.0,
            event.received_at.0
        ])?;
        Ok(rows > 0)
    }

    /// What is stored of a conversation; `None` when it does not exist.
    fn load(&mut self, group: &Group<'_>) -> Result<Option<Conversation>, Failure> {
        let id = &group.conversation().0;
        let mut rows = self.load.query([id])?;
        let Some(row) = rows.next()? else {
            return Ok(None);
        };
        let stored = conversation_row(row, 0)?;
        let mut open: Vec<Task> = Vec::new();
        while let Some(row) = rows.next()? {
            open.push(task(row, 7)?);
        }
        let closed = if group.needs_closed_tasks() {
            undoable_tasks(self.connection, id, &stored.undoable)?
        } else {
            Vec::new()
        };
        Ok(Some(stored.decode(open, closed)?))
    }

    fn write(&mut self, plan: &Plan<'_>, exists: bool) -> rusqlite::Result<()> {
        let id = plan.conversation;
        for event in &plan.deferred {
            self.unclaim(event)?;
        }
        for event in &plan.redelivered {
            self.redelivered(event)?;
        }
        let Some(row) = &plan.row else {
            return Ok(());
        };
        if exists {
            self.update_conversation(id, row)?;
        } else {
            self.insert_conversation(id, row)?;
        }
        let changes = &plan.changes;
        for task_id in &changes.no_longer_open {
            self.delete_open
                .execute(params![id.0, task_id.cast_signed()])?;
        }
        for task_id in &changes.no_longer_closed {
            self.delete_closed(id, *task_id)?;
        }
        let mut forgot = false;
        for message_id in &changes.forgotten_messages {
            forgot |= self.forget(id, message_id)?;
        }
        if let Some(messages) = plan.retold(forgot) {
            self.retell(id, messages)?;
        }
        for task in &changes.opened {
            self.open(id, task)?;
        }
        for closed in &changes.closed {
            self.close(id, closed)?;
        }
        for owed in &plan.owed {
            self.owe(owed)?;
        }
        Ok(())
    }

    /// Stores a new conversation; `false` when it exists.
    pub(crate) fn insert_conversation(
        &mut self,
        id: &ConversationId,
        row: &ConversationRow,
    ) -> rusqlite::Result<bool> {
        let rows = self.insert_conversation.execute(params![
            id.0,
            row.revision,
            row.next_task_id,
            row.undoable,
            row.unsent,
            row.language,
            row.left_at,
            row.updated_at
        ])?;
        Ok(rows > 0)
    }

    fn update_conversation(
        &mut self,
        id: &ConversationId,
        row: &ConversationRow,
    ) -> rusqlite::Result<()> {
        self.update_conversation.execute(params![
            id.0,
            row.revision,
            row.next_task_id,
            row.undoable,
            row.unsent,
            row.language,
            row.left_at,
            row.updated_at
        ])?;
        Ok(())
    }

    pub(crate) fn open(&mut self, id: &ConversationId, task: &Task) -> rusqlite::Result<()> {
        self.open.execute(params![
            id.0,
            task.id.cast_signed(),
            task.title,
            task.message_id,
            task.added_revision.cast_signed(),
            task.added_at.0
        ])?;
        Ok(())
    }

    pub(crate) fn close(
        &mut self,
        id: &ConversationId,
        closed: &ClosedTask,
    ) -> rusqlite::Result<()> {
        let task = &closed.task;
        self.close.execute(params![
            id.0,
            task.id.cast_signed(),
            task.title,
            task.message_id,
            task.added_revision.cast_signed(),
            task.added_at.0,
            closed.closed_revision.cast_signed(),
            closed.closed_at.0,
            reason_code(closed.reason)
        ])?;
        Ok(())
    }

    fn owe(&mut self, owed: &Owed) -> rusqlite::Result<()> {
        let reply = &owed.reply;
        self.owe.execute(params![
            reply.key.conversation.0,
            reply.key.event_id,
            reply.received_at.0,
            owed.due_at.0,
            owed.message_id,
            reply.reply_token,
            reply.messages
        ])?;
        Ok(())
    }

    fn unclaim(&mut self, event: &Inbound) -> rusqlite::Result<()> {
        self.connection
            .prepare_cached("DELETE FROM events WHERE event_id = ?1 AND conversation_id = ?2")?
            .execute(params![event.key.event_id, event.key.conversation.0])?;
        Ok(())
    }

    fn redelivered(&mut self, event: &Inbound) -> rusqlite::Result<()> {
        self.connection
            .prepare_cached(
                "UPDATE owed_replies SET received_at = ?3,
                     due_at = CASE due_at WHEN ?5 THEN ?3 ELSE min(due_at, ?4) END
                 WHERE conversation_id = ?1 AND event_id = ?2",
            )?
            .execute(params![
                event.key.conversation.0,
                event.key.event_id,
                event.received_at.0,
                event.due_at.0,
                NOT_DUE.0
            ])?;
        Ok(())
    }

    fn delete_closed(&mut self, id: &ConversationId, task_id: u64) -> rusqlite::Result<()> {
        self.connection
            .prepare_cached(
                "DELETE FROM lists WHERE conversation_id = ?1 AND part = 2 AND task_id = ?2",
            )?
            .execute(params![id.0, task_id.cast_signed()])?;
        Ok(())
    }

    /// Says whether a task was deleted.
    fn forget(&mut self, id: &ConversationId, message_id: &str) -> rusqlite::Result<bool> {
        let delete = |statement| {
            let mut statement = self.connection.prepare_cached(statement)?;
            statement.execute(params![id.0, message_id])
        };
        let tasks = delete("DELETE FROM lists WHERE conversation_id = ?1 AND message_id = ?2")?;
        delete("DELETE FROM owed_replies WHERE conversation_id = ?1 AND message_id = ?2")?;
        Ok(tasks > 0)
    }

    fn retell(&mut self, id: &ConversationId, messages: &str) -> rusqlite::Result<()> {
        self.connection
            .prepare_cached("UPDATE owed_replies SET messages = ?2 WHERE conversation_id = ?1")?
            .execute(params![id.0, messages])?;
        Ok(())
    }
}

/// The tasks closed at one of the `undoable` revisions, a JSON array.
fn undoable_tasks(
    connection: &Connection,
    id: &str,
    undoable: &str,
) -> Result<Vec<ClosedTask>, Failure> {
    let mut query = connection.prepare_cached(
        "SELECT task_id, title, message_id, added_revision, added_at, closed_revision, closed_at, reason
         FROM lists
         WHERE conversation_id = ?1 AND part = 2 AND closed_revision IN (SELECT value FROM json_each(?2))",
    )?;
    query
        .query_and_then([id, undoable], |row| closed_task(row, 0))?
        .collect()
}
