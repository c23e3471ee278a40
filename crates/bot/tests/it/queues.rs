//! The list a person sees last is the newest.

use crate::language::soon;
use crate::replies::{alex, says, takes, takes_back};
use crate::support::{OPEN, Stage, pass};
use simulator::{Chat, Endpoint, Fault};
use std::time::Duration;

/// The last lines of the replies in the chat, each its newest task.
fn newest(chat: &Chat) -> Vec<String> {
    let messages = chat.bot_messages();
    let last_line = |text: &str| text.lines().last().unwrap_or_default().to_owned();
    messages
        .iter()
        .map(|message| last_line(message.text().unwrap()))
        .collect()
}

fn shows(chat: &Chat, titles: &[String]) {
    let newest = newest(chat);
    assert_eq!(newest.len(), titles.len());
    for (line, title) in newest.iter().zip(titles) {
        assert!(line.ends_with(title), "{newest:?}");
    }
}

// As the bot runs: there, the task that was begun last is the first to go on.
#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn what_is_said_in_one_webhook_is_answered_in_its_order() {
    let stage = Stage::new(64, OPEN).await;
    let chat = alex(&stage);
    let titles: Vec<String> = (0..20).map(|number| format!("task {number}")).collect();
    let events = titles.iter().map(|title| says(&stage, &chat, title));
    let intake = stage.bot.intake();
    intake.submit(events.collect(), soon()).await.unwrap();
    drop(intake);
    stage.bot.stop(Duration::from_secs(20)).await;
    shows(&chat, &titles);
}

#[tokio::test]
async fn a_reply_that_line_takes_at_the_second_attempt_is_not_overtaken() {
    let stage = Stage::new(64, OPEN).await;
    let chat = alex(&stage);
    stage
        .simulator
        .plan_fault(Endpoint::Reply, 1, Fault::Status(500));
    let titles = ["milk".to_owned(), "eggs".to_owned()];
    for title in &titles {
        takes(&stage, &chat, title).await;
    }
    stage.bot.stop(Duration::from_secs(20)).await;
    shows(&chat, &titles);
}

#[tokio::test]
async fn a_reply_that_waits_for_another_shows_nothing_taken_back_meanwhile() {
    let stage = Stage::new(64, OPEN).await;
    let chat = alex(&stage);
    let (secret, milk) = (says(&stage, &chat, "secret"), says(&stage, &chat, "milk"));
    let taken_back = takes_back(&secret);
    let delay = Duration::from_millis(50);
    stage
        .simulator
        .plan_fault(Endpoint::Reply, 1, Fault::AcceptThenDelay(delay));
    // The clock stands still, and does not jump ahead while there is something to do.
    tokio::time::pause();
    let busy = tokio::spawn(async {
        loop {
            tokio::task::yield_now().await;
        }
    });
    for event in [secret, milk, taken_back] {
        stage.takes(event).await;
    }
    tokio::time::advance(delay).await;
    tokio::time::resume();
    busy.abort();
    stage.bot.stop(Duration::from_secs(20)).await;
    let messages = chat.bot_messages();
    assert_eq!(messages.len(), 2);
    assert!(!messages[1].text().unwrap().contains("secret"));
}

#[tokio::test]
async fn a_reply_that_hangs_is_overtaken_after_a_second() {
    let stage = Stage::new(64, OPEN).await;
    let mut chat = alex(&stage);
    stage.simulator.plan_fault(Endpoint::Reply, 1, Fault::Hang);
    takes(&stage, &chat, "milk").await;
    let hangs = stage.simulator.wait_for_calls(Endpoint::Reply, 1);
    hangs.await.unwrap();
    takes(&stage, &chat, "eggs").await;
    pass(Duration::from_secs(1)).await;
    let reply = chat.next_reply().await.unwrap();
    assert!(reply[0].text().unwrap().ends_with("eggs"));
}
