//! What is counted is what happened.

use crate::support::{OPEN, Stage, says};
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusRecorder};
use simulator::{Action, Endpoint, Fault, Person};
use std::time::Duration;

/// The value of a metric, as a page of metrics shows it.
pub(crate) fn value(recorder: &PrometheusRecorder, name: &str) -> Option<String> {
    let page = recorder.handle().render();
    page.lines()
        .find_map(|line| line.strip_prefix(name)?.strip_prefix(' '))
        .map(str::to_owned)
}

/// A bot stores one message of Alex, sends the reply under this fault and stops; all of it on this thread.
async fn one_message(fault: Option<Fault>) -> PrometheusRecorder {
    let recorder = PrometheusBuilder::new().build_recorder();
    let guard = metrics::set_default_local_recorder(&recorder);
    let stage = Stage::new(16, OPEN).await;
    let alex = stage.simulator.user(&Person::alex().id).unwrap();
    let action = Action::Text {
        text: "milk".to_owned(),
        mentions: Vec::new(),
    };
    let reply_token = alex.compose(action).unwrap()["replyToken"]
        .as_str()
        .map(str::to_owned);
    if let Some(fault) = fault {
        stage.simulator.plan_fault(Endpoint::Reply, 1, fault);
    }
    let event = storage::Inbound {
        reply_token,
        ..says(alex.id().as_str(), "1", "milk")
    };
    stage.takes(event).await;
    stage.bot.stop(Duration::from_secs(20)).await;
    // The event, and then the mark.
    assert_eq!(*stage.store.batches.lock().unwrap(), [1, 0]);
    drop(guard);
    recorder
}

#[tokio::test]
async fn a_transaction_that_only_marks_replies_is_no_batch_of_events() {
    let recorder = one_message(None).await;
    let value = |name| value(&recorder, name);
    assert_eq!(
        value("linebot_batches_total{result=\"committed\"}").as_deref(),
        Some("2")
    );
    assert_eq!(value("linebot_batch_events_count").as_deref(), Some("1"));
}

#[tokio::test]
async fn a_reply_line_took_before_is_not_counted_as_sent_again() {
    let recorder = one_message(None).await;
    let sent = "linebot_replies_sent_total";
    let already_sent = "linebot_replies_already_sent_total";
    assert_eq!(value(&recorder, sent).as_deref(), Some("1"));
    assert_eq!(value(&recorder, already_sent), None);

    let recorder = one_message(Some(Fault::AcceptThenDrop)).await;
    assert_eq!(value(&recorder, sent), None);
    assert_eq!(value(&recorder, already_sent).as_deref(), Some("1"));
}

#[tokio::test]
async fn a_reply_line_refused_when_its_token_had_run_out_counts_as_never_arrived() {
    let recorder = PrometheusBuilder::new().build_recorder();
    let guard = metrics::set_default_local_recorder(&recorder);
    let stage = Stage::new(16, OPEN).await;
    let refused = Fault::Status(400);
    stage.simulator.plan_fault(Endpoint::Reply, 1, refused);
    let left_behind = storage::Inbound {
        reply_token: Some("token".to_owned()),
        ..says(Person::alex().id.as_str(), "1", "milk")
    };
    stage.left_behind(left_behind).await;
    stage.clock.advance(Duration::from_secs(61));
    let calls = stage.simulator.wait_for_calls(Endpoint::Reply, 1);
    calls.await.unwrap();
    stage.bot.stop(Duration::from_secs(20)).await;
    drop(guard);
    let undeliverable = value(&recorder, "linebot_replies_undeliverable_total");
    assert_eq!(undeliverable.as_deref(), Some("1"));
    assert_eq!(value(&recorder, "linebot_replies_already_sent_total"), None);
}
