//! A desk with a very small list bot, to look at the chat page: `cargo run -p simulator --example list_bot`.
//!
//! The bot lives in this file only to have somebody answer; it speaks to the simulator over HTTP like any bot.

use std::collections::HashMap;
use std::error::Error;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::State;
use axum::http::{Request, StatusCode};
use axum::routing::post;
use bytes::Bytes;
use http_body_util::Full;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};
use simulator::{Channel, Config, Simulator};
use tokio::net::TcpListener;

struct Bot {
    lists: Mutex<HashMap<String, Vec<String>>>,
    api: String,
    token: SecretString,
    http: Client<HttpConnector, Full<Bytes>>,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let port: u16 = std::env::args()
        .nth(1)
        .map_or(Ok(8080), |port| port.parse())?;
    let channel = Channel::random();
    let simulator = Simulator::start(
        TcpListener::bind(("127.0.0.1", port)).await?,
        Config::new(channel.clone()),
    )?;
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    simulator.set_webhook_url(format!("http://{}/callback", listener.local_addr()?));
    let bot = Arc::new(Bot {
        lists: Mutex::default(),
        api: simulator.url(),
        token: channel.access_token,
        http: Client::builder(TokioExecutor::new()).build_http(),
    });
    println!("Chat page: {}/", simulator.url());
    simulator.introduce_everybody();
    axum::serve(
        listener,
        Router::new()
            .route("/callback", post(callback))
            .with_state(bot),
    )
    .await?;
    Ok(())
}

async fn callback(State(bot): State<Arc<Bot>>, body: Bytes) -> StatusCode {
    let Ok(webhook) = serde_json::from_slice::<Value>(&body) else {
        return StatusCode::BAD_REQUEST;
    };
    for event in webhook["events"].as_array().into_iter().flatten() {
        let Some(token) = event["replyToken"].as_str() else {
            continue;
        };
        if let Some(text) = bot.answer(event) {
            bot.call(
                "/v2/bot/chat/loading/start",
                &json!({ "chatId": event["source"]["userId"] }),
            )
            .await;
            let quick = ["list", "clear"].map(|command| {
                json!({ "type": "action", "action": { "type": "message", "label": command, "text": command } })
            });
            let message = json!({ "type": "text", "text": text, "quickReply": { "items": quick } });
            bot.call(
                "/v2/bot/message/reply",
                &json!({ "replyToken": token, "messages": [message] }),
            )
            .await;
        }
    }
    StatusCode::OK
}

impl Bot {
    fn answer(&self, event: &Value) -> Option<String> {
        let source = &event["source"];
        let chat = source["groupId"].as_str().or(source["userId"].as_str())?;
        let Some(text) = event["message"]["text"].as_str() else {
            return Some("Hello! Send me what you have to do, one line for each task.".to_owned());
        };
        let mentioned = event["message"]["mention"]["mentionees"].as_array();
        let text = match (source["type"].as_str(), mentioned) {
            (Some("user"), _) => text.to_owned(),
            (_, Some(_)) => text.replace("@TODO", ""),
            _ => return None,
        };
        let mut lists = self.lists.lock().ok()?;
        let list = lists.entry(chat.to_owned()).or_default();
        let mut news = Vec::new();
        for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
            if line == "clear" {
                list.clear();
            } else if let Some(at) = list.iter().position(|task| task == line) {
                news.push(format!("✓ {}", list.remove(at)));
            } else if line != "list" {
                list.push(line.to_owned());
            }
        }
        let open = list
            .iter()
            .enumerate()
            .map(|(at, task)| format!("{}. {task}", at + 1));
        news.extend(open);
        Some(if news.is_empty() {
            "All done! 🎉".to_owned()
        } else {
            news.join("\n")
        })
    }

    async fn call(&self, path: &str, body: &Value) {
        let request = Request::post(format!("{}{path}", self.api))
            .header("content-type", "application/json")
            .header(
                "authorization",
                format!("Bearer {}", self.token.expose_secret()),
            )
            .body(Full::new(body.to_string().into()));
        if let Ok(request) = request {
            let _ = self.http.request(request).await;
        }
    }
}
