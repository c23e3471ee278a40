//! What is old is deleted, in small steps, as long as the bot runs.

use crate::support::{OPEN, RETENTION, Stage};
use bot::Clock;
use std::time::Duration;
use storage::{PruneBefore, Pruned, StoreError};
use todo::Timestamp;
use tokio::time::Instant;

const A_STEP: Duration = Duration::from_millis(100);
const AN_HOUR: Duration = Duration::from_hours(1);

const A_FULL_STEP: Pruned = Pruned {
    events: 500,
    closed_tasks: 0,
    conversations: 0,
    owed_replies: 0,
    more: true,
};

/// A running bot whose first attempts to delete what is old end like this, and a clock that jumps ahead when there is
/// nothing to do.
async fn stage(attempts: impl IntoIterator<Item = Result<Pruned, StoreError>>) -> Stage {
    let stage = Stage::new(16, OPEN).await;
    stage.store.pruning.lock().unwrap().extend(attempts);
    tokio::time::pause();
    stage
}

/// How long it takes until there were so many attempts.
async fn time_to(stage: &Stage, attempts: usize) -> Duration {
    let started = Instant::now();
    let mut pruned = stage.store.pruned.subscribe();
    let there = pruned.wait_for(|pruned| pruned.len() >= attempts);
    // The bot's other parts wake up every second, so that a day always goes by.
    let there = tokio::time::timeout(24 * AN_HOUR, there).await;
    assert!(there.is_ok(), "{attempts} attempts were never made");
    started.elapsed()
}

fn ago(now: Timestamp, age: Duration) -> Timestamp {
    Timestamp(now.0 - i64::try_from(age.as_millis()).unwrap())
}

#[tokio::test]
async fn a_bot_that_starts_deletes_each_kind_after_its_own_time() {
    let stage = stage([]).await;
    time_to(&stage, 1).await;
    let now = stage.clock.now();
    let expected = PruneBefore {
        events: ago(now, RETENTION.events),
        closed_tasks: ago(now, RETENTION.closed_tasks),
        left_conversations: ago(now, RETENTION.left_conversations),
        // LINE takes no reply later.
        owed_replies: ago(now, Duration::from_mins(20)),
    };
    assert_eq!(*stage.store.pruned.borrow(), [expected]);
}

#[tokio::test]
async fn what_gets_old_later_is_deleted_later() {
    let stage = stage([]).await;
    time_to(&stage, 1).await;
    stage.clock.advance(AN_HOUR);
    assert!(time_to(&stage, 2).await < 2 * AN_HOUR);
    let pruned = stage.store.pruned.borrow().clone();
    assert_eq!(pruned[0].events, ago(pruned[1].events, AN_HOUR));
}

#[tokio::test]
async fn while_there_is_more_to_delete_the_next_step_follows_soon_and_then_nobody_looks_for_a_while()
 {
    let stage = stage([Ok(A_FULL_STEP), Ok(A_FULL_STEP)]).await;
    time_to(&stage, 1).await;
    assert!(time_to(&stage, 3).await < 2 * A_STEP);
    assert!(time_to(&stage, 4).await > AN_HOUR / 2);
}

#[tokio::test]
async fn a_database_that_fails_is_asked_again_later() {
    let failed = || Err(StoreError::Unavailable("the test pulled the plug".into()));
    let stage = stage([failed(), failed()]).await;
    time_to(&stage, 1).await;
    let pause = time_to(&stage, 2).await;
    // Not at once: what hurts the database need not be made worse.
    assert!((AN_HOUR / 2..2 * AN_HOUR).contains(&pause), "{pause:?}");
    assert!(time_to(&stage, 3).await < 2 * AN_HOUR);
}

#[tokio::test]
async fn a_stop_does_not_wait_for_the_next_time() {
    let stage = stage([]).await;
    time_to(&stage, 1).await;
    let started = Instant::now();
    stage.bot.stop(AN_HOUR).await;
    assert!(started.elapsed() < Duration::from_secs(1));
}
