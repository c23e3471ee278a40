//! What nginx writes down: enough to find a request again, and nothing that a person wrote.

use crate::backend::{Answer, Backend, send};
use crate::configuration;
use deploy_tests::nginx::Nginx;
use serde_json::Value;

#[test]
#[ignore = "needs kubectl and nginx: cargo xtask test"]
fn each_request_is_a_line_of_json_without_body_signature_or_query() {
    let bot = Backend::start(&[Answer::Status(503), Answer::Status(200)]);
    let nginx = Nginx::start(&configuration("local"), &[bot.address]);
    let headers = [
        ("X-Line-Signature", "c2VjcmV0"),
        ("User-Agent", "LineBot\"Webhook\"/2.0"),
        (
            "traceparent",
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        ),
    ];
    let answer = send(
        nginx.address,
        "POST /callback?text=milk",
        &headers,
        "牛乳".as_bytes(),
    );
    send(nginx.address, "GET /nothing", &[], b"");
    send(nginx.address, "GET /healthz", &[], b"");
    send(nginx.address, "GET /", &[], b"");
    let lines = nginx.log(3);
    let logged: Vec<Value> = lines
        .iter()
        .map(|line| serde_json::from_str(line).expect("JSON"))
        .collect();
    assert_eq!(logged.len(), 3, "probes are not logged");

    let webhook = &logged[0];
    for (field, value) in [
        ("severity", "INFO"),
        ("method", "POST"),
        ("path", "/callback"),
        ("remote_addr", "127.0.0.1"),
        ("user_agent", "LineBot\"Webhook\"/2.0"),
        // Both tries.
        ("upstream_status", "503, 200"),
    ] {
        assert_eq!(webhook[field], value, "{field}");
    }
    assert_eq!(webhook["status"], 200);
    assert_eq!(
        webhook["request_id"].as_str(),
        answer.header("x-request-id")
    );
    assert!(
        webhook["traceparent"]
            .as_str()
            .is_some_and(|trace| trace.contains("0af7"))
    );
    assert!(webhook["seconds"].is_number());
    assert!(
        webhook["upstream_addr"]
            .as_str()
            .is_some_and(|address| address.contains(&bot.address.to_string()))
    );
    for secret in ["c2VjcmV0", "milk", "牛乳"] {
        assert!(!lines[0].contains(secret), "{secret} is in {}", lines[0]);
    }
    assert_eq!(
        (&logged[1]["severity"], &logged[1]["status"]),
        (&"WARNING".into(), &404.into())
    );
    assert_eq!(logged[2]["path"], "/");
}

#[test]
#[ignore = "needs kubectl and nginx: cargo xtask test"]
fn a_webhook_that_the_bot_did_not_get_is_an_error() {
    let nginx = Nginx::start(&configuration("local"), &[]);
    send(
        nginx.address,
        "POST /callback",
        &[("X-Line-Signature", "c2ln")],
        b"{}",
    );
    let line: Value = serde_json::from_str(&nginx.log(1)[0]).expect("JSON");
    assert_eq!(
        (&line["severity"], &line["status"]),
        (&"ERROR".into(), &503.into())
    );
}
