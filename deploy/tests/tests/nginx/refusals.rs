//! What nginx refuses by itself, so that the bot never sees it.

use crate::backend::{Answer, Backend, Message, send, webhook};
use crate::{changed, configuration};
use deploy_tests::nginx::Nginx;
use serde_json::Value;

const SIGNED: (&str, &str) = ("X-Line-Signature", "c2lnbmF0dXJl");

/// A refusal is JSON with a sentence.
#[track_caller]
fn refused(answer: &Message, status: u16) {
    assert_eq!(answer.status(), status, "{}", answer.text());
    assert_eq!(answer.header("content-type"), Some("application/json"));
    let body: Value = serde_json::from_str(&answer.text()).expect("JSON");
    assert!(
        body["message"].as_str().is_some_and(|text| text.len() > 5),
        "{body}"
    );
}

#[test]
#[ignore = "needs kubectl and nginx: cargo xtask test"]
fn only_what_line_would_send_reaches_the_bot() {
    let bot = Backend::start(&[Answer::Status(200)]);
    let nginx = Nginx::start(&configuration("local"), &[bot.address]);
    let send = |start: &str, headers: &[(&str, &str)], body: &[u8]| {
        send(nginx.address, start, headers, body)
    };

    for method in ["GET", "PUT", "DELETE", "HEAD"] {
        let answer = send(&format!("{method} /callback"), &[SIGNED], b"");
        assert_eq!(answer.status(), 405, "{method}");
        assert_eq!(answer.header("allow"), Some("POST"));
    }
    refused(&send("GET /callback", &[SIGNED], b""), 405);
    let answer = send("POST /", &[], b"{}");
    refused(&answer, 405);
    assert_eq!(answer.header("allow"), Some("GET, HEAD"));

    refused(&send("POST /callback", &[], b"{}"), 401);
    refused(
        &send("POST /callback", &[("X-Line-Signature", "")], b"{}"),
        401,
    );
    for path in [
        "/metrics",
        "/readyz",
        "/callback/",
        "/callback/x",
        "/db",
        "/test",
        "/index.html",
    ] {
        refused(&send(&format!("GET {path}"), &[], b""), 404);
    }
    // Too long to be read, so it belongs to no location and gets nginx's own page.
    let long = send(&format!("GET /{}", "a".repeat(9000)), &[], b"");
    assert_eq!(long.status(), 414);
    let wrong = send("POST /callback", &[SIGNED, ("Content-Length", "x")], b"");
    refused(&wrong, 400);
    assert_eq!(bot.requests().len(), 0);
}

#[test]
#[ignore = "needs kubectl and nginx: cargo xtask test"]
fn a_body_of_one_mebibyte_comes_through_and_one_byte_more_does_not() {
    let bot = Backend::start(&[Answer::Status(200)]);
    let nginx = Nginx::start(&configuration("local"), &[bot.address]);
    let most = "x".repeat(1024 * 1024);
    assert_eq!(webhook(nginx.address, &most).status(), 200);
    assert_eq!(bot.requests()[0].body.len(), most.len());
    refused(&webhook(nginx.address, &format!("{most}x")), 413);
    assert_eq!(bot.requests().len(), 1);
    // A webhook of usual size is never written to a disk.
    let errors = nginx.errors();
    assert_eq!(
        errors.matches("buffered to a temporary file").count(),
        1,
        "{errors}"
    );
    assert_eq!(webhook(nginx.address, &"x".repeat(60_000)).status(), 200);
    assert_eq!(
        nginx
            .errors()
            .matches("buffered to a temporary file")
            .count(),
        1
    );
}

#[test]
#[ignore = "needs kubectl and nginx: cargo xtask test"]
fn a_flood_from_one_address_gets_429() {
    let bot = Backend::start(&[Answer::Status(200)]);
    let map = changed(
        &configuration("local"),
        "nginx.conf",
        "rate=500r/s",
        "rate=1r/m",
    );
    let map = changed(&map, "nginx.conf", "burst=1000", "burst=3");
    let nginx = Nginx::start(&map, &[bot.address]);
    let answers: Vec<Message> = (0..6).map(|_| webhook(nginx.address, "{}")).collect();
    let statuses: Vec<u16> = answers.iter().map(Message::status).collect();
    assert_eq!(statuses, [200, 200, 200, 200, 429, 429]);
    refused(&answers[5], 429);
}

#[test]
#[ignore = "needs kubectl and nginx: cargo xtask test"]
fn nginx_is_well_while_the_bot_is_away() {
    let nginx = Nginx::start(&configuration("local"), &[]);
    let answer = send(nginx.address, "GET /healthz", &[], b"");
    assert_eq!(answer.status(), 200);
    for start in ["POST /callback", "GET /"] {
        let answer = send(nginx.address, start, &[SIGNED], b"");
        refused(&answer, 503);
        assert_eq!(answer.header("retry-after"), Some("1"));
    }
}
