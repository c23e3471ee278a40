//! Both servers understand every statement.

use crate::database::TestDatabase;
use sqlx::Executor;
use storage::Schema;

crate::on_both_servers! {
    every_statement_can_be_prepared
}

async fn every_statement_can_be_prepared(database: &TestDatabase) {
    database.store().migrate().await.unwrap();
    let mut connection = database.connection().await;
    for text in storage_mysql::texts() {
        let prepared = connection.prepare(&text).await;
        assert!(prepared.is_ok(), "{text}: {:?}", prepared.err());
    }
}
