//! The rules every backend must keep, as tests.
//!
//! A backend gives a function that makes an empty [`Database`] and writes `storage::conformance!(function)` in a test
//! module; a backend that keeps its tables in SQL adds `storage::schema_conformance!(function)`. Each case becomes a
//! test of its own, with a database of its own.

#![expect(
    missing_docs,
    clippy::missing_panics_doc,
    clippy::unwrap_used,
    reason = "a case is named after the rule it checks, and panics when it is broken"
)]

pub mod claims;
pub mod concurrency;
pub mod decide;
pub mod durability;
pub mod fixture;
pub mod history;
pub mod ids;
pub mod prune;
pub mod random;
pub mod replies;
pub mod schema;
pub mod titles;
pub mod transfer;

use crate::{Schema, Store};
use async_trait::async_trait;
use std::sync::Arc;

/// A store with its schema.
pub trait Backend: Store + Schema {}

impl<T: Store + Schema> Backend for T {}

/// An empty database made for one case, removed when dropped.
#[async_trait]
pub trait Database: Send + Sync {
    /// A handle on it, as one process opens it. Migrations are left to the caller.
    ///
    /// While another handle is open this is a second one, as another replica would have, or the same one again where
    /// only one process can open the database. After [`Store::close`] of every handle it opens the database anew.
    async fn open(&self) -> Arc<dyn Backend>;
}

/// A database whose tables are described in SQL.
#[async_trait]
pub trait SqlDatabase: Database {
    /// Runs one statement.
    async fn run(&self, sql: &str);

    /// All tables and indexes with their columns, in an order that does not depend on when they were made.
    async fn describe(&self) -> String;
}

/// One test for each rule of a store. Give the path of an `async fn() -> impl Database`, after attributes for the tests
/// if any.
#[macro_export]
macro_rules! conformance {
    ($(#[$attribute:meta])* $database:path) => {
        $crate::conformance_tests! {
            [$(#[$attribute])*] $database;
            claims {
                an_event_is_applied_once_however_often_it_comes
                an_event_twice_in_one_batch_is_applied_once
                the_same_event_id_in_two_conversations_is_two_events
                events_of_one_conversation_keep_their_order
                outcomes_come_in_the_order_of_the_events
                an_event_that_changes_nothing_is_claimed
                an_empty_batch_does_nothing
                a_deferred_event_claims_and_changes_nothing
                later_events_of_a_deferred_conversation_wait_with_it
                a_deferred_event_twice_in_one_batch_stays_unclaimed
                language_and_absence_are_remembered
                an_event_that_arrives_late_does_not_say_whether_the_bot_left
                only_what_is_answered_waits_for_a_language
                texts_that_look_like_sql_are_kept_as_they_are
            }
            ids {
                ids_at_the_limit_are_kept
                longer_ids_are_refused_and_harm_nobody_when_replayed_alone
                ids_that_differ_in_case_accent_or_trailing_space_stay_apart
                messages_whose_ids_differ_in_case_are_forgotten_one_by_one
            }
            replies {
                a_reply_is_owed_until_it_is_marked_as_sent
                a_batch_of_nothing_but_sent_replies_is_applied
                marking_a_reply_nobody_owes_does_nothing
                an_event_without_a_reply_token_owes_nothing
                a_reply_is_not_taken_before_it_is_due
                a_taken_reply_is_due_again_when_its_lease_is_over
                the_oldest_due_replies_are_taken_first
                a_reply_whose_token_ran_out_is_taken_once_more_and_then_when_its_event_comes_again
                a_duplicate_leaves_a_reply_still_owed_to_whoever_sends_it
                a_duplicate_in_the_same_batch_leaves_the_reply_to_this_process
                a_duplicate_of_an_answered_event_owes_nothing
                the_largest_reply_is_kept_whole
            }
            history {
                an_unsend_removes_the_text_everywhere
                an_unsend_of_what_was_done_long_ago_removes_the_text_from_replies_too
                an_unsend_in_the_same_batch_leaves_nothing
                a_reply_to_what_came_after_an_unsend_keeps_its_words
                an_unsend_leaves_other_conversations_alone
                an_unsend_of_what_made_no_task_leaves_replies_as_they_are
                undo_opens_again_what_an_earlier_batch_closed
                undo_takes_back_what_an_earlier_batch_added
                closing_and_undoing_in_one_batch_changes_nothing
                undo_loads_only_the_tasks_it_can_reach
            }
            titles {
                titles_of_every_script_come_back_unchanged
                titles_a_collation_would_merge_stay_apart
                the_longest_title_is_kept_whole
                a_thousand_tasks_are_kept_in_order
                any_number_of_long_lists_is_changed_by_one_batch
            }
            prune {
                old_claims_go_and_young_ones_stay
                old_closed_tasks_go_and_young_ones_stay
                old_owed_replies_go_and_young_ones_stay
                a_conversation_left_long_ago_is_deleted_whole
                pruning_goes_in_small_steps
                a_large_conversation_left_long_ago_goes_in_small_steps
                a_conversation_that_came_back_while_it_was_deleted_keeps_its_list
                what_is_old_behind_much_that_is_young_goes_too
                pruning_an_empty_store_deletes_nothing
            }
            transfer {
                export_pages_through_all_conversations_in_id_order
                what_is_exported_can_be_imported
                import_leaves_what_exists
                import_refuses_what_cannot_be_stored
                a_conversation_goes_on_after_import
            }
            concurrency {
                two_handles_apply_an_event_once
                two_handles_lose_no_change_of_one_conversation
                batches_that_touch_the_same_conversations_in_any_order_all_commit
                concurrent_takers_share_the_due_replies
            }
            durability {
                everything_is_there_after_reopening
                a_store_answers_a_ping
            }
        }

        $(#[$attribute])*
        #[test]
        fn random_operations_agree_with_the_model() {
            $crate::conformance::random::operations_agree_with_the_model($database);
        }
    };
}

/// One test for each rule of migrations. Give the path of an `async fn() -> impl SqlDatabase`, after attributes for the
/// tests if any.
#[macro_export]
macro_rules! schema_conformance {
    ($(#[$attribute:meta])* $database:path) => {
        $crate::conformance_tests! {
            [$(#[$attribute])*] $database;
            schema {
                an_empty_database_is_behind_with_every_migration
                migrating_makes_the_schema_current_and_again_changes_nothing
                the_schema_from_scratch_equals_the_one_made_step_by_step
                a_half_migrated_database_is_completed
                a_newer_schema_is_found_and_refused
                a_changed_migration_is_found_and_refused
                two_processes_may_migrate_at_once
            }
        }
    };
}

/// Writes the tests of [`conformance!`] and [`schema_conformance!`].
#[doc(hidden)]
#[macro_export]
macro_rules! conformance_tests {
    ($attributes:tt $database:path; $($module:ident { $($case:ident)* })*) => {
        $($($crate::conformance_tests! { @test $attributes $database; $module $case })*)*
    };
    (@test [$(#[$attribute:meta])*] $database:path; $module:ident $case:ident) => {
        $(#[$attribute])*
        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn $case() {
            let database = $database().await;
            $crate::conformance::$module::$case(&database).await;
        }
    };
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::memory::MemoryStore;

    struct Memory(Arc<MemoryStore>);

    #[async_trait]
    impl Database for Memory {
        async fn open(&self) -> Arc<dyn Backend> {
            self.0.clone()
        }
    }

    async fn memory() -> Memory {
        Memory(Arc::default())
    }

    crate::conformance!(memory);

    #[test]
    fn every_case_is_in_the_table() {
        let table = include_str!("mod.rs");
        for source in [
            include_str!("claims.rs"),
            include_str!("concurrency.rs"),
            include_str!("durability.rs"),
            include_str!("history.rs"),
            include_str!("ids.rs"),
            include_str!("prune.rs"),
            include_str!("replies.rs"),
            include_str!("schema.rs"),
            include_str!("titles.rs"),
            include_str!("transfer.rs"),
        ] {
            let cases = source.lines().filter_map(|line| {
                let name = line.strip_prefix("pub async fn ")?;
                name.split_once('(').map(|(name, _)| name)
            });
            for case in cases {
                assert!(
                    table.lines().any(|line| line.trim() == case),
                    "`{case}` runs nowhere"
                );
            }
        }
    }
}
