//! Every statement there is. All are understood alike by MySQL 8.4 and 9, and MariaDB 10.6 and later.
//!
//! `VALUES(column)` in an upsert is deprecated on MySQL, whose new form MariaDB does not know.
//!
//! A statement reads the rows it names and no others. Left alone, both servers read a table of few rows from end to
//! end, and wait for rows that other batches have locked, which soon ends in a deadlock. `FORCE INDEX` keeps them to the
//! key, but in a `DELETE` only when a column outside the key is asked for too: hence `… <> -1`, which is always true.

use crate::statement::ListStatement;

pub(crate) const COMMIT: &str = "COMMIT";
pub(crate) const ROLLBACK: &str = "ROLLBACK";
pub(crate) const PING: &str = "SELECT 1 FROM conversations LIMIT 1";

/// Locks conversations in the order of their ids, the same in every process.
pub(crate) static LOCK_CONVERSATIONS: ListStatement = ListStatement::new(
    "SELECT conversation_id, revision, next_task_id, undoable, unsent, language, left_at, updated_at \
     FROM conversations FORCE INDEX (PRIMARY) WHERE conversation_id IN (",
    "?",
    ") ORDER BY conversation_id FOR UPDATE",
);

/// Locks conversations in the same order and reads them with their open tasks: a
/// row a task, and one row with NULLs for a conversation that has none.
pub(crate) static LOAD_LISTS: ListStatement = ListStatement::new(
    "SELECT c.conversation_id, c.revision, c.next_task_id, c.undoable, c.unsent, c.language, c.left_at, \
     c.updated_at, t.task_id, t.title, t.message_id, t.added_revision, t.added_at \
     FROM conversations c FORCE INDEX (PRIMARY) \
     LEFT JOIN tasks t FORCE INDEX (PRIMARY) ON t.conversation_id = c.conversation_id \
     WHERE c.conversation_id IN (",
    "?",
    ") ORDER BY c.conversation_id FOR UPDATE",
);

/// Whose claims these are: each with the number of its transaction.
pub(crate) static LOAD_CLAIMS: ListStatement = ListStatement::new(
    "SELECT event_id, conversation_id, claim FROM events FORCE INDEX (PRIMARY) \
     WHERE (event_id, conversation_id) IN (",
    "(?,?)",
    ")",
);

/// Those closed at the revisions named. The server reads all closed tasks of the conversations to find them (200,000 in
/// 0.15 s); an index would cost every completed task, and undo is rare.
pub(crate) static LOAD_CLOSED_TASKS: ListStatement = ListStatement::new(
    "SELECT conversation_id, task_id, title, message_id, added_revision, added_at, \
     closed_revision, closed_at, reason \
     FROM closed_tasks FORCE INDEX (PRIMARY) WHERE (conversation_id, closed_revision) IN (",
    "(?,?)",
    ") ORDER BY conversation_id, task_id",
);

/// Fails when a conversation is there: another process stored it since we looked.
pub(crate) static ADD_CONVERSATIONS: ListStatement = ListStatement::new(
    "INSERT INTO conversations \
     (conversation_id, revision, next_task_id, undoable, unsent, language, left_at, updated_at) VALUES ",
    "(?,?,?,?,?,?,?,?)",
    "",
);

pub(crate) static SAVE_CONVERSATIONS: ListStatement = ListStatement::new(
    "INSERT INTO conversations \
     (conversation_id, revision, next_task_id, undoable, unsent, language, left_at, updated_at) VALUES ",
    "(?,?,?,?,?,?,?,?)",
    " ON DUPLICATE KEY UPDATE revision = VALUES(revision), next_task_id = VALUES(next_task_id), \
     undoable = VALUES(undoable), unsent = VALUES(unsent), language = VALUES(language), \
     left_at = VALUES(left_at), updated_at = VALUES(updated_at)",
);

/// Leaves claims alone that are there, and counts only those it adds. (`IGNORE` would also cut ids that are too long:
/// [`storage::Batch::groups`] has refused them.)
pub(crate) static ADD_CLAIMS: ListStatement = ListStatement::new(
    "INSERT IGNORE INTO events (event_id, conversation_id, received_at, claim) VALUES ",
    "(?,?,?,?)",
    "",
);

pub(crate) static DELETE_CLAIMS: ListStatement = ListStatement::new(
    "DELETE events FROM events FORCE INDEX (PRIMARY) \
     WHERE received_at <> -1 AND (event_id, conversation_id) IN (",
    "(?,?)",
    ")",
);

pub(crate) static ADD_TASKS: ListStatement = ListStatement::new(
    "INSERT INTO tasks \
     (conversation_id, task_id, title, message_id, added_revision, added_at) VALUES ",
    "(?,?,?,?,?,?)",
    " ON DUPLICATE KEY UPDATE title = VALUES(title), message_id = VALUES(message_id), \
     added_revision = VALUES(added_revision), added_at = VALUES(added_at)",
);

pub(crate) static ADD_CLOSED_TASKS: ListStatement = ListStatement::new(
    "INSERT INTO closed_tasks (conversation_id, task_id, title, message_id, added_revision, added_at, \
     closed_revision, closed_at, reason) VALUES ",
    "(?,?,?,?,?,?,?,?,?)",
    " ON DUPLICATE KEY UPDATE title = VALUES(title), message_id = VALUES(message_id), \
     added_revision = VALUES(added_revision), added_at = VALUES(added_at), \
     closed_revision = VALUES(closed_revision), closed_at = VALUES(closed_at), reason = VALUES(reason)",
);

pub(crate) static DELETE_TASKS: ListStatement = ListStatement::new(
    "DELETE tasks FROM tasks FORCE INDEX (PRIMARY) \
     WHERE added_revision <> -1 AND (conversation_id, task_id) IN (",
    "(?,?)",
    ")",
);

pub(crate) static DELETE_CLOSED_TASKS: ListStatement = ListStatement::new(
    "DELETE closed_tasks FROM closed_tasks FORCE INDEX (PRIMARY) \
     WHERE added_revision <> -1 AND (conversation_id, task_id) IN (",
    "(?,?)",
    ")",
);

pub(crate) static FORGET_TASKS: ListStatement = ListStatement::new(
    "DELETE tasks FROM tasks FORCE INDEX (PRIMARY) \
     WHERE (conversation_id, message_id) IN (",
    "(?,?)",
    ")",
);

pub(crate) static FORGET_CLOSED_TASKS: ListStatement = ListStatement::new(
    "DELETE closed_tasks FROM closed_tasks FORCE INDEX (PRIMARY) \
     WHERE (conversation_id, message_id) IN (",
    "(?,?)",
    ")",
);

pub(crate) static FORGET_OWED: ListStatement = ListStatement::new(
    "DELETE owed_replies FROM owed_replies FORCE INDEX (PRIMARY) \
     WHERE (conversation_id, message_id) IN (",
    "(?,?)",
    ")",
);

pub(crate) const RETELL_OWED: &str = "UPDATE owed_replies FORCE INDEX (PRIMARY) SET messages = ? \
     WHERE conversation_id = ?";

pub(crate) static ADD_OWED: ListStatement = ListStatement::new(
    "INSERT INTO owed_replies \
     (conversation_id, event_id, reply_token, messages, message_id, received_at, due_at) VALUES ",
    "(?,?,?,?,?,?,?)",
    " ON DUPLICATE KEY UPDATE reply_token = VALUES(reply_token), messages = VALUES(messages), \
     message_id = VALUES(message_id), received_at = VALUES(received_at), due_at = VALUES(due_at)",
);

pub(crate) static DELETE_OWED: ListStatement = ListStatement::new(
    "DELETE owed_replies FROM owed_replies FORCE INDEX (PRIMARY) \
     WHERE due_at <> -1 AND (conversation_id, event_id) IN (",
    "(?,?)",
    ")",
);

pub(crate) static STILL_OWED: ListStatement = ListStatement::new(
    "SELECT conversation_id, event_id FROM owed_replies FORCE INDEX (PRIMARY) \
     WHERE (conversation_id, event_id) IN (",
    "(?,?)",
    ")",
);

pub(crate) const OWED_MESSAGES: &str = "SELECT messages FROM owed_replies FORCE INDEX (PRIMARY) \
     WHERE conversation_id = ? AND event_id = ?";

/// MySQL assigns in the order written: a reply that is not due becomes so at the new `received_at`.
pub(crate) const RENEW_OWED: &str = "UPDATE owed_replies SET received_at = ?, \
     due_at = IF(due_at = ?, received_at, LEAST(due_at, ?)) \
     WHERE conversation_id = ? AND event_id = ?";

/// Two processes get different rows; on Galera, where locks do not cross nodes, the later commit fails.
pub(crate) const TAKE_DUE: &str = "SELECT conversation_id, event_id, reply_token, messages, received_at \
     FROM owed_replies FORCE INDEX (owed_replies_by_due_at) \
     WHERE due_at <= ? ORDER BY due_at LIMIT ? FOR UPDATE SKIP LOCKED";

pub(crate) static LEASE_DUE: ListStatement = ListStatement::new(
    "UPDATE owed_replies FORCE INDEX (PRIMARY) SET due_at = ? \
     WHERE (conversation_id, event_id) IN (",
    "(?,?)",
    ")",
);

pub(crate) const COUNT_OWED: &str = "SELECT COUNT(*) FROM owed_replies WHERE due_at < ?";

pub(crate) const OLD_EVENTS: &str = "SELECT event_id, conversation_id FROM events \
     FORCE INDEX (events_by_received_at) WHERE received_at < ? ORDER BY received_at LIMIT ?";

/// This and its like name the time again: a row may have been written anew since its key was read.
pub(crate) static DELETE_EVENTS: ListStatement = ListStatement::new(
    "DELETE events FROM events FORCE INDEX (PRIMARY) \
     WHERE received_at < ? AND (event_id, conversation_id) IN (",
    "(?,?)",
    ")",
);

pub(crate) const OLD_CLOSED_TASKS: &str = "SELECT conversation_id, task_id FROM closed_tasks \
     FORCE INDEX (closed_tasks_by_closed_at) WHERE closed_at < ? ORDER BY closed_at LIMIT ?";

pub(crate) static DELETE_OLD_CLOSED_TASKS: ListStatement = ListStatement::new(
    "DELETE closed_tasks FROM closed_tasks FORCE INDEX (PRIMARY) \
     WHERE closed_at < ? AND (conversation_id, task_id) IN (",
    "(?,?)",
    ")",
);

/// No index on `received_at`: the table only has what was not delivered.
pub(crate) const OLD_OWED: &str =
    "SELECT conversation_id, event_id FROM owed_replies WHERE received_at < ? LIMIT ?";

pub(crate) static DELETE_OLD_OWED: ListStatement = ListStatement::new(
    "DELETE owed_replies FROM owed_replies FORCE INDEX (PRIMARY) \
     WHERE received_at < ? AND (conversation_id, event_id) IN (",
    "(?,?)",
    ")",
);

pub(crate) const LEFT_CONVERSATIONS: &str = "SELECT conversation_id FROM conversations \
     FORCE INDEX (conversations_by_left_at) WHERE left_at < ? ORDER BY left_at LIMIT ?";

pub(crate) const CLOSED_TASKS_OF: &str = "SELECT conversation_id, task_id FROM closed_tasks \
     FORCE INDEX (PRIMARY) WHERE conversation_id = ? LIMIT ?";

pub(crate) const COUNT_TASKS_OF: &str =
    "SELECT COUNT(*) FROM tasks FORCE INDEX (PRIMARY) WHERE conversation_id = ?";

pub(crate) static DELETE_CONVERSATIONS: ListStatement = ListStatement::new(
    "DELETE conversations FROM conversations FORCE INDEX (PRIMARY) \
     WHERE revision <> -1 AND conversation_id IN (",
    "?",
    ")",
);

pub(crate) static DELETE_ALL_TASKS: ListStatement = ListStatement::new(
    "DELETE tasks FROM tasks FORCE INDEX (PRIMARY) \
     WHERE added_revision <> -1 AND conversation_id IN (",
    "?",
    ")",
);

pub(crate) static DELETE_ALL_OWED: ListStatement = ListStatement::new(
    "DELETE owed_replies FROM owed_replies FORCE INDEX (PRIMARY) \
     WHERE due_at <> -1 AND conversation_id IN (",
    "?",
    ")",
);

/// For the next transaction of the session only.
pub(crate) const REPEATABLE_READ: &str = "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ";

/// A page of conversations after an id, and from the first.
pub(crate) const EXPORT_AFTER: &str = "SELECT conversation_id, revision, next_task_id, undoable, unsent, \
     language, left_at, updated_at FROM conversations WHERE conversation_id > ? ORDER BY conversation_id LIMIT ?";
pub(crate) const EXPORT_FIRST: &str = "SELECT conversation_id, revision, next_task_id, undoable, unsent, \
     language, left_at, updated_at FROM conversations WHERE conversation_id >= ? ORDER BY conversation_id LIMIT ?";

pub(crate) const EXPORT_TASKS: &str = "SELECT conversation_id, task_id, title, message_id, added_revision, \
     added_at FROM tasks WHERE conversation_id >= ? AND conversation_id <= ? \
     ORDER BY conversation_id, task_id";

pub(crate) const EXPORT_CLOSED_TASKS: &str = "SELECT conversation_id, task_id, title, message_id, \
     added_revision, added_at, closed_revision, closed_at, reason FROM closed_tasks \
     WHERE conversation_id >= ? AND conversation_id <= ? ORDER BY conversation_id, task_id";

/// Waits for another process that migrates; in seconds. Names of locks may have 64 characters. (On Galera the lock
/// does not cross nodes: there, changing the schema is one at a time by itself, and every migration is safe to run
/// again.)
pub(crate) const LOCK_SCHEMA: &str =
    "SELECT GET_LOCK(LEFT(CONCAT('linebot schema ', DATABASE()), 64), 60)";

/// How long a change of the schema waits for transactions on the table, in seconds: everybody else waits behind it.
pub(crate) const LOCK_SCHEMA_PATIENTLY: &str = "SET SESSION lock_wait_timeout = 30";

pub(crate) const CREATE_MIGRATIONS: &str = "CREATE TABLE IF NOT EXISTS schema_migrations (
    version    INT UNSIGNED NOT NULL,
    name       VARCHAR(64) NOT NULL,
    checksum   VARCHAR(64) NOT NULL,
    applied_at BIGINT NOT NULL,
    PRIMARY KEY (version)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin";

pub(crate) const MIGRATIONS_TABLE: &str = "SELECT 1 FROM information_schema.tables \
     WHERE table_schema = DATABASE() AND table_name = 'schema_migrations'";

pub(crate) const APPLIED_MIGRATIONS: &str = "SELECT version, checksum FROM schema_migrations";

pub(crate) const RECORD_MIGRATION: &str = "INSERT INTO schema_migrations \
     (version, name, checksum, applied_at) \
     VALUES (?, ?, ?, CAST(UNIX_TIMESTAMP(NOW(3)) * 1000 AS SIGNED)) \
     ON DUPLICATE KEY UPDATE version = VALUES(version)";

/// Every statement, a list with one item, with a question mark for each value.
#[doc(hidden)]
pub fn texts() -> Vec<String> {
    let lists = [
        &LOCK_CONVERSATIONS,
        &LOAD_LISTS,
        &LOAD_CLAIMS,
        &LOAD_CLOSED_TASKS,
        &ADD_CONVERSATIONS,
        &SAVE_CONVERSATIONS,
        &ADD_CLAIMS,
        &DELETE_CLAIMS,
        &ADD_TASKS,
        &ADD_CLOSED_TASKS,
        &DELETE_TASKS,
        &DELETE_CLOSED_TASKS,
        &FORGET_TASKS,
        &FORGET_CLOSED_TASKS,
        &FORGET_OWED,
        &ADD_OWED,
        &DELETE_OWED,
        &STILL_OWED,
        &LEASE_DUE,
        &DELETE_EVENTS,
        &DELETE_OLD_CLOSED_TASKS,
        &DELETE_OLD_OWED,
        &DELETE_CONVERSATIONS,
        &DELETE_ALL_TASKS,
        &DELETE_ALL_OWED,
    ];
    let plain = [
        COMMIT,
        ROLLBACK,
        PING,
        RETELL_OWED,
        OWED_MESSAGES,
        RENEW_OWED,
        TAKE_DUE,
        COUNT_OWED,
        OLD_EVENTS,
        OLD_CLOSED_TASKS,
        OLD_OWED,
        LEFT_CONVERSATIONS,
        CLOSED_TASKS_OF,
        COUNT_TASKS_OF,
        REPEATABLE_READ,
        EXPORT_AFTER,
        EXPORT_FIRST,
        EXPORT_TASKS,
        EXPORT_CLOSED_TASKS,
        LOCK_SCHEMA,
        LOCK_SCHEMA_PATIENTLY,
        CREATE_MIGRATIONS,
        MIGRATIONS_TABLE,
        APPLIED_MIGRATIONS,
        RECORD_MIGRATION,
    ];
    let lists = lists.iter().map(|list| list.text());
    lists.chain(plain.map(str::to_owned)).collect()
}

#[cfg(test)]
mod tests {
    #[test]
    fn every_statement_is_in_the_list_of_texts() {
        let (statements, list) = include_str!("sql.rs").split_once("pub fn texts()").unwrap();
        for line in statements.lines() {
            let words = line.strip_prefix("pub(crate) static ");
            let words = words.or_else(|| line.strip_prefix("pub(crate) const "));
            if let Some((name, _)) = words.and_then(|words| words.split_once(':')) {
                assert!(list.contains(&format!("{name},")), "{name} is missing");
            }
        }
    }
}
