//! The whole bot, from the webhook to the reply, on every database there is.

mod conversations;
mod crashes;
mod database_away;
mod hostile;
mod stops;
mod traffic;

/// Runs a test on a fresh database of each kind, one after the other.
async fn on_every_database<T: Future<Output = anyhow::Result<()>>>(
    test: impl Fn(e2e::Database) -> T,
) -> anyhow::Result<()> {
    for database in e2e::Database::all().await? {
        let name = database.name;
        test(database)
            .await
            .map_err(|error| error.context(format!("on {name}")))?;
    }
    Ok(())
}
