//! What goes wrong with one batch does not harm what shares it.

use crate::metrics::value;
use crate::replies::{alex, takes};
use crate::support::{OPEN, Stage, says, soon, until};
use bot::Refusal;
use metrics_exporter_prometheus::PrometheusBuilder;
use std::time::Duration;
use storage::{ConversationId, Store};

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
