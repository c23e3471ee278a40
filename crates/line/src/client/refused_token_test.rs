//! A token that LINE refuses while the next one is being fetched.

use super::{Endpoint, LineClient};
use crate::token::{TokenProvider, bearer};
use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::{mpsc, oneshot};

/// The path of a request, and where its status and body go.
type Asked = (String, oneshot::Sender<(u16, &'static str)>);

/// A server whose requests the test answers one by one.
async fn server() -> (String, mpsc::UnboundedReceiver<Asked>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let (asks, asked) = mpsc::unbounded_channel();
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            let asks = asks.clone();
            let service = service_fn(move |request: Request<Incoming>| {
                let (answers, answer) = oneshot::channel();
                let sent = asks.send((request.uri().path().to_owned(), answers));
                async move {
                    sent.unwrap();
                    let (status, body) = answer.await?;
                    let response = Response::builder().status(status);
                    Ok::<_, oneshot::error::RecvError>(
                        response.body(Full::new(Bytes::from(body))).unwrap(),
                    )
                }
            });
            tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(stream), service));
        }
    });
    (base, asked)
}

#[tokio::test]
async fn a_token_refused_while_the_next_one_cannot_be_had_is_not_used_again() {
    let (base, mut asked) = server().await;
    let tokens = TokenProvider::stateless("1234567890", "secret".into());
    let client = LineClient::builder(tokens).api_base(base).build().unwrap();
    let reply = || {
        let client = client.clone();
        tokio::spawn(async move { client.reply("reply-token", "[]").await })
    };
    let first = reply();
    for body in [r#"{"access_token":"token-0","expires_in":900}"#, "{}"] {
        asked.recv().await.unwrap().1.send((200, body)).unwrap();
    }
    first.await.unwrap().unwrap();

    // In its last minute the token is replaced.
    tokio::time::pause();
    tokio::time::advance(Duration::from_secs(850)).await;
    tokio::time::resume();
    let second = reply();
    let (path, answer) = asked.recv().await.unwrap();
    assert_eq!(path, "/oauth2/v3/token");
    // What another call does that LINE answers 401.
    assert!(client.0.tokens.reject(&bearer("token-0").unwrap()));
    answer.send((500, "")).unwrap();
    let error = second.await.unwrap().unwrap_err();
    assert_eq!(error.endpoint(), Endpoint::IssueStatelessToken);

    let third = reply();
    let (path, _answer) = asked.recv().await.unwrap();
    assert_eq!(path, "/oauth2/v3/token");
    third.abort();
}
