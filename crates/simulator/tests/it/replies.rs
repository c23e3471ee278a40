//! The rules of replies.

use axum::http::Method;
use http_body_util::Full;
use serde_json::json;
use simulator::Redelivery;

use crate::desk::{Desk, reply, texts};

const INVALID: &str = "Invalid reply token";

#[tokio::test]
async fn a_reply_arrives_in_the_chat_it_answers() {
    let mut desk = Desk::new().await;
    let mut alex = desk.alex();
    let delivery = alex.says("milk").await.unwrap();
    let token = desk.bot.next().await.reply_token();
    let messages =
        json!([{ "type": "text", "text": "added" }, { "type": "text", "text": "1. milk" }]);
    let answer = desk
        .post(
            "/v2/bot/message/reply",
            &json!({ "replyToken": token, "messages": messages }),
        )
        .await;
    assert_eq!(answer.status, 200);
    let sent = answer.json()["sentMessages"].clone();
    assert_eq!(sent.as_array().unwrap().len(), 2);
    assert!(sent[0]["id"].is_string() && sent[0]["quoteToken"].is_string());
    assert!(!answer.header("x-line-request-id").is_empty());
    assert_eq!(
        texts(&delivery.reply().await.unwrap()),
        ["added", "1. milk"]
    );
    assert_eq!(
        texts(&alex.next_reply().await.unwrap()),
        ["added", "1. milk"]
    );
    assert_eq!(texts(&alex.bot_messages()), ["added", "1. milk"]);
    assert!(desk.misaki().bot_messages().is_empty());
}

#[tokio::test]
async fn a_token_serves_once() {
    let mut desk = Desk::new().await;
    desk.alex().says("milk").await.unwrap();
    let token = desk.bot.next().await.reply_token();
    assert_eq!(desk.reply(&token, "one").await.status, 200);
    let second = desk.reply(&token, "two").await;
    assert_eq!(
        (second.status, second.json()),
        (400, json!({ "message": INVALID }))
    );
    assert_eq!(
        desk.reply("00000000000000000000000000000000", "three")
            .await
            .status,
        400
    );
    assert_eq!(desk.alex().bot_messages().len(), 1);
}

#[tokio::test]
async fn a_token_ends_a_minute_after_its_webhook() {
    let mut desk = Desk::new().await;
    desk.alex().says("milk").await.unwrap();
    let token = desk.bot.next().await.reply_token();
    desk.passes(60_001);
    assert_eq!(desk.reply(&token, "late").await.json()["message"], INVALID);
}

#[tokio::test]
async fn a_redelivery_gives_a_token_a_new_minute_within_twenty() {
    let mut desk = Desk::new().await;
    let delivery = desk.alex().says("milk").await.unwrap();
    let token = desk.bot.next().await.reply_token();
    desk.passes(5 * 60_000);
    delivery.redeliver().await.unwrap();
    assert_eq!(desk.bot.next().await.reply_token(), token);
    desk.passes(59_000);
    assert_eq!(desk.reply(&token, "in time").await.status, 200);

    let delivery = desk.alex().says("bread").await.unwrap();
    let token = desk.bot.next().await.reply_token();
    desk.passes(20 * 60_000 + 1);
    delivery.redeliver().await.unwrap();
    assert_eq!(
        desk.reply(&token, "too late").await.json()["message"],
        INVALID
    );
}

#[tokio::test]
async fn a_used_token_is_not_revived_by_redelivery() {
    let mut desk = Desk::new().await;
    desk.simulator
        .set_redelivery(Redelivery::every(std::time::Duration::ZERO, 1));
    desk.bot.answers([500]);
    desk.bot.holds();
    desk.alex().does(simulator::Action::Image).unwrap();
    let token = desk.bot.next().await.reply_token();
    assert_eq!(desk.reply(&token, "early").await.status, 200);
    desk.bot.lets_go(2);
    assert_eq!(desk.bot.next().await.reply_token(), token);
    assert_eq!(desk.reply(&token, "again").await.json()["message"], INVALID);
}

#[tokio::test]
async fn a_refused_reply_sends_nothing_and_leaves_the_token() {
    let mut desk = Desk::new().await;
    desk.alex().says("milk").await.unwrap();
    let token = desk.bot.next().await.reply_token();
    let mut body = reply(&token, "fine");
    body["messages"]
        .as_array_mut()
        .unwrap()
        .push(json!({ "type": "text", "text": "" }));
    let answer = desk.post("/v2/bot/message/reply", &body).await;
    assert_eq!(answer.status, 400);
    assert_eq!(
        answer.json(),
        json!({
            "message": "The request body has 1 error(s)",
            "details": [{ "message": "May not be empty", "property": "messages[1].text" }],
        })
    );
    assert!(desk.alex().bot_messages().is_empty());
    assert_eq!(desk.reply(&token, "now").await.status, 200);
}

#[tokio::test]
async fn a_retry_key_is_refused() {
    let mut desk = Desk::new().await;
    desk.alex().says("milk").await.unwrap();
    let token = desk.bot.next().await.reply_token();
    let request = desk
        .request(Method::POST, "/v2/bot/message/reply")
        .header("content-type", "application/json")
        .header("x-line-retry-key", "123e4567-e89b-12d3-a456-426614174000");
    let request = request
        .body(Full::new(reply(&token, "hi").to_string().into()))
        .unwrap();
    assert_eq!(desk.send(request).await.unwrap().status, 400);
    assert!(desk.alex().bot_messages().is_empty());
}

#[tokio::test]
async fn a_quote_must_be_of_the_same_chat() {
    let mut desk = Desk::new().await;
    desk.alex().says("milk").await.unwrap();
    let alex = desk.bot.next().await.event();
    desk.misaki().says("牛乳").await.unwrap();
    let misaki = desk.bot.next().await.event();
    let quoting = |token: &serde_json::Value| {
        let message = json!({ "type": "text", "text": "this?", "quoteToken": token });
        json!({ "replyToken": alex["replyToken"], "messages": [message] })
    };
    let foreign = desk
        .post(
            "/v2/bot/message/reply",
            &quoting(&misaki["message"]["quoteToken"]),
        )
        .await;
    assert_eq!(
        foreign.json()["details"][0]["property"],
        "messages[0].quoteToken"
    );
    let own = desk
        .post(
            "/v2/bot/message/reply",
            &quoting(&alex["message"]["quoteToken"]),
        )
        .await;
    assert_eq!(own.status, 200);
}

#[tokio::test]
async fn a_reply_to_somebody_who_has_blocked_the_bot_is_accepted_and_not_shown() {
    let mut desk = Desk::new().await;
    desk.alex().says("milk").await.unwrap();
    let token = desk.bot.next().await.reply_token();
    desk.alex().blocks().await.unwrap();
    assert_eq!(desk.reply(&token, "added").await.status, 200);
    assert!(desk.alex().bot_messages().is_empty());
}

#[tokio::test]
async fn a_group_that_removed_the_bot_gets_no_reply() {
    let mut desk = Desk::new().await;
    desk.family().says_to_bot("milk").await.unwrap();
    let token = desk.bot.next().await.reply_token();
    desk.family().removes_bot().await.unwrap();
    let answer = desk.reply(&token, "added").await;
    assert_eq!(
        (answer.status, answer.json()),
        (400, json!({ "message": "Failed to send messages" }))
    );
}
