//! `linebot import --from-seed`: the table of the Flask bot this one follows on from.
//!
//! `itemTable(user_id, item, todo_flg)`, one row a task, `todo_flg` 1 while it is open and 0 once it is done
//! (<https://github.com/kotaaaa/linebot>, `app/app.py`). Some of its databases number the rows in `main_key`; there the
//! list keeps the order in which things were typed, elsewhere the one in which that bot showed it: by title.

use super::import::Importer;
use crate::config::Configuration;
use crate::failure::Failure;
use crate::output;
use futures_util::TryStreamExt;
use sqlx::mysql::{MySqlConnectOptions, MySqlConnection};
use sqlx::{ConnectOptions, Connection};
use std::fmt::Write;
use std::str::FromStr;
use storage::{Conversation, ConversationRecord, MAX_ID_BYTES};
use todo::list::{MAX_OPEN_TASKS, MAX_TITLE_CHARACTERS};
use todo::takeover::{TakenOver, take_over};
use todo::{List, Timestamp};

const IS_NUMBERED: &str = "SELECT COUNT(*) FROM information_schema.columns \
     WHERE table_schema = DATABASE() AND table_name = 'itemTable' AND column_name = 'main_key'";

/// As bytes, so that ids that differ only in case are not mixed.
const NUMBERED: &str = "SELECT CAST(user_id AS CHAR), CAST(item AS CHAR), CAST(todo_flg AS SIGNED) \
     FROM itemTable ORDER BY CAST(user_id AS BINARY), main_key";
const BY_TITLE: &str = "SELECT CAST(user_id AS CHAR), CAST(item AS CHAR), CAST(todo_flg AS SIGNED) \
     FROM itemTable ORDER BY CAST(user_id AS BINARY), item";

/// A task that is not done yet.
const OPEN: i64 = 1;

/// A task that is done.
const DONE: i64 = 0;

/// Every column may be NULL.
type Row = (Option<String>, Option<String>, Option<i64>);

/// Takes over the lists of the Flask bot in the database at `url`.
pub(crate) async fn run(
    configuration: &Configuration,
    url: &str,
    now: Timestamp,
) -> Result<(), Failure> {
    let options = MySqlConnectOptions::from_str(url)
        .ok()
        .filter(|_| url.starts_with("mysql://") || url.starts_with("mariadb://"));
    let options = options.ok_or_else(|| {
        Failure::usage("--from-seed is not a MySQL URL")
            .hint("write mysql://user:password@host:3306/linebot")
    })?;
    let mut seed = MySqlConnection::connect_with(&options.disable_statement_logging())
        .await
        .map_err(|error| unreadable(&error))?;
    let mut importer = Importer::open(configuration).await?;
    let result = read(&mut seed, &mut importer, now).await;
    let stored = importer.finish().await;
    let unowned = result?;
    let mut report = stored?.to_string();
    if unowned > 0 {
        // Writing to a string cannot fail.
        let _ = writeln!(report, "rows without a usable user_id, left out: {unowned}");
    }
    output::print(&report).map(drop)
}

/// Hands every conversation to `importer`; returns how many rows belong to nobody.
async fn read(
    seed: &mut MySqlConnection,
    importer: &mut Importer,
    now: Timestamp,
) -> Result<usize, Failure> {
    let (numbered,): (i64,) = sqlx::query_as(IS_NUMBERED)
        .fetch_one(&mut *seed)
        .await
        .map_err(|error| unreadable(&error))?;
    let rows = if numbered > 0 { NUMBERED } else { BY_TITLE };
    let mut rows = sqlx::query_as::<_, Row>(rows).fetch(seed);
    let mut unowned = 0_usize;
    let mut current = Rows::default();
    while let Some((user, item, flag)) =
        rows.try_next().await.map_err(|error| unreadable(&error))?
    {
        let Some(user) = user.filter(|user| !user.is_empty() && user.len() <= MAX_ID_BYTES) else {
            unowned += 1;
            continue;
        };
        if user != current.user {
            let done = std::mem::replace(
                &mut current,
                Rows {
                    user,
                    ..Rows::default()
                },
            );
            done.hand_over(importer, now).await?;
        }
        current.add(item.unwrap_or_default(), flag);
    }
    current.hand_over(importer, now).await?;
    Ok(unowned)
}

/// The rows of one person, in order.
#[derive(Default)]
struct Rows {
    user: String,
    titles: Vec<(String, bool)>,
    /// Rows whose flag means nothing.
    unclear: usize,
}

impl Rows {
    /// Takes a task for open unless its row says that it is done: one too many is better than one lost.
    fn add(&mut self, title: String, flag: Option<i64>) {
        self.unclear += usize::from(!matches!(flag, Some(OPEN | DONE)));
        self.titles.push((title, flag != Some(DONE)));
    }

    async fn hand_over(self, importer: &mut Importer, now: Timestamp) -> Result<(), Failure> {
        let Self {
            user,
            titles,
            unclear,
        } = self;
        if titles.is_empty() {
            return Ok(());
        }
        let taken = take_over(
            titles.iter().map(|(title, open)| (title.as_str(), *open)),
            now,
        );
        let remark = remark(&user, &taken, unclear);
        let stored = Conversation {
            list: List::new(taken.list),
            ..Conversation::default()
        };
        let record = ConversationRecord::new(user, &stored);
        importer.take(record, remark).await
    }
}

/// What the operator should know about a list, without quoting it.
fn remark(user: &str, taken: &TakenOver, unclear: usize) -> String {
    let mut text = String::new();
    for (count, what) in [
        (
            unclear,
            format!("todo_flg is neither {OPEN} nor {DONE}, taken as not done"),
        ),
        (
            taken.repeated,
            "same as another title, merged into one task".to_owned(),
        ),
        (taken.blank, "blank, left out".to_owned()),
        (
            taken.too_long,
            format!("longer than {MAX_TITLE_CHARACTERS} characters, left out"),
        ),
        (
            taken.too_many,
            format!("past the {MAX_OPEN_TASKS} open tasks a list may have, left out"),
        ),
        (
            taken.command_words,
            "called like a command word, only `clear` removes it".to_owned(),
        ),
    ] {
        if count > 0 {
            // Writing to a string cannot fail.
            let _ = writeln!(text, "{user}: {what}: {count}");
        }
    }
    text
}

fn unreadable(error: &sqlx::Error) -> Failure {
    Failure::failed(format!("cannot read itemTable: {}", Failure::chain(error)))
        .hint("--from-seed is the URL of the database of the Flask bot, with its user and password")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_task_whose_flag_means_nothing_is_open_and_counted() {
        let mut rows = Rows::default();
        for flag in [Some(1), Some(0), None, Some(2), Some(-1)] {
            rows.add("milk".to_owned(), flag);
        }
        let open: Vec<bool> = rows.titles.iter().map(|(_, open)| *open).collect();
        assert_eq!(open, [true, false, true, true, true]);
        assert_eq!(rows.unclear, 3);
        let remark = remark("U1", &TakenOver::default(), rows.unclear);
        assert_eq!(
            remark,
            "U1: todo_flg is neither 1 nor 0, taken as not done: 3\n"
        );
    }
}
