//! Locks and reads what a batch is about.

use crate::failure::Failure;
use crate::{columns, sql};
use sqlx::MySqlConnection;
use sqlx::mysql::MySqlRow;
use storage::row::ConversationRow;
use storage::{EventKey, Group};
use todo::{ClosedTask, Task};

/// What is stored of one conversation.
pub(super) struct Loaded {
    /// `None` when it is new.
    pub(super) row: Option<ConversationRow<'static>>,
    pub(super) open: Vec<Task>,
    /// Empty unless an event needs them.
    pub(super) closed: Vec<ClosedTask>,
    /// For each event of the group, whether it was applied before.
    pub(super) claimed: Vec<bool>,
}

/// One for each of `groups`, which are in the order of their ids.
pub(super) async fn load(
    connection: &mut MySqlConnection,
    groups: &[Group<'_>],
) -> Result<Vec<Loaded>, Failure> {
    let mut loaded: Vec<Loaded> = groups.iter().map(Loaded::nothing).collect();

    let rows = sql::LOCK_CONVERSATIONS
        .fetch(connection, groups, |arguments, group| {
            arguments.bytes(&group.conversation().0);
        })
        .await?;
    for row in &rows {
        if let Some((_, loaded)) = find(groups, &mut loaded, row, 0)? {
            loaded.row = Some(columns::conversation(row)?);
        }
    }

    load_claims(connection, groups, &mut loaded).await?;

    // A conversation that is not there has no tasks.
    let known = which(groups, &loaded, |_| true);
    let rows = sql::LOAD_TASKS
        .fetch(connection, &known, |arguments, id| arguments.bytes(id))
        .await?;
    for row in &rows {
        if let Some((_, loaded)) = find(groups, &mut loaded, row, 0)? {
            loaded.open.push(columns::task(row)?);
        }
    }

    let undoing = which(groups, &loaded, Group::needs_closed_tasks);
    let rows = sql::LOAD_CLOSED_TASKS
        .fetch(connection, &undoing, |arguments, id| arguments.bytes(id))
        .await?;
    for row in &rows {
        if let Some((_, loaded)) = find(groups, &mut loaded, row, 0)? {
            loaded.closed.push(columns::closed_task(row)?);
        }
    }
    Ok(loaded)
}

async fn load_claims(
    connection: &mut MySqlConnection,
    groups: &[Group<'_>],
    loaded: &mut [Loaded],
) -> Result<(), Failure> {
    let keys: Vec<&EventKey> = groups
        .iter()
        .flat_map(Group::events)
        .map(|event| &event.key)
        .collect();
    let rows = sql::LOAD_CLAIMS
        .fetch(connection, &keys, |arguments, key| {
            arguments.bytes(&key.event_id);
            arguments.bytes(&key.conversation.0);
        })
        .await?;
    for row in &rows {
        let event_id = columns::id(row, 0)?;
        if let Some((group, loaded)) = find(groups, loaded, row, 1)? {
            for (event, claimed) in group.events().zip(&mut loaded.claimed) {
                *claimed |= *event.key.event_id == *event_id;
            }
        }
    }
    Ok(())
}

/// The ids of conversations that are there and `wanted`.
fn which<'a>(
    groups: &[Group<'a>],
    loaded: &[Loaded],
    wanted: impl Fn(&Group<'a>) -> bool,
) -> Vec<&'a str> {
    let pairs = groups.iter().zip(loaded);
    pairs
        .filter(|(group, loaded)| loaded.row.is_some() && wanted(group))
        .map(|(group, _)| &*group.conversation().0)
        .collect()
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
