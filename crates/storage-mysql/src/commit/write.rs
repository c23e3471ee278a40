//! Writes what was decided, one statement a table, all sent together.

use super::Decided;
use super::load::bind_event;
use crate::failure::Failure;
use crate::statement::{Script, Values};
use crate::transaction::Transaction;
use crate::{columns, sql};
use sqlx::{Executor, MySqlConnection};
use storage::reply::NOT_DUE;
use storage::row::{ConversationRow, reason_code};
use storage::{EventKey, Inbound, Owed, Plan};
use todo::{ClosedTask, Task};

/// The row of a conversation with its id.
pub(crate) type Saved<'a> = (&'a str, &'a ConversationRow);

/// Writes everything, and commits it unless there is something to be asked afterwards.
pub(super) async fn write(
    transaction: &mut Transaction<'_>,
    replied: &[EventKey],
    decided: &[Decided<'_>],
) -> Result<(), Failure> {
    let mut script = Script::default();
    // First, so that a race for a new conversation is lost before anything else is written.
    let new = saved(decided, true);
    script.list(&sql::ADD_CONVERSATIONS, &new, bind_conversation);
    script.list(&sql::DELETE_OWED, replied, bind_key);
    unclaim(&mut script, decided);
    delete_tasks(&mut script, decided);
    if plans(decided).any(|plan| !plan.changes.forgotten_messages.is_empty()) {
        std::mem::take(&mut script).run(transaction).await?;
        // Before the replies of this batch are stored: they know of what was taken back before them.
        forget(transaction, decided).await?;
    }
    add_tasks(&mut script, decided);
    add_owed(&mut script, decided);
    let old = saved(decided, false);
    script.list(&sql::SAVE_CONVERSATIONS, &old, bind_conversation);
    let redelivered: Vec<&Inbound> = plans(decided)
        .flat_map(|plan| plan.redelivered.iter().copied())
        .collect();
    if redelivered.is_empty() {
        transaction.finish(script).await?;
        return Ok(());
    }
    script.run(transaction).await?;
    renew_owed(transaction, &redelivered).await
}

fn saved<'a>(decided: &'a [Decided<'_>], is_new: bool) -> Vec<Saved<'a>> {
    let wanted = decided.iter().filter(|decided| decided.is_new == is_new);
    wanted
        .filter_map(|decided| Some((id(&decided.plan), decided.plan.row.as_ref()?)))
        .collect()
}

/// They come again, once we know more.
fn unclaim(script: &mut Script, decided: &[Decided<'_>]) {
    let deferred: Vec<&Inbound> = plans(decided)
        .flat_map(|plan| plan.deferred.iter().copied())
        .collect();
    script.list(&sql::DELETE_CLAIMS, &deferred, |values, event| {
        bind_event(values, event);
    });
}

/// Nearly always the reply was sent long ago: one look for all, and a statement only for those still owed.
async fn renew_owed(
    connection: &mut MySqlConnection,
    redelivered: &[&Inbound],
) -> Result<(), Failure> {
    let still_owed = sql::STILL_OWED
        .run(connection, redelivered, |values, event| {
            bind_key(values, &event.key);
        })
        .await?;
    for row in &still_owed.rows {
        let (conversation, event_id) = (columns::id(row, 0)?, columns::id(row, 1)?);
        // Of one delivered twice in a batch, the later counts.
        let event = redelivered.iter().rev().find(|event| {
            *event.key.conversation.0 == *conversation && *event.key.event_id == *event_id
        });
        if let Some(event) = event {
            let renew = sqlx::query(sql::RENEW_OWED)
                .bind(event.received_at.0)
                .bind(NOT_DUE.0)
                .bind(event.due_at.0)
                .bind(conversation.as_bytes())
                .bind(event_id.as_bytes());
            connection.execute(renew).await?;
        }
    }
    Ok(())
}

/// Deletes what was made from messages that were taken back, and has replies no longer quote it.
async fn forget(connection: &mut MySqlConnection, decided: &[Decided<'_>]) -> Result<(), Failure> {
    for plan in plans(decided) {
        let messages = &plan.changes.forgotten_messages;
        if messages.is_empty() {
            continue;
        }
        let bind = |values: &mut Values<'_>, message: &String| {
            values.bytes(id(plan));
            values.bytes(message);
        };
        let mut tasks = Script::default();
        tasks.list(&sql::FORGET_TASKS, messages, bind);
        tasks.list(&sql::FORGET_CLOSED_TASKS, messages, bind);
        let forgot = tasks.run(connection).await?.changed > 0;
        sql::FORGET_OWED.run(connection, messages, bind).await?;
        if let Some(retold) = plan.retold(forgot) {
            let retell = sqlx::query(sql::RETELL_OWED)
                .bind(&**retold)
                .bind(id(plan).as_bytes());
            connection.execute(retell).await?;
        }
    }
    Ok(())
}

fn delete_tasks(script: &mut Script, decided: &[Decided<'_>]) {
    let bind = |values: &mut Values<'_>, (conversation, task): &(&str, u64)| {
        values.bytes(conversation);
        values.number(task.cast_signed());
    };
    let no_longer_open: Vec<(&str, u64)> = plans(decided)
        .flat_map(|plan| {
            plan.changes
                .no_longer_open
                .iter()
                .map(|task| (id(plan), *task))
        })
        .collect();
    script.list(&sql::DELETE_TASKS, &no_longer_open, bind);
    let no_longer_closed: Vec<(&str, u64)> = plans(decided)
        .flat_map(|plan| {
            plan.changes
                .no_longer_closed
                .iter()
                .map(|task| (id(plan), *task))
        })
        .collect();
    script.list(&sql::DELETE_CLOSED_TASKS, &no_longer_closed, bind);
}

fn add_tasks(script: &mut Script, decided: &[Decided<'_>]) {
    let opened: Vec<(&str, &Task)> = plans(decided)
        .flat_map(|plan| plan.changes.opened.iter().map(|task| (id(plan), task)))
        .collect();
    script.list(&sql::ADD_TASKS, &opened, bind_task);
    let closed: Vec<(&str, &ClosedTask)> = plans(decided)
        .flat_map(|plan| plan.changes.closed.iter().map(|task| (id(plan), task)))
        .collect();
    script.list(&sql::ADD_CLOSED_TASKS, &closed, bind_closed_task);
}

fn add_owed(script: &mut Script, decided: &[Decided<'_>]) {
    let owed: Vec<&Owed> = plans(decided).flat_map(|plan| &plan.owed).collect();
    script.list(&sql::ADD_OWED, &owed, |values, owed| {
        bind_key(values, &owed.reply.key);
        values.bytes(&owed.reply.reply_token);
        values.text(&owed.reply.messages);
        values.bytes(&owed.message_id);
        values.number(owed.reply.received_at.0);
        values.number(owed.due_at.0);
    });
}

fn plans<'d, 'a>(decided: &'d [Decided<'a>]) -> impl Iterator<Item = &'d Plan<'a>> {
    decided.iter().map(|decided| &decided.plan)
}

fn id<'a>(plan: &Plan<'a>) -> &'a str {
    &plan.conversation.0
}

/// In the order of the key of `owed_replies`.
pub(crate) fn bind_key(values: &mut Values<'_>, key: &EventKey) {
    values.bytes(&key.conversation.0);
    values.bytes(&key.event_id);
}

/// In the order of the columns of [`sql::ADD_CONVERSATIONS`].
pub(crate) fn bind_conversation(values: &mut Values<'_>, (id, row): &Saved<'_>) {
    values.bytes(id);
    values.number(row.revision);
    values.number(row.next_task_id);
    values.text(&row.undoable);
    values.text(&row.unsent);
    values.optional_text(row.language.as_deref());
    values.optional_number(row.left_at);
    values.number(row.updated_at);
}

/// In the order of the columns of [`sql::ADD_TASKS`].
pub(crate) fn bind_task(values: &mut Values<'_>, (conversation, task): &(&str, &Task)) {
    values.bytes(conversation);
    values.number(task.id.cast_signed());
    values.text(&task.title);
    values.bytes(&task.message_id);
    values.number(task.added_revision.cast_signed());
    values.number(task.added_at.0);
}

/// In the order of the columns of [`sql::ADD_CLOSED_TASKS`].
pub(crate) fn bind_closed_task(
    values: &mut Values<'_>,
    (conversation, closed): &(&str, &ClosedTask),
) {
    bind_task(values, &(conversation, &closed.task));
    values.number(closed.closed_revision.cast_signed());
    values.number(closed.closed_at.0);
    values.text(reason_code(closed.reason));
}
