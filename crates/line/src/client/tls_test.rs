//! HTTP/2 over TLS, as with LINE itself: against a server with a certificate made on the spot.

use super::LineClient;
use crate::token::TokenProvider;
use bytes::Bytes;
use http::{Request, Response, Version};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::server::conn::{http1, http2};
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use std::convert::Infallible;
use std::sync::{Arc, Mutex};
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;
use tokio_rustls::TlsAcceptor;

/// What a TLS server saw: the versions of the requests, one list for each connection.
type Seen = Arc<Mutex<Vec<Vec<Version>>>>;

/// A server that offers these protocols, and a client that trusts it.
async fn server_and_client(protocols: &[&[u8]]) -> (Seen, LineClient) {
    let (seen, port, tls) = server(protocols).await;
    (seen, client(port, tls))
}

/// A server that offers these protocols, its port, and what a client needs to trust it.
async fn server(protocols: &[&[u8]]) -> (Seen, u16, rustls::ClientConfig) {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let certificate = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let certificates: Vec<CertificateDer<'static>> = vec![certificate.cert.der().clone()];
    let mut trusted = rustls::RootCertStore::empty();
    trusted.add_parsable_certificates(certificates.clone());
    let key = PrivateKeyDer::try_from(certificate.signing_key.serialize_der()).unwrap();
    let mut config = rustls::ServerConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(certificates, key)
        .unwrap();
    config.alpn_protocols = protocols.iter().map(|protocol| protocol.to_vec()).collect();
    let acceptor = TlsAcceptor::from(Arc::new(config));

    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let seen = Seen::default();
    let versions = Arc::clone(&seen);
    tokio::spawn(async move {
        for connection in 0.. {
            let (stream, _) = listener.accept().await.unwrap();
            let Ok(stream) = acceptor.accept(stream).await else {
                continue;
            };
            versions.lock().unwrap().push(Vec::new());
            let http2 = stream.get_ref().1.alpn_protocol() == Some(b"h2");
            let versions = Arc::clone(&versions);
            let service = service_fn(move |request: Request<Incoming>| {
                versions.lock().unwrap()[connection].push(request.version());
                async { Ok::<_, Infallible>(Response::new(Full::new(Bytes::from_static(b"{}")))) }
            });
            let stream = TokioIo::new(stream);
            if http2 {
                let connection = http2::Builder::new(TokioExecutor::new());
                tokio::spawn(connection.serve_connection(stream, service));
            } else {
                tokio::spawn(http1::Builder::new().serve_connection(stream, service));
            }
        }
    });

    let tls = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(trusted)
        .with_no_client_auth();
    (seen, port, tls)
}

fn client(port: u16, tls: rustls::ClientConfig) -> LineClient {
    let tokens = TokenProvider::fixed(&"token".into()).unwrap();
    LineClient::builder(tokens)
        .api_base(format!("https://localhost:{port}"))
        .build_with(tls)
        .unwrap()
}

/// Passes connections on to a port. Told to, it forgets those it has without closing them, as a
/// NAT or load balancer does that lost its table: what is sent on them gets nowhere.
async fn forgetful_relay(port: u16) -> (u16, Arc<Notify>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let own_port = listener.local_addr().unwrap().port();
    let forget = Arc::new(Notify::new());
    let told = Arc::clone(&forget);
    tokio::spawn(async move {
        loop {
            let (mut near, _) = listener.accept().await.unwrap();
            let mut far = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
            let told = Arc::clone(&told);
            tokio::spawn(async move {
                tokio::select! {
                    biased;
                    () = told.notified() => std::future::pending().await,
                    _ = copy_bidirectional(&mut near, &mut far) => {}
                }
            });
        }
    });
    (own_port, forget)
}

#[tokio::test]
async fn over_tls_many_calls_share_one_http2_connection() {
    let (seen, client) = server_and_client(&[b"h2", b"http/1.1"]).await;
    client.reply("reply-token", "[]").await.unwrap();
    let (first, second) = tokio::join!(client.reply("a", "[]"), client.reply("b", "[]"));
    first.unwrap();
    second.unwrap();
    assert_eq!(*seen.lock().unwrap(), [[Version::HTTP_2; 3]]);
}

#[tokio::test]
async fn http1_is_spoken_where_http2_is_not() {
    let (seen, client) = server_and_client(&[b"http/1.1"]).await;
    client.reply("reply-token", "[]").await.unwrap();
    client.reply("reply-token", "[]").await.unwrap();
    assert_eq!(*seen.lock().unwrap(), [[Version::HTTP_11; 2]]);
}

#[tokio::test]
async fn a_certificate_nobody_trusts_is_refused_before_anything_is_sent() {
    let (seen, trusting) = server_and_client(&[b"h2"]).await;
    let tokens = TokenProvider::fixed(&"token".into()).unwrap();
    let base = trusting.0.api_base.clone();
    let client = LineClient::builder(tokens).api_base(base).build().unwrap();
    let error = client.reply("reply-token", "[]").await.unwrap_err();
    assert_eq!(error.kind(), super::ErrorKind::NotSent);
    assert!(seen.lock().unwrap().is_empty());
}

#[tokio::test]
async fn a_dead_connection_is_left_before_the_first_call_on_it_is_over() {
    let (seen, port, tls) = server(&[b"h2"]).await;
    let (port, forget) = forgetful_relay(port).await;
    let client = client(port, tls);
    client.reply("a", "[]").await.unwrap();
    forget.notify_waiters();
    // Nothing happens on a dead connection: the clock may jump to whatever is waited for.
    tokio::time::pause();
    let error = client.reply("b", "[]").await.unwrap_err();
    tokio::time::resume();
    assert_eq!(error.kind(), super::ErrorKind::ConnectionLost);
    client.reply("c", "[]").await.unwrap();
    assert_eq!(*seen.lock().unwrap(), [[Version::HTTP_2]; 2]);
}

#[tokio::test]
async fn a_server_that_is_silent_before_the_first_byte_was_sent_nothing() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("https://{}", listener.local_addr().unwrap());
    let tokens = TokenProvider::fixed(&"token".into()).unwrap();
    let client = LineClient::builder(tokens).api_base(base).build().unwrap();
    let silent = tokio::spawn(async move {
        let _connected = listener.accept().await;
        std::future::pending::<()>().await;
    });
    // Nothing answers: the clock may jump to whatever is waited for.
    tokio::time::pause();
    let error = client.reply("reply-token", "[]").await.unwrap_err();
    assert_eq!(error.kind(), super::ErrorKind::NotSent);
    silent.abort();
}
