//! Locks, claims and reads what a batch is about.

use crate::failure::Failure;
use crate::statement::{Script, Values};
use crate::{columns, sql};
use sqlx::MySqlConnection;
use sqlx::mysql::MySqlRow;
use std::collections::HashSet;
use storage::row::ConversationRow;
use storage::{Group, Inbound};
use todo::{ClosedTask, Task};

/// What is stored of one conversation.
pub(super) struct Loaded {
    /// `None` when it is new.
    pub(super) row: Option<ConversationRow>,
    pub(super) open: Vec<Task>,
    /// Empty unless an event needs them.
    pub(super) closed: Vec<ClosedTask>,
    /// For each event of the group, whether it was applied before.
    pub(super) claimed: Vec<bool>,
}

/// The most tasks of several conversations that are held in memory together: of the longest titles they are 16 MB.
const MOST_TASKS: usize = 8_192;

/// One for each of `groups`, which are in the order of their ids. `None` where several have too many tasks together.
pub(super) async fn load(
    connection: &mut MySqlConnection,
    groups: &[Group<'_>],
) -> Result<Option<Vec<Loaded>>, Failure> {
    let claim: i64 = rand::random();
    let events: Vec<&Inbound> = groups.iter().flat_map(Group::events).collect();
    let mut script = Script::default();
    script.list(&sql::LOAD_LISTS, groups, |values, group| {
        values.bytes(&group.conversation().0);
    });
    script.list(&sql::ADD_CLAIMS, &events, |values, event| {
        bind_event(values, event);
        values.number(event.received_at.0);
        values.number(claim);
    });
    let most = if groups.len() > 1 {
        MOST_TASKS
    } else {
        usize::MAX
    };
    let answer = script.run_keeping(most, connection).await?;
    if answer.more {
        return Ok(None);
    }
    let mut loaded = lists(groups, &answer.rows)?;
    let distinct: HashSet<_> = events.iter().map(|event| &event.key).collect();
    if answer.changed < distinct.len() as u64 {
        find_claimed(connection, groups, &events, claim, &mut loaded).await?;
    }
    let most = most.saturating_sub(answer.rows.len());
    let all = load_closed_tasks(connection, groups, most, &mut loaded).await?;
    Ok(all.then_some(loaded))
}

fn lists(groups: &[Group<'_>], rows: &[MySqlRow]) -> Result<Vec<Loaded>, Failure> {
    let mut loaded: Vec<Loaded> = groups.iter().map(Loaded::nothing).collect();
    for row in rows {
        if let Some((_, loaded)) = find(groups, &mut loaded, row, 0)? {
            if loaded.row.is_none() {
                loaded.row = Some(columns::conversation(row)?);
            }
            if columns::value::<Option<i64>>(row, 8)?.is_some() {
                loaded.open.push(columns::task(row, 8)?);
            }
        }
    }
    for loaded in &mut loaded {
        // A join may give them in any order.
        loaded.open.sort_unstable_by_key(|task| task.id);
    }
    Ok(loaded)
}

/// Some events were claimed before, which is rare: asks which.
async fn find_claimed(
    connection: &mut MySqlConnection,
    groups: &[Group<'_>],
    events: &[&Inbound],
    claim: i64,
    loaded: &mut [Loaded],
) -> Result<(), Failure> {
    for loaded in &mut *loaded {
        loaded.claimed.fill(true);
    }
    let claims = sql::LOAD_CLAIMS
        .run(connection, events, |values, event| {
            bind_event(values, event);
        })
        .await?;
    for row in &claims.rows {
        if columns::value::<i64>(row, 2)? != claim {
            continue;
        }
        let event_id = columns::id(row, 0)?;
        if let Some((group, loaded)) = find(groups, loaded, row, 1)? {
            for (event, claimed) in group.events().zip(&mut loaded.claimed) {
                *claimed &= *event.key.event_id != *event_id;
            }
        }
    }
    Ok(())
}

/// `false` when there are more than `most`.
async fn load_closed_tasks(
    connection: &mut MySqlConnection,
    groups: &[Group<'_>],
    most: usize,
    loaded: &mut [Loaded],
) -> Result<bool, Failure> {
    // A conversation that is not there has no tasks.
    let mut undoable: Vec<(&str, u64)> = Vec::new();
    for (group, loaded) in groups.iter().zip(&*loaded) {
        if let Some(row) = &loaded.row
            && group.needs_closed_tasks()
        {
            let revisions = row.undoable_revisions()?;
            undoable.extend(
                revisions
                    .into_iter()
                    .map(|revision| (&*group.conversation().0, revision)),
            );
        }
    }
    let mut script = Script::default();
    script.list(
        &sql::LOAD_CLOSED_TASKS,
        &undoable,
        |values, (conversation, revision)| {
            values.bytes(conversation);
            values.number(revision.cast_signed());
        },
    );
    let closed = script.run_keeping(most, connection).await?;
    for row in &closed.rows {
        if let Some((_, loaded)) = find(groups, loaded, row, 0)? {
            loaded.closed.push(columns::closed_task(row)?);
        }
    }
    Ok(!closed.more)
}

/// In the order of the key of `events`.
pub(super) fn bind_event(values: &mut Values<'_>, event: &Inbound) {
    values.bytes(&event.key.event_id);
    values.bytes(&event.key.conversation.0);
}

/// The group whose id is in `column`, and what is loaded of it.
fn find<'g, 'a, 'l>(
    groups: &'g [Group<'a>],
    loaded: &'l mut [Loaded],
    row: &MySqlRow,
    column: usize,
) -> Result<Option<(&'g Group<'a>, &'l mut Loaded)>, Failure> {
    let id = columns::id(row, column)?;
    let place = groups.binary_search_by(|group| (*group.conversation().0).cmp(id));
    Ok(place
        .ok()
        .and_then(|place| groups.get(place).zip(loaded.get_mut(place))))
}

impl Loaded {
    fn nothing(group: &Group<'_>) -> Self {
        Self {
            row: None,
            open: Vec::new(),
            closed: Vec::new(),
            claimed: vec![false; group.events().len()],
        }
    }
}
