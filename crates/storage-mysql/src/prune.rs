//! Deleting what is old, in small transactions: keys are read through an index, then deleted one by one, so that
//! nothing but the rows that go is locked.

use crate::failure::Failure;
use crate::statement::{ListStatement, Script, Values};
use crate::transaction::{Transaction, Work};
use crate::{BACKGROUND_LIMIT, MysqlStore, columns, sql, within};
use sqlx::mysql::MySqlRow;
use sqlx::{Executor, MySqlConnection};
use storage::{PruneBefore, Pruned, StoreError};
use todo::Timestamp;

/// Locked together: so many messages at most wait for the transaction.
const CONVERSATIONS_AT_ONCE: u64 = 16;

/// [`Store::prune`](storage::Store::prune).
pub(crate) async fn step(
    store: &MysqlStore,
    before: PruneBefore,
    limit: usize,
) -> Result<Pruned, StoreError> {
    let events = DeleteOld {
        find: sql::OLD_EVENTS,
        delete: &sql::DELETE_EVENTS,
        key: two_ids,
        bind: bind_two_ids,
        before: before.events,
        limit,
    };
    let owed_replies = DeleteOld {
        find: sql::OLD_OWED,
        delete: &sql::DELETE_OLD_OWED,
        key: two_ids,
        bind: bind_two_ids,
        before: before.owed_replies,
        limit,
    };
    let closed_tasks = DeleteOld {
        find: sql::OLD_CLOSED_TASKS,
        delete: &sql::DELETE_OLD_CLOSED_TASKS,
        key: id_and_number,
        bind: bind_id_and_number,
        before: before.closed_tasks,
        limit,
    };
    let events = store.run(&events, within(BACKGROUND_LIMIT)).await?;
    let owed_replies = store.run(&owed_replies, within(BACKGROUND_LIMIT)).await?;
    let closed_tasks = store.run(&closed_tasks, within(BACKGROUND_LIMIT)).await?;
    let left = left_conversations(store, before.left_conversations, limit).await?;
    let mut pruned = Pruned {
        events,
        closed_tasks,
        conversations: left.conversations,
        owed_replies,
        more: false,
    };
    pruned.more = pruned.any() || left.rows > 0;
    Ok(pruned)
}

/// Deletes conversations with everything in them until about `limit` rows are gone.
async fn left_conversations(
    store: &MysqlStore,
    before: Timestamp,
    limit: usize,
) -> Result<Gone, StoreError> {
    let mut gone = Gone::default();
    while gone.rows < limit as u64 {
        let work = DeleteLeft {
            before,
            limit: limit as u64 - gone.rows,
        };
        let step = store.run(&work, within(BACKGROUND_LIMIT)).await?;
        if step.rows == 0 {
            break;
        }
        gone.conversations += step.conversations;
        gone.rows += step.rows;
    }
    Ok(gone)
}

/// Deletes the rows that `find` finds by their primary keys.
struct DeleteOld<K> {
    find: &'static str,
    delete: &'static ListStatement,
    key: fn(&MySqlRow) -> Result<K, Failure>,
    bind: fn(&mut Values<'_>, &K),
    before: Timestamp,
    limit: usize,
}

impl<K: Send + Sync> Work for DeleteOld<K> {
    type Output = u64;

    async fn run(&self, transaction: &mut Transaction<'_>) -> Result<u64, Failure> {
        let rows = find(transaction, self.find, self.before, self.limit as u64).await?;
        let keys: Vec<K> = rows.iter().map(self.key).collect::<Result<_, _>>()?;
        let deleted = self
            .delete
            .run_with(transaction, self.before.0, &keys, self.bind)
            .await?;
        Ok(deleted.changed)
    }
}

/// What was deleted of conversations that were left.
#[derive(Default)]
struct Gone {
    conversations: u64,
    /// Theirs and of their tasks and replies.
    rows: u64,
}

/// Deletes conversations with everything in them, about `limit` rows; the claims of their events go by age. Of each the
/// closed tasks go first, maybe in several transactions, then all the rest in one, which has a bound.
struct DeleteLeft {
    before: Timestamp,
    limit: u64,
}

impl Work for DeleteLeft {
    type Output = Gone;

    async fn run(&self, transaction: &mut Transaction<'_>) -> Result<Gone, Failure> {
        let left = self.lock(transaction).await?;
        let mut room = self.limit;
        let mut closed: Vec<(String, i64)> = Vec::new();
        let mut rest: Vec<&str> = Vec::new();
        for id in &left {
            let find = sqlx::query(sql::CLOSED_TASKS_OF)
                .bind(id.as_bytes())
                .bind(room);
            let rows = transaction.fetch_all(find).await?;
            for row in &rows {
                closed.push(id_and_number(row)?);
            }
            room -= rows.len() as u64;
            if room == 0 {
                break;
            }
            rest.push(id);
            let count = sqlx::query(sql::COUNT_TASKS_OF).bind(id.as_bytes());
            let open: i64 = columns::value(&transaction.fetch_one(count).await?, 0)?;
            room = room.saturating_sub(1 + open.cast_unsigned());
            if room == 0 {
                break;
            }
        }
        let mut script = Script::default();
        script.list(&sql::DELETE_CLOSED_TASKS, &closed, bind_id_and_number);
        for statement in [
            &sql::DELETE_ALL_TASKS,
            &sql::DELETE_ALL_OWED,
            &sql::DELETE_CONVERSATIONS,
        ] {
            script.list(statement, &rest, |values, id| values.bytes(id));
        }
        Ok(Gone {
            conversations: rest.len() as u64,
            rows: transaction.finish(script).await?.changed,
        })
    }
}

impl DeleteLeft {
    /// The ids of conversations that were left long ago. They are locked until the end of the transaction: nobody comes
    /// back to one while its rows go.
    async fn lock(&self, connection: &mut MySqlConnection) -> Result<Vec<String>, Failure> {
        let limit = CONVERSATIONS_AT_ONCE.min(self.limit);
        let rows = find(connection, sql::LEFT_CONVERSATIONS, self.before, limit).await?;
        let mut found: Vec<&str> = rows.iter().map(first).collect::<Result<_, _>>()?;
        found.sort_unstable();
        let locked = sql::LOCK_CONVERSATIONS
            .run(connection, &found, |values, id| values.bytes(id))
            .await?;
        let mut left = Vec::with_capacity(locked.rows.len());
        for row in &locked.rows {
            // The person may have come back before we had the lock.
            let left_at = columns::conversation(row)?.left_at;
            if left_at.is_some_and(|at| at < self.before.0) {
                left.push(first(row)?.to_owned());
            }
        }
        Ok(left)
    }
}

async fn find(
    connection: &mut MySqlConnection,
    statement: &'static str,
    before: Timestamp,
    limit: u64,
) -> Result<Vec<MySqlRow>, Failure> {
    let find = sqlx::query(statement).bind(before.0).bind(limit);
    Ok(connection.fetch_all(find).await?)
}

fn first(row: &MySqlRow) -> Result<&str, Failure> {
    columns::id(row, 0)
}

fn two_ids(row: &MySqlRow) -> Result<(String, String), Failure> {
    Ok((
        columns::id(row, 0)?.to_owned(),
        columns::id(row, 1)?.to_owned(),
    ))
}

fn id_and_number(row: &MySqlRow) -> Result<(String, i64), Failure> {
    Ok((columns::id(row, 0)?.to_owned(), columns::value(row, 1)?))
}

fn bind_two_ids(values: &mut Values<'_>, (first, second): &(String, String)) {
    values.bytes(first);
    values.bytes(second);
}

fn bind_id_and_number(values: &mut Values<'_>, (id, number): &(String, i64)) {
    values.bytes(id);
    values.number(*number);
}
