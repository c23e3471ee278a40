//! Deleting what is old, in small transactions: keys are read through an index, then deleted one by one, so that
//! nothing but the rows that go is locked.

use crate::failure::Failure;
use crate::statement::{ListStatement, Script, Values};
use crate::transaction::Work;
use crate::{BACKGROUND_LIMIT, MysqlStore, columns, sql, within};
use sqlx::mysql::MySqlRow;
use sqlx::{Executor, MySqlConnection};
use storage::{PruneBefore, Pruned, StoreError};
use todo::Timestamp;

/// With all their rows, which may be thousands each.
const CONVERSATIONS_AT_ONCE: usize = 16;

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
    let mut pruned = Pruned {
        events: store.run(&events, within(BACKGROUND_LIMIT)).await?,
        owed_replies: store.run(&owed_replies, within(BACKGROUND_LIMIT)).await?,
        conversations: conversations(store, before.left_conversations, limit).await?,
        closed_tasks: store.run(&closed_tasks, within(BACKGROUND_LIMIT)).await?,
        more: false,
    };
    pruned.more = pruned.any();
    Ok(pruned)
}

async fn conversations(
    store: &MysqlStore,
    before: Timestamp,
    limit: usize,
) -> Result<u64, StoreError> {
    let mut deleted = 0;
    let mut left = limit;
    while left > 0 {
        let limit = left.min(CONVERSATIONS_AT_ONCE);
        let work = DeleteLeft { before, limit };
        let step = store.run(&work, within(BACKGROUND_LIMIT)).await?;
        if step == 0 {
            break;
        }
        deleted += step;
        left -= limit;
    }
    Ok(deleted)
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

    async fn run(&self, connection: &mut MySqlConnection) -> Result<u64, Failure> {
        let rows = find(connection, self.find, self.before, self.limit).await?;
        let keys: Vec<K> = rows.iter().map(self.key).collect::<Result<_, _>>()?;
        let deleted = self
            .delete
            .run_with(connection, self.before.0, &keys, self.bind)
            .await?;
        Ok(deleted.changed)
    }
}

/// Deletes conversations with everything in them; the claims of their events go by age.
struct DeleteLeft {
    before: Timestamp,
    limit: usize,
}

impl Work for DeleteLeft {
    type Output = u64;

    async fn run(&self, connection: &mut MySqlConnection) -> Result<u64, Failure> {
        let rows = find(connection, sql::LEFT_CONVERSATIONS, self.before, self.limit).await?;
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
                left.push(first(row)?);
            }
        }
        let mut script = Script::default();
        for statement in [
            &sql::DELETE_ALL_TASKS,
            &sql::DELETE_ALL_CLOSED_TASKS,
            &sql::DELETE_ALL_OWED,
            &sql::DELETE_CONVERSATIONS,
        ] {
            script.list(statement, &left, |values, id| values.bytes(id));
        }
        script.run(connection).await?;
        Ok(left.len() as u64)
    }
}

async fn find(
    connection: &mut MySqlConnection,
    statement: &'static str,
    before: Timestamp,
    limit: usize,
) -> Result<Vec<MySqlRow>, Failure> {
    let find = sqlx::query(statement).bind(before.0).bind(limit as u64);
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
