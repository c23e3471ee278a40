//! Who may do what, and over which connection.

use crate::database::{TestDatabase, mysql};
use sqlx::Executor;
use std::num::NonZeroU32;
use storage::conformance::fixture::{
    MUCH_LATER, batch, commit, everything, replied, take_due, text,
};
use storage::{PruneBefore, Schema, SchemaStatus, Store, StoreError};
use storage_mysql::{MysqlStore, Options};

crate::on_both_servers! {
    the_bot_works_with_four_privileges
    whoever_may_not_change_the_schema_is_told_so
    a_wrong_password_is_unavailable_and_not_repeated
    a_server_that_takes_no_connection_is_unavailable_and_says_why
}

/// Makes a user named like the database, with `how` after its name and `privileges` on the database.
async fn user(database: &TestDatabase, how: &str, privileges: &str) {
    let mut connection = database.connection().await;
    let name = &database.name;
    for sql in [
        format!("CREATE USER '{name}'@'%' {how}"),
        format!("GRANT {privileges} ON {}.* TO '{name}'@'%'", database.name),
    ] {
        connection.execute(&*sql).await.unwrap();
    }
}

fn store_as_user(database: &TestDatabase, password: &str, parameters: &str) -> MysqlStore {
    let url = database.url();
    let (_, address) = url.split_once('@').unwrap();
    let name = &database.name;
    let url = format!("mysql://{name}:{password}@{address}{parameters}");
    let options = Options::from_url(&url.into()).unwrap();
    MysqlStore::new(options, NonZeroU32::MIN)
}

async fn the_bot_works_with_four_privileges(database: &TestDatabase) {
    database.store().migrate().await.unwrap();
    user(
        database,
        "IDENTIFIED BY 'secret'",
        "SELECT, INSERT, UPDATE, DELETE",
    )
    .await;
    let store = store_as_user(database, "secret", "");
    assert_eq!(store.status().await.unwrap(), SchemaStatus::Current);
    store.ping().await.unwrap();
    commit(&store, vec![text("U1", "e1", "milk")]).await;
    let due = take_due(&store, MUCH_LATER).await;
    replied(&store, due.into_iter().map(|reply| reply.key).collect()).await;
    let records = everything(&store).await;
    assert_eq!(store.import(&records).await.unwrap(), [false]);
    let before = PruneBefore {
        events: MUCH_LATER,
        closed_tasks: MUCH_LATER,
        left_conversations: MUCH_LATER,
        owed_replies: MUCH_LATER,
    };
    assert!(store.prune(before, 100).await.unwrap().any());
}

async fn whoever_may_not_change_the_schema_is_told_so(database: &TestDatabase) {
    user(
        database,
        "IDENTIFIED BY 'secret'",
        "SELECT, INSERT, UPDATE, DELETE",
    )
    .await;
    let refused = store_as_user(database, "secret", "")
        .migrate()
        .await
        .unwrap_err();
    assert!(matches!(refused, StoreError::Forbidden(_)), "{refused:?}");
    assert!(
        refused.to_string().contains("CREATE command denied"),
        "{refused}"
    );
}

async fn a_wrong_password_is_unavailable_and_not_repeated(database: &TestDatabase) {
    user(database, "IDENTIFIED BY 'secret'", "SELECT").await;
    let refused = store_as_user(database, "hunter2", "")
        .ping()
        .await
        .unwrap_err();
    assert!(matches!(refused, StoreError::Unavailable(_)), "{refused:?}");
    assert!(!format!("{refused:?} {refused}").contains("hunter2"));
}

async fn a_server_that_takes_no_connection_is_unavailable_and_says_why(database: &TestDatabase) {
    user(
        database,
        "IDENTIFIED BY 'secret' ACCOUNT LOCK",
        "SELECT, INSERT, UPDATE, DELETE",
    )
    .await;
    let store = store_as_user(database, "secret", "");
    for refused in [
        store.ping().await.unwrap_err(),
        store.status().await.unwrap_err(),
        store
            .commit(&batch(vec![text("U1", "e1", "milk")]))
            .await
            .unwrap_err(),
    ] {
        assert!(matches!(refused, StoreError::Unavailable(_)), "{refused:?}");
        assert!(refused.to_string().contains("locked"), "{refused}");
    }
}

#[tokio::test]
#[ignore = "needs a MySQL server: cargo xtask test"]
async fn a_password_the_server_has_forgotten_is_checked_anew() {
    let database = mysql().await;
    database.store().migrate().await.unwrap();
    let how = "IDENTIFIED WITH caching_sha2_password BY 'secret'";
    user(&database, how, "SELECT, INSERT, UPDATE, DELETE").await;
    let mut connection = database.connection().await;
    // Empties the cache of passwords that were checked: the next login has to send it, encrypted.
    connection.execute("FLUSH PRIVILEGES").await.unwrap();
    let store = store_as_user(&database, "secret", "?ssl-mode=REQUIRED");
    commit(&store, vec![text("U1", "e1", "milk")]).await;
}

#[tokio::test]
#[ignore = "needs a MySQL server: cargo xtask test"]
async fn a_server_that_demands_encryption_gets_it() {
    let database = mysql().await;
    database.store().migrate().await.unwrap();
    let how = "IDENTIFIED BY 'secret' REQUIRE SSL";
    user(&database, how, "SELECT, INSERT, UPDATE, DELETE").await;
    let plain = store_as_user(&database, "secret", "?ssl-mode=DISABLED");
    let refused = plain.ping().await;
    assert!(
        matches!(refused, Err(StoreError::Unavailable(_))),
        "{refused:?}"
    );
    for parameters in ["", "?ssl-mode=REQUIRED"] {
        store_as_user(&database, "secret", parameters)
            .ping()
            .await
            .unwrap();
    }
}

#[tokio::test]
#[ignore = "needs a MySQL server: cargo xtask test"]
async fn a_server_nobody_vouches_for_is_refused_when_asked_to_verify() {
    let database = mysql().await;
    database.store().migrate().await.unwrap();
    user(&database, "IDENTIFIED BY 'secret'", "SELECT").await;
    let store = store_as_user(&database, "secret", "?ssl-mode=VERIFY_CA");
    let refused = store.ping().await;
    assert!(
        matches!(refused, Err(StoreError::Unavailable(_))),
        "{refused:?}"
    );
}
