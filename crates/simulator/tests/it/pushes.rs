//! Pushes, retry keys and the quota.

use serde_json::json;
use simulator::{Config, Friendship, Group, Person, Quota, UserId};

use crate::desk::{Desk, texts};

const KEY: &str = "123e4567-e89b-12d3-a456-426614174000";

#[tokio::test]
async fn a_push_arrives_once_for_each_retry_key() {
    let desk = Desk::new().await;
    let mut alex = desk.alex();
    let first = desk.push(alex.id().as_str(), "reminder", Some(KEY)).await;
    assert_eq!(first.status, 200);
    let again = desk.push(alex.id().as_str(), "reminder", Some(KEY)).await;
    assert_eq!(again.status, 409);
    assert_eq!(again.json()["message"], "The retry key is already accepted");
    assert_eq!(again.json()["sentMessages"], first.json()["sentMessages"]);
    assert_eq!(
        again.header("x-line-accepted-request-id"),
        first.header("x-line-request-id")
    );
    assert_ne!(
        again.header("x-line-request-id"),
        first.header("x-line-request-id")
    );
    assert_eq!(texts(&alex.next_reply().await.unwrap()), ["reminder"]);
    assert_eq!(alex.bot_messages().len(), 1);

    desk.passes(24 * 3_600_000);
    assert_eq!(
        desk.push(alex.id().as_str(), "reminder", Some(KEY))
            .await
            .status,
        200,
        "a key lives for a day"
    );
    assert_eq!(
        desk.push(alex.id().as_str(), "reminder", Some("no-uuid"))
            .await
            .status,
        400
    );
}

#[tokio::test]
async fn an_unknown_target_is_refused() {
    let desk = Desk::new().await;
    for target in [
        UserId::random().as_str(),
        "C00000000000000000000000000000000",
        "nonsense",
    ] {
        let answer = desk.push(target, "hi", None).await;
        assert_eq!(
            (answer.status, answer.json()),
            (400, json!({ "message": "Failed to send messages" }))
        );
    }
    let answer = desk.push("", "hi", None).await;
    assert_eq!(
        answer.json()["details"][0],
        json!({ "message": "May not be empty", "property": "to" })
    );
}

#[tokio::test]
async fn a_push_to_somebody_who_has_blocked_the_bot_is_accepted_not_shown_and_not_counted() {
    let desk = Desk::new().await;
    desk.alex().blocks().await.unwrap();
    assert_eq!(
        desk.push(desk.alex().id().as_str(), "hi", None)
            .await
            .status,
        200
    );
    assert!(desk.alex().bot_messages().is_empty());
    assert_eq!(
        desk.get("/v2/bot/message/quota/consumption").await.json(),
        json!({ "totalUsage": 0 })
    );
}

#[tokio::test]
async fn a_stranger_can_be_pushed_to_for_a_week_after_writing() {
    let desk = Desk::new().await;
    let stranger = Person {
        friendship: Friendship::Stranger,
        ..Person::new("Sam")
    };
    let sam = desk.simulator.add_person(stranger).unwrap();
    desk.push(sam.id().as_str(), "before", None).await;
    sam.says("hello").await.unwrap();
    desk.push(sam.id().as_str(), "after", None).await;
    desk.passes(7 * 24 * 3_600_000 + 1);
    desk.push(sam.id().as_str(), "long after", None).await;
    assert_eq!(texts(&sam.bot_messages()), ["after"]);
}

#[tokio::test]
async fn the_quota_counts_recipients_and_begins_anew_every_month() {
    let desk = Desk::with(|config| Config {
        quota: Quota::Limited(3),
        ..config
    })
    .await;
    assert_eq!(
        desk.get("/v2/bot/message/quota").await.json(),
        json!({ "type": "limited", "value": 3 })
    );
    let group = Group::family().id;
    assert_eq!(
        desk.push(group.as_str(), "to two people", None)
            .await
            .status,
        200
    );
    assert_eq!(
        desk.get("/v2/bot/message/quota/consumption").await.json(),
        json!({ "totalUsage": 2 })
    );
    let over = desk.push(group.as_str(), "to two more", None).await;
    assert_eq!(
        (over.status, over.json()),
        (
            429,
            json!({ "message": "You have reached your monthly limit." })
        )
    );
    assert_eq!(
        desk.push(desk.alex().id().as_str(), "one is left", None)
            .await
            .status,
        200
    );
    desk.passes(10 * 24 * 3_600_000);
    assert_eq!(
        desk.push(group.as_str(), "in December", None).await.status,
        200
    );
}

#[tokio::test]
async fn the_validation_endpoints_check_without_sending() {
    let desk = Desk::new().await;
    for path in [
        "/v2/bot/message/validate/reply",
        "/v2/bot/message/validate/push",
    ] {
        let fine = desk
            .post(
                path,
                &json!({ "messages": [{ "type": "text", "text": "a" }] }),
            )
            .await;
        assert_eq!((fine.status, fine.json()), (200, json!({})));
        let long = json!({ "messages": [{ "type": "text", "text": "あ".repeat(5_001) }] });
        let detail = json!({ "message": "Length must be between 0 and 5000", "property": "messages[0].text" });
        assert_eq!(
            desk.post(path, &long).await.json()["details"],
            json!([detail])
        );
        assert_eq!(
            desk.post(path, &json!({})).await.json()["details"][0]["property"],
            "messages"
        );
        let wrong = desk
            .post(
                path,
                &json!({ "messages": [{ "type": "text", "text": 1 }] }),
            )
            .await;
        assert_eq!(
            wrong.json()["message"],
            "The property, messages[0].text, in the request body is invalid (line: -, column: -)"
        );
    }
    assert!(desk.alex().bot_messages().is_empty());
}
