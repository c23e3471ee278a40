//! The load generator against bots that do right and wrong.

#![expect(clippy::unwrap_used, reason = "a test that cannot be set up fails")]

use axum::Router;
use axum::body::Bytes;
use axum::routing::post;
use bench::bound::Bound;
use bench::load::{Load, Measured, Settings, Traffic};
use http::StatusCode;
use line::{ChannelSecrets, LineClient, TokenProvider};
use secrecy::SecretString;
use server::{Limits, Listener, Readiness};
use std::time::Duration;
use tokio::runtime::Runtime;
use tokio_util::sync::CancellationToken;

const SECRET: &str = "a channel secret";
const TOKEN: &str = "a-token";

/// Sends `traffic` for a moment to the bot that `router` makes, given the client it replies with.
fn measure(
    router: impl FnOnce(ChannelSecrets, LineClient) -> Router,
    traffic: Traffic,
) -> Measured {
    let runtime = Runtime::new().unwrap();
    let limits = Limits {
        max_connections: 100,
        header_timeout: Duration::from_secs(10),
    };
    let listener = runtime
        .block_on(async { Listener::bind(([127, 0, 0, 1], 0).into(), limits) })
        .unwrap();
    let settings = Settings {
        bot: listener.address().unwrap(),
        channel_secret: SECRET.to_owned(),
        channel_access_token: TOKEN.to_owned(),
        people: 50,
        open_each: 0,
    };
    let load = Load::start(([127, 0, 0, 1], 0).into(), &settings).unwrap();
    let secrets = ChannelSecrets::new([&SecretString::from(SECRET)]).unwrap();
    let tokens = TokenProvider::fixed(&SecretString::from(TOKEN)).unwrap();
    let client = runtime.block_on(async {
        LineClient::builder(tokens)
            .api_base(format!("http://{}", load.line()))
            .build()
            .unwrap()
    });
    let router = router(secrets, client);
    runtime.spawn(listener.serve(
        router,
        Readiness::default(),
        CancellationToken::new(),
        Duration::ZERO,
    ));
    load.send(traffic, Duration::from_millis(300)).unwrap()
}

/// A bot that answers every webhook with `status` and replies with the same text `times` times.
fn parrot(client: LineClient, status: StatusCode, times: usize) -> Router {
    let callback = async move |body: Bytes| {
        let webhook = line::webhook::parse(&body).unwrap();
        let token = webhook.events().next().unwrap().reply_token.unwrap();
        for _ in 0..times {
            // The second one is refused, as LINE would.
            let _ = client
                .reply(
                    &token,
                    r#"[{"type":"text","text":"Polly wants a cracker"}]"#,
                )
                .await;
        }
        status
    };
    Router::new().route("/callback", post(callback))
}

#[test]
fn the_bound_answers_everybody_rightly() {
    let bound = |secrets, client| Bound::new(secrets, client).router();
    for traffic in [
        Traffic::Closed { connections: 8 },
        Traffic::Open {
            connections: 8,
            rate: 200.0,
        },
    ] {
        let measured = measure(bound, traffic);
        assert_eq!(measured.faults.total(), 0, "{}", measured.faults);
        assert!(measured.messages > 0);
        assert!(measured.replies.percentile(50) > Duration::ZERO);
    }
}

#[test]
fn a_reply_without_the_list_is_noticed() {
    let measured = measure(
        |_, client| parrot(client, StatusCode::OK, 1),
        Traffic::Closed { connections: 1 },
    );
    assert_eq!(measured.messages, 0);
    assert!(measured.faults.wrong > 0, "{}", measured.faults);
}

#[test]
fn a_reply_sent_twice_is_noticed() {
    let measured = measure(
        |_, client| parrot(client, StatusCode::OK, 2),
        Traffic::Closed { connections: 1 },
    );
    assert!(measured.faults.unexpected > 0, "{}", measured.faults);
}

#[test]
fn a_webhook_refused_is_noticed() {
    let refuses = StatusCode::SERVICE_UNAVAILABLE;
    let measured = measure(
        |_, client| parrot(client, refuses, 0),
        Traffic::Closed { connections: 1 },
    );
    assert_eq!(measured.messages, 0);
    assert!(measured.faults.refused > 0, "{}", measured.faults);
}
