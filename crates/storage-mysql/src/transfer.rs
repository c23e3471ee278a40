//! Whole conversations out and in.

use crate::commit::{Saved, bind_closed_task, bind_conversation, bind_task};
use crate::failure::Failure;
use crate::statement::Script;
use crate::transaction::{Transaction, Work};
use crate::{columns, sql};
use sqlx::mysql::MySqlRow;
use sqlx::{Executor, MySqlConnection};
use std::collections::{BTreeMap, HashSet};
use storage::row::ConversationRow;
use storage::{ConversationId, ConversationRecord};
use todo::{ClosedTask, Task};

/// [`Store::export`](storage::Store::export).
pub(crate) struct Export<'a> {
    pub(crate) after: Option<&'a ConversationId>,
    pub(crate) limit: usize,
}

impl Work for Export<'_> {
    type Output = Vec<ConversationRecord>;

    async fn run(
        &self,
        transaction: &mut Transaction<'_>,
    ) -> Result<Vec<ConversationRecord>, Failure> {
        // A task and the counter that numbered it are read as of one moment.
        transaction.execute(sql::REPEATABLE_READ).await?;
        let page = match self.after {
            Some(_) => sql::EXPORT_AFTER,
            None => sql::EXPORT_FIRST,
        };
        let after = self.after.map_or("", |id| &*id.0);
        let page = sqlx::query(page)
            .bind(after.as_bytes())
            .bind(self.limit as u64);
        let rows = transaction.fetch_all(page).await?;
        let (Some(first), Some(last)) = (rows.first(), rows.last()) else {
            return Ok(Vec::new());
        };
        let range = (columns::id(first, 0)?, columns::id(last, 0)?);
        let mut open = tasks(transaction, sql::EXPORT_TASKS, range, |row| {
            columns::task(row, 1)
        })
        .await?;
        let mut closed = tasks(
            transaction,
            sql::EXPORT_CLOSED_TASKS,
            range,
            columns::closed_task,
        )
        .await?;
        let mut records = Vec::with_capacity(rows.len());
        for row in &rows {
            let id = columns::id(row, 0)?;
            let stored = columns::conversation(row)?.decode(
                open.remove(id).unwrap_or_default(),
                closed.remove(id).unwrap_or_default(),
            )?;
            records.push(ConversationRecord::new(id.to_owned(), &stored));
        }
        Ok(records)
    }
}

/// The tasks of the conversations in a range of ids, by conversation, in order.
async fn tasks<T>(
    connection: &mut MySqlConnection,
    statement: &'static str,
    (first, last): (&str, &str),
    read: fn(&MySqlRow) -> Result<T, Failure>,
) -> Result<BTreeMap<String, Vec<T>>, Failure> {
    let range = sqlx::query(statement)
        .bind(first.as_bytes())
        .bind(last.as_bytes());
    let mut tasks: BTreeMap<String, Vec<T>> = BTreeMap::new();
    for row in &connection.fetch_all(range).await? {
        let id = columns::id(row, 0)?.to_owned();
        tasks.entry(id).or_default().push(read(row)?);
    }
    Ok(tasks)
}

/// [`Store::import`](storage::Store::import).
pub(crate) struct Import<'a> {
    pub(crate) records: &'a [ConversationRecord],
}

impl Work for Import<'_> {
    type Output = Vec<bool>;

    async fn run(&self, transaction: &mut Transaction<'_>) -> Result<Vec<bool>, Failure> {
        let new = self.new_ones(transaction).await?;
        let records = || {
            let pairs = self.records.iter().zip(&new);
            pairs.filter_map(|(record, new)| new.then_some(record))
        };
        let rows: Vec<(&str, ConversationRow)> = records()
            .map(|record| (record.conversation.as_str(), record.row()))
            .collect();
        let saved: Vec<Saved<'_>> = rows.iter().map(|(id, row)| (*id, row)).collect();
        let mut script = Script::default();
        script.list(&sql::ADD_CONVERSATIONS, &saved, bind_conversation);
        let open: Vec<(&str, &Task)> = records()
            .flat_map(|record| record.open.iter().map(|task| (&*record.conversation, task)))
            .collect();
        script.list(&sql::ADD_TASKS, &open, bind_task);
        let closed: Vec<(&str, &ClosedTask)> = records()
            .flat_map(|record| {
                record
                    .closed
                    .iter()
                    .map(|task| (&*record.conversation, task))
            })
            .collect();
        script.list(&sql::ADD_CLOSED_TASKS, &closed, bind_closed_task);
        transaction.finish(script).await?;
        Ok(new)
    }
}

impl Import<'_> {
    /// For each record, whether its conversation is neither stored nor that of an earlier record.
    async fn new_ones(&self, connection: &mut MySqlConnection) -> Result<Vec<bool>, Failure> {
        let ids: Vec<&str> = self
            .records
            .iter()
            .map(|record| record.conversation.as_str())
            .collect();
        let locked = sql::LOCK_CONVERSATIONS
            .run(connection, &ids, |values, id| values.bytes(id))
            .await?;
        let mut seen: HashSet<&str> = HashSet::new();
        for row in &locked.rows {
            seen.insert(columns::id(row, 0)?);
        }
        Ok(ids.into_iter().map(|id| seen.insert(id)).collect())
    }
}
