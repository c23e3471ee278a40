//! People who write all the while, whatever becomes of the bot.

use e2e::Stage;
use simulator::{Chat, Person};
use std::collections::BTreeMap;
use std::sync::Arc;
use tokio::sync::watch;
use tokio::task::JoinSet;

/// How many people write at the same time, and how much.
const PEOPLE: usize = 8;
const MESSAGES: usize = 24;

/// An end of the bot for so many messages that were taken.
const MESSAGES_AN_END: usize = 16;

/// What somebody wrote, and what came of it.
struct Written {
    chat: Chat,
    /// The titles that should be left.
    left: Vec<String>,
    /// What webhooks were answered that were not taken; a bot that is not there answers nothing.
    refusals: Vec<u16>,
}

/// Adds tasks one by one and completes every third, each message after the one before was taken.
async fn writes(chat: Chat, taken: Arc<watch::Sender<usize>>) -> anyhow::Result<Written> {
    let mut left = Vec::new();
    let mut refusals = Vec::new();
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
        let failed = report
            .attempts
            .iter()
            .filter(|attempt| !attempt.outcome.is_delivered());
        refusals.extend(failed.filter_map(|attempt| attempt.outcome.status()));
        taken.send_modify(|taken| *taken += 1);
        deliveries.push(delivery);
    }
    for delivery in deliveries {
        delivery.reply().await?;
    }
    Ok(Written {
        chat,
        left,
        refusals,
    })
}

/// Lets everybody write while `end` ends the bot and starts it anew, again and again. In the end every message must have its
/// one reply, and the lists must be right. Returns what webhooks were answered that were not taken at first.
pub(crate) async fn survives(
    stage: &Stage,
    mut end: impl AsyncFnMut() -> anyhow::Result<()>,
) -> anyhow::Result<Vec<u16>> {
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
    let mut next = MESSAGES_AN_END;
    // Ends when everybody has finished, and the sender with them.
    while progress.wait_for(|taken| *taken >= next).await.is_ok() {
        end().await?;
        next += MESSAGES_AN_END;
    }
    let mut expected = BTreeMap::new();
    let mut all_refusals = Vec::new();
    while let Some(person) = people.join_next().await {
        let Written {
            chat,
            left,
            refusals,
        } = person??;
        all_refusals.extend(refusals);
        anyhow::ensure!(
            chat.bot_messages().len() == MESSAGES,
            "{} replies to {MESSAGES} messages",
            chat.bot_messages().len()
        );
        expected.insert(chat.id().as_str().to_owned(), left);
    }
    assert_eq!(stage.lists().await?, expected);
    Ok(all_refusals)
}
