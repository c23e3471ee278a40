//! Webhooks that are sent again.

use std::time::Duration;

use simulator::{DeliveryState, Redelivery};

use crate::desk::Desk;

const AT_ONCE: Duration = Duration::ZERO;

#[tokio::test]
async fn an_event_that_was_not_taken_comes_again_the_same_but_marked() {
    let mut desk = Desk::new().await;
    desk.simulator.set_redelivery(Redelivery::every(AT_ONCE, 3));
    desk.bot.answers([500, 503]);
    let delivery = desk.alex().says("milk").await.unwrap();
    let report = delivery.settled().await.unwrap();
    assert_eq!(report.state, DeliveryState::Delivered);
    let statuses: Vec<_> = report
        .attempts
        .iter()
        .map(|attempt| attempt.outcome.status())
        .collect();
    assert_eq!(statuses, [Some(500), Some(503), Some(200)]);

    let first = desk.bot.next().await.event();
    for _ in 0..2 {
        let mut again = desk.bot.next().await.event();
        assert_eq!(again["deliveryContext"]["isRedelivery"], true);
        again["deliveryContext"]["isRedelivery"] = false.into();
        assert_eq!(again, first, "id, token and timestamp stay");
    }
    assert!(desk.bot.others().is_empty());
}

#[tokio::test]
async fn redelivery_ends_after_its_count() {
    let mut desk = Desk::new().await;
    desk.simulator.set_redelivery(Redelivery::every(AT_ONCE, 2));
    desk.bot.answers([500; 10]);
    let report = desk
        .alex()
        .says("milk")
        .await
        .unwrap()
        .settled()
        .await
        .unwrap();
    assert_eq!(
        (report.state, report.attempts.len()),
        (DeliveryState::Failed, 3)
    );
    assert_eq!(desk.bot.others().len(), 3);
}

#[tokio::test]
async fn without_redelivery_an_event_is_lost() {
    let desk = Desk::new().await;
    desk.bot.answers([500]);
    let report = desk
        .alex()
        .says("milk")
        .await
        .unwrap()
        .settled()
        .await
        .unwrap();
    assert_eq!(
        (report.state, report.attempts.len()),
        (DeliveryState::Failed, 1)
    );
}

#[tokio::test]
async fn a_redelivery_does_not_hold_up_the_events_after_it() {
    let mut desk = Desk::new().await;
    desk.simulator
        .set_redelivery(Redelivery::every(Duration::from_hours(1), 1));
    desk.bot.answers([500]);
    let alex = desk.alex();
    let first = alex.says("first").await.unwrap();
    assert_eq!(first.report().unwrap().state, DeliveryState::Retrying);
    assert!(
        alex.says("second")
            .await
            .unwrap()
            .first_outcome()
            .await
            .unwrap()
            .is_delivered()
    );

    // The order of a redelivered event is not that of the events.
    assert!(first.redeliver().await.unwrap().is_delivered());
    let texts: Vec<_> = desk
        .bot
        .others()
        .iter()
        .map(|webhook| webhook.event()["message"]["text"].clone())
        .collect();
    assert_eq!(texts, ["first", "second", "first"]);
    desk.simulator.wait_until_quiet().await.unwrap();
}

#[tokio::test]
async fn a_delivered_event_can_come_again() {
    let mut desk = Desk::new().await;
    let delivery = desk.alex().says("milk").await.unwrap();
    delivery.redeliver().await.unwrap();
    let [first, second] = [desk.bot.next().await.event(), desk.bot.next().await.event()];
    assert_eq!(first["webhookEventId"], second["webhookEventId"]);
    assert_eq!(second["deliveryContext"]["isRedelivery"], true);
}
