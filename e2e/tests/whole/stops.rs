//! A stop loses nothing, in the order a rolling update needs.

use crate::traffic::survives;
use crate::{get, on_every_database};
use e2e::{Database, Stage};
use simulator::Person;

#[tokio::test(flavor = "multi_thread")]
async fn stopped_again_and_again_under_load_it_exits_with_0_and_loses_and_doubles_nothing()
-> anyhow::Result<()> {
    on_every_database(async |database| {
        let stage = Stage::new(database).await?;
        let (mut bot, address) = stage.serve().await?;
        let refusals = survives(&stage, async || {
            bot.terminate()?;
            assert_eq!(bot.ended().await?.code(), Some(0));
            bot = stage.replica(Some(address)).await?.0;
            Ok(())
        });
        // What it still reads it takes.
        assert_eq!(refusals.await?, [0; 0]);
        Ok(())
    })
    .await
}

#[tokio::test]
async fn while_it_drains_it_serves_on_and_asks_for_connections_to_be_closed() -> anyhow::Result<()>
{
    let mut stage = Stage::new(Database::sqlite()?).await?;
    stage
        .environment
        .insert("LINEBOT_DRAIN_SECONDS".to_owned(), "600".to_owned());
    let (mut bot, address) = stage.serve().await?;
    assert!(get(address, "/readyz").await?.starts_with("HTTP/1.1 200"));
    bot.terminate()?;
    bot.line("that it is stopping", |line| {
        line.contains("\"stopping\"").then_some(())
    })
    .await?;
    let readiness = get(address, "/readyz").await?;
    assert!(readiness.starts_with("HTTP/1.1 503"), "{readiness}");
    assert!(
        readiness.to_lowercase().contains("connection: close"),
        "{readiness}"
    );
    assert!(get(address, "/healthz").await?.starts_with("HTTP/1.1 200"));
    let reply = stage
        .simulator
        .user(&Person::alex().id)?
        .asks("milk")
        .await?;
    assert!(reply[0].text().is_some_and(|text| text.contains("milk")));
    // A second signal ends the drain.
    bot.terminate()?;
    assert_eq!(bot.ended().await?.code(), Some(143));
    Ok(())
}

#[tokio::test]
async fn without_the_right_tables_serve_says_what_to_run() -> anyhow::Result<()> {
    let stage = Stage::new(Database::sqlite()?).await?;
    let mut environment = stage.environment.clone();
    let empty = Database::sqlite()?;
    std::fs::write(empty.url.trim_start_matches("sqlite://"), b"")?;
    environment.insert("DATABASE_URL".to_owned(), empty.url.clone());
    let mut bot = e2e::Linebot::start(&["serve"], &environment)?;
    assert_eq!(bot.ended().await?.code(), Some(1));
    bot.line("the cure", |line| {
        line.contains("linebot migrate").then_some(())
    })
    .await
}
