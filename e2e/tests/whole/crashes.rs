//! kill -9 under load: nothing lost, nothing doubled, nobody unanswered.

use e2e::{Database, Linebot, Proxy, Stage};
use simulator::{Chat, Person};
use std::collections::BTreeMap;
use std::sync::Arc;
use tokio::sync::watch;
use tokio::task::JoinSet;

/// How many people write at the same time, and how much.
const PEOPLE: usize = 8;
const MESSAGES: usize = 24;

/// A kill for so many messages that were taken.
const MESSAGES_A_KILL: usize = 16;

/// Adds tasks one by one and completes every third, each message after the one before was taken; returns the titles
/// that should be left.
async fn writes(
    chat: Chat,
    taken: Arc<watch::Sender<usize>>,
) -> anyhow::Result<(Chat, Vec<String>)> {
    let mut left = Vec::new();
    let mut deliveries = Vec::new();
    for number in 0..MESSAGES {
        let completes = number % 3 == 2;
        let title = if completes {
            left.pop().unwrap_or_default()
        } else {
            format!("task {number}")
        };
        if !completes {
            left.push(title.clone());
        }
        let delivery = chat.says(&title).await?;
        let report = delivery.settled().await?;
        anyhow::ensure!(
            report.state == simulator::DeliveryState::Delivered,
            "given up: {:?}",
            report.attempts
        );
        taken.send_modify(|taken| *taken += 1);
        deliveries.push(delivery);
    }
    for delivery in deliveries {
        delivery.reply().await?;
    }
    Ok((chat, left))
}

/// Lets everybody write while `kill` is called again and again, and checks the lists at the end.
async fn survives(
    stage: &Stage,
    mut kill: impl AsyncFnMut() -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let (taken, mut progress) = watch::channel(0);
    let taken = Arc::new(taken);
    let mut people = JoinSet::new();
    for number in 0..PEOPLE {
        let chat = stage
            .simulator
            .add_person(Person::new(format!("Person {number}")).with_language("en"))?;
        people.spawn(writes(chat, Arc::clone(&taken)));
    }
    drop(taken);
    let mut next = MESSAGES_A_KILL;
    // Ends when everybody has finished, and the sender with them.
    while progress.wait_for(|taken| *taken >= next).await.is_ok() {
        kill().await?;
        next += MESSAGES_A_KILL;
    }
    let mut expected = BTreeMap::new();
    while let Some(person) = people.join_next().await {
        let (chat, left) = person??;
        anyhow::ensure!(
            chat.bot_messages().len() == MESSAGES,
            "{} replies to {MESSAGES} messages",
            chat.bot_messages().len()
        );
        expected.insert(chat.id().as_str().to_owned(), left);
    }
    assert_eq!(stage.lists().await?, expected);
    Ok(())
}

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
