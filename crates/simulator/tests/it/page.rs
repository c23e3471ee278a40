//! What the chat page gets and does.

use axum::http::{Method, Request};
use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use serde_json::{Value, json};
use simulator::{Config, Limits, Person};

use crate::desk::{Answer, Desk};

async fn act(desk: &Desk, body: &Value, headers: &[(&str, &str)]) -> Answer {
    let mut request = Request::post(format!("{}/simulator/actions", desk.simulator.url()));
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    desk.send(request.body(Full::new(body.to_string().into())).unwrap())
        .await
        .unwrap()
}

const JSON: (&str, &str) = ("content-type", "application/json");

fn milk() -> Value {
    let alex = Person::alex().id;
    json!({ "chat": alex, "person": alex, "action": { "type": "text", "text": "milk" } })
}

#[tokio::test]
async fn the_page_and_its_files_are_served_with_a_strict_policy() {
    let desk = Desk::new().await;
    let page = desk.get("/").await;
    assert_eq!(page.status, 200);
    assert!(
        page.header("content-security-policy")
            .starts_with("default-src 'none'; script-src 'self';")
    );
    let html = String::from_utf8(page.body.to_vec()).unwrap();
    let files: Vec<_> = html
        .split('"')
        .filter(|part| part.starts_with("/simulator/web/"))
        .collect();
    assert!(files.len() >= 3, "{files:?}");
    for file in files {
        assert_eq!(desk.get(file).await.status, 200, "{file}");
    }
    assert!(
        !html.contains("http://") && !html.contains("https://"),
        "nothing comes from outside"
    );
}

#[tokio::test]
async fn an_action_on_the_page_becomes_a_webhook() {
    let mut desk = Desk::new().await;
    assert_eq!(act(&desk, &milk(), &[JSON]).await.status, 204);
    assert_eq!(desk.bot.next().await.event()["message"]["text"], "milk");
    desk.alex().blocks().await.unwrap();
    let refused = act(&desk, &milk(), &[JSON]).await;
    assert_eq!(
        (refused.status, refused.json()),
        (409, json!({ "refusal": "blocked" }))
    );
}

#[tokio::test]
async fn other_sites_can_neither_act_nor_look() {
    let mut desk = Desk::new().await;
    let own = desk.simulator.url();
    assert_eq!(
        act(&desk, &milk(), &[JSON, ("origin", &own)]).await.status,
        204
    );
    desk.bot.next().await;
    assert_eq!(
        act(&desk, &milk(), &[JSON, ("origin", "https://evil.example")])
            .await
            .status,
        403
    );
    assert_eq!(
        act(&desk, &milk(), &[JSON, ("sec-fetch-site", "cross-site")])
            .await
            .status,
        403
    );
    assert_eq!(
        act(&desk, &milk(), &[("content-type", "text/plain")])
            .await
            .status,
        415,
        "a form cannot send JSON"
    );
    assert_eq!(
        act(&desk, &milk(), &[JSON, ("host", "evil.example")])
            .await
            .status,
        403,
        "no DNS rebinding"
    );
    let rebound = desk
        .request(Method::GET, "/simulator/events")
        .header("host", "evil.example:80");
    assert_eq!(
        desk.send(rebound.body(Full::default()).unwrap())
            .await
            .unwrap()
            .status,
        403
    );
    assert!(desk.bot.others().is_empty());
}

#[tokio::test]
async fn oversized_and_broken_actions_are_refused() {
    let mut desk = Desk::new().await;
    let long = json!({ "type": "text", "text": "a".repeat(200_000) });
    let alex = Person::alex().id;
    assert_eq!(
        act(
            &desk,
            &json!({ "chat": alex, "person": alex, "action": long }),
            &[JSON]
        )
        .await
        .status,
        413
    );
    assert_eq!(
        act(&desk, &json!({ "chat": alex }), &[JSON]).await.status,
        422
    );
    assert_eq!(
        act(
            &desk,
            &json!({ "chat": "x", "person": "y", "action": { "type": "image" } }),
            &[JSON]
        )
        .await
        .status,
        409
    );
    assert!(desk.bot.others().is_empty());
}

/// The stream of updates, as a browser reads it.
struct Updates {
    body: hyper::body::Incoming,
    buffer: String,
}

impl Updates {
    async fn open(desk: &Desk, last_event_id: Option<&str>) -> Option<Self> {
        let client = Client::builder(TokioExecutor::new()).build_http::<Full<Bytes>>();
        let mut request = Request::get(format!("{}/simulator/events", desk.simulator.url()));
        if let Some(id) = last_event_id {
            request = request.header("last-event-id", id);
        }
        let response = client
            .request(request.body(Full::default()).unwrap())
            .await
            .unwrap();
        (response.status() == 200).then(|| Self {
            body: response.into_body(),
            buffer: String::new(),
        })
    }

    /// Kind, id and data of the next event; none at the end of the stream.
    async fn next(&mut self) -> Option<(String, String, Value)> {
        loop {
            if let Some((event, rest)) = self.buffer.split_once("\n\n") {
                let field = |name: &str| {
                    event
                        .lines()
                        .find_map(|line| line.strip_prefix(name))
                        .map(str::trim)
                };
                let parsed = field("data:").map(|data| {
                    let data = serde_json::from_str(data).unwrap();
                    (
                        field("event:").unwrap().to_owned(),
                        field("id:").unwrap().to_owned(),
                        data,
                    )
                });
                self.buffer = rest.to_string();
                match parsed {
                    Some(event) => return Some(event),
                    None => continue,
                }
            }
            let frame = self.body.frame().await?.ok()?;
            self.buffer
                .push_str(std::str::from_utf8(frame.data_ref()?).unwrap());
        }
    }

    /// The texts in the chat of Alex when there is one that `wanted` likes.
    async fn lines_until(&mut self, wanted: impl Fn(&Value) -> bool) -> Value {
        loop {
            let (_, _, data) = self.next().await.expect("the stream goes on");
            let chats = data["chats"].as_array().unwrap();
            let lines = chats
                .iter()
                .flat_map(|chat| chat["lines"].as_array().unwrap());
            if let Some(line) = lines.into_iter().find(|line| wanted(line)) {
                return line.clone();
            }
        }
    }
}

#[tokio::test]
async fn a_page_sees_everything_first_and_then_what_changes() {
    let mut desk = Desk::new().await;
    let mut updates = Updates::open(&desk, None).await.unwrap();
    let (kind, _, first) = updates.next().await.unwrap();
    assert_eq!(
        (kind.as_str(), first["chats"].as_array().unwrap().len()),
        ("everything", 3)
    );
    assert_eq!(first["bot"], json!({ "name": "TODO", "basicId": "@todo" }));

    let delivery = desk.alex().says("<b>milk</b>").await.unwrap();
    let shown = updates
        .lines_until(|line| line["delivery"]["state"] == "delivered")
        .await;
    assert_eq!(shown["message"]["json"]["text"], "<b>milk</b>");
    assert_eq!(shown["author"], Person::alex().id.as_str());
    let token = desk.bot.next().await.reply_token();
    desk.reply(&token, "added").await;
    let reply = updates.lines_until(|line| line["author"].is_null()).await;
    assert_eq!(reply["message"]["json"]["text"], "added");

    desk.alex()
        .unsends(&delivery.message_id().unwrap())
        .await
        .unwrap();
    let gone = updates.lines_until(|line| line["unsent"] == true).await;
    assert_eq!(gone["number"], shown["number"]);
    assert!(
        gone.get("message").is_none(),
        "what was taken back is gone from the page"
    );
}

#[tokio::test]
async fn a_page_shows_the_loading_indicator_until_the_bot_speaks() {
    let desk = Desk::new().await;
    let alex = Person::alex().id;
    let mut updates = Updates::open(&desk, None).await.unwrap();
    updates.next().await.unwrap();
    let loading = json!({ "chatId": alex, "loadingSeconds": 10 });
    desk.post("/v2/bot/chat/loading/start", &loading).await;
    let (_, _, update) = updates.next().await.unwrap();
    assert_eq!(update["chats"][0]["loadingMs"], 10_000);
    desk.push(alex.as_str(), "here I am", None).await;
    let (_, _, update) = updates.next().await.unwrap();
    assert_eq!(update["chats"][0]["loadingMs"], 0);
}

#[tokio::test]
async fn a_page_that_was_away_gets_what_it_missed() {
    let desk = Desk::new().await;
    let mut updates = Updates::open(&desk, None).await.unwrap();
    let (_, id, _) = updates.next().await.unwrap();
    drop(updates);
    desk.alex().says("milk").await.unwrap();
    let mut updates = Updates::open(&desk, Some(&id)).await.unwrap();
    let (kind, _, missed) = updates.next().await.unwrap();
    assert_eq!(
        (kind.as_str(), missed["chats"].as_array().unwrap().len()),
        ("changes", 1)
    );
    for unknown in ["of-another-run.7", "nonsense"] {
        let mut updates = Updates::open(&desk, Some(unknown)).await.unwrap();
        assert_eq!(updates.next().await.unwrap().0, "everything");
    }
}

#[tokio::test]
async fn failed_webhooks_are_shown_with_their_reason() {
    let desk = Desk::new().await;
    let mut updates = Updates::open(&desk, None).await.unwrap();
    desk.bot.answers([503]);
    desk.alex().says("milk").await.unwrap();
    let line = updates
        .lines_until(|line| line["delivery"]["state"] == "failed")
        .await;
    assert_eq!(
        line["delivery"],
        json!({ "state": "failed", "reason": "error_status_code", "status": 503, "redeliveries": 0 })
    );
}

#[tokio::test]
async fn a_stop_ends_the_stream_and_pages_are_limited() {
    let limits = Limits {
        pages: 1,
        ..Limits::default()
    };
    let desk = Desk::with(|config| Config { limits, ..config }).await;
    let mut updates = Updates::open(&desk, None).await.unwrap();
    updates.next().await.unwrap();
    assert!(Updates::open(&desk, None).await.is_none());
    desk.simulator.stop().await;
    assert!(updates.next().await.is_none());
}

#[tokio::test]
async fn a_chat_keeps_no_more_than_its_limit() {
    let limits = Limits {
        messages_kept: 3,
        ..Limits::default()
    };
    let desk = Desk::with(|config| Config { limits, ..config }).await;
    for number in 0..5 {
        desk.alex().says(&number.to_string()).await.unwrap();
    }
    let mut updates = Updates::open(&desk, None).await.unwrap();
    let (_, _, data) = updates.next().await.unwrap();
    let chat = data["chats"]
        .as_array()
        .unwrap()
        .iter()
        .find(|chat| chat["name"] == "Alex")
        .unwrap();
    let texts: Vec<_> = chat["lines"]
        .as_array()
        .unwrap()
        .iter()
        .map(|line| line["message"]["json"]["text"].clone())
        .collect();
    assert_eq!(texts, ["2", "3", "4"]);
}
