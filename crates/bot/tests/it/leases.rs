//! One process at a time sends a stored reply, and the next one takes over in time.

use crate::metrics::value;
use crate::replies::{alex, says, takes};
use crate::support::{OPEN, Stage, until};
use bot::Clock;
use metrics_exporter_prometheus::PrometheusBuilder;
use simulator::{Endpoint, Fault};
use std::time::Duration;
use storage::{Inbound, Store};
use todo::Timestamp;

/// For how long a process alone may send a reply.
const LEASE: Duration = Duration::from_secs(6);

#[tokio::test]
async fn a_reply_that_was_given_up_for_now_is_sent_by_the_same_process_later() {
    let recorder = PrometheusBuilder::new().build_recorder();
    let _guard = metrics::set_default_local_recorder(&recorder);
    let stage = Stage::new(16, OPEN).await;
    let mut chat = alex(&stage);
    let fault = Fault::Status(500);
    stage.simulator.plan_fault(Endpoint::Reply, 4, fault);
    takes(&stage, &chat, "milk").await;
    let left = "linebot_replies_left_for_later_total";
    until(|| value(&recorder, left).as_deref() == Some("1")).await;
    stage.clock.advance(LEASE);
    let reply = chat.next_reply().await.unwrap();
    assert!(reply[0].text().unwrap().contains("milk"), "{reply:?}");
    assert_eq!(stage.simulator.call_count(Endpoint::Reply), 5);
    stage.bot.stop(Duration::from_secs(20)).await;
    assert_eq!(stage.store.owed_replies().await.unwrap(), 0);
}

#[tokio::test]
async fn a_reply_whose_token_ran_out_is_sent_when_line_delivers_its_event_again() {
    let recorder = PrometheusBuilder::new().build_recorder();
    let _guard = metrics::set_default_local_recorder(&recorder);
    let stage = Stage::new(16, OPEN).await;
    let mut chat = alex(&stage);
    let event = says(&stage, &chat, "milk");
    let refused = Fault::Status(400);
    stage.simulator.plan_fault(Endpoint::Reply, 1, refused);
    stage.left_behind(event.clone()).await;
    stage.clock.advance(Duration::from_secs(61));
    let undeliverable = "linebot_replies_undeliverable_total";
    until(|| value(&recorder, undeliverable).as_deref() == Some("1")).await;

    let received_at = stage.clock.now();
    let lease = i64::try_from(LEASE.as_millis()).unwrap();
    let again = Inbound {
        received_at,
        due_at: Timestamp(received_at.0 + lease),
        ..event
    };
    stage.takes(again).await;
    let reply = chat.next_reply().await.unwrap();
    assert!(reply[0].text().unwrap().contains("milk"), "{reply:?}");
    stage.bot.stop(Duration::from_secs(20)).await;
    assert_eq!(stage.simulator.call_count(Endpoint::Reply), 2);
    assert_eq!(stage.store.owed_replies().await.unwrap(), 0);
}

#[tokio::test]
async fn the_time_a_commit_took_is_missing_for_the_attempts_to_send() {
    let stage = Stage::new(16, 0).await;
    let chat = alex(&stage);
    let fault = Fault::Status(500);
    stage.simulator.plan_fault(Endpoint::Reply, 100, fault);
    let event = says(&stage, &chat, "milk");
    let committed = async {
        stage.clock.advance(Duration::from_millis(3_500));
        stage.store.gate.add_permits(OPEN);
    };
    tokio::join!(stage.takes(event), committed);
    let Stage { bot, simulator, .. } = stage;
    // Returns after the last attempt.
    bot.stop(Duration::from_secs(20)).await;
    // With all of the lease there are four.
    let calls = simulator.call_count(Endpoint::Reply);
    assert!((1..=3).contains(&calls), "{calls}");
}

#[tokio::test]
async fn a_reply_whose_lease_is_used_up_before_it_is_stored_is_left_to_the_next_process() {
    let stage = Stage::new(16, 0).await;
    let chat = alex(&stage);
    stage
        .simulator
        .plan_fault(Endpoint::Reply, 100, Fault::Hang);
    let event = says(&stage, &chat, "milk");
    let committed = async {
        stage.clock.advance(LEASE);
        stage.store.gate.add_permits(OPEN);
    };
    tokio::join!(stage.takes(event), committed);
    stage.bot.stop(Duration::from_secs(20)).await;
    // Another process may have it by now.
    assert_eq!(stage.simulator.call_count(Endpoint::Reply), 0);
    assert_eq!(stage.store.owed_replies().await.unwrap(), 1);
}

#[tokio::test]
async fn a_reply_is_due_for_others_one_lease_after_its_event_was_received() {
    let stage = Stage::new(16, OPEN).await;
    let event = says(&stage, &alex(&stage), "milk");
    assert_eq!(event.received_at, stage.clock.now());
    assert_eq!(event.due_at.0 - event.received_at.0, 6_000);
}

#[tokio::test]
async fn replies_are_taken_up_for_one_lease() {
    let stage = Stage::new(16, OPEN).await;
    let mut taken = stage.store.taken.subscribe();
    let taken = taken.wait_for(|taken| !taken.is_empty()).await.unwrap()[0];
    let (now, due_again_at) = taken;
    assert_eq!(now, stage.clock.now());
    assert_eq!(due_again_at.0 - now.0, 6_000);
}

#[tokio::test]
async fn a_new_process_sends_at_once_what_a_dead_one_left() {
    let stage = Stage::new(16, OPEN).await;
    let mut chat = alex(&stage);
    // The first bot of the stage has looked already.
    let mut taken = stage.store.taken.subscribe();
    taken.wait_for(|taken| !taken.is_empty()).await.unwrap();
    stage.left_behind(says(&stage, &chat, "milk")).await;
    let new = stage.another_bot();
    let reply = chat.next_reply().await.unwrap();
    assert!(reply[0].text().unwrap().contains("milk"), "{reply:?}");
    new.stop(Duration::from_secs(20)).await;
}
