//! What comes through, and what the bot gets to see of it.

use crate::backend::{Answer, Backend, send, webhook};
use crate::{changed, configuration};
use deploy_tests::nginx::Nginx;
use std::io::Write;
use std::net::TcpStream;
use std::thread;
use std::time::Duration;

#[test]
#[ignore = "needs kubectl and nginx: cargo xtask test"]
fn a_webhook_reaches_the_bot_unchanged_and_its_answer_comes_back() {
    let bot = Backend::start(&[Answer::Status(200)]);
    let nginx = Nginx::start(&configuration("local"), &[bot.address]);
    // Every byte counts: the signature is over the body as LINE wrote it.
    let body = "{\"events\":[], \"text\": \"\u{1f600} \\n\"}\r\n ";
    let answer = send(
        nginx.address,
        "POST /callback",
        &[
            ("X-Line-Signature", "c2lnbmF0dXJl"),
            (
                "traceparent",
                "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
            ),
            ("X-Forwarded-For", "6.6.6.6"),
            ("X-Real-IP", "6.6.6.6"),
        ],
        body.as_bytes(),
    );
    assert_eq!((answer.status(), answer.text().as_str()), (200, "the bot"));
    let requests = bot.requests();
    let request = &requests[0];
    assert_eq!(requests.len(), 1);
    assert_eq!(request.start, "POST /callback HTTP/1.1");
    assert_eq!(request.text(), body);
    assert_eq!(request.header("host"), Some("app-server"));
    assert_eq!(request.header("connection"), None);
    assert_eq!(request.header("x-line-signature"), Some("c2lnbmF0dXJl"));
    assert!(
        request
            .header("traceparent")
            .is_some_and(|value| value.starts_with("00-0af7"))
    );
    assert_eq!(request.header("x-forwarded-proto"), Some("http"));
    // Nobody in front is trusted here, so what the client claims is dropped.
    assert_eq!(request.header("x-forwarded-for"), Some("127.0.0.1"));
    assert_eq!(request.header("x-real-ip"), Some("127.0.0.1"));
    assert_eq!(
        request.header("x-request-id"),
        answer.header("x-request-id")
    );
    assert!(
        answer
            .header("x-request-id")
            .is_some_and(|id| id.len() == 32)
    );
}

#[test]
#[ignore = "needs kubectl and nginx: cargo xtask test"]
fn the_bots_page_comes_through_and_every_answer_has_the_headers_of_a_careful_site() {
    let bot = Backend::start(&[Answer::Status(200)]);
    let nginx = Nginx::start(&configuration("local"), &[bot.address]);
    for (start, status) in [
        ("GET /", 200),
        ("HEAD /", 200),
        ("GET /nothing", 404),
        ("POST /callback", 401),
    ] {
        let answer = send(nginx.address, start, &[], b"");
        assert_eq!(answer.status(), status, "{start}");
        assert_eq!(
            answer.header("x-content-type-options"),
            Some("nosniff"),
            "{start}"
        );
        assert!(
            answer.header("strict-transport-security").is_some(),
            "{start}"
        );
        assert!(
            answer.header("content-security-policy").is_some(),
            "{start}"
        );
        assert_eq!(
            answer.header("server"),
            Some("nginx"),
            "no version: {start}"
        );
    }
}

#[test]
#[ignore = "needs kubectl and nginx: cargo xtask test"]
fn behind_google_the_client_is_the_one_before_the_load_balancer() {
    let bot = Backend::start(&[Answer::Status(200)]);
    // The front end is this machine here.
    let map = changed(
        &configuration("gke-ingress"),
        "real-ip.conf",
        "35.191.0.0/16",
        "127.0.0.0/8",
    );
    let nginx = Nginx::start(&map, &[bot.address]);
    // What the client made up, the client, the load balancer itself.
    let forwarded = ("X-Forwarded-For", "6.6.6.6, 198.51.100.7, 203.0.113.10");
    let signature = ("X-Line-Signature", "c2ln");
    let proto = ("X-Forwarded-Proto", "https");
    send(
        nginx.address,
        "POST /callback",
        &[forwarded, signature, proto],
        b"{}",
    );
    let request = bot.requests().remove(0);
    assert_eq!(request.header("x-forwarded-for"), Some("198.51.100.7"));
    assert_eq!(request.header("x-real-ip"), Some("198.51.100.7"));
    assert_eq!(request.header("x-forwarded-proto"), Some("https"));
    assert!(nginx.log(1)[0].contains("\"remote_addr\":\"198.51.100.7\""));
}

#[test]
#[ignore = "needs kubectl and nginx: cargo xtask test"]
fn connections_to_the_bot_are_kept() {
    let bot = Backend::start(&[Answer::Status(200)]);
    let nginx = Nginx::start(&configuration("local"), &[bot.address]);
    for _ in 0..50 {
        assert_eq!(webhook(nginx.address, "{}").status(), 200);
    }
    assert_eq!(bot.requests().len(), 50);
    // One for each of the two servers of the upstream.
    assert!(bot.connections() <= 2, "{} connections", bot.connections());
}

#[test]
#[ignore = "needs kubectl and nginx: cargo xtask test"]
fn three_hundred_webhooks_at_once_from_one_address_all_come_through() {
    let bot = Backend::start(&[Answer::Status(200)]);
    let nginx = Nginx::start(&configuration("local"), &[bot.address]);
    let clients: Vec<_> = (0..30)
        .map(|_| {
            let address = nginx.address;
            thread::spawn(move || {
                (0..10)
                    .map(|_| webhook(address, "{}").status())
                    .collect::<Vec<_>>()
            })
        })
        .collect();
    for client in clients {
        assert_eq!(client.join().expect("no panic"), [200; 10]);
    }
    assert_eq!(bot.requests().len(), 300);
}

#[test]
#[ignore = "needs kubectl and nginx: cargo xtask test"]
fn a_stop_ends_the_requests_under_way() {
    let bot = Backend::start(&[Answer::Slow(Duration::from_millis(700))]);
    let nginx = Nginx::start(&configuration("local"), &[bot.address]);
    let address = nginx.address;
    let client = thread::spawn(move || webhook(address, "{}"));
    while bot.requests().is_empty() {
        thread::sleep(Duration::from_millis(5));
    }
    nginx.quit();
    let answer = client.join().expect("no panic");
    assert_eq!((answer.status(), answer.text().as_str()), (200, "the bot"));
    // And takes no new ones, which is why a pod waits before it stops.
    let refused = TcpStream::connect(address)
        .and_then(|mut stream| stream.write_all(b"GET / HTTP/1.1\r\n\r\n"));
    assert!(refused.is_err(), "it still listens");
}
