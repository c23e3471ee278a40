//! What goes wrong with one batch does not harm what shares it.

use crate::language::{message, strangers};
use crate::metrics::value;
use crate::replies::{alex, takes};
use crate::support::{OPEN, Stage, says, soon, until};
use bot::Refusal;
use metrics_exporter_prometheus::PrometheusBuilder;
use std::time::Duration;
use storage::{ConversationId, Inbound, LanguageHint, Store};

#[tokio::test]
async fn a_reply_that_was_sent_is_noted_although_it_shares_its_batch_with_a_bad_event() {
    let recorder = PrometheusBuilder::new().build_recorder();
    let _guard = metrics::set_default_local_recorder(&recorder);
    let stage = Stage::new(16, 1).await;
    let chat = alex(&stage);
    let bad = ConversationId("Ubad".into());
    stage.store.poisoned.lock().unwrap().push(bad);
    takes(&stage, &chat, "milk").await;
    let intake = stage.bot.intake();
    // This one waits at the gate, and behind it gather what shares the next batch.
    let held_up = intake.submit(vec![says("U2", "2", "eggs")], soon());
    let poison = async {
        let sent = "linebot_replies_sent_total";
        until(|| value(&recorder, sent).as_deref() == Some("1")).await;
        let poisoned = intake.submit(vec![says("Ubad", "3", "poison")], soon());
        let open = async { stage.store.gate.add_permits(OPEN) };
        tokio::join!(poisoned, open).0
    };
    let (held_up, poisoned) = tokio::join!(held_up, poison);
    assert_eq!(held_up, Ok(()));
    assert_eq!(poisoned, Err(Refusal::Refused));
    drop(intake);
    stage.bot.stop(Duration::from_secs(20)).await;
    assert_eq!(stage.store.owed_replies().await.unwrap(), 0);
}

#[tokio::test]
async fn what_waits_for_a_language_is_not_overtaken_when_its_batch_is_tried_in_parts() {
    let stage = Stage::new(16, OPEN).await;
    let [somebody] = strangers(&stage);
    let bad = ConversationId("Ubad".into());
    stage.store.poisoned.lock().unwrap().push(bad);
    let clear = Inbound {
        language: LanguageHint::UseDefault,
        ..message(&somebody, "clear")
    };
    let events = vec![
        message(&somebody, "milk"),
        clear,
        says("Ubad", "1", "poison"),
    ];
    let submitted = stage.bot.intake().submit(events, soon()).await;
    assert_eq!(submitted, Err(Refusal::Refused));
    assert!(stage.titles(somebody.id().as_str()).await.is_empty());
}
