//! Every applied message gets its reply, once, whatever fails on the way.

use crate::support::{OPEN, Stage, pass, soon};
use bot::Clock;
use bot::understand::{Understood, understand};
use simulator::{Action, Chat, Endpoint, Fault, Person};
use std::sync::atomic::Ordering;
use std::time::Duration;
use storage::{EventKey, Inbound, LanguageHint, Store};
use todo::{Input, Language};

/// A message Alex sends, with a reply token the simulator knows, understood as the server does.
pub(crate) fn says(stage: &Stage, chat: &Chat, text: &str) -> Inbound {
    let event = chat
        .compose(Action::Text {
            text: text.to_owned(),
            mentions: Vec::new(),
        })
        .unwrap();
    let body = stage.simulator.webhook_body(&[event]);
    let webhook = line::webhook::parse(&body).unwrap();
    let event = webhook.events().next().unwrap();
    match understand(&event, stage.clock.now()) {
        Understood::Apply(inbound) => Inbound {
            language: LanguageHint::Known(Language::English),
            ..inbound
        },
        Understood::Ignore(why) => panic!("ignored: {why:?}"),
    }
}

/// The bot stores a message of Alex.
pub(crate) async fn takes(stage: &Stage, chat: &Chat, text: &str) {
    stage.takes(says(stage, chat, text)).await;
}

/// Alex takes a message back.
pub(crate) fn takes_back(said: &Inbound) -> Inbound {
    let Input::Text { message_id, .. } = said.input.clone() else {
        panic!("{said:?}");
    };
    Inbound {
        key: EventKey {
            event_id: "unsend".into(),
            ..said.key.clone()
        },
        input: Input::Unsent { message_id },
        reply_token: None,
        ..said.clone()
    }
}

pub(crate) fn alex(stage: &Stage) -> Chat {
    stage.simulator.user(&Person::alex().id).unwrap()
}

#[tokio::test]
async fn a_message_is_replied_to_and_the_reply_is_owed_no_longer() {
    let stage = Stage::new(16, OPEN).await;
    let mut chat = alex(&stage);
    takes(&stage, &chat, "milk").await;
    let reply = chat.next_reply().await.unwrap();
    assert!(reply[0].text().unwrap().contains("milk"), "{reply:?}");
    stage.bot.stop(Duration::from_secs(20)).await;
    assert_eq!(stage.store.owed_replies().await.unwrap(), 0);
}

#[tokio::test]
async fn a_reply_that_line_cannot_take_at_first_is_sent_again() {
    let stage = Stage::new(16, OPEN).await;
    let mut chat = alex(&stage);
    stage
        .simulator
        .plan_fault(Endpoint::Reply, 2, Fault::Status(500));
    takes(&stage, &chat, "milk").await;
    assert!(
        chat.next_reply().await.unwrap()[0]
            .text()
            .unwrap()
            .contains("milk")
    );
    assert_eq!(stage.simulator.call_count(Endpoint::Reply), 3);
}

#[tokio::test]
async fn a_reply_to_a_message_taken_back_meanwhile_is_sent_no_more() {
    let stage = Stage::new(16, OPEN).await;
    let chat = alex(&stage);
    stage
        .simulator
        .plan_fault(Endpoint::Reply, 100, Fault::Status(500));
    let said = says(&stage, &chat, "milk");
    let taken_back = takes_back(&said);
    stage.takes(said).await;
    let calls = stage.simulator.wait_for_calls(Endpoint::Reply, 1);
    calls.await.unwrap();
    stage.takes(taken_back).await;
    stage.simulator.clear_faults();
    stage.bot.stop(Duration::from_secs(20)).await;
    assert_eq!(chat.bot_messages().len(), 0);
}

#[tokio::test]
async fn a_reply_that_waits_for_line_no_longer_shows_what_was_taken_back_meanwhile() {
    let stage = Stage::new(16, OPEN).await;
    let mut chat = alex(&stage);
    stage
        .simulator
        .plan_fault(Endpoint::Reply, 100, Fault::Status(500));
    let secret = says(&stage, &chat, "secret");
    let taken_back = takes_back(&secret);
    stage.takes(secret).await;
    takes(&stage, &chat, "milk").await;
    let calls = stage.simulator.wait_for_calls(Endpoint::Reply, 2);
    calls.await.unwrap();
    stage.takes(taken_back).await;
    stage.simulator.clear_faults();
    // Whichever is left by then is taken up again.
    stage.clock.advance(Duration::from_secs(7));
    let reply = chat.next_reply().await.unwrap();
    let shown = reply[0].text().unwrap();
    assert!(
        shown.contains("milk") && !shown.contains("secret"),
        "{shown}"
    );
    stage.bot.stop(Duration::from_secs(20)).await;
    assert_eq!(chat.bot_messages().len(), 1);
}

#[tokio::test]
async fn a_reply_whose_acceptance_got_lost_reaches_the_person_once_and_is_owed_no_longer() {
    let stage = Stage::new(16, OPEN).await;
    let chat = alex(&stage);
    stage
        .simulator
        .plan_fault(Endpoint::Reply, 1, Fault::AcceptThenDrop);
    takes(&stage, &chat, "milk").await;
    stage.bot.stop(Duration::from_secs(20)).await;
    assert_eq!(chat.bot_messages().len(), 1);
    assert_eq!(stage.store.owed_replies().await.unwrap(), 0);
}

#[tokio::test]
async fn a_reply_that_line_refuses_for_good_is_given_up() {
    let stage = Stage::new(16, OPEN).await;
    let chat = alex(&stage);
    stage
        .simulator
        .plan_fault(Endpoint::Reply, 1, Fault::Status(400));
    takes(&stage, &chat, "milk").await;
    stage.bot.stop(Duration::from_secs(20)).await;
    assert_eq!(stage.simulator.call_count(Endpoint::Reply), 1);
    assert_eq!(stage.store.owed_replies().await.unwrap(), 0);
}

#[tokio::test]
async fn a_reply_that_line_does_not_take_within_the_life_of_its_token_is_given_up() {
    let stage = Stage::new(16, OPEN).await;
    let chat = alex(&stage);
    stage
        .simulator
        .plan_fault(Endpoint::Reply, 1_000, Fault::Status(500));
    takes(&stage, &chat, "milk").await;
    for _ in 0..2 {
        // So long that a lease and all attempts in it are over.
        for _ in 0..60 {
            pass(Duration::from_millis(100)).await;
        }
        assert_eq!(stage.store.owed_replies().await.unwrap(), 1);
        stage.clock.advance(Duration::from_secs(31));
    }
    while stage.store.owed_replies().await.unwrap() > 0 {
        pass(Duration::from_millis(100)).await;
    }
}

#[tokio::test]
async fn a_reply_that_a_dead_process_left_is_sent_when_its_lease_has_run_out() {
    let stage = Stage::new(16, OPEN).await;
    let mut chat = alex(&stage);
    let left_behind = says(&stage, &chat, "milk");
    let due_at = left_behind.due_at;
    stage.left_behind(left_behind).await;
    stage.clock.advance(Duration::from_millis(
        u64::try_from(due_at.0 - stage.clock.now().0).unwrap(),
    ));
    assert!(
        chat.next_reply().await.unwrap()[0]
            .text()
            .unwrap()
            .contains("milk")
    );
}

#[tokio::test]
async fn replies_are_marked_after_an_outage_and_not_sent_again() {
    let stage = Stage::new(16, OPEN).await;
    let mut chat = alex(&stage);
    takes(&stage, &chat, "milk").await;
    // The transactions that would note the reply fail.
    stage.store.outages.store(3, Ordering::Relaxed);
    chat.next_reply().await.unwrap();
    let eggs = says(&stage, &chat, "eggs");
    while stage.store.outages.load(Ordering::Relaxed) > 0 {
        let again = stage.bot.intake().submit(vec![eggs.clone()], soon()).await;
        assert!(again.is_ok() || again == Err(bot::Refusal::DatabaseUnavailable));
    }
    stage.takes(eggs).await;
    stage.bot.stop(Duration::from_secs(20)).await;
    assert_eq!(stage.simulator.call_count(Endpoint::Reply), 2);
    assert_eq!(stage.store.owed_replies().await.unwrap(), 0);
}

#[tokio::test]
async fn a_stop_does_not_wait_for_ever_for_a_database_that_hangs() {
    let stage = Stage::new(16, OPEN).await;
    stage.store.never_closes.store(true, Ordering::Relaxed);
    tokio::time::pause();
    // By a clock that jumps ahead when there is nothing else to do.
    let stopped = tokio::time::timeout(
        Duration::from_mins(1),
        stage.bot.stop(Duration::from_secs(20)),
    );
    assert_eq!(stopped.await, Ok(()));
}

#[tokio::test]
async fn a_stop_does_not_wait_for_a_database_that_does_not_say_what_is_due() {
    let stage = Stage::new(16, OPEN).await;
    stage.store.hides_due_replies.store(true, Ordering::Relaxed);
    pass(Duration::from_secs(2)).await;
    let patience = Duration::from_mins(10);
    let stopped = tokio::time::timeout(Duration::from_secs(20), stage.bot.stop(patience));
    assert_eq!(stopped.await, Ok(()));
}

#[tokio::test]
async fn a_stop_sends_what_is_owed_before_it_ends() {
    let stage = Stage::new(64, OPEN).await;
    let chat = alex(&stage);
    let intake = stage.bot.intake();
    for number in 0..30 {
        intake
            .submit(vec![says(&stage, &chat, &format!("task {number}"))], soon())
            .await
            .unwrap();
    }
    drop(intake);
    stage.bot.stop(Duration::from_secs(20)).await;
    assert_eq!(chat.bot_messages().len(), 30);
    assert_eq!(stage.store.owed_replies().await.unwrap(), 0);
}
