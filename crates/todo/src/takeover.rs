//! A list made of titles that another program kept.

use crate::list::MAX_OPEN_TASKS;
use crate::message::{Line, lines};
use crate::title::Key;
use crate::{CloseReason, ClosedTask, Snapshot, Task, Timestamp};
use std::collections::HashSet;

/// What came of the titles.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TakenOver {
    /// The list.
    pub list: Snapshot,
    /// Titles that are the same task as one before them: merged into it.
    pub repeated: usize,
    /// Titles left out because nothing of them can be seen.
    pub blank: usize,
    /// Titles left out because they are longer than [`MAX_TITLE_CHARACTERS`](crate::list::MAX_TITLE_CHARACTERS).
    pub too_long: usize,
    /// Titles left out because the list already had [`MAX_OPEN_TASKS`] open tasks.
    pub too_many: usize,
    /// Tasks that are called like a command word, so that sending their title does not complete them.
    pub command_words: usize,
}

/// Makes a list of titles, each with whether its task is open; the order is kept. A title with line breaks is several.
pub fn take_over<'a>(
    titles: impl IntoIterator<Item = (&'a str, bool)>,
    now: Timestamp,
) -> TakenOver {
    let mut taken = TakenOver::default();
    // The tasks of the list, each with whether it is open.
    let mut known = HashSet::new();
    for (title, open) in titles {
        let mut titles = lines(title).peekable();
        if titles.peek().is_none() {
            taken.blank += 1;
        }
        for title in titles {
            let line = Line::parse(title);
            let is_command_word = matches!(line, Line::Command(_));
            let key = match line {
                Line::Title(_, key) => key,
                Line::Command(_) => Key::new(title),
                Line::TooLong(_) => {
                    taken.too_long += 1;
                    continue;
                }
            };
            let task = (key, open);
            if known.contains(&task) {
                taken.repeated += 1;
            } else if open && taken.list.open.len() >= MAX_OPEN_TASKS {
                taken.too_many += 1;
            } else {
                taken.command_words += usize::from(is_command_word);
                taken.add(title, open, now);
                known.insert(task);
            }
        }
    }
    taken
}

impl TakenOver {
    fn add(&mut self, title: &str, open: bool, now: Timestamp) {
        const REVISION: u64 = 1;
        let list = &mut self.list;
        list.revision = REVISION;
        let task = Task {
            id: list.next_task_id,
            title: title.to_owned(),
            message_id: String::new(),
            added_revision: REVISION,
            added_at: now,
        };
        list.next_task_id += 1;
        if open {
            list.open.push(task);
        } else {
            list.closed.push(ClosedTask {
                task,
                reason: CloseReason::Done,
                closed_revision: REVISION,
                closed_at: now,
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::list::MAX_TITLE_CHARACTERS;
    use crate::{Input, Language, List, respond};

    const NOW: Timestamp = Timestamp(1_000);

    fn open_titles(taken: &TakenOver) -> Vec<&str> {
        taken
            .list
            .open
            .iter()
            .map(|task| task.title.as_str())
            .collect()
    }

    #[test]
    fn titles_keep_their_order_and_what_is_done_is_closed() {
        let taken = take_over([("milk", true), ("eggs", false), (" パン ", true)], NOW);
        assert_eq!(open_titles(&taken), ["milk", "パン"]);
        assert_eq!(taken.list.closed[0].task.title, "eggs");
        assert_eq!(taken.list.next_task_id, 3);
    }

    #[test]
    fn equal_titles_become_one_task() {
        let taken = take_over(
            [
                ("ミルク", true),
                ("ﾐﾙｸ", true),
                ("Milk", true),
                ("milk ", true),
                ("MILK", false),
            ],
            NOW,
        );
        assert_eq!(open_titles(&taken), ["ミルク", "Milk"]);
        assert_eq!(
            (taken.repeated, taken.list.closed.len()),
            (2, 1),
            "an open and a done task may share a title"
        );
    }

    #[test]
    fn what_no_list_can_hold_is_counted() {
        let long = "x".repeat(MAX_TITLE_CHARACTERS + 1);
        let taken = take_over(
            [
                (long.as_str(), true),
                ("", true),
                ("\u{3000}\r", true),
                ("help", true),
                ("a\nb", true),
            ],
            NOW,
        );
        assert_eq!(open_titles(&taken), ["help", "a", "b"]);
        assert_eq!(
            (taken.too_long, taken.blank, taken.command_words),
            (1, 2, 1)
        );
        let many: Vec<String> = (0..MAX_OPEN_TASKS + 2)
            .map(|number| number.to_string())
            .collect();
        let taken = take_over(many.iter().map(|title| (title.as_str(), true)), NOW);
        assert_eq!((taken.list.open.len(), taken.too_many), (MAX_OPEN_TASKS, 2));
    }

    #[test]
    fn what_there_is_no_room_for_is_repeated_by_nothing() {
        let many: Vec<String> = (0..MAX_OPEN_TASKS)
            .map(|number| number.to_string())
            .collect();
        let open = many.iter().map(String::as_str).chain(["x", "X", "7"]);
        let taken = take_over(open.map(|title| (title, true)), NOW);
        assert_eq!((taken.too_many, taken.repeated), (2, 1));
    }

    #[test]
    fn a_list_taken_over_works_like_any_other() {
        let taken = take_over([("milk", true), ("eggs", true), ("tea", false)], NOW);
        let mut list = List::new(taken.list);
        let text = |text: &str| Input::Text {
            text: text.to_owned(),
            message_id: "1".to_owned(),
        };
        respond(&mut list, &text("milk\ntea"), Language::English, NOW);
        let titles: Vec<_> = list
            .snapshot()
            .open
            .iter()
            .map(|task| &task.title)
            .collect();
        assert_eq!(titles, ["eggs", "tea"]);
        respond(&mut list, &text("undo"), Language::English, NOW);
        assert_eq!(list.snapshot().open.len(), 2);
    }
}
