//! Deleting what is old, a few rows at a time, so that no batch waits long behind it.
//!
//! Claims and closed tasks have no index by age: to keep them would cost every message a tenth more. A sweep reads both
//! tables from end to end in the order of their keys, a stretch a step, and starts anew when it is through.

use crate::error::Failure;
use crate::replies::limit_value;
use crate::rows::text;
use crate::session::Session;
use rusqlite::{Connection, Row, ToSql, params};
use storage::{PruneBefore, Pruned};
use todo::Timestamp;

/// Rows a step looks at for each row it may delete: 10,000 with the bot's limit, some milliseconds' work.
const LOOK_AT: usize = 20;

/// How far the sweep has come.
#[derive(Debug, Default, Clone)]
pub(crate) struct Sweep {
    events: Position<(String, String)>,
    lists: Position<(String, i64, i64)>,
}

#[derive(Debug, Default, Clone)]
enum Position<Key> {
    #[default]
    Start,
    After(Key),
    End,
}

/// One transaction's worth.
pub(crate) fn prune(
    session: &mut Session<'_>,
    before: PruneBefore,
    limit: usize,
) -> Result<Pruned, Failure> {
    let transaction = session.begin()?;
    let mut sweep = session.sweep.clone();
    let owed_replies = transaction
        .prepare_cached(
            "DELETE FROM owed_replies WHERE (conversation_id, event_id) IN (
                 SELECT conversation_id, event_id FROM owed_replies
                 WHERE received_at < ?1 LIMIT ?2)",
        )?
        .execute(params![before.owed_replies.0, limit_value(limit)])?;
    let events = EVENTS.step(&transaction, &mut sweep.events, before.events, limit)?;
    let closed_tasks = LISTS.step(&transaction, &mut sweep.lists, before.closed_tasks, limit)?;
    let (conversations, rows) =
        left_conversations(&transaction, before.left_conversations.0, limit)?;
    transaction.commit()?;
    let through = matches!(
        (&sweep.events, &sweep.lists),
        (Position::End, Position::End)
    );
    session.sweep = if through { Sweep::default() } else { sweep };
    Ok(Pruned {
        events,
        closed_tasks,
        conversations,
        owed_replies: owed_replies as u64,
        more: !through || owed_replies > 0 || rows > 0,
    })
}

/// A table to sweep.
struct Table<Key> {
    /// When a row began to age (`NULL`: it does not), and the columns of its key: the first `?1` rows.
    first: &'static str,
    /// The same after a key, whose columns are `?2` and the next.
    after: &'static str,
    delete: &'static str,
    key: fn(&Row<'_>) -> Result<Key, Failure>,
    columns: fn(&Key) -> Vec<&dyn ToSql>,
}

const EVENTS: Table<(String, String)> = Table {
    first: "SELECT received_at, event_id, conversation_id FROM events
            ORDER BY event_id, conversation_id LIMIT ?1",
    after: "SELECT received_at, event_id, conversation_id FROM events
            WHERE (event_id, conversation_id) > (?2, ?3)
            ORDER BY event_id, conversation_id LIMIT ?1",
    delete: "DELETE FROM events WHERE event_id = ?1 AND conversation_id = ?2",
    key: |row| Ok((text(row, 1)?, text(row, 2)?)),
    columns: |(event_id, conversation_id)| vec![event_id, conversation_id],
};

const LISTS: Table<(String, i64, i64)> = Table {
    first: "SELECT closed_at, conversation_id, part, task_id FROM lists
            ORDER BY conversation_id, part, task_id LIMIT ?1",
    after: "SELECT closed_at, conversation_id, part, task_id FROM lists
            WHERE (conversation_id, part, task_id) > (?2, ?3, ?4)
            ORDER BY conversation_id, part, task_id LIMIT ?1",
    delete: "DELETE FROM lists WHERE conversation_id = ?1 AND part = ?2 AND task_id = ?3",
    key: |row| Ok((text(row, 1)?, row.get(2)?, row.get(3)?)),
    columns: |(conversation_id, part, task_id)| vec![conversation_id, part, task_id],
};

impl<Key: Clone> Table<Key> {
    /// Looks at the next stretch and deletes at most `limit` of its old rows.
    fn step(
        &self,
        connection: &Connection,
        position: &mut Position<Key>,
        before: Timestamp,
        limit: usize,
    ) -> Result<u64, Failure> {
        let stretch = limit.saturating_mul(LOOK_AT);
        let most = limit_value(stretch);
        let mut arguments: Vec<&dyn ToSql> = vec![&most];
        let mut query = connection.prepare_cached(match &*position {
            Position::Start => self.first,
            Position::After(key) => {
                arguments.extend((self.columns)(key));
                self.after
            }
            Position::End => return Ok(0),
        })?;
        let mut rows = query.query(arguments.as_slice())?;
        let mut looked_at = 0;
        let mut last = None;
        let mut old = Vec::new();
        while old.len() < limit
            && let Some(row) = rows.next()?
        {
            looked_at += 1;
            let since: Option<i64> = row.get(0)?;
            let key = (self.key)(row)?;
            if since.is_some_and(|since| since < before.0) {
                old.push(key.clone());
            }
            last = Some(key);
        }
        drop(rows);
        *position = match last {
            Some(key) if looked_at == stretch || old.len() == limit => Position::After(key),
            _ => Position::End,
        };
        let mut delete = connection.prepare_cached(self.delete)?;
        for key in &old {
            delete.execute((self.columns)(key).as_slice())?;
        }
        Ok(old.len() as u64)
    }
}

/// Deletes conversations with everything in them until about `limit` rows are gone: of each the closed tasks, then the
/// rest, which has a bound. Returns how many conversations and rows.
fn left_conversations(
    connection: &Connection,
    left_before: i64,
    limit: usize,
) -> Result<(u64, usize), Failure> {
    let mut find = connection.prepare_cached(
        "SELECT conversation_id FROM lists WHERE left_at < ?1 ORDER BY left_at LIMIT 1",
    )?;
    let mut delete_closed = connection.prepare_cached(
        "DELETE FROM lists WHERE (conversation_id, part, task_id) IN (
             SELECT conversation_id, part, task_id FROM lists
             WHERE conversation_id = ?1 AND part = 2 LIMIT ?2)",
    )?;
    let (mut conversations, mut deleted) = (0, 0);
    while deleted < limit {
        let mut rows = find.query(params![left_before])?;
        let Some(row) = rows.next()? else { break };
        let id = text(row, 0)?;
        drop(rows);
        deleted += delete_closed.execute(params![id, limit_value(limit - deleted)])?;
        if deleted < limit {
            for table in [
                "DELETE FROM lists WHERE conversation_id = ?1",
                "DELETE FROM owed_replies WHERE conversation_id = ?1",
            ] {
                deleted += connection.prepare_cached(table)?.execute([&id])?;
            }
            conversations += 1;
        }
    }
    Ok((conversations, deleted))
}
