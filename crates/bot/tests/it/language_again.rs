//! What LINE said of somebody once is not the last word.

use crate::language::{language_after, message, questions, soon, strangers};
use crate::support::{OPEN, Stage, pass, says};
use line::retry::RetryPolicy;
use simulator::{Endpoint, Fault};
use std::time::Duration;
use storage::{Inbound, LanguageHint, Store};
use todo::{Input, Language};

#[tokio::test]
async fn somebody_who_adds_the_bot_again_is_asked_about_again() {
    let stage = Stage::new(16, OPEN).await;
    let [shy] = strangers(&stage);
    let fault = Fault::Status(404);
    stage.simulator.plan_fault(Endpoint::Profile, 1, fault);
    let english = Some(Language::English);
    assert_eq!(language_after(&stage, &shy, "milk").await, english);
    for returning in [false, true] {
        let follows = Inbound {
            input: Input::Followed { returning },
            ..message(&shy, &format!("follows, returning: {returning}"))
        };
        let intake = stage.bot.intake();
        intake.submit(vec![follows], soon()).await.unwrap();
    }
    assert_eq!(questions(&stage), 3);
    let japanese = Some(Language::Japanese);
    assert_eq!(language_after(&stage, &shy, "eggs").await, japanese);
    assert_eq!(questions(&stage), 3);
}

#[tokio::test]
async fn a_limit_that_was_reached_says_nothing_about_a_person() {
    // Repeated calls would take longer than anybody waits for a language: here LINE's own answer decides.
    let once = RetryPolicy {
        attempts: 1,
        ..RetryPolicy::default()
    };
    let stage = Stage::with(16, OPEN, once).await;
    let [unlucky] = strangers(&stage);
    let fault = Fault::Status(429);
    stage.simulator.plan_fault(Endpoint::Profile, 100, fault);
    assert_eq!(language_after(&stage, &unlucky, "milk").await, None);
    stage.simulator.clear_faults();
    pass(Duration::from_secs(30)).await;
    let japanese = Some(Language::Japanese);
    assert_eq!(language_after(&stage, &unlucky, "eggs").await, japanese);
}

#[tokio::test]
async fn what_line_refuses_for_other_reasons_is_no_language() {
    for status in [403, 407, 408] {
        let once = RetryPolicy {
            attempts: 1,
            ..RetryPolicy::default()
        };
        let stage = Stage::with(16, OPEN, once).await;
        let [unlucky] = strangers(&stage);
        let fault = Fault::Status(status);
        stage.simulator.plan_fault(Endpoint::Profile, 100, fault);
        let language = language_after(&stage, &unlucky, "milk").await;
        assert_eq!(language, None, "{status}");
    }
}

#[tokio::test]
async fn a_language_that_is_known_stays_when_line_no_longer_tells_it() {
    let stage = Stage::new(16, OPEN).await;
    let [shy] = strangers(&stage);
    let japanese = Some(Language::Japanese);
    assert_eq!(language_after(&stage, &shy, "milk").await, japanese);
    let fault = Fault::Status(404);
    stage.simulator.plan_fault(Endpoint::Profile, 1, fault);
    let follows = Inbound {
        input: Input::Followed { returning: true },
        ..message(&shy, "follows")
    };
    stage.takes(follows).await;
    assert_eq!(language_after(&stage, &shy, "eggs").await, japanese);
    assert_eq!(questions(&stage), 2);
}

#[tokio::test]
async fn a_group_is_asked_about_until_line_tells_of_somebody() {
    let stage = Stage::new(16, OPEN).await;
    let [shy, friend] = strangers(&stage);
    let fault = Fault::Status(404);
    stage.simulator.plan_fault(Endpoint::Profile, 1, fault);
    for (number, speaker, language) in [
        (0, &shy, None),
        (1, &shy, None),
        (2, &friend, Some(Language::Japanese)),
        (3, &shy, Some(Language::Japanese)),
    ] {
        let said = Inbound {
            person: Some(speaker.id().as_str().to_owned()),
            language: LanguageHint::NotAsked,
            ..says("Cfamily", &number.to_string(), "list")
        };
        stage.takes(said).await;
        let all = stage.store.export(None, 100).await.unwrap();
        assert_eq!(all[0].language, language);
    }
    assert_eq!(questions(&stage), 2);
}
