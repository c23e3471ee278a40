//! Where the client may connect to, and the calls that read and set.

use crate::line_server::{Answer, LineServer, REQUEST_ID, Received};
use line::client::{BuildError, ChatMode, ErrorKind, LineClientBuilder, MarkAsReadMode};
use line::message::Message;
use line::{LineClient, StatusCode, TokenProvider};
use serde_json::json;

fn builder(base: &str) -> LineClientBuilder {
    LineClient::builder(TokenProvider::fixed(&"token".into()).unwrap()).api_base(base)
}

#[test]
fn the_token_never_crosses_the_network_readable_unless_asked() {
    for base in [
        "http://api.line.me",
        "http://10.0.0.1:8080",
        "http://localhost.example.com",
    ] {
        assert!(
            matches!(builder(base).build(), Err(BuildError::PlainHttp { .. })),
            "{base}"
        );
        assert!(
            builder(base).allow_plain_http(true).build().is_ok(),
            "{base}"
        );
    }
    for base in [
        "https://api.line.me",
        "https://api.line.me/",
        "http://localhost:5001",
        "http://127.0.0.1:5001",
        "http://127.8.8.8",
        "http://[::1]:5001",
    ] {
        assert!(builder(base).build().is_ok(), "{base}");
    }
}

#[test]
fn what_is_no_base_url_is_refused() {
    for base in [
        "",
        "api.line.me",
        "/v2",
        "ftp://api.line.me",
        "https://",
        "https://api.line.me?x=1",
        "https://api.line.me#x",
        "https://api.line.me/#",
        "https://user@api.line.me",
        "http://localhost@example.com",
        "https://api line me",
    ] {
        assert!(
            matches!(builder(base).build(), Err(BuildError::InvalidBase { .. })),
            "{base}"
        );
    }
}

#[tokio::test]
async fn a_base_may_have_a_path() {
    let line = LineServer::always(Answer::sent).await;
    let client = builder(&format!("{}/line/", line.base)).build().unwrap();
    client
        .reply("reply-token", &[Message::text("milk")])
        .await
        .unwrap();
    assert_eq!(line.only().path, "/line/v2/bot/message/reply");
}

#[tokio::test]
async fn profiles_are_read() {
    let line = LineServer::always(|| {
        Answer::json(
            200,
            r#"{"displayName":"LINE taro","userId":"U1","language":"ja","pictureUrl":"https://p","new":1}"#,
        )
    })
    .await;
    let client = line.client();
    let profile = client.profile("U1").await.unwrap();
    assert_eq!(profile.status, StatusCode::OK);
    assert_eq!(profile.request_id.as_deref(), Some(REQUEST_ID));
    assert_eq!(profile.value.display_name, "LINE taro");
    assert_eq!(profile.value.language.as_deref(), Some("ja"));
    assert_eq!(profile.value.status_message, None);
    client.group_member_profile("C1", "U1").await.unwrap();
    let received = line.received();
    let asked: Vec<_> = received
        .iter()
        .map(|request| (request.method.as_str(), request.path.as_str()))
        .collect();
    assert_eq!(
        asked,
        [
            ("GET", "/v2/bot/profile/U1"),
            ("GET", "/v2/bot/group/C1/member/U1"),
        ]
    );
    assert_eq!(received[0].header("content-type"), None);
}

#[tokio::test]
async fn an_id_cannot_change_where_a_request_goes() {
    let line = LineServer::always(|| Answer::json(404, r#"{"message":"Not found"}"#)).await;
    let client = line.client();
    for (id, path) in [
        (
            "../message/quota",
            "/v2/bot/profile/%2E%2E%2Fmessage%2Fquota",
        ),
        ("U1?x=1#y", "/v2/bot/profile/U1%3Fx%3D1%23y"),
        ("ユ 1\r\n", "/v2/bot/profile/%E3%83%A6%201%0D%0A"),
    ] {
        let error = client.profile(id).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NotFound);
        assert_eq!(line.received().last().unwrap().path, path);
    }
}

#[tokio::test]
async fn bot_info_is_read_with_modes_line_may_add() {
    let line = LineServer::always(|| {
        Answer::json(
            200,
            r#"{"userId":"U1","basicId":"@1","displayName":"Todo","chatMode":"bot","markAsReadMode":"telepathy"}"#,
        )
    })
    .await;
    let info = line.client().bot_info().await.unwrap().value;
    assert_eq!(info.basic_id, "@1");
    assert_eq!(info.chat_mode, ChatMode::Bot);
    assert_eq!(info.mark_as_read_mode, MarkAsReadMode::Other);
    assert_eq!(line.only().path, "/v2/bot/info");
}

#[tokio::test]
async fn quota_and_consumption_are_read() {
    let line = LineServer::start(|request, _| match request.path.as_str() {
        "/v2/bot/message/quota" => Answer::json(200, r#"{"type":"none"}"#),
        "/v2/bot/message/quota/consumption" => Answer::json(200, r#"{"totalUsage":500}"#),
        _ => Answer::json(404, ""),
    })
    .await;
    assert_eq!(line.client().quota().await.unwrap().value.limit, None);
    assert_eq!(
        line.client()
            .quota_consumption()
            .await
            .unwrap()
            .value
            .total_usage,
        500
    );
}

#[tokio::test]
async fn the_webhook_url_is_read_set_and_tested() {
    let line = LineServer::start(|request, _| match (request.method.as_str(), request.path.as_str()) {
        ("GET", "/v2/bot/channel/webhook/endpoint") => {
            Answer::json(200, r#"{"endpoint":"https://example.com/callback","active":false}"#)
        }
        ("PUT", "/v2/bot/channel/webhook/endpoint") => Answer::json(200, "{}"),
        ("POST", "/v2/bot/channel/webhook/test") => Answer::json(
            200,
            r#"{"success":false,"timestamp":"2020-09-30T05:38:20.031Z","statusCode":-1,"reason":"COULD_NOT_CONNECT","detail":"TLS handshake failure"}"#,
        ),
        _ => Answer::json(404, ""),
    })
    .await;
    let client = line.client();
    let endpoint = client.webhook_endpoint().await.unwrap().value;
    assert_eq!(
        (endpoint.endpoint.as_str(), endpoint.active),
        ("https://example.com/callback", false)
    );
    client
        .set_webhook_endpoint("https://example.com/new")
        .await
        .unwrap();
    let test = client.test_webhook_endpoint(None).await.unwrap().value;
    assert_eq!((test.success, test.status_code), (false, -1));
    assert_eq!(test.reason, "COULD_NOT_CONNECT");
    client
        .test_webhook_endpoint(Some("https://example.com/x"))
        .await
        .unwrap();
    let bodies: Vec<_> = line.received()[1..].iter().map(Received::json).collect();
    assert_eq!(
        bodies,
        [
            json!({"endpoint": "https://example.com/new"}),
            json!({}),
            json!({"endpoint": "https://example.com/x"}),
        ]
    );
}

#[tokio::test]
async fn the_loading_indicator_is_shown() {
    let line = LineServer::always(|| Answer::json(202, "{}")).await;
    let client = line.client();
    let response = client.show_loading_indicator("U1", Some(5)).await.unwrap();
    assert_eq!(response.status, StatusCode::ACCEPTED);
    client.show_loading_indicator("U1", None).await.unwrap();
    let received = line.received();
    assert_eq!(received[0].path, "/v2/bot/chat/loading/start");
    assert_eq!(
        received[0].json(),
        json!({"chatId": "U1", "loadingSeconds": 5})
    );
    assert_eq!(received[1].json(), json!({"chatId": "U1"}));
}

#[tokio::test]
async fn messages_are_validated_as_reply_and_as_push() {
    let line = LineServer::always(|| Answer::json(200, "{}")).await;
    let client = line.client();
    client
        .validate_reply(&[Message::text("milk")])
        .await
        .unwrap();
    client
        .validate_push(r#"[{"type":"text","text":"milk"}]"#)
        .await
        .unwrap();
    let received = line.received();
    assert_eq!(received[0].path, "/v2/bot/message/validate/reply");
    assert_eq!(received[1].path, "/v2/bot/message/validate/push");
    assert_eq!(
        received[0].json(),
        json!({"messages": [{"type": "text", "text": "milk"}]})
    );
    assert_eq!(received[0].body, received[1].body);
}

#[tokio::test]
async fn a_success_nobody_can_read_is_an_error_with_its_request_id() {
    let huge = format!(r#"{{"type":"none","x":"{}"}}"#, "x".repeat(300_000));
    let line = LineServer::start(move |_, before| match before {
        0 => Answer::json(200, "<html>"),
        _ => Answer::json(200, huge.clone()),
    })
    .await;
    let error = line.client().quota().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::UnreadableAnswer);
    assert_eq!(error.request_id(), Some(REQUEST_ID));
    // An answer without end is not held in memory.
    let error = line.client().quota().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ConnectionLost);
}
