//! Writes what was decided, one statement a table.

use super::Decided;
use crate::failure::Failure;
use crate::statement::{Arguments, query};
use crate::{columns, sql};
use sqlx::{Executor, MySqlConnection};
use storage::row::{ConversationRow, reason_code};
use storage::{EventKey, Inbound, Owed, Plan};
use todo::{ClosedTask, Task};

/// The row of a conversation with its id.
pub(crate) type Saved<'a> = (&'a str, &'a ConversationRow<'a>);

/// Writes everything.
pub(super) async fn write(
    connection: &mut MySqlConnection,
    replied: &[EventKey],
    decided: &[Decided<'_>],
) -> Result<(), Failure> {
    // First, so that a race for a new conversation is lost before anything else is written.
    sql::ADD_CONVERSATIONS
        .execute_exactly(connection, &saved(decided, true), bind_conversation)
        .await?;
    sql::DELETE_OWED
        .execute(connection, replied, bind_key)
        .await?;
    unclaim(connection, decided).await?;
    owe_anew(connection, decided).await?;
    forget(connection, decided).await?;
    delete_tasks(connection, decided).await?;
    add_tasks(connection, decided).await?;
    add_owed(connection, decided).await?;
    sql::SAVE_CONVERSATIONS
        .execute(connection, &saved(decided, false), bind_conversation)
        .await
}

fn saved<'a>(decided: &'a [Decided<'_>], is_new: bool) -> Vec<Saved<'a>> {
    let wanted = decided.iter().filter(|decided| decided.is_new == is_new);
    wanted
        .filter_map(|decided| Some((id(&decided.plan), decided.plan.row.as_ref()?)))
        .collect()
}

/// They come again, once we know more.
async fn unclaim(connection: &mut MySqlConnection, decided: &[Decided<'_>]) -> Result<(), Failure> {
    let deferred: Vec<&Inbound> = plans(decided)
        .flat_map(|plan| plan.deferred.iter().copied())
        .collect();
    sql::DELETE_CLAIMS
        .execute(connection, &deferred, |arguments, event| {
            arguments.bytes(&event.key.event_id);
            arguments.bytes(&event.key.conversation.0);
        })
        .await
}

/// Nearly always the reply was sent long ago: one look for all, and a statement only for those still owed.
async fn owe_anew(
    connection: &mut MySqlConnection,
    decided: &[Decided<'_>],
) -> Result<(), Failure> {
    let redelivered: Vec<&Inbound> = plans(decided)
        .flat_map(|plan| plan.redelivered.iter().copied())
        .collect();
    let rows = sql::STILL_OWED
        .fetch(connection, &redelivered, |arguments, event| {
            bind_key(arguments, &event.key);
        })
        .await?;
    for row in &rows {
        let (conversation, event_id) = (columns::id(row, 0)?, columns::id(row, 1)?);
        // Of one delivered twice in a batch, the later counts.
        let event = redelivered.iter().rev().find(|event| {
            *event.key.conversation.0 == *conversation && *event.key.event_id == *event_id
        });
        if let Some(event) = event {
            let mut arguments = Arguments::default();
            arguments.number(event.received_at.0);
            arguments.number(event.received_at.0);
            bind_key(&mut arguments, &event.key);
            connection.execute(query(sql::OWE_ANEW, arguments)).await?;
        }
    }
    Ok(())
}

/// Deletes what was made from messages that were taken back.
async fn forget(connection: &mut MySqlConnection, decided: &[Decided<'_>]) -> Result<(), Failure> {
    let messages: Vec<(&str, &str)> = plans(decided)
        .flat_map(|plan| {
            let messages = plan.changes.forgotten_messages.iter();
            messages.map(|message| (id(plan), message.as_str()))
        })
        .collect();
    let bind = |arguments: &mut Arguments, (conversation, message): &(&str, &str)| {
        arguments.bytes(conversation);
        arguments.bytes(message);
    };
    for statement in [
        &sql::FORGET_TASKS,
        &sql::FORGET_CLOSED_TASKS,
        &sql::FORGET_OWED,
    ] {
        statement.execute(connection, &messages, bind).await?;
    }
    Ok(())
}

async fn delete_tasks(
    connection: &mut MySqlConnection,
    decided: &[Decided<'_>],
) -> Result<(), Failure> {
    let bind = |arguments: &mut Arguments, (conversation, task): &(&str, u64)| {
        arguments.bytes(conversation);
        arguments.number(task.cast_signed());
    };
    let no_longer_open: Vec<(&str, u64)> = plans(decided)
        .flat_map(|plan| {
            plan.changes
                .no_longer_open
                .iter()
                .map(|task| (id(plan), *task))
        })
        .collect();
    sql::DELETE_TASKS
        .execute(connection, &no_longer_open, bind)
        .await?;
    let no_longer_closed: Vec<(&str, u64)> = plans(decided)
        .flat_map(|plan| {
            plan.changes
                .no_longer_closed
                .iter()
                .map(|task| (id(plan), *task))
        })
        .collect();
    sql::DELETE_CLOSED_TASKS
        .execute(connection, &no_longer_closed, bind)
        .await
}

async fn add_tasks(
    connection: &mut MySqlConnection,
    decided: &[Decided<'_>],
) -> Result<(), Failure> {
    let opened: Vec<(&str, &Task)> = plans(decided)
        .flat_map(|plan| plan.changes.opened.iter().map(|task| (id(plan), task)))
        .collect();
    sql::ADD_TASKS
        .execute(connection, &opened, bind_task)
        .await?;
    let closed: Vec<(&str, &ClosedTask)> = plans(decided)
        .flat_map(|plan| plan.changes.closed.iter().map(|task| (id(plan), task)))
        .collect();
    sql::ADD_CLOSED_TASKS
        .execute(connection, &closed, bind_closed_task)
        .await
}

async fn add_owed(
    connection: &mut MySqlConnection,
    decided: &[Decided<'_>],
) -> Result<(), Failure> {
    let owed: Vec<&Owed> = plans(decided).flat_map(|plan| &plan.owed).collect();
    sql::ADD_OWED
        .execute(connection, &owed, |arguments, owed| {
            bind_key(arguments, &owed.reply.key);
            arguments.bytes(&owed.reply.reply_token);
            arguments.text(&owed.reply.messages);
            arguments.bytes(&owed.message_id);
            arguments.number(owed.reply.received_at.0);
            arguments.number(owed.due_at.0);
        })
        .await
}

fn plans<'d, 'a>(decided: &'d [Decided<'a>]) -> impl Iterator<Item = &'d Plan<'a>> {
    decided.iter().map(|decided| &decided.plan)
}

fn id<'a>(plan: &Plan<'a>) -> &'a str {
    &plan.conversation.0
}

fn bind_key(arguments: &mut Arguments, key: &EventKey) {
    arguments.bytes(&key.conversation.0);
    arguments.bytes(&key.event_id);
}

/// In the order of the columns of [`sql::ADD_CONVERSATIONS`].
pub(crate) fn bind_conversation(arguments: &mut Arguments, (id, row): &Saved<'_>) {
    arguments.bytes(id);
    arguments.number(row.revision);
    arguments.number(row.next_task_id);
    arguments.text(&row.undoable);
    arguments.text(&row.unsent);
    arguments.optional_text(row.language.as_deref());
    arguments.optional_number(row.left_at);
    arguments.number(row.updated_at);
}

/// In the order of the columns of [`sql::ADD_TASKS`].
pub(crate) fn bind_task(arguments: &mut Arguments, (conversation, task): &(&str, &Task)) {
    arguments.bytes(conversation);
    arguments.number(task.id.cast_signed());
    arguments.text(&task.title);
    arguments.bytes(&task.message_id);
    arguments.number(task.added_revision.cast_signed());
    arguments.number(task.added_at.0);
}

/// In the order of the columns of [`sql::ADD_CLOSED_TASKS`].
pub(crate) fn bind_closed_task(
    arguments: &mut Arguments,
    (conversation, closed): &(&str, &ClosedTask),
) {
    bind_task(arguments, &(conversation, &closed.task));
    arguments.number(closed.closed_revision.cast_signed());
    arguments.number(closed.closed_at.0);
    arguments.text(reason_code(closed.reason));
}
