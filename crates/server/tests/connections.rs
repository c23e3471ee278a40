//! Whoever connected gets an answer, also when the bot stops, and nobody is waited for for ever.

#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot go on stops where it is"
)]

use axum::Router;
use axum::http::{StatusCode, header};
use axum::routing::{get, post};
use server::{Limits, Listener, Readiness};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

const REQUEST: &[u8] = b"GET / HTTP/1.1\r\nhost: bot\r\n\r\n";

/// Long enough for anything but a hang.
const PATIENCE: Duration = Duration::from_secs(20);

/// Less than the second after which a connection that found no room is tried again.
const PATIENCE_OF_THE_KERNEL: Duration = Duration::from_millis(900);

fn listener() -> (Listener, SocketAddr) {
    limited(100)
}

fn limited(max_connections: usize) -> (Listener, SocketAddr) {
    bound(Limits {
        max_connections,
        header_timeout: PATIENCE,
    })
}

fn bound(limits: Limits) -> (Listener, SocketAddr) {
    let listener = Listener::bind("127.0.0.1:0".parse().unwrap(), limits).unwrap();
    let address = listener.address().unwrap();
    (listener, address)
}

/// Serves as during the drain of a stop.
fn serve(listener: Listener, close: CancellationToken) -> JoinHandle<()> {
    let router = Router::new().route("/", get(|| async { "served" }));
    let readiness = Readiness::default();
    readiness.drain();
    tokio::spawn(listener.serve(router, readiness, close, PATIENCE))
}

/// All that the other side sends until it closes.
async fn answer(mut stream: TcpStream) -> String {
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    String::from_utf8(answer).unwrap().to_lowercase()
}

fn assert_served(answer: &str) {
    assert!(answer.starts_with("http/1.1 200"), "{answer:?}");
    assert!(answer.contains("connection: close"), "{answer:?}");
    assert!(answer.ends_with("served"), "{answer:?}");
}

#[tokio::test]
async fn connections_that_nobody_has_accepted_yet_are_served() {
    let (listener, address) = listener();
    let mut waiting = Vec::new();
    for _ in 0..10 {
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(REQUEST).await.unwrap();
        waiting.push(stream);
    }
    let close = CancellationToken::new();
    close.cancel();
    let served = serve(listener, close);
    for stream in waiting {
        assert_served(&answer(stream).await);
    }
    served.await.unwrap();
}

#[tokio::test]
async fn everybody_who_comes_back_after_a_restart_finds_room_before_anybody_is_accepted() {
    let (_listener, address) = listener();
    // Of a system that lets few wait, no more is asked.
    let most = std::fs::read_to_string("/proc/sys/net/core/somaxconn")
        .ok()
        .and_then(|most| most.trim().parse().ok())
        .unwrap_or(usize::MAX);
    let mut waiting = Vec::new();
    for number in 0..most.min(300) {
        // One that finds no room is asked to try again in a second, by the kernel.
        let connecting = tokio::time::timeout(PATIENCE_OF_THE_KERNEL, TcpStream::connect(address));
        let connected = connecting.await;
        assert!(connected.is_ok(), "{number} found room, and no more");
        waiting.push(connected.unwrap().unwrap());
    }
}

#[tokio::test]
async fn a_request_under_way_when_the_stop_begins_is_answered_with_the_end_of_the_connection() {
    let (listener, address) = listener();
    let readiness = Readiness::default();
    let drain = readiness.clone();
    let begin_the_stop = move || async move {
        drain.drain();
        "served"
    };
    let router = Router::new().route("/", get(begin_the_stop));
    let close = CancellationToken::new();
    let served = tokio::spawn(listener.serve(router, readiness, close.clone(), PATIENCE));
    let mut asking = TcpStream::connect(address).await.unwrap();
    asking.write_all(REQUEST).await.unwrap();
    assert_served(&answer(asking).await);
    close.cancel();
    served.await.unwrap();
}

#[tokio::test]
async fn a_client_that_says_it_sends_nothing_more_is_answered() {
    let (listener, address) = listener();
    let (arrived, there) = tokio::sync::oneshot::channel();
    let (go_on, gone_on) = tokio::sync::oneshot::channel::<()>();
    let once = Arc::new(Mutex::new(Some((arrived, gone_on))));
    let slow = move || {
        let once = once.lock().unwrap().take();
        async move {
            let (arrived, gone_on) = once.unwrap();
            arrived.send(()).unwrap();
            gone_on.await.unwrap();
            "served"
        }
    };
    let router = Router::new().route("/", get(slow));
    let close = CancellationToken::new();
    let served =
        tokio::spawn(listener.serve(router, Readiness::default(), close.clone(), PATIENCE));
    let mut asking = TcpStream::connect(address).await.unwrap();
    asking.write_all(REQUEST).await.unwrap();
    there.await.unwrap();
    asking.shutdown().await.unwrap();
    // Its end is read before the answer is there.
    let mut other = TcpStream::connect(address).await.unwrap();
    other
        .write_all(b"GET /other HTTP/1.1\r\nhost: bot\r\nconnection: close\r\n\r\n")
        .await
        .unwrap();
    assert!(answer(other).await.starts_with("http/1.1 404"));
    go_on.send(()).unwrap();
    let answered = answer(asking).await;
    assert!(answered.ends_with("served"), "{answered:?}");
    close.cancel();
    served.await.unwrap();
}

#[tokio::test]
async fn a_connection_whose_first_request_is_on_its_way_is_served() {
    let (listener, address) = listener();
    let close = CancellationToken::new();
    let served = serve(listener, close.clone());
    let mut late = TcpStream::connect(address).await.unwrap();
    // Connections are accepted in order: when this one is answered, the other has been accepted.
    let mut other = TcpStream::connect(address).await.unwrap();
    other.write_all(REQUEST).await.unwrap();
    assert_served(&answer(other).await);
    close.cancel();
    late.write_all(REQUEST).await.unwrap();
    assert_served(&answer(late).await);
    served.await.unwrap();
}

#[tokio::test]
async fn a_connection_without_a_request_is_closed_and_holds_nothing_up() {
    let (listener, address) = listener();
    let close = CancellationToken::new();
    let idle = TcpStream::connect(address).await.unwrap();
    let served = serve(listener, close.clone());
    close.cancel();
    assert_eq!(answer(idle).await, "");
    served.await.unwrap();
    assert!(TcpStream::connect(address).await.is_err());
}

#[tokio::test]
async fn a_request_that_is_never_answered_is_cut_off_when_the_time_is_over() {
    let (listener, address) = listener();
    let router = Router::new().route("/", get(std::future::pending::<()>));
    let close = CancellationToken::new();
    close.cancel();
    let mut asking = TcpStream::connect(address).await.unwrap();
    asking.write_all(REQUEST).await.unwrap();
    let patience = Duration::from_millis(600);
    listener
        .serve(router, Readiness::default(), close, patience)
        .await;
    let cut_off = tokio::time::timeout(PATIENCE, answer(asking));
    assert_eq!(cut_off.await.as_deref(), Ok(""));
}

#[tokio::test]
async fn whoever_still_sends_what_was_refused_hears_why() {
    let (listener, address) = listener();
    let refuse = || async {
        (
            StatusCode::PAYLOAD_TOO_LARGE,
            [(header::CONNECTION, "close")],
        )
    };
    let router = Router::new().route("/", post(refuse));
    let close = CancellationToken::new();
    let served =
        tokio::spawn(listener.serve(router, Readiness::default(), close.clone(), PATIENCE));
    let mut sending = TcpStream::connect(address).await.unwrap();
    sending
        .write_all(b"POST / HTTP/1.1\r\nhost: bot\r\ncontent-length: 4000000\r\n\r\n")
        .await
        .unwrap();
    // Refused already, and now the body.
    sending.readable().await.unwrap();
    for _ in 0..16 {
        sending.write_all(&[b' '; 16 * 1024]).await.unwrap();
    }
    sending.shutdown().await.unwrap();
    let answer = answer(sending).await;
    assert!(answer.starts_with("http/1.1 413"), "{answer:?}");
    close.cancel();
    served.await.unwrap();
}

#[tokio::test]
async fn when_all_connections_are_taken_probes_are_answered_and_others_are_told() {
    let (listener, address) = limited(2);
    let page = || get(|| async { "served" });
    let router = Router::new().route("/", page()).route("/healthz", page());
    let close = CancellationToken::new();
    let served =
        tokio::spawn(listener.serve(router, Readiness::default(), close.clone(), PATIENCE));
    // Connections are accepted in order, so that these have their places before the next one asks.
    let idle = [
        TcpStream::connect(address).await.unwrap(),
        TcpStream::connect(address).await.unwrap(),
    ];
    for _ in 0..3 {
        let mut probe = TcpStream::connect(address).await.unwrap();
        probe
            .write_all(b"GET /healthz HTTP/1.1\r\nhost: bot\r\n\r\n")
            .await
            .unwrap();
        assert_served(&answer(probe).await);
        let mut other = TcpStream::connect(address).await.unwrap();
        other.write_all(REQUEST).await.unwrap();
        let answer = answer(other).await;
        assert!(answer.starts_with("http/1.1 503"), "{answer:?}");
        assert!(answer.contains("retry-after: 1"), "{answer:?}");
    }
    let silent = TcpStream::connect(address).await.unwrap();
    assert_eq!(answer(silent).await, "");
    drop(idle);
    close.cancel();
    served.await.unwrap();
}

#[tokio::test]
async fn whoever_reads_no_answer_loses_the_connection_and_its_place() {
    let (listener, address) = bound(Limits {
        max_connections: 1,
        header_timeout: Duration::from_secs(1),
    });
    let page = || async { " ".repeat(64 * 1024) };
    let router = Router::new().route("/", get(page));
    let close = CancellationToken::new();
    let served =
        tokio::spawn(listener.serve(router, Readiness::default(), close.clone(), PATIENCE));
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(4 * 1024).unwrap();
    let mut deaf = socket.connect(address).await.unwrap();
    let asking = async { while deaf.write_all(REQUEST).await.is_ok() {} };
    tokio::time::timeout(PATIENCE, asking).await.unwrap();
    let mut next = TcpStream::connect(address).await.unwrap();
    next.write_all(b"GET / HTTP/1.1\r\nhost: bot\r\nconnection: close\r\n\r\n")
        .await
        .unwrap();
    let answer = answer(next).await;
    assert!(answer.starts_with("http/1.1 200"), "{answer:.99?}");
    close.cancel();
    served.await.unwrap();
}
