//! kill -9 under load: nothing lost, nothing doubled, nobody unanswered.

use crate::traffic::survives;
use e2e::{Database, Linebot, Proxy, Stage};

#[tokio::test(flavor = "multi_thread")]
async fn on_sqlite_a_process_killed_again_and_again_loses_and_doubles_nothing() -> anyhow::Result<()>
{
    let stage = Stage::new(Database::sqlite()?).await?;
    let (bot, address) = stage.serve().await?;
    let mut running = Some(bot);
    survives(&stage, async || {
        if let Some(bot) = running.take() {
            bot.kill().await?;
        }
        running = Some(stage.replica(Some(address)).await?.0);
        Ok(())
    })
    .await
    .map(drop)
}

#[tokio::test(flavor = "multi_thread")]
async fn two_replicas_killed_in_turn_lose_and_double_nothing() -> anyhow::Result<()> {
    for database in Database::all()
        .await?
        .into_iter()
        .filter(|database| database.name != "SQLite")
    {
        let name = database.name;
        let stage = Stage::new(database).await?;
        let (first, first_address) = stage.replica(None).await?;
        let (second, second_address) = stage.replica(None).await?;
        let proxy = Proxy::start(vec![first_address, second_address]).await?;
        stage
            .simulator
            .set_webhook_url(format!("http://{}/callback", proxy.address()));
        let mut replicas: Vec<Option<(Linebot, std::net::SocketAddr)>> =
            vec![Some((first, first_address)), Some((second, second_address))];
        let mut turn = 0;
        survives(&stage, async || {
            let replica = &mut replicas[turn % 2];
            turn += 1;
            if let Some((bot, address)) = replica.take() {
                bot.kill().await?;
                *replica = Some(stage.replica(Some(address)).await?);
            }
            Ok(())
        })
        .await
        .map_err(|error| error.context(format!("on {name}")))?;
    }
    Ok(())
}
