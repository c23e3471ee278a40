//! The bound: the least a bot can cost.
//!
//! It verifies, parses, keeps lists in memory and replies, on the HTTP stack of the bot: its accept loop, axum, its
//! LINE client. Nothing is durable, nothing is logged or counted, nothing is sent twice. What the bot costs more is the
//! price of its guarantees.

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::routing::{get, post};
use http::{HeaderMap, StatusCode};
use line::message::Message;
use line::webhook::{Content, EventKind, Source};
use line::{ChannelSecrets, LineClient};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};
use todo::{Input, Language, List, Timestamp};

/// A list remembers what was done with it, for a store to write; here it forgets after this many tasks.
const REMEMBERED: usize = 50;

/// A bot that forgets everything when it ends.
pub struct Bound {
    secrets: ChannelSecrets,
    client: LineClient,
    lists: Mutex<HashMap<String, List>>,
}

impl Bound {
    /// Takes webhooks signed with `secrets` and replies with `client`.
    pub fn new(secrets: ChannelSecrets, client: LineClient) -> Self {
        Self {
            secrets,
            client,
            lists: Mutex::default(),
        }
    }

    /// Its webhook, and a page that says it is ready.
    pub fn router(self) -> Router {
        Router::new()
            .route("/callback", post(callback))
            .route("/readyz", get(StatusCode::OK))
            .with_state(Arc::new(self))
    }

    /// What to say to a text of this person.
    fn respond(&self, person: &str, text: &str, message_id: &str) -> Vec<String> {
        let input = Input::Text {
            text: text.to_owned(),
            message_id: message_id.to_owned(),
        };
        let mut lists = self.lists.lock().unwrap_or_else(PoisonError::into_inner);
        let list = match lists.get_mut(person) {
            Some(list) => list,
            None => lists.entry(person.to_owned()).or_default(),
        };
        if list.snapshot().closed.len() > REMEMBERED {
            let mut snapshot = list.snapshot().clone();
            snapshot.closed.clear();
            *list = List::new(snapshot);
        }
        todo::respond(list, &input, Language::Japanese, now())
    }
}

async fn callback(State(bound): State<Arc<Bound>>, headers: HeaderMap, body: Bytes) -> StatusCode {
    let signature = headers
        .get("x-line-signature")
        .map_or(&[][..], |signature| signature.as_bytes());
    if !bound.secrets.verify(&body, signature) {
        return StatusCode::UNAUTHORIZED;
    }
    let Ok(webhook) = line::webhook::parse(&body) else {
        return StatusCode::BAD_REQUEST;
    };
    for event in webhook.events() {
        let (EventKind::Message(message), Some(Source::User { user_id }), Some(reply_token)) =
            (event.kind, event.source, event.reply_token)
        else {
            continue;
        };
        let (Content::Text(text), Some(message_id)) = (message.content, message.id) else {
            continue;
        };
        let texts = bound.respond(&user_id, &text.text, &message_id);
        let (client, reply_token) = (bound.client.clone(), reply_token.into_owned());
        tokio::spawn(async move {
            let messages: Vec<_> = texts.into_iter().map(Message::text).collect();
            // A reply that fails is lost, which the load generator counts.
            let _ = client.reply(&reply_token, &*messages).await;
        });
    }
    StatusCode::OK
}

#[expect(
    clippy::disallowed_methods,
    reason = "nothing here is tested against the time of day"
)]
fn now() -> Timestamp {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    Timestamp(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}
