//! What goes wrong on purpose.

use std::time::Duration;

use simulator::{Action, Config, Endpoint, Error, Fault};

use crate::desk::{Desk, reply};

async fn token(desk: &mut Desk) -> String {
    desk.alex().says("milk").await.unwrap();
    desk.bot.next().await.reply_token()
}

#[tokio::test]
async fn the_next_calls_get_the_status_that_was_asked_for() {
    let mut desk = Desk::new().await;
    let token = token(&mut desk).await;
    desk.simulator
        .plan_fault(Endpoint::Reply, 2, Fault::Status(500));
    desk.simulator
        .plan_fault(Endpoint::Reply, 1, Fault::Status(429));
    for status in [500, 500, 429, 200] {
        let answer = desk.reply(&token, "hi").await;
        assert_eq!(answer.status, status);
        assert!(!answer.header("x-line-request-id").is_empty());
    }
    assert_eq!(desk.alex().bot_messages().len(), 1);
    let calls = desk.simulator.calls();
    assert_eq!(calls.iter().filter(|call| call.fault.is_some()).count(), 3);
    assert_eq!(desk.simulator.call_count(Endpoint::Reply), 4);
}

#[tokio::test]
async fn a_call_can_take_effect_and_lose_its_answer() {
    let mut desk = Desk::new().await;
    let token = token(&mut desk).await;
    desk.simulator
        .plan_fault(Endpoint::Reply, 1, Fault::AcceptThenDrop);
    assert!(
        desk.try_post("/v2/bot/message/reply", &reply(&token, "hi"))
            .await
            .is_none()
    );
    assert_eq!(desk.alex().bot_messages().len(), 1);
    assert_eq!(
        desk.reply(&token, "hi").await.json()["message"],
        "Invalid reply token"
    );
}

#[tokio::test]
async fn a_call_can_be_lost_with_its_connection() {
    let mut desk = Desk::new().await;
    let token = token(&mut desk).await;
    desk.simulator.plan_fault(Endpoint::Reply, 1, Fault::Drop);
    assert!(
        desk.try_post("/v2/bot/message/reply", &reply(&token, "hi"))
            .await
            .is_none()
    );
    assert!(desk.alex().bot_messages().is_empty());
    assert_eq!(desk.reply(&token, "hi").await.status, 200);
}

#[tokio::test]
async fn an_answer_can_be_late_or_never_come() {
    let mut desk = Desk::new().await;
    let mut alex = desk.alex();
    let first = token(&mut desk).await;
    desk.simulator.plan_fault(
        Endpoint::Reply,
        1,
        Fault::AcceptThenDelay(Duration::from_hours(1)),
    );
    desk.simulator.plan_fault(Endpoint::Reply, 1, Fault::Hang);
    let late = reply(&first, "late");
    let request = desk.try_post("/v2/bot/message/reply", &late);
    let seen = tokio::select! {
        _ = request => None,
        seen = alex.next_reply() => Some(seen.unwrap()),
    };
    assert_eq!(
        seen.unwrap()[0].text(),
        Some("late"),
        "the message is there before the answer"
    );

    let second = token(&mut desk).await;
    let never = reply(&second, "never");
    let answered = tokio::select! {
        _ = desk.try_post("/v2/bot/message/reply", &never) => true,
        () = async { desk.simulator.wait_for_calls(Endpoint::Reply, 2).await.unwrap() } => false,
    };
    assert!(!answered);
    assert_eq!(
        desk.reply(&second, "now").await.status,
        200,
        "nothing was done"
    );
}

#[tokio::test]
async fn faults_end_when_they_are_cleared() {
    let desk = Desk::new().await;
    desk.simulator
        .plan_fault(Endpoint::BotInfo, u64::MAX, Fault::Status(500));
    assert_eq!(desk.get("/v2/bot/info").await.status, 500);
    desk.simulator.clear_faults();
    assert_eq!(desk.get("/v2/bot/info").await.status, 200);
}

#[tokio::test]
async fn a_webhook_can_come_twice() {
    let mut desk = Desk::new().await;
    desk.simulator.duplicate_webhooks(1);
    desk.alex().says("milk").await.unwrap();
    let [first, second] = [desk.bot.next().await, desk.bot.next().await];
    assert_eq!(first.body, second.body);
    desk.alex().says("bread").await.unwrap();
    assert_eq!(desk.bot.next().await.event()["message"]["text"], "bread");
    assert!(desk.bot.others().is_empty());
}

#[tokio::test]
async fn a_wait_in_vain_tells_what_happened_but_not_what_was_said() {
    let mut desk = Desk::with(|config| Config {
        patience: Duration::from_millis(50),
        ..config
    })
    .await;
    let alex = desk.alex();
    let text = "my secret".to_owned();
    let delivery = alex
        .does(Action::Text {
            text,
            mentions: Vec::new(),
        })
        .unwrap();
    let token = desk.bot.next().await.reply_token();
    desk.simulator
        .plan_fault(Endpoint::Reply, 1, Fault::Status(500));
    desk.reply(&token, "hi").await;
    let error = delivery.reply().await.unwrap_err();
    assert!(matches!(error, Error::TimedOut { .. }));
    let text = error.to_string();
    assert!(
        text.contains("POST /v2/bot/message/reply: 500 (fault: status)"),
        "{text}"
    );
    assert!(
        text.contains(&format!("message in {}", alex.id())),
        "{text}"
    );
    assert!(!text.contains("secret"), "{text}");
}
