//! How webhooks are sent.

use std::time::Duration;

use base64::Engine;
use secrecy::ExposeSecret;
use serde_json::json;
use sha2::{Digest, Sha256};
use simulator::{Action, Config, FailureReason, Outcome};

use crate::desk::Desk;

/// HMAC-SHA256 written out from RFC 2104, to check the simulator's by another way.
fn hmac_sha256(key: &[u8], message: &[u8]) -> Vec<u8> {
    assert!(key.len() <= 64);
    let mut block = [0; 64];
    block[..key.len()].copy_from_slice(key);
    let inner = Sha256::new()
        .chain_update(block.map(|byte| byte ^ 0x36))
        .chain_update(message)
        .finalize();
    Sha256::new()
        .chain_update(block.map(|byte| byte ^ 0x5c))
        .chain_update(inner)
        .finalize()
        .to_vec()
}

#[tokio::test]
async fn the_signature_covers_the_exact_bytes() {
    let mut desk = Desk::new().await;
    desk.alex().says("牛乳🥛 \"milk\"").await.unwrap();
    let webhook = desk.bot.next().await;
    let expected = hmac_sha256(
        desk.channel.secret.expose_secret().as_bytes(),
        &webhook.body,
    );
    let expected = base64::engine::general_purpose::STANDARD.encode(expected);
    assert_eq!(webhook.headers["x-line-signature"], expected);
    assert_eq!(
        webhook.headers["content-type"],
        "application/json; charset=utf-8"
    );
    assert_eq!(webhook.event()["message"]["text"], "牛乳🥛 \"milk\"");
}

#[tokio::test]
async fn emoji_are_escaped_in_the_bytes_unless_told_otherwise() {
    let mut desk = Desk::new().await;
    desk.alex().says("🥛").await.unwrap();
    assert!(desk.bot.next().await.body.is_ascii());
    let mut desk = Desk::with(|config| Config {
        escape_astral_characters: false,
        ..config
    })
    .await;
    desk.alex().says("🥛").await.unwrap();
    assert!(!desk.bot.next().await.body.is_ascii());
}

#[tokio::test]
async fn a_chat_sends_one_webhook_at_a_time_and_in_order() {
    let mut desk = Desk::new().await;
    desk.bot.holds();
    let alex = desk.alex();
    for text in ["first", "second", "third"] {
        alex.does(Action::Text {
            text: text.to_owned(),
            mentions: Vec::new(),
        })
        .unwrap();
    }
    for text in ["first", "second", "third"] {
        assert_eq!(desk.bot.next().await.event()["message"]["text"], text);
        assert!(
            desk.bot.others().is_empty(),
            "the next one waits for the answer"
        );
        desk.bot.lets_go(1);
    }
    desk.simulator.wait_until_quiet().await.unwrap();
}

#[tokio::test]
async fn chats_do_not_wait_for_each_other() {
    let mut desk = Desk::new().await;
    desk.bot.holds();
    desk.alex().does(Action::Image).unwrap();
    desk.misaki().does(Action::Image).unwrap();
    desk.bot.next().await;
    desk.bot.next().await;
    desk.bot.lets_go(2);
    desk.simulator.wait_until_quiet().await.unwrap();
}

async fn reason_of(desk: &Desk) -> (FailureReason, Option<u16>) {
    let delivery = desk.alex().says("milk").await.unwrap();
    match delivery.first_outcome().await.unwrap() {
        Outcome::Failed { reason, status, .. } => (reason, status),
        Outcome::Delivered { status } => panic!("delivered with {status}"),
    }
}

#[tokio::test]
async fn failures_have_the_reasons_of_lines_statistics() {
    let desk = Desk::new().await;
    desk.bot.answers([503]);
    assert_eq!(
        reason_of(&desk).await,
        (FailureReason::ErrorStatusCode, Some(503))
    );
    // A redirect is not followed, as it is not 2xx.
    desk.bot.answers([307]);
    assert_eq!(
        reason_of(&desk).await,
        (FailureReason::ErrorStatusCode, Some(307))
    );
    desk.simulator
        .set_webhook_url("http://127.0.0.1:1/callback");
    assert_eq!(
        reason_of(&desk).await,
        (FailureReason::CouldNotConnect, None)
    );
    desk.simulator
        .set_webhook_url("https://127.0.0.1:1/callback");
    assert_eq!(
        reason_of(&desk).await,
        (FailureReason::CouldNotConnect, None)
    );
}

#[tokio::test]
async fn a_webhook_url_that_is_not_in_use_gets_no_events_and_can_be_tested() {
    let mut desk = Desk::with(|config| Config {
        use_webhook: false,
        ..config
    })
    .await;
    let endpoint = desk.get("/v2/bot/channel/webhook/endpoint").await.json();
    assert_eq!(
        endpoint,
        json!({ "endpoint": desk.bot.url, "active": false })
    );
    assert_eq!(
        reason_of(&desk).await,
        (FailureReason::CouldNotConnect, None)
    );
    let test = desk
        .post("/v2/bot/channel/webhook/test", &json!({}))
        .await
        .json();
    assert_eq!(test["success"], true);
    assert_eq!(desk.bot.next().await.json()["events"], json!([]));
    assert!(desk.bot.others().is_empty());
}

#[tokio::test]
async fn a_bot_that_does_not_answer_by_the_deadline_has_failed() {
    let deadline = Duration::from_millis(20);
    let desk = Desk::with(|config| Config {
        webhook_deadline: deadline,
        ..config
    })
    .await;
    desk.bot.holds();
    assert_eq!(
        reason_of(&desk).await,
        (FailureReason::RequestTimeout, None)
    );
}

#[tokio::test]
async fn any_bytes_can_be_posted_with_any_signature() {
    let mut desk = Desk::new().await;
    let outcome = desk.simulator.post_webhook("not json", Some("wrong")).await;
    assert!(outcome.is_delivered());
    let webhook = desk.bot.next().await;
    assert_eq!(webhook.headers["x-line-signature"], "wrong");
    assert_eq!(webhook.body, "not json");
    desk.simulator.post_webhook("{}", None).await;
    assert!(
        !desk
            .bot
            .next()
            .await
            .headers
            .contains_key("x-line-signature")
    );
}

#[tokio::test]
async fn events_of_several_people_can_come_in_one_webhook() {
    let mut desk = Desk::new().await;
    let text = |text: &str| Action::Text {
        text: text.to_owned(),
        mentions: Vec::new(),
    };
    let events = [
        desk.alex().compose(text("milk")).unwrap(),
        desk.misaki().compose(text("牛乳")).unwrap(),
    ];
    assert!(desk.simulator.post_events(&events).await.is_delivered());
    let json = desk.bot.next().await.json();
    assert_eq!(json["events"][0]["message"]["text"], "milk");
    assert_eq!(json["events"][1]["message"]["text"], "牛乳");
    assert_eq!(
        desk.bot.others().len(),
        0,
        "a composed event is not sent by itself"
    );
    let mut misaki = desk.misaki();
    assert_eq!(
        desk.reply(json["events"][1]["replyToken"].as_str().unwrap(), "はい")
            .await
            .status,
        200
    );
    assert_eq!(misaki.next_reply().await.unwrap()[0].text(), Some("はい"));
}

#[tokio::test]
async fn a_stop_ends_the_webhook_under_way_and_sends_no_more() {
    let mut desk = Desk::new().await;
    desk.bot.holds();
    let alex = desk.alex();
    alex.does(Action::Image).unwrap();
    alex.does(Action::Image).unwrap();
    desk.bot.next().await;
    let mut stop = std::pin::pin!(desk.simulator.stop());
    tokio::select! {
        biased;
        () = &mut stop => panic!("the webhook is still under way"),
        () = std::future::ready(()) => {}
    }
    desk.bot.lets_go(2);
    stop.await;
    assert!(desk.bot.others().is_empty());
    assert!(
        desk.simulator.deliveries()[0]
            .first_outcome()
            .await
            .unwrap()
            .is_delivered()
    );
}
