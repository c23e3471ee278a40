//! The language of a reply is the person's own, whatever happens to the questions about others.

use crate::support::{OPEN, Stage, pass, says};
use line::TokenProvider;
use simulator::{Chat, Endpoint, Fault, Person};
use std::time::{Duration, Instant};
use storage::{Inbound, LanguageHint, Store};
use todo::Language;

/// Friends who read Japanese; the default of the stage is English.
pub(crate) fn strangers<const COUNT: usize>(stage: &Stage) -> [Chat; COUNT] {
    std::array::from_fn(|number| {
        let person = Person::new(format!("person {number}")).with_language("ja");
        stage.simulator.add_person(person).unwrap()
    })
}

/// A message of somebody whose language is to be found out.
pub(crate) fn message(person: &Chat, text: &str) -> Inbound {
    let event_id = format!("{text} of {}", person.id().as_str());
    Inbound {
        language: LanguageHint::NotAsked,
        ..says(person.id().as_str(), &event_id, text)
    }
}

/// The person says something, and this is the language that is known of them then.
pub(crate) async fn language_after(stage: &Stage, person: &Chat, text: &str) -> Option<Language> {
    let event = message(person, text);
    let intake = stage.bot.intake();
    intake.submit(vec![event], soon()).await.unwrap();
    let all = stage.store.export(None, 100).await.unwrap();
    let record = all
        .into_iter()
        .find(|record| record.conversation == person.id().as_str());
    record.unwrap().language
}

/// Long enough for anything but a hang, by the clock that [`pass`] moves.
pub(crate) fn soon() -> Instant {
    tokio::time::Instant::now().into_std() + Duration::from_secs(20)
}

pub(crate) fn questions(stage: &Stage) -> u64 {
    stage.simulator.call_count(Endpoint::Profile)
}

#[tokio::test]
async fn a_failure_about_one_person_changes_nothing_for_others_and_is_not_remembered() {
    let stage = Stage::new(16, OPEN).await;
    let [unlucky, other] = strangers(&stage);
    let fault = Fault::Status(500);
    stage.simulator.plan_fault(Endpoint::Profile, 100, fault);
    assert_eq!(language_after(&stage, &unlucky, "milk").await, None);
    stage.simulator.clear_faults();
    let japanese = Some(Language::Japanese);
    assert_eq!(language_after(&stage, &other, "milk").await, japanese);
    assert_eq!(language_after(&stage, &unlucky, "eggs").await, japanese);
}

#[tokio::test]
async fn a_channel_that_gets_no_token_tells_nothing_about_a_person() {
    let stage = Stage::new(16, OPEN).await;
    let [somebody] = strangers(&stage);
    let secret = "not the secret of this channel".into();
    stage.tokens.replace(&TokenProvider::stateless("1", secret));
    assert_eq!(language_after(&stage, &somebody, "milk").await, None);
    let good = TokenProvider::fixed(&stage.token).unwrap();
    stage.tokens.replace(&good);
    pass(Duration::from_secs(30)).await;
    let language = language_after(&stage, &somebody, "eggs").await;
    assert_eq!(language, Some(Language::Japanese));
}

#[tokio::test]
async fn not_every_message_of_a_person_line_fails_on_waits_for_it() {
    let stage = Stage::new(16, OPEN).await;
    let [unlucky] = strangers(&stage);
    let fault = Fault::Status(401);
    stage.simulator.plan_fault(Endpoint::Profile, 100, fault);
    for text in ["milk", "eggs", "bread"] {
        assert_eq!(language_after(&stage, &unlucky, text).await, None);
    }
    assert_eq!(questions(&stage), 1);
}

#[tokio::test]
async fn once_line_fails_on_several_people_nobody_waits_for_it_for_a_while() {
    let stage = Stage::new(16, OPEN).await;
    let people: [_; 5] = strangers(&stage);
    let fault = Fault::Status(401);
    stage.simulator.plan_fault(Endpoint::Profile, 3, fault);
    for person in &people {
        assert_eq!(language_after(&stage, person, "milk").await, None);
    }
    assert_eq!(questions(&stage), 3);
    pass(Duration::from_secs(30)).await;
    for person in &people {
        let language = language_after(&stage, person, "eggs").await;
        assert_eq!(language, Some(Language::Japanese));
    }
}

#[tokio::test]
async fn line_is_asked_about_the_strangers_of_one_webhook_all_at_once() {
    for fault in [
        Fault::Hang,
        Fault::AcceptThenDelay(Duration::from_millis(400)),
    ] {
        let stage = Stage::new(32, OPEN).await;
        let people: [_; 8] = strangers(&stage);
        stage.simulator.plan_fault(Endpoint::Profile, 100, fault);
        let messages = people.iter().map(|person| message(person, "milk"));
        // As long as a webhook has.
        let deadline = Instant::now() + Duration::from_millis(1_500);
        let intake = stage.bot.intake();
        let submitted = intake.submit(messages.collect(), deadline);
        assert_eq!(submitted.await, Ok(()), "{fault:?}");
        assert_eq!(questions(&stage), 8);
    }
}

#[tokio::test]
async fn line_is_asked_once_about_somebody_who_says_several_things_at_once() {
    let stage = Stage::new(16, OPEN).await;
    let [chatty] = strangers(&stage);
    let messages = ["milk", "eggs", "bread"].map(|text| message(&chatty, text));
    let intake = stage.bot.intake();
    intake.submit(messages.to_vec(), soon()).await.unwrap();
    assert_eq!(questions(&stage), 1);
    assert_eq!(
        stage.titles(chatty.id().as_str()).await,
        ["milk", "eggs", "bread"]
    );
}

#[tokio::test]
async fn a_person_line_does_not_tell_about_is_asked_about_once() {
    let stage = Stage::new(16, OPEN).await;
    let [shy] = strangers(&stage);
    let fault = Fault::Status(404);
    stage.simulator.plan_fault(Endpoint::Profile, 1, fault);
    for text in ["milk", "eggs"] {
        let language = language_after(&stage, &shy, text).await;
        assert_eq!(language, Some(Language::English));
    }
    assert_eq!(questions(&stage), 1);
}

#[tokio::test]
async fn what_a_new_person_says_keeps_its_order_however_long_line_takes() {
    let stage = Stage::new(16, OPEN).await;
    let [new] = strangers(&stage);
    // Only the first question is answered late.
    let slow = Fault::AcceptThenDelay(Duration::from_millis(400));
    stage.simulator.plan_fault(Endpoint::Profile, 1, slow);
    let intake = stage.bot.intake();
    let milk = message(&new, "milk");
    let milk = tokio::spawn(async move { intake.submit(vec![milk], soon()).await });
    let asked = stage.simulator.wait_for_calls(Endpoint::Profile, 1);
    asked.await.unwrap();
    stage.takes(message(&new, "clear")).await;
    milk.await.unwrap().unwrap();
    assert_eq!(stage.titles(new.id().as_str()).await, [""; 0]);
    assert_eq!(questions(&stage), 1);
}

#[tokio::test]
async fn every_stranger_of_a_big_webhook_is_asked_about() {
    let stage = Stage::new(256, OPEN).await;
    let people: [_; 200] = strangers(&stage);
    let messages = people.iter().map(|person| message(person, "milk"));
    let intake = stage.bot.intake();
    intake.submit(messages.collect(), soon()).await.unwrap();
    let known = stage.store.export(None, 1_000).await.unwrap();
    let japanese = Some(Language::Japanese);
    assert_eq!(known.len(), 200);
    assert!(known.iter().all(|record| record.language == japanese));
}

#[tokio::test]
async fn a_group_is_answered_in_the_language_of_whoever_speaks_to_the_bot_first() {
    let stage = Stage::new(16, OPEN).await;
    let [speaker] = strangers(&stage);
    for text in ["milk", "eggs"] {
        let said = Inbound {
            person: Some(speaker.id().as_str().to_owned()),
            language: LanguageHint::NotAsked,
            ..says("Cfamily", text, text)
        };
        stage.takes(said).await;
    }
    let all = stage.store.export(None, 100).await.unwrap();
    assert_eq!(all[0].language, Some(Language::Japanese));
    assert_eq!(questions(&stage), 1);
}
