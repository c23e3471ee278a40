//! Replies: what is sent, what comes back, and what is known when nothing does.

use crate::line_server::{Answer, LineServer, REQUEST_ID, TOKEN};
use line::StatusCode;
use line::client::{Endpoint, ErrorDetail, ErrorKind};
use line::message::Message;
use line::retry::Outcome;
use serde_json::json;
use std::error::Error;
use std::time::Duration;
use tokio::net::TcpListener;

const MESSAGES: &str = r#"[{"type":"text","text":"milk"}]"#;

#[tokio::test]
async fn a_reply_carries_token_and_messages_and_brings_back_the_ids() {
    let line = LineServer::always(Answer::sent).await;
    let response = line.client().reply("reply-token", MESSAGES).await.unwrap();

    let request = line.only();
    assert_eq!(
        (request.method.as_str(), request.path.as_str()),
        ("POST", "/v2/bot/message/reply")
    );
    assert_eq!(
        request.header("authorization"),
        Some(format!("Bearer {TOKEN}").as_str())
    );
    assert_eq!(request.header("content-type"), Some("application/json"));
    assert!(
        request
            .header("user-agent")
            .unwrap()
            .starts_with("linebot/")
    );
    // LINE refuses a retry key here.
    assert_eq!(request.header("x-line-retry-key"), None);
    let messages = json!([{"type": "text", "text": "milk"}]);
    assert_eq!(
        request.json(),
        json!({"replyToken": "reply-token", "messages": messages})
    );

    assert_eq!(response.status, StatusCode::OK);
    assert_eq!(response.request_id.as_deref(), Some(REQUEST_ID));
    let sent = response.value.list();
    assert_eq!(sent.len(), 1);
    assert_eq!(sent[0].id, "461230966842064897");
    assert_eq!(sent[0].quote_token.as_deref(), Some("IStG5h1Tz7b"));
}

#[tokio::test]
async fn typed_messages_are_sent_as_the_same_json() {
    let line = LineServer::always(Answer::sent).await;
    line.client()
        .reply("reply-token", &[Message::text("milk")])
        .await
        .unwrap();
    line.client().reply("reply-token", MESSAGES).await.unwrap();
    let received = line.received();
    assert_eq!(received[0].body, received[1].body);
}

#[tokio::test]
async fn a_reply_token_cannot_break_out_of_the_json() {
    let line = LineServer::always(Answer::sent).await;
    let token = "\",\"messages\":[],\"x\":\"\u{1}\\";
    line.client().reply(token, MESSAGES).await.unwrap();
    assert_eq!(line.only().json()["replyToken"], token);
}

#[tokio::test]
async fn what_line_finds_wrong_comes_back_with_it() {
    let line = LineServer::always(|| {
        Answer::json(
            400,
            r#"{"message":"The request body has 1 error(s)","details":[{"message":"May not be empty","property":"messages[0].text"}]}"#,
        )
    })
    .await;
    let error = line
        .client()
        .reply("reply-token", MESSAGES)
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::BadRequest);
    assert_eq!(error.status(), Some(StatusCode::BAD_REQUEST));
    assert_eq!(error.request_id(), Some(REQUEST_ID));
    assert_eq!(error.message(), Some("The request body has 1 error(s)"));
    let detail = ErrorDetail {
        message: Some("May not be empty".to_owned()),
        property: Some("messages[0].text".to_owned()),
    };
    assert_eq!(error.details(), [detail]);
    assert!(!error.may_have_been_accepted());
    assert_eq!(
        error.to_string(),
        format!(
            "POST /v2/bot/message/reply: 400 The request body has 1 error(s); \
             messages[0].text: May not be empty (request {REQUEST_ID})"
        )
    );
}

#[tokio::test]
async fn the_status_alone_says_what_went_wrong() {
    for (status, kind) in [
        (302, ErrorKind::UnexpectedStatus),
        (400, ErrorKind::BadRequest),
        (401, ErrorKind::Unauthorized),
        (403, ErrorKind::Forbidden),
        (404, ErrorKind::NotFound),
        (409, ErrorKind::AlreadyAccepted),
        (410, ErrorKind::Gone),
        (413, ErrorKind::TooLarge),
        (415, ErrorKind::UnsupportedMediaType),
        (418, ErrorKind::UnexpectedStatus),
        (429, ErrorKind::TooManyRequests),
        (500, ErrorKind::Server),
        (503, ErrorKind::Server),
    ] {
        for body in ["", "<html>", r#"{"message":"ok"}"#] {
            let line = LineServer::always(move || Answer::json(status, body)).await;
            let error = line
                .client()
                .reply("reply-token", MESSAGES)
                .await
                .unwrap_err();
            assert_eq!(error.kind(), kind, "{status} {body}");
            assert_eq!(
                error.may_have_been_accepted(),
                status >= 500,
                "{status} {body}"
            );
        }
    }
}

#[tokio::test]
async fn a_reply_is_tried_once_whatever_happens() {
    for answer in [
        || Answer::json(500, ""),
        || Answer::json(429, ""),
        || Answer::json(401, ""),
        || Answer::HangUp,
    ] {
        let line = LineServer::always(answer).await;
        line.client()
            .reply("reply-token", MESSAGES)
            .await
            .unwrap_err();
        assert_eq!(line.received().len(), 1);
    }
}

#[tokio::test]
async fn a_reply_without_an_answer_may_have_been_accepted() {
    let line = LineServer::always(|| Answer::HangUp).await;
    let error = line
        .client()
        .reply("reply-token", MESSAGES)
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ConnectionLost);
    assert_eq!(error.status(), None);
    assert_eq!(error.outcome(), Outcome::Unknown);
    assert!(error.source().is_some());

    let line = LineServer::always(|| Answer::Silence).await;
    let client = line
        .client_builder()
        .reply_time_limit(Duration::from_millis(50))
        .build()
        .unwrap();
    let error = client.reply("reply-token", MESSAGES).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TimedOut);
    assert_eq!(error.outcome(), Outcome::Unknown);
    assert_eq!(line.received().len(), 1);
}

#[tokio::test]
async fn a_reply_nobody_was_there_for_was_surely_not_sent() {
    let line = LineServer::always(Answer::sent).await;
    let nobody = TcpListener::bind("127.0.0.1:0")
        .await
        .unwrap()
        .local_addr()
        .unwrap();
    let client = line
        .client_builder()
        .api_base(format!("http://{nobody}"))
        .build()
        .unwrap();
    let error = client.reply("reply-token", MESSAGES).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotSent);
    assert_eq!(error.outcome(), Outcome::NotSent);
    assert!(!error.may_have_been_accepted());
}

#[tokio::test]
async fn a_reply_accepted_with_half_a_body_is_accepted() {
    let line = LineServer::always(|| Answer::BrokenBody).await;
    let response = line.client().reply("reply-token", MESSAGES).await.unwrap();
    assert_eq!(response.request_id.as_deref(), Some(REQUEST_ID));
    assert_eq!(response.value.list(), []);
}

#[tokio::test]
async fn many_replies_share_one_connection() {
    let line = LineServer::start(|_, before| {
        if before % 2 == 0 {
            Answer::sent()
        } else {
            Answer::json(400, r#"{"message":"no"}"#)
        }
    })
    .await;
    let client = line.client();
    for _ in 0..20 {
        let _ = client.clone().reply("reply-token", MESSAGES).await;
    }
    assert_eq!(line.received().len(), 20);
    assert!(
        line.received()
            .iter()
            .all(|request| request.connection == 0)
    );
}

#[tokio::test]
async fn what_line_would_call_too_large_is_not_sent() {
    let line = LineServer::always(Answer::sent).await;
    let huge = Message::text("x".repeat(2_000_000));
    let error = line
        .client()
        .reply("reply-token", &[huge])
        .await
        .unwrap_err();
    assert_eq!((error.kind(), error.status()), (ErrorKind::TooLarge, None));
    assert_eq!(error.endpoint(), Endpoint::Reply);
    assert_eq!(
        error.outcome(),
        Outcome::Answered(StatusCode::PAYLOAD_TOO_LARGE)
    );
    assert!(line.received().is_empty());
}
