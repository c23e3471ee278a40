//! LINE takes replies more slowly than messages come.

use crate::language::strangers;
use crate::replies::{alex, says, takes, takes_back};
use crate::support::{OPEN, Stage, pass};
use bot::Refusal;
use simulator::{Chat, Endpoint, Fault};
use std::time::Duration;
use storage::Store;
use tokio::time::Instant;

/// How many replies may be on the wire at once.
const AT_ONCE: u64 = PEOPLE as u64;
const PEOPLE: usize = 192;

/// LINE does with so many replies, each to somebody else, as the fault says, and has them all now.
async fn keeps_line_busy(stage: &Stage, fault: Fault) {
    stage.simulator.plan_fault(Endpoint::Reply, AT_ONCE, fault);
    for person in strangers::<PEOPLE>(stage) {
        takes(stage, &person, "list").await;
    }
    let calls = stage.simulator.wait_for_calls(Endpoint::Reply, AT_ONCE);
    calls.await.unwrap();
}

pub(crate) async fn submits(stage: &Stage, chat: &Chat) -> Result<(), Refusal> {
    // The runtime's clock is ahead of the machine's.
    let deadline = Instant::now() + Duration::from_secs(20);
    let event = says(stage, chat, "list");
    let intake = stage.bot.intake();
    intake.submit(vec![event], deadline.into_std()).await
}

pub(crate) async fn time_goes_by(stage: &Stage) {
    let time = Duration::from_millis(20);
    stage.clock.advance(time);
    pass(time).await;
}

#[tokio::test]
async fn a_reply_that_waited_for_its_turn_is_left_for_later_rather_than_cut_short() {
    let stage = Stage::new(16, OPEN).await;
    let chat = alex(&stage);
    let slow = Fault::AcceptThenDelay(Duration::from_secs(3));
    keeps_line_busy(&stage, slow).await;
    takes(&stage, &chat, "milk").await;
    pass(Duration::from_secs(1)).await;
    pass(Duration::from_secs(2)).await;
    stage.bot.stop(Duration::from_secs(20)).await;
    assert_eq!(stage.simulator.call_count(Endpoint::Reply), AT_ONCE);
    assert_eq!(stage.store.owed_replies().await.unwrap(), 1);
}

#[tokio::test]
async fn a_reply_whose_token_ran_out_takes_nobodys_turn() {
    let stage = Stage::new(16, OPEN).await;
    let chat = alex(&stage);
    let old = says(&stage, &chat, "milk");
    keeps_line_busy(&stage, Fault::Hang).await;
    stage.clock.advance(Duration::from_secs(61));
    stage.left_behind(old).await;
    while stage.store.owed_replies().await.unwrap() > AT_ONCE {
        pass(Duration::from_millis(100)).await;
    }
    assert_eq!(stage.simulator.call_count(Endpoint::Reply), AT_ONCE);
}

#[tokio::test]
async fn a_reply_that_waits_for_its_turn_shows_nothing_taken_back_meanwhile() {
    let stage = Stage::new(256, OPEN).await;
    let mut chat = alex(&stage);
    let started = Instant::now();
    let delay = Duration::from_millis(3_500);
    keeps_line_busy(&stage, Fault::AcceptThenDelay(delay)).await;
    // No reply waits for longer than a second.
    let nearly_over = Duration::from_secs(3);
    pass(nearly_over.saturating_sub(started.elapsed())).await;
    let secret = says(&stage, &chat, "secret");
    let taken_back = takes_back(&secret);
    stage.takes(secret).await;
    takes(&stage, &chat, "milk").await;
    stage.takes(taken_back).await;
    pass(Duration::from_millis(500)).await;
    let reply = chat.next_reply().await.unwrap();
    let shown = reply[0].text().unwrap();
    assert!(shown.contains("milk") && !shown.contains("secret"));
    stage.bot.stop(Duration::from_secs(20)).await;
    assert_eq!(chat.bot_messages().len(), 1);
}

#[tokio::test]
async fn messages_are_refused_while_too_many_replies_wait_and_all_that_were_taken_are_answered() {
    let stage = Stage::new(16, OPEN).await;
    let chat = alex(&stage);
    stage
        .simulator
        .plan_fault(Endpoint::Reply, 100_000, Fault::Hang);
    let mut taken = 0;
    let refusal = loop {
        match submits(&stage, &chat).await {
            Ok(()) => taken += 1,
            Err(refusal) => break refusal,
        }
        assert!(taken < 2_000, "never refused");
        time_goes_by(&stage).await;
    };
    assert_eq!(refusal, Refusal::Behind);
    // What LINE is not called for is taken all the same: nobody may send it again.
    let said = says(&stage, &chat, "secret");
    stage.takes(takes_back(&said)).await;
    stage.simulator.clear_faults();
    while stage.store.owed_replies().await.unwrap() > 0 {
        time_goes_by(&stage).await;
    }
    assert_eq!(chat.bot_messages().len(), taken);
    assert_eq!(submits(&stage, &chat).await, Ok(()));
}
