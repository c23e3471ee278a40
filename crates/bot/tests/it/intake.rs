//! What whoever submits events is told, and when.

use crate::support::{OPEN, Stage, says, soon};
use bot::Refusal;
use simulator::Person;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};
use storage::{ConversationId, Inbound, LanguageHint};
use tokio::task::JoinSet;

/// Puts an event into the queue behind those before it. The first is taken alone, and its commit waits at a closed gate.
async fn queue(
    stage: &Stage,
    event: Inbound,
    deadline: Instant,
) -> impl Future<Output = Result<(), Refusal>> {
    let intake = stage.bot.intake();
    let mut submit = Box::pin(async move { intake.submit(vec![event], deadline).await });
    assert!(futures_util::poll!(&mut submit).is_pending());
    tokio::task::yield_now().await;
    submit
}

#[tokio::test]
async fn an_event_is_answered_when_it_is_stored_and_not_before() {
    let stage = Stage::new(16, 0).await;
    let intake = stage.bot.intake();
    let submitted =
        tokio::spawn(async move { intake.submit(vec![says("U1", "1", "milk")], soon()).await });
    tokio::task::yield_now().await;
    assert!(!submitted.is_finished());
    assert!(stage.titles("U1").await.is_empty());
    stage.store.gate.add_permits(OPEN);
    assert_eq!(submitted.await.unwrap(), Ok(()));
    assert_eq!(stage.titles("U1").await, ["milk"]);
}

#[tokio::test]
async fn events_that_arrive_during_a_commit_share_the_next_one() {
    let stage = Stage::new(64, 0).await;
    let mut submitted = Vec::new();
    for number in 0..20 {
        let event = says(&format!("U{number}"), &number.to_string(), "milk");
        submitted.push(queue(&stage, event, soon()).await);
    }
    stage.store.gate.add_permits(OPEN);
    for submit in submitted {
        assert_eq!(submit.await, Ok(()));
    }
    let batches = stage.store.batches.lock().unwrap().clone();
    assert_eq!(batches.iter().sum::<usize>(), 20);
    assert!(batches.len() <= 3, "no group commit: {batches:?}");
}

#[tokio::test]
async fn events_of_one_conversation_are_applied_in_order_also_across_requests() {
    let stage = Stage::new(64, 0).await;
    let mut submitted = Vec::new();
    for number in 0..30 {
        let event = says("U1", &number.to_string(), &format!("task {number}"));
        submitted.push(queue(&stage, event, soon()).await);
    }
    stage.store.gate.add_permits(OPEN);
    for submit in submitted {
        assert_eq!(submit.await, Ok(()));
    }
    let expected: Vec<_> = (0..30).map(|number| format!("task {number}")).collect();
    assert_eq!(stage.titles("U1").await, expected);
}

#[tokio::test]
async fn an_event_submitted_again_is_answered_and_not_applied_again() {
    let stage = Stage::new(16, OPEN).await;
    let intake = stage.bot.intake();
    for _ in 0..3 {
        assert_eq!(
            intake.submit(vec![says("U1", "1", "milk")], soon()).await,
            Ok(())
        );
    }
    assert_eq!(stage.titles("U1").await, ["milk"]);
}

#[tokio::test]
async fn past_the_queue_events_are_refused_at_once_and_what_was_accepted_is_kept() {
    let stage = Stage::new(4, 0).await;
    let intake = stage.bot.intake();
    let events: Vec<_> = (0..50)
        .map(|number| says(&format!("U{number}"), &number.to_string(), "milk"))
        .collect();
    let submitted = tokio::spawn(async move { intake.submit(events, soon()).await });
    tokio::task::yield_now().await;
    stage.store.gate.add_permits(OPEN);
    assert_eq!(submitted.await.unwrap(), Err(Refusal::Overloaded));
    assert_eq!(stage.titles("U0").await, ["milk"]);
    assert!(stage.titles("U49").await.is_empty());
}

#[tokio::test]
async fn a_bad_event_fails_alone() {
    let stage = Stage::new(16, OPEN).await;
    stage
        .store
        .poisoned
        .lock()
        .unwrap()
        .push(ConversationId("Ubad".into()));
    let intake = stage.bot.intake();
    let events = vec![
        says("U1", "1", "milk"),
        says("Ubad", "2", "poison"),
        says("U3", "3", "eggs"),
    ];
    assert_eq!(intake.submit(events, soon()).await, Err(Refusal::Refused));
    assert_eq!(stage.titles("U1").await, ["milk"]);
    assert_eq!(stage.titles("U3").await, ["eggs"]);
    assert_eq!(
        intake.submit(vec![says("U1", "4", "bread")], soon()).await,
        Ok(())
    );
}

#[tokio::test]
async fn a_bad_event_costs_its_neighbours_few_transactions() {
    // The whole, and two for each time it is halved.
    let attempts = 1 + 2 * 6;
    let stage = Stage::new(64, attempts).await;
    let bad = ConversationId("U40".into());
    stage.store.poisoned.lock().unwrap().push(bad);
    let events = (0..64).map(|number| says(&format!("U{number}"), "1", "milk"));
    let submitted = stage.bot.intake().submit(events.collect(), soon()).await;
    assert_eq!(submitted, Err(Refusal::Refused));
    let batches = stage.store.batches.lock().unwrap().clone();
    assert_eq!(batches.iter().sum::<usize>(), 63);
    assert_eq!(stage.store.gate.available_permits(), 0);
}

#[tokio::test]
async fn what_the_database_refuses_is_told_to_the_operator_until_it_takes_something() {
    let stage = Stage::new(16, OPEN).await;
    let bad = ConversationId("Ubad".into());
    stage.store.poisoned.lock().unwrap().push(bad);
    let intake = stage.bot.intake();
    let refused = intake.submit(vec![says("Ubad", "1", "poison")], soon());
    assert_eq!(refused.await, Err(Refusal::Refused));
    let trouble = intake.trouble().unwrap();
    assert!(trouble.contains("the test poisoned an event"), "{trouble}");
    stage.takes(says("U1", "2", "milk")).await;
    assert_eq!(intake.trouble(), None);
}

#[tokio::test]
async fn an_event_that_makes_the_core_panic_fails_alone() {
    let stage = Stage::new(16, OPEN).await;
    let bad = ConversationId("Ubad".into());
    stage.store.explosive.lock().unwrap().push(bad);
    let intake = stage.bot.intake();
    let events = vec![says("U1", "1", "milk"), says("Ubad", "2", "boom")];
    assert_eq!(intake.submit(events, soon()).await, Err(Refusal::Refused));
    assert_eq!(stage.titles("U1").await, ["milk"]);
    let afterwards = intake.submit(vec![says("U1", "3", "eggs")], soon()).await;
    assert_eq!(afterwards, Ok(()));
}

#[tokio::test]
async fn an_event_with_little_time_left_leaves_its_neighbours_theirs() {
    let stage = Stage::new(16, 0).await;
    let first = queue(&stage, says("U1", "1", "milk"), soon()).await;
    let (hurried, patient) = (soon(), soon() + Duration::from_secs(20));
    let second = queue(&stage, says("U2", "2", "eggs"), hurried).await;
    let third = queue(&stage, says("U3", "3", "bread"), patient).await;
    stage.store.gate.add_permits(OPEN);
    for submit in [first.await, second.await, third.await] {
        assert_eq!(submit, Ok(()));
    }
    assert_eq!(stage.store.deadlines.lock().unwrap().last(), Some(&patient));
}

#[tokio::test]
async fn a_bad_event_does_not_keep_new_people_from_their_lists() {
    let stage = Stage::new(16, OPEN).await;
    let bad = ConversationId("Ubad".into());
    stage.store.poisoned.lock().unwrap().push(bad);
    let alex = Person::alex().id;
    let first_words = Inbound {
        language: LanguageHint::NotAsked,
        ..says(alex.as_str(), "1", "milk")
    };
    let events = vec![says("Ubad", "2", "poison"), first_words];
    let submitted = stage.bot.intake().submit(events, soon()).await;
    assert_eq!(submitted, Err(Refusal::Refused));
    assert_eq!(stage.titles(alex.as_str()).await, ["milk"]);
}

#[tokio::test]
async fn while_the_database_is_away_events_are_refused_and_afterwards_all_is_well() {
    let stage = Stage::new(16, OPEN).await;
    stage.store.outages.store(2, Ordering::Relaxed);
    let intake = stage.bot.intake();
    for _ in 0..2 {
        let refused = intake.submit(vec![says("U1", "1", "milk")], soon()).await;
        assert_eq!(refused, Err(Refusal::DatabaseUnavailable));
    }
    assert_eq!(
        intake.submit(vec![says("U1", "1", "milk")], soon()).await,
        Ok(())
    );
    assert_eq!(stage.titles("U1").await, ["milk"]);
}

#[tokio::test]
async fn whoever_has_no_time_left_is_told_so_and_nothing_is_applied() {
    let stage = Stage::new(16, OPEN).await;
    let late = Instant::now()
        .checked_sub(Duration::from_millis(1))
        .unwrap();
    let refused = stage
        .bot
        .intake()
        .submit(vec![says("U1", "1", "milk")], late)
        .await;
    assert_eq!(refused, Err(Refusal::TooSlow));
    stage.bot.stop(Duration::from_secs(20)).await;
    assert!(
        stage
            .store
            .batches
            .lock()
            .unwrap()
            .iter()
            .all(|events| *events == 0)
    );
}

#[tokio::test]
async fn an_event_that_is_deferred_again_and_again_is_answered_when_it_is_stored() {
    let stage = Stage::new(16, OPEN).await;
    let alex = Person::alex().id;
    for deferrals in 1..5 {
        stage.store.deferrals.store(deferrals, Ordering::Relaxed);
        let title = format!("deferred {deferrals} times");
        stage.takes(says(alex.as_str(), &title, &title)).await;
        assert_eq!(stage.titles(alex.as_str()).await.last(), Some(&title));
    }
}

#[tokio::test]
async fn everything_that_new_people_say_at_once_is_stored() {
    let stage = Stage::new(4_000, OPEN).await;
    let people: Vec<_> = (0..60)
        .map(|number| {
            let person = Person::new(format!("person {number}"));
            stage.simulator.add_person(person).unwrap()
        })
        .collect();
    let mut said = JoinSet::new();
    for number in 0..10 {
        for person in &people {
            let event = Inbound {
                language: LanguageHint::NotAsked,
                ..says(
                    person.id().as_str(),
                    &number.to_string(),
                    &format!("task {number}"),
                )
            };
            let intake = stage.bot.intake();
            said.spawn(async move { intake.submit(vec![event], soon()).await.unwrap() });
        }
        tokio::task::yield_now().await;
    }
    said.join_all().await;
    for person in &people {
        assert_eq!(stage.titles(person.id().as_str()).await.len(), 10);
    }
}

#[tokio::test]
async fn the_first_message_asks_line_for_the_language_and_later_ones_do_not() {
    let stage = Stage::new(16, OPEN).await;
    let alex = stage.simulator.user(&simulator::Person::alex().id).unwrap();
    let intake = stage.bot.intake();
    for number in 0..3 {
        let mut event = says(
            alex.id().as_str(),
            &number.to_string(),
            &format!("task {number}"),
        );
        event.language = LanguageHint::NotAsked;
        intake.submit(vec![event], soon()).await.unwrap();
    }
    assert_eq!(stage.simulator.call_count(simulator::Endpoint::Profile), 1);
    let stored = storage::Store::export(&*stage.store, None, 10)
        .await
        .unwrap();
    assert_eq!(stored[0].language, Some(todo::Language::English));
}
