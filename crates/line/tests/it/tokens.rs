//! Channel access tokens: fixed ones, and stateless ones that are fetched as they are needed.

use crate::line_server::{Answer, LineServer, REQUEST_ID, TOKEN};
use line::client::{Endpoint, ErrorKind, LineClientBuilder};
use line::retry::Outcome;
use line::token::InvalidToken;
use line::{LineClient, StatusCode, TokenProvider};

const SECRET: &str = "the channel's secret & more";
pub(crate) const MESSAGES: &str = r#"[{"type":"text","text":"milk"}]"#;
pub(crate) const TOKEN_PATH: &str = "/oauth2/v3/token";

pub(crate) fn issued(number: usize) -> Answer {
    let token = format!("token-{number}");
    Answer::json(
        200,
        format!(r#"{{"token_type":"Bearer","access_token":"{token}","expires_in":900}}"#),
    )
}

/// Issues `token-N` to the Nth request there is, and takes every reply.
pub(crate) async fn generous_line() -> LineServer {
    LineServer::start(|request, before| match request.path.as_str() {
        TOKEN_PATH => issued(before),
        _ => Answer::sent(),
    })
    .await
}

pub(crate) fn stateless_builder(line: &LineServer) -> LineClientBuilder {
    let tokens = TokenProvider::stateless("1234567890", SECRET.into());
    LineClient::builder(tokens).api_base(&line.base)
}

pub(crate) fn stateless(line: &LineServer) -> LineClient {
    stateless_builder(line).build().unwrap()
}

/// The tokens the replies came with, in order; `issue` for each request of a token.
pub(crate) fn tokens_seen(line: &LineServer) -> Vec<String> {
    let name = |request: &crate::line_server::Received| match request.path.as_str() {
        TOKEN_PATH => "issue".to_owned(),
        _ => request
            .header("authorization")
            .unwrap()
            .replace("Bearer ", ""),
    };
    line.received().iter().map(name).collect()
}

#[tokio::test]
async fn a_stateless_token_is_fetched_once_and_used_again() {
    let line = generous_line().await;
    let client = stateless(&line);
    client.reply("reply-token", MESSAGES).await.unwrap();
    client.reply("reply-token", MESSAGES).await.unwrap();
    assert_eq!(tokens_seen(&line), ["issue", "token-0", "token-0"]);

    let request = &line.received()[0];
    assert_eq!(request.method, "POST");
    assert_eq!(
        request.header("content-type"),
        Some("application/x-www-form-urlencoded")
    );
    assert_eq!(request.header("authorization"), None);
    assert_eq!(
        request.body,
        "grant_type=client_credentials&client_id=1234567890\
         &client_secret=the%20channel%27s%20secret%20%26%20more"
    );
}

#[tokio::test]
async fn many_calls_at_once_fetch_one_token() {
    let line = generous_line().await;
    let client = stateless(&line);
    let calls = (0..10).map(|_| {
        let client = client.clone();
        tokio::spawn(async move { client.reply("reply-token", MESSAGES).await.unwrap() })
    });
    for call in calls.collect::<Vec<_>>() {
        call.await.unwrap();
    }
    assert_eq!(
        tokens_seen(&line)
            .iter()
            .filter(|seen| *seen == "issue")
            .count(),
        1
    );
}

#[tokio::test]
async fn a_refused_token_is_replaced_once() {
    let line = LineServer::start(|request, before| match request.path.as_str() {
        TOKEN_PATH => issued(before),
        _ if request.header("authorization") == Some("Bearer token-0") => Answer::json(401, ""),
        _ => Answer::sent(),
    })
    .await;
    stateless(&line)
        .reply("reply-token", MESSAGES)
        .await
        .unwrap();
    assert_eq!(tokens_seen(&line), ["issue", "token-0", "issue", "token-2"]);
}

#[tokio::test]
async fn a_second_refusal_is_the_last() {
    let line = LineServer::start(|request, before| match request.path.as_str() {
        TOKEN_PATH => issued(before),
        _ => Answer::json(401, r#"{"message":"Authentication failed"}"#),
    })
    .await;
    let error = stateless(&line).bot_info().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unauthorized);
    assert_eq!(tokens_seen(&line), ["issue", "token-0", "issue", "token-2"]);
}

#[tokio::test]
async fn a_fixed_token_that_is_refused_stays_refused() {
    let line = LineServer::always(|| Answer::json(401, "")).await;
    let error = line.client().bot_info().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unauthorized);
    assert_eq!(
        line.only().header("authorization"),
        Some(format!("Bearer {TOKEN}").as_str())
    );
}

#[tokio::test]
async fn a_token_can_be_replaced_while_calls_go_on() {
    let tokens = TokenProvider::fixed(&"old".into()).unwrap();
    let replaced = tokens.clone();
    let line = LineServer::start(move |request, _| {
        if request.header("authorization") == Some("Bearer new") {
            return Answer::sent();
        }
        // Somebody puts the new token in place while LINE refuses the old one.
        replaced.replace(&TokenProvider::fixed(&"new".into()).unwrap());
        Answer::json(401, "")
    })
    .await;
    let client = LineClient::builder(tokens)
        .api_base(&line.base)
        .build()
        .unwrap();
    client.reply("reply-token", MESSAGES).await.unwrap();
    client.reply("reply-token", MESSAGES).await.unwrap();
    assert_eq!(tokens_seen(&line), ["old", "new", "new"]);
}

#[tokio::test]
async fn a_wrong_channel_secret_is_told_with_line_s_words() {
    let line = LineServer::always(|| {
        let body = r#"{"error":"invalid_client","error_description":"invalid client_secret"}"#;
        Answer::json(400, body)
    })
    .await;
    let error = stateless(&line)
        .reply("reply-token", MESSAGES)
        .await
        .unwrap_err();
    assert_eq!(error.endpoint(), Endpoint::IssueStatelessToken);
    assert_eq!(error.kind(), ErrorKind::BadRequest);
    assert_eq!(error.message(), Some("invalid client_secret"));
    // For the reply it is as good as no valid token.
    assert_eq!(error.outcome(), Outcome::Answered(StatusCode::UNAUTHORIZED));
    assert_eq!(line.received().len(), 1);
}

#[tokio::test]
async fn a_token_that_may_be_had_later_is_no_refused_one() {
    for status in [408, 429] {
        let line = LineServer::always(move || Answer::json(status, "")).await;
        let error = stateless(&line)
            .reply("reply-token", MESSAGES)
            .await
            .unwrap_err();
        assert_eq!(error.endpoint(), Endpoint::IssueStatelessToken);
        assert_eq!(error.status().map(|status| status.as_u16()), Some(status));
        assert_eq!(error.outcome(), Outcome::NotSent);
    }
}

#[tokio::test]
async fn an_answer_without_a_token_is_unreadable() {
    for body in ["", "{}", r#"{"access_token":"a\nb","expires_in":900}"#] {
        let line = LineServer::always(move || Answer::json(200, body)).await;
        let client = line.client();
        let error = client
            .issue_stateless_token("1", &SECRET.into())
            .await
            .unwrap_err();
        assert_eq!(error.kind(), ErrorKind::UnreadableAnswer);
        assert_eq!(error.request_id(), Some(REQUEST_ID));
    }
}

#[test]
fn a_token_copied_badly_is_refused_at_once() {
    assert_eq!(
        TokenProvider::fixed(&"".into()).unwrap_err(),
        InvalidToken::Empty
    );
    for token in [
        "token\n",
        "to ken",
        "tok\u{e9}n",
        "\u{feff}token",
        "token\0",
    ] {
        let refusal = TokenProvider::fixed(&token.into()).unwrap_err();
        assert_eq!(refusal, InvalidToken::Malformed, "{token:?}");
    }
    assert!(TokenProvider::fixed(&"abc/DEF+123==.-_~".into()).is_ok());
}

#[test]
fn no_secret_is_ever_printed() {
    let fixed = TokenProvider::fixed(&TOKEN.into()).unwrap();
    let stateless = TokenProvider::stateless("1234567890", SECRET.into());
    for tokens in [fixed, stateless] {
        let client = LineClient::builder(tokens.clone()).build().unwrap();
        let builder = LineClient::builder(tokens.clone());
        let printed = format!("{tokens:?} {client:?} {builder:?}");
        assert!(
            !printed.contains(TOKEN) && !printed.contains(SECRET),
            "{printed}"
        );
    }
}
