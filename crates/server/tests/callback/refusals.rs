//! 200 means that every event is stored. Anything else says honestly what happened, so that LINE sends it again.

use crate::support::{Answer, Commits, Stage};
use simulator::{Endpoint, Fault};
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

/// How long a webhook may take in all: LINE waits for two seconds.
const ANSWER_WITHIN: Duration = Duration::from_millis(1_500);

fn assert_refused(answer: &Answer, status: u16, reason: &str) {
    assert_eq!(answer.status, status, "{answer:?}");
    assert!(answer.text.contains(reason), "{answer:?}");
}

#[tokio::test]
async fn what_is_stored_is_answered_200() {
    let stage = Stage::new().await;
    let answer = stage.sends(3).await;
    assert_eq!((answer.status.as_u16(), &*answer.text), (200, ""));
}

#[tokio::test]
async fn an_event_the_database_refuses_is_answered_500() {
    let stage = Stage::new().await;
    *stage.store.commits.lock().unwrap() = Commits::Refuse;
    let answer = stage.sends(1).await;
    assert_refused(&answer, 500, "could not be stored");
}

#[tokio::test]
async fn without_a_database_the_answer_is_503() {
    let stage = Stage::new().await;
    *stage.store.commits.lock().unwrap() = Commits::FindNoDatabase;
    let answer = stage.sends(1).await;
    assert_refused(&answer, 503, "database is not available");
}

#[tokio::test]
async fn past_the_queue_the_answer_is_503() {
    let stage = Stage::with(1, Duration::from_secs(20)).await;
    let answer = stage.sends(5).await;
    assert_refused(&answer, 503, "too many events");
}

#[tokio::test]
async fn a_database_that_hangs_is_answered_503_within_the_time_of_a_webhook() {
    let stage = Stage::new().await;
    *stage.store.commits.lock().unwrap() = Commits::Hang;
    let asked = Instant::now();
    // By a clock that jumps ahead when there is nothing else to do.
    tokio::time::pause();
    let answer = stage.sends(1).await;
    assert_refused(&answer, 503, "not stored in time");
    let (came, deadline) = stage.store.deadlines.lock().unwrap()[0];
    // The time runs from the request's head, which came in between.
    let within = asked + ANSWER_WITHIN..=came + ANSWER_WITHIN;
    assert!(within.contains(&deadline));
}

#[tokio::test]
async fn while_too_many_replies_wait_for_line_the_answer_is_503() {
    let stage = Stage::new().await;
    let hang = Fault::Hang;
    stage.simulator.plan_fault(Endpoint::Reply, 1_000_000, hang);
    stage.store.never_done.store(true, Ordering::Relaxed);
    let mut answer = stage.sends(1).await;
    assert_eq!(answer.status, 200);
    tokio::time::pause();
    for _ in 0..1_000 {
        tokio::time::advance(Duration::from_millis(20)).await;
        answer = stage.sends(1).await;
        if answer.text.contains("replies") {
            break;
        }
    }
    assert_refused(&answer, 503, "too many replies wait");
}

#[test]
fn a_bot_that_has_ended_answers_503() {
    let runtime = || {
        tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
    };
    let its_own = runtime().unwrap();
    let stage = its_own.block_on(Stage::new());
    let body = stage.messages(1);
    let signature = stage.simulator.sign(&body);
    // Ends whatever the bot runs.
    drop(its_own);
    let answer = runtime()
        .unwrap()
        .block_on(stage.posts(body, Some(&signature)));
    assert_refused(&answer, 503, "stopping");
}
