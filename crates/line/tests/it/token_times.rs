//! How long channel access tokens are used and waited for.

use crate::line_server::{Answer, LineServer};
use crate::tokens::{
    MESSAGES, TOKEN_PATH, generous_line, issued, stateless, stateless_builder, tokens_seen,
};
use line::client::{Endpoint, ErrorKind};
use line::retry::Outcome;
use std::time::{Duration, Instant};

/// Lets the clock jump without waiting. Time runs on afterwards, as sockets need it.
async fn pass(time: Duration) {
    tokio::time::pause();
    tokio::time::advance(time).await;
    tokio::time::resume();
}

#[tokio::test]
async fn a_token_is_replaced_a_minute_before_its_end() {
    let line = generous_line().await;
    let client = stateless(&line);
    client.reply("reply-token", MESSAGES).await.unwrap();
    pass(Duration::from_secs(830)).await;
    client.reply("reply-token", MESSAGES).await.unwrap();
    pass(Duration::from_secs(20)).await;
    client.reply("reply-token", MESSAGES).await.unwrap();
    assert_eq!(
        tokens_seen(&line),
        ["issue", "token-0", "token-0", "issue", "token-3"]
    );
}

#[tokio::test]
async fn a_good_token_is_used_on_while_it_cannot_be_replaced() {
    let line = LineServer::start(|request, before| match request.path.as_str() {
        TOKEN_PATH if before == 0 => issued(0),
        TOKEN_PATH => Answer::json(500, ""),
        _ => Answer::sent(),
    })
    .await;
    let client = stateless(&line);
    client.reply("reply-token", MESSAGES).await.unwrap();
    pass(Duration::from_secs(850)).await;
    // Asked for in vain once, and not with every reply.
    client.reply("reply-token", MESSAGES).await.unwrap();
    client.reply("reply-token", MESSAGES).await.unwrap();
    assert_eq!(
        tokens_seen(&line),
        ["issue", "token-0", "issue", "token-0", "token-0"]
    );

    pass(Duration::from_mins(1)).await;
    let error = client.reply("reply-token", MESSAGES).await.unwrap_err();
    assert_eq!(error.endpoint(), Endpoint::IssueStatelessToken);
    // The reply itself was never sent, whatever became of the token.
    assert_eq!(error.outcome(), Outcome::NotSent);
}

#[tokio::test]
async fn waiting_for_a_token_is_part_of_the_reply_s_time() {
    let line = LineServer::always(|| Answer::Silence).await;
    let client = stateless_builder(&line)
        .reply_time_limit(Duration::from_millis(200))
        .build()
        .unwrap();
    // Nothing answers: the clock may jump to whatever is waited for.
    tokio::time::pause();
    let start = tokio::time::Instant::now();
    let reply = || client.reply("reply-token", MESSAGES);
    let (first, second, third) = tokio::join!(reply(), reply(), reply());
    assert!(start.elapsed() < Duration::from_millis(300));
    for error in [first, second, third].map(Result::unwrap_err) {
        assert_eq!(error.endpoint(), Endpoint::IssueStatelessToken);
        assert_eq!(error.kind(), ErrorKind::TimedOut);
        assert_eq!(error.outcome(), Outcome::NotSent);
    }
}

#[tokio::test]
async fn a_token_that_cannot_be_replaced_in_time_leaves_the_reply_its_own() {
    let line = LineServer::start(|request, before| match request.path.as_str() {
        TOKEN_PATH if before == 0 => issued(0),
        TOKEN_PATH => Answer::Silence,
        _ => Answer::sent(),
    })
    .await;
    let client = stateless_builder(&line)
        .reply_time_limit(Duration::from_millis(400))
        .build()
        .unwrap();
    client.reply("reply-token", MESSAGES).await.unwrap();
    pass(Duration::from_secs(850)).await;
    client.reply("reply-token", MESSAGES).await.unwrap();
    assert_eq!(tokens_seen(&line), ["issue", "token-0", "issue", "token-0"]);
}

#[tokio::test]
async fn a_token_said_to_live_for_ever_is_used_like_any_other() {
    let line = LineServer::start(|request, _| match request.path.as_str() {
        TOKEN_PATH => {
            let body = format!(r#"{{"access_token":"token-0","expires_in":{}}}"#, u64::MAX);
            Answer::json(200, body)
        }
        _ => Answer::sent(),
    })
    .await;
    let client = stateless(&line);
    client.reply("reply-token", MESSAGES).await.unwrap();
    client.reply("reply-token", MESSAGES).await.unwrap();
    assert_eq!(tokens_seen(&line), ["issue", "token-0", "token-0"]);
}

#[tokio::test]
async fn a_new_token_for_a_refused_one_is_part_of_the_reply_s_time() {
    let line = LineServer::start(|request, before| match request.path.as_str() {
        TOKEN_PATH if before == 0 => issued(0),
        TOKEN_PATH => Answer::Silence,
        _ => {
            // Takes most of the reply's time, from server and client alike.
            std::thread::sleep(Duration::from_millis(750));
            Answer::json(401, "")
        }
    })
    .await;
    let client = stateless_builder(&line)
        .reply_time_limit(Duration::from_secs(1))
        .build()
        .unwrap();
    let start = Instant::now();
    let error = client.reply("reply-token", MESSAGES).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TimedOut);
    // Each with a second of its own, they take 1.75 s.
    assert!(start.elapsed() < Duration::from_millis(1_500));
}
