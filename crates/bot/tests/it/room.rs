//! Replies on their way take a bounded room in memory, and give it back.

use crate::language::strangers;
use crate::replies::{alex, says};
use crate::support::{OPEN, Stage, pass, says as says_silently};
use crate::turns::{submits, time_goes_by};
use bot::Refusal;
use simulator::{Chat, Endpoint, Fault};
use std::time::Duration;
use storage::{EventKey, Inbound, PruneBefore, Store};
use todo::Timestamp;

/// What all replies in memory together may take, in bytes.
const MOST_BYTES: usize = 8 * 1024 * 1024;

/// A list so long that each reply that shows it is as large as LINE allows.
async fn fills_the_list(stage: &Stage, chat: &Chat) {
    let titles = (0..60).map(|number| format!("{number}{}", "牛".repeat(490)));
    let lines = titles.collect::<Vec<_>>().join("\n");
    let person = chat.id().as_str();
    let id = format!("filling of {person}");
    stage.takes(says_silently(person, &id, &lines)).await;
}

/// Enough people to fill the room there is.
async fn with_long_lists_while_line_hangs() -> (Stage, [Chat; 160]) {
    let stage = Stage::new(16, OPEN).await;
    let people = strangers(&stage);
    for person in &people {
        fills_the_list(&stage, person).await;
    }
    stage
        .simulator
        .plan_fault(Endpoint::Reply, 100_000, Fault::Hang);
    (stage, people)
}

/// Somebody asks for the list. How many bytes the reply has.
async fn asks(stage: &Stage, chat: &Chat) -> usize {
    let event = says(stage, chat, "list");
    let key = event.key.clone();
    stage.takes(event).await;
    owed_bytes(stage, &key).await
}

async fn owed_bytes(stage: &Stage, key: &EventKey) -> usize {
    let messages = stage.store.owed_messages(key).await.unwrap();
    messages.unwrap().len()
}

#[tokio::test]
async fn any_number_of_large_replies_is_sent_one_after_the_other() {
    let stage = Stage::new(16, OPEN).await;
    let mut chat = alex(&stage);
    fills_the_list(&stage, &chat).await;
    let mut sent = 0;
    while sent <= MOST_BYTES + MOST_BYTES / 4 {
        sent += asks(&stage, &chat).await;
        chat.next_reply().await.unwrap();
    }
}

#[tokio::test]
async fn what_there_is_no_room_for_while_line_hangs_is_left_owed() {
    let (stage, people) = with_long_lists_while_line_hangs().await;
    let (mut asked, mut bytes) = (0, 0);
    let mut one = 0;
    // However long this takes, no call is given up meanwhile.
    tokio::time::pause();
    for person in &people {
        if bytes > MOST_BYTES + MOST_BYTES / 4 {
            break;
        }
        one = asks(&stage, person).await;
        asked += 1;
        bytes += one;
    }
    tokio::time::resume();
    let in_memory = (MOST_BYTES / one) as u64;
    assert!(in_memory < asked && bytes > MOST_BYTES);
    let calls = stage.simulator.wait_for_calls(Endpoint::Reply, in_memory);
    calls.await.unwrap();
    // Those on the wire are given up, and nothing takes their place before its lease is over.
    pass(Duration::from_secs(5)).await;
    stage.bot.stop(Duration::from_secs(20)).await;
    assert_eq!(stage.simulator.call_count(Endpoint::Reply), in_memory);
    assert_eq!(stage.store.owed_replies().await.unwrap(), asked);
}

#[tokio::test]
async fn messages_are_refused_while_more_bytes_of_replies_wait_than_there_is_room_for() {
    let (stage, people) = with_long_lists_while_line_hangs().await;
    let mut taken = 0;
    while submits(&stage, &people[taken % people.len()]).await != Err(Refusal::Behind) {
        taken += 1;
        assert!(taken < 2_000, "never refused");
        time_goes_by(&stage).await;
    }
}

#[tokio::test]
async fn a_reply_that_was_sent_is_forgotten() {
    let stage = Stage::new(16, OPEN).await;
    let mut chat = alex(&stage);
    let first = says(&stage, &chat, "milk");
    let key = first.key.clone();
    stage.takes(first).await;
    chat.next_reply().await.unwrap();
    while stage.store.owed_replies().await.unwrap() > 0 {
        tokio::task::yield_now().await;
    }
    let old = Timestamp(i64::MAX);
    let everything = PruneBefore {
        events: old,
        closed_tasks: Timestamp(0),
        left_conversations: Timestamp(0),
        owed_replies: Timestamp(0),
    };
    stage.store.prune(everything, 100).await.unwrap();
    // Nobody knows of the event any more, so that it is a new one.
    let again = Inbound {
        key,
        ..says(&stage, &chat, "eggs")
    };
    stage.takes(again).await;
    let reply = chat.next_reply().await.unwrap();
    assert!(reply[0].text().unwrap().contains("eggs"), "{reply:?}");
}
