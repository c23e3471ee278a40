//! The other endpoints, and what all endpoints have in common.

use axum::http::{Method, Request};
use bytes::Bytes;
use http_body_util::Full;
use secrecy::ExposeSecret;
use serde_json::json;
use simulator::{Account, ChatMode, Config, Group, GroupKind, Person, UserId};

use crate::desk::{Answer, Desk};

#[tokio::test]
async fn every_call_needs_a_token_and_every_answer_has_a_request_id_and_a_date() {
    let desk = Desk::new().await;
    let url = format!("{}/v2/bot/info", desk.simulator.url());
    for authorization in [
        None,
        Some("Bearer wrong"),
        Some("Basic abc"),
        Some("Bearer"),
    ] {
        let mut request = Request::get(&url);
        if let Some(value) = authorization {
            request = request.header("authorization", value);
        }
        let answer = desk
            .send(request.body(Full::default()).unwrap())
            .await
            .unwrap();
        assert_eq!(answer.status, 401);
        let message = answer.json()["message"].as_str().unwrap().to_owned();
        assert!(
            message.starts_with("Authentication failed due to the following reason: "),
            "{message}"
        );
        assert_eq!(answer.header("x-line-request-id").len(), 36);
        // The platform's time, not this machine's.
        assert_eq!(answer.header("date"), "Sat, 21 Nov 2026 09:00:00 GMT");
    }
}

#[tokio::test]
async fn unknown_paths_and_methods_get_json() {
    let desk = Desk::new().await;
    let unknown = desk.get("/v2/bot/richmenu/list").await;
    assert_eq!(
        (unknown.status, unknown.json()),
        (404, json!({ "message": "Not found" }))
    );
    assert!(!unknown.header("x-line-request-id").is_empty());
    assert_eq!(desk.get("/v2/bot/message/reply").await.status, 405);
}

async fn post_raw(desk: &Desk, content_type: &str, body: impl Into<Bytes>) -> Answer {
    let request = desk
        .request(Method::POST, "/v2/bot/message/push")
        .header("content-type", content_type);
    desk.send(request.body(Full::new(body.into())).unwrap())
        .await
        .unwrap()
}

#[tokio::test]
async fn bodies_must_be_json_of_at_most_two_megabytes() {
    let desk = Desk::new().await;
    let wrong = post_raw(&desk, "text/plain", "{}").await;
    assert_eq!(wrong.status, 415);
    assert_eq!(
        wrong.json()["message"],
        "The content type, text/plain, is not supported"
    );
    let broken = post_raw(&desk, "application/json; charset=utf-8", "{\n  nonsense").await;
    assert_eq!(broken.status, 400);
    assert_eq!(
        broken.json()["message"],
        "The request body could not be parsed as JSON (line: 2, column: 3)"
    );
    for body in ["[]", "7", "null", "\"\"", "{\"to\":[]}"] {
        assert_eq!(
            post_raw(&desk, "application/json", body).await.status,
            400,
            "{body}"
        );
    }
    let large = post_raw(&desk, "application/json", vec![b' '; 2 * 1024 * 1024 + 1]).await;
    assert_eq!(large.status, 413);
}

#[tokio::test]
async fn a_profile_is_seen_of_friends_only_and_without_language_in_groups() {
    let desk = Desk::new().await;
    let (misaki, alex) = (Person::misaki().id, Person::alex().id);
    let profile = desk.get(&format!("/v2/bot/profile/{misaki}")).await.json();
    assert_eq!(
        profile,
        json!({ "userId": misaki, "displayName": "美咲", "language": "ja" })
    );
    desk.alex().blocks().await.unwrap();
    for hidden in [alex.as_str(), UserId::random().as_str(), "nonsense"] {
        assert_eq!(
            desk.get(&format!("/v2/bot/profile/{hidden}")).await.status,
            404
        );
    }
    let group = Group::family().id;
    let member = desk
        .get(&format!("/v2/bot/group/{group}/member/{alex}"))
        .await;
    assert_eq!(
        member.json(),
        json!({ "userId": alex, "displayName": "Alex" })
    );
    assert_eq!(
        desk.get(&format!("/v2/bot/room/{group}/member/{alex}"))
            .await
            .status,
        404
    );
}

#[tokio::test]
async fn groups_tell_their_name_and_size_until_the_bot_leaves() {
    let desk = Desk::new().await;
    let group = Group::family().id;
    let summary = desk
        .get(&format!("/v2/bot/group/{group}/summary"))
        .await
        .json();
    assert_eq!(
        summary,
        json!({ "groupId": group, "groupName": "おうち Home" })
    );
    assert_eq!(
        desk.get(&format!("/v2/bot/group/{group}/members/count"))
            .await
            .json(),
        json!({ "count": 2 })
    );
    assert_eq!(
        desk.post(&format!("/v2/bot/group/{group}/leave"), &json!({}))
            .await
            .status,
        200
    );
    assert_eq!(
        desk.get(&format!("/v2/bot/group/{group}/summary"))
            .await
            .status,
        404
    );
    assert_eq!(desk.push(group.as_str(), "hi", None).await.status, 400);

    let room = Group {
        id: simulator::ChatId::random(GroupKind::Room),
        ..Group::new("room", [Person::alex().id])
    };
    desk.simulator.add_group(room.clone()).unwrap();
    let id = room.id;
    assert_eq!(
        desk.get(&format!("/v2/bot/room/{id}/members/count"))
            .await
            .json(),
        json!({ "count": 1 })
    );
    assert_eq!(
        desk.get(&format!("/v2/bot/room/{id}/member/{}", Person::alex().id))
            .await
            .status,
        200
    );
    assert_eq!(
        desk.post(&format!("/v2/bot/room/{id}/leave"), &json!({}))
            .await
            .status,
        200
    );
}

#[tokio::test]
async fn the_bot_learns_about_itself() {
    let bot = Account {
        display_name: "Milk bot".to_owned(),
        ..Account::default()
    };
    let id = bot.user_id.clone();
    let desk = Desk::with(|config| Config { bot, ..config }).await;
    assert_eq!(
        desk.get("/v2/bot/info").await.json(),
        json!({
            "userId": id, "basicId": "@todo", "displayName": "Milk bot",
            "chatMode": "bot", "markAsReadMode": "auto",
        })
    );
    assert_eq!(
        desk.get("/v2/bot/message/quota").await.json(),
        json!({ "type": "none" })
    );
}

#[tokio::test]
async fn people_can_answer_in_the_chats_too() {
    let bot = Account {
        chat_mode: ChatMode::Chat,
        ..Account::default()
    };
    let desk = Desk::with(|config| Config { bot, ..config }).await;
    let info = desk.get("/v2/bot/info").await.json();
    assert_eq!(
        (&info["chatMode"], &info["markAsReadMode"]),
        (&json!("chat"), &json!("manual"))
    );
}

#[tokio::test]
async fn a_loading_indicator_is_for_people_and_for_five_to_sixty_seconds() {
    let desk = Desk::new().await;
    let start = async |body| desk.post("/v2/bot/chat/loading/start", &body).await;
    let alex = Person::alex().id;
    for fine in [
        json!({ "chatId": alex }),
        json!({ "chatId": alex, "loadingSeconds": 60 }),
    ] {
        let answer = start(fine).await;
        assert_eq!((answer.status, answer.json()), (202, json!({})));
    }
    for (seconds, messages) in [
        (65, vec!["Must be between 5 and 60"]),
        (7, vec!["must be a multiple of five"]),
        (
            3,
            vec!["Must be between 5 and 60", "must be a multiple of five"],
        ),
    ] {
        let answer = start(json!({ "chatId": alex, "loadingSeconds": seconds }))
            .await
            .json();
        let details: Vec<_> = answer["details"]
            .as_array()
            .unwrap()
            .iter()
            .map(|one| one["message"].clone())
            .collect();
        assert_eq!(details, messages);
    }
    assert!(
        start(json!({ "chatId": Group::family().id })).await.json()["message"]
            .as_str()
            .unwrap()
            .starts_with("Only user id")
    );
}

#[tokio::test]
async fn the_webhook_url_is_set_read_and_tested() {
    let mut desk = Desk::new().await;
    let path = "/v2/bot/channel/webhook/endpoint";
    assert_eq!(
        desk.get(path).await.json(),
        json!({ "endpoint": desk.bot.url, "active": true })
    );
    let outcome = desk
        .post("/v2/bot/channel/webhook/test", &json!({}))
        .await
        .json();
    assert_eq!(
        outcome,
        json!({
            "success": true, "timestamp": "2026-11-21T09:00:00.000Z",
            "statusCode": 200, "reason": "OK", "detail": "200",
        })
    );
    let webhook = desk.bot.next().await;
    assert_eq!(webhook.json()["events"], json!([]));
    assert_eq!(
        webhook.headers["x-line-signature"],
        desk.simulator.sign(&webhook.body)
    );

    desk.bot.answers([404]);
    let outcome = desk
        .post(
            "/v2/bot/channel/webhook/test",
            &json!({ "endpoint": desk.bot.url }),
        )
        .await
        .json();
    assert_eq!(
        (&outcome["success"], &outcome["reason"]),
        (&json!(false), &json!("ERROR_STATUS_CODE"))
    );
    let nobody = json!({ "endpoint": "http://127.0.0.1:1/" });
    let outcome = desk
        .post("/v2/bot/channel/webhook/test", &nobody)
        .await
        .json();
    assert_eq!(
        (&outcome["statusCode"], &outcome["reason"]),
        (&json!(0), &json!("COULD_NOT_CONNECT"))
    );

    let put = async |endpoint: &str| {
        let request = desk
            .request(Method::PUT, path)
            .header("content-type", "application/json");
        let body = json!({ "endpoint": endpoint }).to_string();
        desk.send(request.body(Full::new(body.into())).unwrap())
            .await
            .unwrap()
    };
    for wrong in [
        "",
        "no url",
        "ftp://example.com/",
        &format!("http://example.com/{}", "a".repeat(500)),
    ] {
        assert_eq!(
            put(wrong).await.json(),
            json!({ "message": "Invalid webhook endpoint URL" })
        );
    }
    assert_eq!(put("http://127.0.0.1:1/new").await.status, 200);
    assert_eq!(
        desk.get(path).await.json()["endpoint"],
        "http://127.0.0.1:1/new"
    );
}

async fn issue(desk: &Desk, form: String) -> Answer {
    let request = Request::post(format!("{}/oauth2/v3/token", desk.simulator.url()))
        .header("content-type", "application/x-www-form-urlencoded");
    desk.send(request.body(Full::new(form.into())).unwrap())
        .await
        .unwrap()
}

#[tokio::test]
async fn a_stateless_token_serves_for_fifteen_minutes() {
    let desk = Desk::new().await;
    let (id, secret) = (&desk.channel.id, desk.channel.secret.expose_secret());
    let form = format!("grant_type=client_credentials&client_id={id}&client_secret={secret}");
    let answer = issue(&desk, form).await.json();
    assert_eq!(
        (&answer["token_type"], &answer["expires_in"]),
        (&json!("Bearer"), &json!(900))
    );
    let token = answer["access_token"].as_str().unwrap();
    let info = || {
        let request = Request::get(format!("{}/v2/bot/info", desk.simulator.url()));
        desk.send(
            request
                .header("authorization", format!("Bearer {token}"))
                .body(Full::default())
                .unwrap(),
        )
    };
    assert_eq!(info().await.unwrap().status, 200);
    desk.passes(900_000);
    assert_eq!(info().await.unwrap().status, 401);

    for (form, error) in [
        (
            "grant_type=client_credentials&client_id=1&client_secret=2",
            "invalid_client",
        ),
        ("grant_type=password", "unsupported_grant_type"),
        ("grant_type=client_credentials", "invalid_request"),
        ("", "invalid_request"),
    ] {
        let answer = issue(&desk, form.to_owned()).await;
        assert_eq!(
            (answer.status, answer.json()["error"].as_str()),
            (400, Some(error))
        );
    }
}
