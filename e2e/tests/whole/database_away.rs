//! The database goes away under load and comes back: webhooks get 503 meanwhile, and nobody restarts anything.

use crate::get;
use e2e::{Database, Proxy, Stage};
use simulator::{DeliveryState, Person};
use std::net::ToSocketAddrs;

#[tokio::test(flavor = "multi_thread")]
async fn messages_sent_while_the_database_is_away_are_taken_when_it_is_back() -> anyhow::Result<()>
{
    for mut database in Database::all()
        .await?
        .into_iter()
        .filter(|database| database.name != "SQLite")
    {
        // The bot reaches the server through a wire that can be cut.
        let (before, after) = database.url.split_once('@').expect("a user in the URL");
        let (server, name) = after.split_once('/').expect("a database in the URL");
        let server = server.to_socket_addrs()?.next().expect("an address");
        let wire = Proxy::start(vec![server]).await?;
        database.url = format!("{before}@{}/{name}", wire.address());
        let stage = Stage::new(database).await?;
        let (_bot, _) = stage.serve().await?;
        let chat = stage.simulator.user(&Person::alex().id)?;
        chat.asks("before").await?;

        wire.cut();
        let during = chat.says("during").await?;
        assert_eq!(
            during.first_outcome().await?.status(),
            Some(503),
            "{}",
            stage.database.name
        );
        wire.set_targets(vec![server]);

        assert_eq!(during.settled().await?.state, DeliveryState::Delivered);
        let reply = during.reply().await?;
        assert!(
            reply[0].text().is_some_and(|text| text.contains("during")),
            "{reply:?}"
        );
        let lists = stage.lists().await?;
        assert_eq!(
            lists[chat.id().as_str()],
            ["before", "during"],
            "{}",
            stage.database.name
        );
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_can_only_be_read_is_told_of_until_events_are_stored_again()
-> anyhow::Result<()> {
    let stage = Stage::new(Database::sqlite()?).await?;
    let (_bot, address) = stage.serve().await?;
    let chat = stage.simulator.user(&Person::alex().id)?;
    chat.asks("before").await?;
    let file = stage.database.url.strip_prefix("sqlite://");
    let other = rusqlite::Connection::open(file.expect("a file"))?;
    other.execute_batch("BEGIN IMMEDIATE")?;
    let during = chat.says("during").await?;
    assert_eq!(during.first_outcome().await?.status(), Some(503));
    let told = get(address, "/readyz?verbose").await?;
    assert!(told.starts_with("HTTP/1.1 200"), "{told}");
    assert!(told.contains("could not be stored: "), "{told}");
    other.execute_batch("ROLLBACK")?;
    assert_eq!(during.settled().await?.state, DeliveryState::Delivered);
    let told = get(address, "/readyz?verbose").await?;
    assert!(told.contains("database: ok"), "{told}");
    Ok(())
}
