//! Migrations: the same schema whichever way it was reached, and no surprise left unsaid.

use super::SqlDatabase;
use super::fixture::{commit, text, titles};
use crate::{Migration, Schema, SchemaStatus, StoreError};

/// The migrations a backend knows.
async fn known(store: &(impl Schema + ?Sized)) -> Vec<Migration> {
    match store.status().await.expect("has a status") {
        SchemaStatus::Behind(missing) => missing,
        other => panic!("not empty: {other:?}"),
    }
}

/// The names of the tables in a description.
fn tables(description: &str) -> Vec<String> {
    let names = description
        .lines()
        .filter_map(|line| line.strip_prefix("CREATE TABLE "));
    let bare = names.map(|name| name.trim_end_matches(['(', ' ']).trim_matches('`'));
    bare.map(str::to_owned).collect()
}

pub async fn an_empty_database_is_behind_with_every_migration(database: &dyn SqlDatabase) {
    let store = database.open().await;
    let known = known(&*store).await;
    let names: Vec<&str> = known.iter().map(|migration| migration.name).collect();
    assert_eq!(names, crate::schema::NAMES);
    let versions = known.iter().map(|migration| migration.version);
    assert!(versions.eq(1..=u32::try_from(known.len()).unwrap()));
}

pub async fn migrating_makes_the_schema_current_and_again_changes_nothing(
    database: &dyn SqlDatabase,
) {
    let store = database.open().await;
    let known = known(&*store).await;
    assert_eq!(store.migrate().await.unwrap(), known);
    assert_eq!(store.status().await.unwrap(), SchemaStatus::Current);
    let schema = database.describe().await;
    commit(&*store, vec![text("U1", "e1", "milk")]).await;
    assert_eq!(store.migrate().await.unwrap(), []);
    assert_eq!(database.describe().await, schema);
    assert_eq!(titles(&*store, "U1").await, ["milk"]);
}

pub async fn the_schema_from_scratch_equals_the_one_made_step_by_step(database: &dyn SqlDatabase) {
    let store = database.open().await;
    let known = known(&*store).await;
    for migration in &known {
        // Twice: a migration may be cut off before it is recorded.
        for _ in 0..2 {
            database.run(migration.sql).await;
        }
    }
    assert_eq!(store.migrate().await.unwrap(), known);
    let step_by_step = database.describe().await;
    let tables = tables(&step_by_step);
    assert!(tables.len() > known.len(), "{tables:?}");
    for table in tables {
        database.run(&format!("DROP TABLE {table}")).await;
    }
    assert_eq!(database.describe().await, "");
    assert_eq!(store.migrate().await.unwrap(), known);
    assert_eq!(database.describe().await, step_by_step);
}

pub async fn a_half_migrated_database_is_completed(database: &dyn SqlDatabase) {
    let store = database.open().await;
    let known = known(&*store).await;
    store.migrate().await.unwrap();
    let complete = database.describe().await;
    database
        .run("DELETE FROM schema_migrations WHERE version >= 2")
        .await;
    database.run("DROP TABLE owed_replies").await;
    assert_eq!(
        store.status().await.unwrap(),
        SchemaStatus::Behind(known[1..].to_vec())
    );
    assert_eq!(store.migrate().await.unwrap(), known[1..]);
    assert_eq!(database.describe().await, complete);
}

pub async fn a_newer_schema_is_found_and_refused(database: &dyn SqlDatabase) {
    let store = database.open().await;
    store.migrate().await.unwrap();
    database
        .run("INSERT INTO schema_migrations VALUES (9999, 'from the future', 'x', 0)")
        .await;
    assert_eq!(store.status().await.unwrap(), SchemaStatus::Ahead(9999));
    let refused = store.migrate().await;
    assert!(
        matches!(refused, Err(StoreError::Refused(_))),
        "{refused:?}"
    );
}

pub async fn a_changed_migration_is_found_and_refused(database: &dyn SqlDatabase) {
    let store = database.open().await;
    store.migrate().await.unwrap();
    database
        .run("UPDATE schema_migrations SET checksum = 'x' WHERE version = 2")
        .await;
    assert_eq!(store.status().await.unwrap(), SchemaStatus::Changed(2));
    let refused = store.migrate().await;
    assert!(
        matches!(refused, Err(StoreError::Refused(_))),
        "{refused:?}"
    );
}

pub async fn two_processes_may_migrate_at_once(database: &dyn SqlDatabase) {
    let one = database.open().await;
    let other = database.open().await;
    let known = known(&*one).await;
    let (first, second) = tokio::join!(one.migrate(), other.migrate());
    let mut applied = first.unwrap();
    applied.extend(second.unwrap());
    assert_eq!(applied, known);
    assert_eq!(other.status().await.unwrap(), SchemaStatus::Current);
}
