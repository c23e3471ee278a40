//! An HTTP server in LINE's place that answers as a test says and remembers what it was asked.

use bytes::Bytes;
use http::{HeaderMap, Method, Request, Response, StatusCode};
use http_body_util::BodyExt;
use hyper::body::{Body, Frame, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use line::client::LineClientBuilder;
use line::retry::RetryPolicy;
use line::{LineClient, TokenProvider};
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::net::TcpListener;

/// The token the test clients carry.
pub(crate) const TOKEN: &str = "channel-access-token-of-the-test";

/// The request id of every answer that does not say otherwise.
pub(crate) const REQUEST_ID: &str = "123e4567-e89b-12d3-a456-426655440001";

/// One request.
#[derive(Clone, Debug)]
pub(crate) struct Received {
    pub(crate) method: Method,
    pub(crate) path: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    /// Which connection it came on, from 0.
    pub(crate) connection: usize,
}

impl Received {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap()
    }
}

/// What to do with a request.
pub(crate) enum Answer {
    /// This status, these headers, this body.
    With(u16, Vec<(&'static str, String)>, String),
    /// Nothing, ever.
    Silence,
    /// Closing the connection without a word.
    HangUp,
    /// A 200 whose body breaks off.
    BrokenBody,
}

impl Answer {
    pub(crate) fn json(status: u16, body: impl Into<String>) -> Self {
        Self::With(
            status,
            vec![("x-line-request-id", REQUEST_ID.to_owned())],
            body.into(),
        )
    }

    /// What LINE says to a reply or push it takes.
    pub(crate) fn sent() -> Self {
        Self::json(
            200,
            r#"{"sentMessages":[{"id":"461230966842064897","quoteToken":"IStG5h1Tz7b"}]}"#,
        )
    }
}

pub(crate) struct LineServer {
    pub(crate) base: String,
    received: Arc<Mutex<Vec<Received>>>,
}

impl LineServer {
    /// Answers each request by what it is and how many came before it.
    pub(crate) async fn start(
        answer: impl Fn(&Received, usize) -> Answer + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let received = Arc::new(Mutex::new(Vec::new()));
        let log = Arc::clone(&received);
        let answer = Arc::new(answer);
        tokio::spawn(async move {
            for connection in 0.. {
                let (stream, _) = listener.accept().await.unwrap();
                let (log, answer) = (Arc::clone(&log), Arc::clone(&answer));
                let service = service_fn(move |request| {
                    let (log, answer) = (Arc::clone(&log), Arc::clone(&answer));
                    async move {
                        let request = remember(request, connection).await;
                        let before = {
                            let mut log = log.lock().unwrap();
                            log.push(request.clone());
                            log.len() - 1
                        };
                        respond(answer(&request, before)).await
                    }
                });
                tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(stream), service));
            }
        });
        Self { base, received }
    }

    /// The same answer to everything.
    pub(crate) async fn always(answer: impl Fn() -> Answer + Send + Sync + 'static) -> Self {
        Self::start(move |_, _| answer()).await
    }

    pub(crate) fn received(&self) -> Vec<Received> {
        self.received.lock().unwrap().clone()
    }

    /// The only request that came.
    pub(crate) fn only(&self) -> Received {
        let received = self.received();
        assert_eq!(received.len(), 1, "{received:?}");
        received[0].clone()
    }

    /// A client set up for this server, with pauses too short to wait for.
    pub(crate) fn client_builder(&self) -> LineClientBuilder {
        LineClient::builder(TokenProvider::fixed(&TOKEN.into()).unwrap())
            .api_base(&self.base)
            .retry(quick_retries())
    }

    pub(crate) fn client(&self) -> LineClient {
        self.client_builder().build().unwrap()
    }
}

pub(crate) fn quick_retries() -> RetryPolicy {
    let pause = Duration::from_millis(1);
    RetryPolicy {
        attempts: 3,
        first_pause: pause,
        longest_pause: pause,
    }
}

async fn remember(request: Request<Incoming>, connection: usize) -> Received {
    let (head, body) = request.into_parts();
    Received {
        method: head.method,
        path: head.uri.path().to_owned(),
        headers: head.headers,
        body: body.collect().await.unwrap().to_bytes(),
        connection,
    }
}

async fn respond(answer: Answer) -> Result<Response<AnswerBody>, &'static str> {
    match answer {
        Answer::With(status, headers, body) => {
            let mut response = Response::new(AnswerBody::new(body.into(), false));
            *response.status_mut() = StatusCode::from_u16(status).unwrap();
            for (name, value) in headers {
                response.headers_mut().insert(name, value.parse().unwrap());
            }
            Ok(response)
        }
        Answer::Silence => std::future::pending().await,
        Answer::HangUp => Err("hang up"),
        Answer::BrokenBody => {
            let body = AnswerBody::new("{\"sentMess".into(), true);
            Ok(Response::builder()
                .header("x-line-request-id", REQUEST_ID)
                .body(body)
                .unwrap())
        }
    }
}

/// A body in one piece, after which the connection may break.
struct AnswerBody {
    piece: Option<Bytes>,
    breaks: bool,
    flushed: bool,
}

impl AnswerBody {
    fn new(piece: Bytes, breaks: bool) -> Self {
        Self {
            piece: Some(piece),
            breaks,
            flushed: false,
        }
    }
}

impl Body for AnswerBody {
    type Data = Bytes;
    type Error = &'static str;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, &'static str>>> {
        if let Some(piece) = self.piece.take() {
            return Poll::Ready(Some(Ok(Frame::data(piece))));
        }
        if !self.breaks {
            return Poll::Ready(None);
        }
        // The server writes out what it has while it waits.
        if !self.flushed {
            self.flushed = true;
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        Poll::Ready(Some(Err("broken")))
    }
}
