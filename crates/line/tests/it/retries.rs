//! What is sent again, and what never is.

use crate::line_server::{Answer, LineServer, REQUEST_ID};
use line::client::ErrorKind;
use line::retry::{Class, Decision, Outcome, RetryPolicy, decide};
use line::{RetryKey, StatusCode};
use std::collections::HashSet;
use std::time::Duration;

const MESSAGES: &str = r#"[{"type":"text","text":"milk"}]"#;

fn answered(status: u16) -> Outcome {
    Outcome::Answered(StatusCode::from_u16(status).unwrap())
}

#[test]
fn the_table_is_line_s_table() {
    use Decision::{AlreadyAccepted, BackOff, Done, GiveUp, RefreshToken};
    let classes = [Class::Reply, Class::Keyed, Class::Read, Class::Once];
    for (outcome, decisions) in [
        (answered(200), [Done, Done, Done, Done]),
        (answered(202), [Done, Done, Done, Done]),
        (answered(302), [GiveUp, GiveUp, GiveUp, GiveUp]),
        (answered(400), [GiveUp, GiveUp, GiveUp, GiveUp]),
        (
            answered(401),
            [RefreshToken, RefreshToken, RefreshToken, RefreshToken],
        ),
        (answered(403), [GiveUp, GiveUp, GiveUp, GiveUp]),
        (answered(404), [GiveUp, GiveUp, GiveUp, GiveUp]),
        (answered(408), [BackOff, BackOff, BackOff, GiveUp]),
        (answered(409), [GiveUp, AlreadyAccepted, GiveUp, GiveUp]),
        (answered(410), [GiveUp, GiveUp, GiveUp, GiveUp]),
        (answered(413), [GiveUp, GiveUp, GiveUp, GiveUp]),
        (answered(415), [GiveUp, GiveUp, GiveUp, GiveUp]),
        (answered(429), [BackOff, BackOff, BackOff, GiveUp]),
        (answered(500), [BackOff, BackOff, BackOff, GiveUp]),
        (answered(503), [BackOff, BackOff, BackOff, GiveUp]),
        (Outcome::Unknown, [BackOff, BackOff, BackOff, GiveUp]),
        (Outcome::NotSent, [BackOff, BackOff, BackOff, BackOff]),
    ] {
        assert_eq!(
            classes.map(|class| decide(class, outcome, false)),
            decisions,
            "{outcome:?}"
        );
        let after_an_unclear_attempt = classes.map(|class| decide(class, outcome, true));
        if outcome == answered(400) {
            // The reply token is used up: by the attempt nobody heard of.
            let delivered = [AlreadyAccepted, GiveUp, GiveUp, GiveUp];
            assert_eq!(after_an_unclear_attempt, delivered);
        } else {
            assert_eq!(after_an_unclear_attempt, decisions, "{outcome:?}");
        }
    }
}

#[test]
fn only_what_may_have_arrived_counts_as_unclear() {
    let unclear = [answered(500), answered(503), Outcome::Unknown];
    assert!(unclear.into_iter().all(Outcome::may_have_been_accepted));
    let clear = [
        answered(200),
        answered(400),
        answered(429),
        Outcome::NotSent,
    ];
    assert!(!clear.into_iter().any(Outcome::may_have_been_accepted));
}

#[test]
fn pauses_double_up_to_the_longest_and_are_never_all_the_same() {
    let policy = RetryPolicy {
        attempts: 9,
        first_pause: Duration::from_secs(1),
        longest_pause: Duration::from_secs(6),
    };
    for (failed_attempts, longest) in [(1, 1), (2, 2), (3, 4), (4, 6), (5, 6), (u32::MAX, 6)] {
        let longest = Duration::from_secs(longest);
        let pauses: HashSet<_> = (0..50).map(|_| policy.pause(failed_attempts)).collect();
        assert!(
            pauses
                .iter()
                .all(|pause| *pause >= longest / 2 && *pause <= longest)
        );
        assert!(pauses.len() > 1);
    }
}

#[tokio::test]
async fn a_push_is_repeated_with_the_key_of_its_first_attempt() {
    let line = LineServer::start(|_, before| match before {
        0 => Answer::json(500, ""),
        1 => Answer::HangUp,
        _ => Answer::sent(),
    })
    .await;
    let key = RetryKey::random();
    let response = line.client().push("U1", MESSAGES, key).await.unwrap();
    assert_eq!(response.status, StatusCode::OK);
    assert_eq!(response.value.list().len(), 1);
    let received = line.received();
    assert_eq!(received.len(), 3);
    for request in &received {
        assert_eq!(request.path, "/v2/bot/message/push");
        assert_eq!(
            request.header("x-line-retry-key"),
            Some(key.to_string().as_str())
        );
        assert_eq!(request.body, received[0].body);
    }
    assert_eq!(received[0].json()["to"], "U1");
}

#[tokio::test]
async fn a_push_line_took_before_has_arrived() {
    let line = LineServer::always(|| {
        let ids = vec![
            ("x-line-request-id", REQUEST_ID.to_owned()),
            ("x-line-accepted-request-id", "the-first-one".to_owned()),
        ];
        let body = r#"{"message":"The retry key is already accepted","sentMessages":[{"id":"1"}]}"#;
        Answer::With(409, ids, body.to_owned())
    })
    .await;
    let response = line
        .client()
        .push("U1", MESSAGES, RetryKey::random())
        .await
        .unwrap();
    assert_eq!(response.status, StatusCode::CONFLICT);
    assert_eq!(response.request_id.as_deref(), Some(REQUEST_ID));
    assert_eq!(
        response.accepted_request_id.as_deref(),
        Some("the-first-one")
    );
    assert_eq!(response.value.list()[0].id, "1");
    assert_eq!(line.received().len(), 1);
}

#[tokio::test]
async fn a_push_is_given_up_after_its_attempts_or_at_once() {
    for (status, kind, attempts) in [
        (500, ErrorKind::Server, 3),
        (429, ErrorKind::TooManyRequests, 3),
        (400, ErrorKind::BadRequest, 1),
        (403, ErrorKind::Forbidden, 1),
    ] {
        let line = LineServer::always(move || Answer::json(status, r#"{"message":"no"}"#)).await;
        let error = line
            .client()
            .push("U1", MESSAGES, RetryKey::random())
            .await
            .unwrap_err();
        assert_eq!((error.kind(), error.message()), (kind, Some("no")));
        assert_eq!(line.received().len(), attempts, "{status}");
    }
}

#[tokio::test]
async fn reading_is_repeated() {
    const QUOTA: &str = r#"{"type":"limited","value":200}"#;
    let line = LineServer::start(|_, before| match before {
        0 => Answer::BrokenBody,
        1 => Answer::json(503, ""),
        _ => Answer::json(200, QUOTA),
    })
    .await;
    assert_eq!(line.client().quota().await.unwrap().value.limit, Some(200));
    assert_eq!(line.received().len(), 3);

    let line = LineServer::start(|_, before| match before {
        0 => Answer::Silence,
        _ => Answer::json(200, QUOTA),
    })
    .await;
    let client = line
        .client_builder()
        .time_limit(Duration::from_millis(300))
        .build()
        .unwrap();
    assert_eq!(client.quota().await.unwrap().value.limit, Some(200));
}

#[tokio::test]
async fn what_might_happen_twice_is_not_repeated() {
    let line = LineServer::always(|| Answer::json(500, "")).await;
    line.client().test_webhook_endpoint(None).await.unwrap_err();
    line.client()
        .set_webhook_endpoint("https://example.com")
        .await
        .unwrap_err();
    assert_eq!(line.received().len(), 2);
}

#[test]
fn a_retry_key_is_a_uuid_that_is_never_made_twice() {
    let keys: HashSet<String> = (0..1_000).map(|_| RetryKey::random().to_string()).collect();
    assert_eq!(keys.len(), 1_000);
    for key in keys {
        assert_eq!(key.len(), 36);
        assert_eq!(&key[14..15], "4", "the version");
        assert!("89ab".contains(&key[19..20]), "the variant");
        assert_eq!(key.parse::<RetryKey>().unwrap().to_string(), key);
    }
    let key = "123e4567-e89b-12d3-a456-426614174000";
    assert_eq!(
        key.to_uppercase().parse::<RetryKey>().unwrap().to_string(),
        key
    );
}

#[test]
fn what_is_no_uuid_is_no_retry_key() {
    for text in [
        "",
        "123e4567e89b12d3a456426614174000",
        "123e4567-e89b-12d3-a456-42661417400",
        "123e4567-e89b-12d3-a456-42661417400g",
        "123e4567-e89b-12d3-a456-4266141740000",
        "+23e4567-e89b-12d3-a456-426614174000",
        "123e4567-e89b-12d3-a456-426614174000-",
    ] {
        assert!(text.parse::<RetryKey>().is_err(), "{text}");
    }
}
