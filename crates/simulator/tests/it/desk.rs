//! What every test sits at: a simulator, a bot that does what it is told, and a client for the API.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, Method, Request, StatusCode};
use axum::routing::post;
use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use simulator::{Channel, Chat, Clock, Config, Group, Message, Person, Redelivery, Simulator};
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, mpsc};

/// A webhook as the bot got it.
pub(crate) struct Webhook {
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Webhook {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    /// The only event.
    pub(crate) fn event(&self) -> Value {
        let json = self.json();
        assert_eq!(json["events"].as_array().unwrap().len(), 1);
        json["events"][0].clone()
    }

    pub(crate) fn reply_token(&self) -> String {
        self.event()["replyToken"].as_str().unwrap().to_owned()
    }
}

struct BotState {
    received: mpsc::UnboundedSender<Webhook>,
    /// The statuses of the next answers; 200 when there is none.
    answers: Mutex<VecDeque<StatusCode>>,
    /// One permit for each answer the bot may give.
    permits: Semaphore,
}

/// A bot that records webhooks and answers them as it is told.
pub(crate) struct Bot {
    state: Arc<BotState>,
    received: mpsc::UnboundedReceiver<Webhook>,
    pub(crate) url: String,
}

impl Bot {
    async fn start() -> Self {
        let (sender, received) = mpsc::unbounded_channel();
        let permits = Semaphore::new(Semaphore::MAX_PERMITS);
        let state = Arc::new(BotState {
            received: sender,
            answers: Mutex::default(),
            permits,
        });
        let router = Router::new()
            .route("/callback", post(callback))
            .with_state(Arc::clone(&state));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/callback", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self {
            state,
            received,
            url,
        }
    }

    /// Waits for the next webhook.
    pub(crate) async fn next(&mut self) -> Webhook {
        tokio::time::timeout(Duration::from_secs(10), self.received.recv())
            .await
            .expect("no webhook came")
            .unwrap()
    }

    /// The webhooks that came and were not looked at.
    pub(crate) fn others(&mut self) -> Vec<Webhook> {
        std::iter::from_fn(|| self.received.try_recv().ok()).collect()
    }

    /// The next webhooks get these answers, one each.
    pub(crate) fn answers(&self, statuses: impl IntoIterator<Item = u16>) {
        let statuses = statuses
            .into_iter()
            .map(|status| StatusCode::from_u16(status).unwrap());
        self.state.answers.lock().unwrap().extend(statuses);
    }

    /// Gives no answer until [`Bot::lets_go`].
    pub(crate) fn holds(&self) {
        self.state.permits.forget_permits(Semaphore::MAX_PERMITS);
    }

    pub(crate) fn lets_go(&self, answers: usize) {
        self.state.permits.add_permits(answers);
    }
}

async fn callback(
    State(state): State<Arc<BotState>>,
    headers: HeaderMap,
    body: Bytes,
) -> StatusCode {
    state.received.send(Webhook { headers, body }).unwrap();
    let permit = state.permits.acquire().await.unwrap();
    permit.forget();
    state
        .answers
        .lock()
        .unwrap()
        .pop_front()
        .unwrap_or(StatusCode::OK)
}

/// An answer of the API.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .unwrap_or_else(|| panic!("no {name} in {self:?}"))
            .to_str()
            .unwrap()
    }
}

/// A simulator with a bot beside it.
pub(crate) struct Desk {
    pub(crate) simulator: Simulator,
    pub(crate) bot: Bot,
    pub(crate) channel: Channel,
    http: Client<HttpConnector, Full<Bytes>>,
    time: Arc<AtomicI64>,
}

/// 2026-11-21T09:00:00Z
pub(crate) const START: i64 = 1_795_251_600_000;

impl Desk {
    /// The desk of the default world, without redelivery, at a time that stands still.
    pub(crate) async fn new() -> Self {
        Self::with(|config| config).await
    }

    pub(crate) async fn with(change: impl FnOnce(Config) -> Config) -> Self {
        let channel = Channel::random();
        let time = Arc::new(AtomicI64::new(START));
        let clock = Clock::new({
            let time = Arc::clone(&time);
            move || time.load(Ordering::SeqCst)
        });
        let config = Config {
            redelivery: Redelivery::off(),
            clock,
            ..Config::new(channel.clone())
        };
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let simulator = Simulator::start(listener, change(config)).unwrap();
        let bot = Bot::start().await;
        simulator.set_webhook_url(bot.url.clone());
        let http = Client::builder(TokioExecutor::new()).build_http();
        Self {
            simulator,
            bot,
            channel,
            http,
            time,
        }
    }

    pub(crate) fn passes(&self, milliseconds: i64) {
        self.time.fetch_add(milliseconds, Ordering::SeqCst);
    }

    pub(crate) fn alex(&self) -> Chat {
        self.simulator.user(&Person::alex().id).unwrap()
    }

    pub(crate) fn misaki(&self) -> Chat {
        self.simulator.user(&Person::misaki().id).unwrap()
    }

    pub(crate) fn family(&self) -> Chat {
        self.simulator
            .group(&Group::family().id, &Person::misaki().id)
            .unwrap()
    }

    /// Any request to the simulator; none when the connection broke before an answer.
    pub(crate) async fn send(&self, request: Request<Full<Bytes>>) -> Option<Answer> {
        let response = self.http.request(request).await.ok()?;
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let body = response.into_body().collect().await.ok()?.to_bytes();
        Some(Answer {
            status,
            headers,
            body,
        })
    }

    pub(crate) fn request(&self, method: Method, path: &str) -> axum::http::request::Builder {
        let token = self.channel.access_token.expose_secret();
        let request = Request::builder()
            .method(method)
            .uri(format!("{}{path}", self.simulator.url()));
        request.header("authorization", format!("Bearer {token}"))
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.send(
            self.request(Method::GET, path)
                .body(Full::default())
                .unwrap(),
        )
        .await
        .unwrap()
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> Answer {
        self.try_post(path, body).await.unwrap()
    }

    pub(crate) async fn try_post(&self, path: &str, body: &Value) -> Option<Answer> {
        let request = self
            .request(Method::POST, path)
            .header("content-type", "application/json");
        self.send(request.body(Full::new(body.to_string().into())).unwrap())
            .await
    }

    pub(crate) async fn reply(&self, token: &str, text: &str) -> Answer {
        self.post("/v2/bot/message/reply", &reply(token, text))
            .await
    }

    pub(crate) async fn push(&self, to: &str, text: &str, retry_key: Option<&str>) -> Answer {
        let mut request = self
            .request(Method::POST, "/v2/bot/message/push")
            .header("content-type", "application/json");
        if let Some(key) = retry_key {
            request = request.header("x-line-retry-key", key);
        }
        let body = json!({ "to": to, "messages": [{ "type": "text", "text": text }] });
        self.send(request.body(Full::new(body.to_string().into())).unwrap())
            .await
            .unwrap()
    }
}

pub(crate) fn reply(token: &str, text: &str) -> Value {
    json!({ "replyToken": token, "messages": [{ "type": "text", "text": text }] })
}

pub(crate) fn texts(messages: &[Message]) -> Vec<&str> {
    messages
        .iter()
        .map(|message| message.text().unwrap())
        .collect()
}
