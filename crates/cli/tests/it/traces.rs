//! Traces: W3C context in, OTLP out, the same ids in the log.

use crate::support::{Bot, SECRET, request, sqlite, webhook};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::sync::mpsc;
use std::thread;
use tempfile::TempDir;

const TRACE_ID: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const PARENT_ID: &str = "00f067aa0ba902b7";

fn bytes(hexadecimal: &str) -> Vec<u8> {
    (0..hexadecimal.len())
        .step_by(2)
        .map(|start| u8::from_str_radix(&hexadecimal[start..start + 2], 16).unwrap())
        .collect()
}

/// A collector that takes one export; its URL, and the request it got: head and body.
fn collector() -> (String, mpsc::Receiver<(String, Vec<u8>)>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let (send, receive) = mpsc::channel();
    thread::spawn(move || {
        let (connection, _) = listener.accept().unwrap();
        let mut reader = BufReader::new(&connection);
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            reader.read_line(&mut head).unwrap();
        }
        let length = head
            .lines()
            .find_map(|line| {
                line.to_lowercase()
                    .strip_prefix("content-length: ")?
                    .parse()
                    .ok()
            })
            .unwrap();
        let mut body = vec![0; length];
        reader.read_exact(&mut body).unwrap();
        (&connection)
            .write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n")
            .unwrap();
        send.send((head, body)).unwrap();
    });
    (url, receive)
}

#[test]
fn a_request_continues_the_callers_trace_and_its_span_leaves_before_the_end() {
    let folder = TempDir::new().unwrap();
    let database = sqlite(folder.path(), true);
    let (endpoint, exported) = collector();
    let (mut bot, address) = Bot::serve(&[
        ("DATABASE_URL", &database),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", &endpoint),
        ("OTEL_SERVICE_NAME", "bot-under-test"),
    ]);
    let traceparent = format!("\r\ntraceparent: 00-{TRACE_ID}-{PARENT_ID}-01");
    let check = r#"{"destination":"U8e742f61d673b39c7fff3cecb7536ef0","events":[]}"#;
    request(address, "GET /healthz HTTP/1.1", "");
    assert!(webhook(address, SECRET, &traceparent, check).starts_with("HTTP/1.1 200 "));
    let line = bot.logged("webhook");
    assert_eq!(line["trace_id"], TRACE_ID, "{line}");
    let span_id = line["span_id"].as_str().unwrap();
    assert_ne!(span_id, PARENT_ID);

    bot.signal("TERM");
    assert_eq!(bot.ended().code(), Some(0));
    let (head, body) = exported.try_recv().expect("exported before the end");
    assert!(
        head.starts_with("POST /v1/traces HTTP/1.1\r\n")
            && head
                .to_lowercase()
                .contains("content-type: application/x-protobuf"),
        "{head}"
    );
    for part in [
        bytes(TRACE_ID),
        bytes(PARENT_ID),
        bytes(span_id),
        b"bot-under-test".to_vec(),
        b"POST /callback".to_vec(),
        b"http.response.status_code".to_vec(),
    ] {
        assert!(
            body.windows(part.len()).any(|window| window == part),
            "{part:?}"
        );
    }
    let get = b"GET";
    let of_probes = body.windows(get.len()).any(|window| window == get);
    assert!(!of_probes, "probes are not traced");
}

#[test]
fn without_a_collector_lines_have_no_trace() {
    let folder = TempDir::new().unwrap();
    let database = sqlite(folder.path(), true);
    let (mut bot, address) = Bot::serve(&[("DATABASE_URL", &database)]);
    webhook(
        address,
        SECRET,
        &format!("\r\ntraceparent: 00-{TRACE_ID}-{PARENT_ID}-01"),
        "{}",
    );
    assert!(bot.logged("webhook").get("trace_id").is_none());
}
