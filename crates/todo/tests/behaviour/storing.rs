//! `List::changes`, written to a model of a store, is the list.

use crate::chat::assert_line_takes;
use proptest::prelude::*;
use std::collections::BTreeMap;
use todo::{ClosedTask, Input, Language, List, Snapshot, Task, Timestamp, respond};

/// What a database keeps of one list.
#[derive(Debug, Default)]
struct Store {
    /// Without tasks.
    row: Snapshot,
    open: BTreeMap<u64, Task>,
    closed: BTreeMap<u64, ClosedTask>,
}

impl Store {
    fn load(&self, with_closed_tasks: bool) -> List {
        let undoable = |closed: &&ClosedTask| self.row.undoable.contains(&closed.closed_revision);
        List::new(Snapshot {
            open: self.open.values().cloned().collect(),
            closed: self
                .closed
                .values()
                .filter(|_| with_closed_tasks)
                .filter(undoable)
                .cloned()
                .collect(),
            ..self.row.clone()
        })
    }

    fn write(&mut self, list: &List) {
        let changes = list.changes();
        for id in &changes.no_longer_open {
            assert!(
                self.open.remove(id).is_some(),
                "open task {id} was never stored"
            );
        }
        for id in &changes.no_longer_closed {
            assert!(
                self.closed.remove(id).is_some(),
                "closed task {id} was never stored"
            );
        }
        let forgotten = |task: &Task| changes.forgotten_messages.contains(&task.message_id);
        self.open.retain(|_, task| !forgotten(task));
        self.closed.retain(|_, closed| !forgotten(&closed.task));
        assert!(changes.opened.is_sorted_by_key(|task| task.id));
        for task in changes.opened {
            assert!(!self.closed.contains_key(&task.id));
            assert_eq!(self.open.insert(task.id, task), None, "stored twice");
        }
        for closed in changes.closed {
            assert!(!self.open.contains_key(&closed.task.id));
            assert_eq!(
                self.closed.insert(closed.task.id, closed),
                None,
                "stored twice"
            );
        }
        self.row = Snapshot {
            open: Vec::new(),
            closed: Vec::new(),
            ..list.snapshot().clone()
        };
    }

    /// Everything in the list is stored as it is.
    fn assert_keeps(&self, list: &List) {
        let snapshot = list.snapshot();
        assert!(self.open.values().eq(&snapshot.open));
        for closed in &snapshot.closed {
            assert_eq!(self.closed.get(&closed.task.id), Some(closed));
        }
    }
}

fn input() -> impl Strategy<Value = Input> {
    let line = prop_oneof![
        6 => "[a-d]",
        2 => Just("undo".to_owned()),
        1 => Just("clear".to_owned()),
        1 => Just("list".to_owned()),
    ];
    let text = prop::collection::vec(line, 1..5).prop_map(|lines| lines.join("\n"));
    prop_oneof![
        9 => (text, "[0-9]{1,2}").prop_map(|(text, message_id)| Input::Text { text, message_id }),
        1 => "[0-9]{1,2}".prop_map(|message_id| Input::Unsent { message_id }),
        1 => Just(Input::Followed { returning: true }),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn a_list_stored_and_loaded_at_any_time_answers_like_one_kept_in_memory(
        batches in prop::collection::vec(prop::collection::vec(input(), 1..5), 1..12),
    ) {
        let mut kept = List::default();
        let mut store = Store::default();
        for (batch, minute) in batches.iter().zip(1..) {
            let now = Timestamp(minute * 60_000);
            let mut loaded = store.load(batch.iter().any(Input::needs_closed_tasks));
            for input in batch {
                let texts = respond(&mut loaded, input, Language::Japanese, now);
                assert_line_takes(&texts);
                prop_assert_eq!(&texts, &respond(&mut kept, input, Language::Japanese, now));
            }
            store.write(&loaded);
            store.assert_keeps(&loaded);
            prop_assert_eq!(&loaded.snapshot().open, &kept.snapshot().open);
            prop_assert_eq!(&loaded.snapshot().undoable, &kept.snapshot().undoable);
            prop_assert_eq!(loaded.snapshot().revision, kept.snapshot().revision);
            prop_assert_eq!(loaded.snapshot().next_task_id, kept.snapshot().next_task_id);
        }
        // The one kept in memory has one change to write, and it is the same.
        let mut late = Store::default();
        late.write(&kept);
        late.assert_keeps(&kept);
        prop_assert_eq!(&late.open, &store.open);
        prop_assert_eq!(&late.closed, &store.closed);
        prop_assert_eq!(&late.row, &store.row);
    }

    #[test]
    fn ids_are_never_reused_and_revisions_grow_with_every_change(
        inputs in prop::collection::vec(input(), 1..20),
    ) {
        let mut list = List::default();
        for (input, minute) in inputs.iter().zip(1..) {
            let before = list.snapshot().clone();
            respond(&mut list, input, Language::English, Timestamp(minute));
            let after = list.snapshot();
            prop_assert!(after.revision - before.revision <= 1);
            let changed = (&before.open, &before.undoable) != (&after.open, &after.undoable);
            prop_assert!(!changed || after.revision > before.revision);
            prop_assert!(after.open.is_sorted_by_key(|task| task.id));
            for task in &after.open {
                prop_assert!(task.id < after.next_task_id);
                let returned = before.closed.iter().any(|closed| closed.task == *task);
                prop_assert!(task.id >= before.next_task_id || before.open.contains(task) || returned);
            }
        }
    }
}

#[test]
fn a_task_added_and_undone_between_load_and_store_is_only_closed() {
    let mut list = List::default();
    for text in ["milk", "undo"] {
        let input = Input::Text {
            text: text.into(),
            message_id: text.into(),
        };
        respond(&mut list, &input, Language::Japanese, Timestamp(0));
    }
    let changes = list.changes();
    assert!(changes.opened.is_empty() && changes.no_longer_open.is_empty());
    assert_eq!(changes.closed.len(), 1);
}

#[test]
fn a_task_completed_and_brought_back_between_load_and_store_is_no_change() {
    let mut store = Store::default();
    let mut list = store.load(false);
    let say = |list: &mut List, text: &str| {
        let input = Input::Text {
            text: text.into(),
            message_id: text.into(),
        };
        respond(list, &input, Language::Japanese, Timestamp(0));
    };
    say(&mut list, "milk");
    store.write(&list);
    let mut list = store.load(true);
    say(&mut list, "milk");
    say(&mut list, "undo");
    assert_eq!(list.changes(), todo::Changes::default());
}
