//! A connection on which a request was not read to its end cannot be used again, and whoever sent it is told.

use crate::support::{MOST_BYTES, Stage};
use server::{Limits, Listener, Readiness};
use std::net::SocketAddr;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_util::sync::CancellationToken;

/// Long enough for anything but a hang.
const PATIENCE: Duration = Duration::from_secs(20);

fn serve(stage: &Stage) -> SocketAddr {
    let limits = Limits {
        max_connections: 10,
        header_timeout: PATIENCE,
    };
    let listener = Listener::bind("127.0.0.1:0".parse().unwrap(), limits);
    let listener = listener.unwrap();
    let address = listener.address().unwrap();
    let router = stage.router.clone();
    let never = CancellationToken::new();
    tokio::spawn(listener.serve(router, Readiness::default(), never, PATIENCE));
    address
}

fn head(signature: &str, bytes: usize) -> String {
    format!("POST /callback HTTP/1.1\r\nhost: bot\r\n{signature}content-length: {bytes}\r\n\r\n")
}

/// All that is answered to these bytes until the server closes the connection.
async fn answer(address: SocketAddr, request: &str) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    let read = stream.read_to_string(&mut answer);
    let read = tokio::time::timeout(PATIENCE, read).await;
    assert!(read.is_ok(), "the connection stays open: {answer:?}");
    answer.to_lowercase()
}

fn assert_refused_and_closed(answer: &str, status: u16) {
    let first = format!("http/1.1 {status} ");
    assert!(answer.starts_with(&first), "{answer:?}");
    assert!(answer.contains("\r\nconnection: close\r\n"), "{answer:?}");
}

#[tokio::test]
async fn a_body_that_stops_arriving_is_answered_408_and_the_connection_closed() {
    let stage = Stage::with(16, Duration::from_millis(50)).await;
    let address = serve(&stage);
    let request = head("x-line-signature: AAAA\r\n", 100) + "{";
    assert_refused_and_closed(&answer(address, &request).await, 408);
}

#[tokio::test]
async fn whoever_does_not_sign_is_refused_before_the_body_comes() {
    let stage = Stage::new().await;
    let address = serve(&stage);
    assert_refused_and_closed(&answer(address, &head("", 100)).await, 401);
}

#[tokio::test]
async fn a_body_that_is_too_large_is_refused_before_it_comes() {
    let stage = Stage::new().await;
    let address = serve(&stage);
    let request = head("x-line-signature: AAAA\r\n", MOST_BYTES + 1);
    assert_refused_and_closed(&answer(address, &request).await, 413);
}

#[tokio::test]
async fn a_connection_whose_request_was_read_is_used_again_also_after_a_refusal() {
    let stage = Stage::new().await;
    let address = serve(&stage);
    let wrong = head("x-line-signature: AAAA\r\n", 1) + "{";
    let last = "GET /healthz HTTP/1.1\r\nhost: bot\r\nconnection: close\r\n\r\n";
    let answers = answer(address, &format!("{wrong}{wrong}{last}")).await;
    assert_eq!(answers.matches("http/1.1 401").count(), 2, "{answers:?}");
    assert_eq!(answers.matches("http/1.1 200").count(), 1, "{answers:?}");
}
