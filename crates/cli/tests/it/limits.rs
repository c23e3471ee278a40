//! Each limit of the HTTP side is the one its setting names: with every other one far away, it is met.

use crate::support::{Bot, SECRET, Variables, request, sqlite, webhook};
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// No limit is met by chance.
const FAR_AWAY: Variables<'_> = &[
    ("LINEBOT_BODY_TIMEOUT_SECONDS", "600"),
    ("LINEBOT_HEADER_TIMEOUT_SECONDS", "600"),
    ("LINEBOT_STOP_SECONDS", "600"),
    ("LINEBOT_DRAIN_SECONDS", "600"),
    // Nobody listens there.
    ("LINE_API_BASE_URL", "http://127.0.0.1:1"),
];

/// A webhook whose body does not end.
const HALF: &str = "POST /callback HTTP/1.1\r\nhost: bot\r\nx-line-signature: AAAA\r\ncontent-length: 100\r\n\r\n{";

/// A webhook whose body does not begin, from a client that asks whether it may.
const ASKS_FIRST: &str = "POST /callback HTTP/1.1\r\nhost: bot\r\nx-line-signature: AAAA\r\ncontent-length: 100\r\nexpect: 100-continue\r\n\r\n";

/// What that client is told as soon as the body is waited for.
const GO_ON: &[u8; 25] = b"HTTP/1.1 100 Continue\r\n\r\n";

/// What a test sets a limit to.
const LIMIT: Duration = Duration::from_secs(1);

/// Shorter than the defaults, the least of which is 10 s: with a setting that is ignored, the test fails.
const PATIENCE: Duration = Duration::from_secs(8);

/// A bot with these limits.
fn serve(limits: Variables<'_>) -> (TempDir, Bot, SocketAddr) {
    let folder = TempDir::new().unwrap();
    let url = sqlite(folder.path(), true);
    let variables = [FAR_AWAY, limits, &[("DATABASE_URL", &url)]].concat();
    let (bot, address) = Bot::serve(&variables);
    (folder, bot, address)
}

/// Whoever connects and sends no more than this.
fn sends(address: SocketAddr, bytes: &str) -> TcpStream {
    let mut client = TcpStream::connect(address).unwrap();
    client.set_read_timeout(Some(PATIENCE)).unwrap();
    client.write_all(bytes.as_bytes()).unwrap();
    client
}

/// All that is answered until the connection is closed; it fails where that does not happen.
fn answer(mut client: TcpStream) -> String {
    let mut answer = String::new();
    client.read_to_string(&mut answer).unwrap();
    answer
}

#[track_caller]
fn assert_status(answer: &str, status: u16) {
    let first = format!("HTTP/1.1 {status} ");
    assert!(answer.starts_with(&first), "{answer:?}");
}

#[test]
fn a_body_has_the_time_of_a_body() {
    let (_folder, _bot, address) = serve(&[("LINEBOT_BODY_TIMEOUT_SECONDS", "1")]);
    let sent = Instant::now();
    assert_status(&answer(sends(address, HALF)), 408);
    assert!(sent.elapsed() >= LIMIT);
}

#[test]
fn a_head_has_the_time_of_a_head_and_an_idle_connection_too() {
    let (_folder, _bot, address) = serve(&[("LINEBOT_HEADER_TIMEOUT_SECONDS", "1")]);
    let sent = Instant::now();
    let half = sends(address, "GET /healthz HTTP/1.1\r\n");
    let idle = sends(address, "GET /healthz HTTP/1.1\r\nhost: bot\r\n\r\n");
    let nothing = sends(address, "");
    assert_eq!(answer(nothing), "");
    assert!(sent.elapsed() >= LIMIT);
    assert_status(&answer(idle), 200);
    // That it took too long is all it may be told.
    let half = answer(half);
    assert!(half.is_empty() || half.starts_with("HTTP/1.1 408 "));
}

#[test]
fn a_body_has_the_size_of_a_body() {
    let (_folder, _bot, address) = serve(&[("LINEBOT_BODY_LIMIT_BYTES", "100")]);
    assert_status(&webhook(address, SECRET, "", &" ".repeat(100)), 400);
    assert_status(&webhook(address, SECRET, "", &" ".repeat(101)), 413);
}

#[test]
fn so_many_connections_are_served_at_once() {
    let (_folder, _bot, address) = serve(&[("LINEBOT_MAX_CONNECTIONS", "1")]);
    let ask = || request(address, "GET / HTTP/1.1", "");
    let first = sends(address, "");
    assert_status(&ask(), 503);
    drop(first);
}

#[test]
fn a_stop_waits_for_requests_under_way_as_long_as_it_may() {
    let limits = [
        ("LINEBOT_DRAIN_SECONDS", "0"),
        ("LINEBOT_STOP_SECONDS", "1"),
    ];
    let (_folder, mut bot, address) = serve(&limits);
    let mut under_way = sends(address, ASKS_FIRST);
    // From here on it is.
    let mut told = [0; GO_ON.len()];
    under_way.read_exact(&mut told).unwrap();
    assert_eq!(told, *GO_ON);
    let asked = Instant::now();
    bot.signal("TERM");
    // Cut off.
    assert_eq!(answer(under_way), "");
    assert!(asked.elapsed() >= LIMIT);
    bot.logged("stopped");
    assert_eq!(bot.ended().code(), Some(0));
}

#[test]
fn a_stop_without_drain_closes_what_is_idle_long_before_it_must_end() {
    let (_folder, mut bot, address) = serve(&[("LINEBOT_DRAIN_SECONDS", "0")]);
    let idle = sends(address, "");
    bot.signal("TERM");
    assert_eq!(answer(idle), "");
    bot.logged("stopped");
    assert_eq!(bot.ended().code(), Some(0));
}
