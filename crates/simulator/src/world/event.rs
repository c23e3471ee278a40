use serde_json::{Map, Value, json};

use super::chat::{Chat, ChatKind};
use crate::action::Action;
use crate::config::{GroupKind, Person};
use crate::id::ulid;

/// What is particular to an event: its `type`, the property that describes it, whether it can be replied to, and
/// whether its source names the person in a group (webhook.yml; LINE names the person only in message events).
pub(super) struct Draft {
    pub(super) kind: &'static str,
    pub(super) detail: Option<(&'static str, Value)>,
    pub(super) replyable: bool,
    pub(super) names_person: bool,
}

impl Draft {
    pub(super) fn message(kind: &'static str, message: Value) -> Self {
        Self {
            kind,
            detail: Some(("message", message)),
            replyable: true,
            names_person: true,
        }
    }

    pub(super) fn replyable(kind: &'static str, detail: Option<(&'static str, Value)>) -> Self {
        Self {
            kind,
            detail,
            replyable: true,
            names_person: false,
        }
    }

    pub(super) fn silent(kind: &'static str, detail: Option<(&'static str, Value)>) -> Self {
        Self {
            kind,
            detail,
            replyable: false,
            names_person: false,
        }
    }

    /// The webhook event object, as it is sent the first time.
    pub(super) fn event(
        self,
        chat: &Chat,
        person: &Person,
        reply_token: Option<&str>,
        now: i64,
    ) -> Value {
        let mut event = Map::new();
        event.insert("type".to_owned(), json!(self.kind));
        if let Some((name, detail)) = self.detail {
            event.insert(name.to_owned(), detail);
        }
        event.insert("webhookEventId".to_owned(), json!(ulid(now)));
        event.insert(
            "deliveryContext".to_owned(),
            json!({ "isRedelivery": false }),
        );
        event.insert("timestamp".to_owned(), json!(now));
        event.insert("source".to_owned(), source(chat, person, self.names_person));
        if let Some(token) = reply_token {
            event.insert("replyToken".to_owned(), json!(token));
        }
        event.insert("mode".to_owned(), json!("active"));
        Value::Object(event)
    }
}

fn source(chat: &Chat, person: &Person, names_person: bool) -> Value {
    let (kind, id_name) = match chat.kind {
        ChatKind::OneToOne => return json!({ "type": "user", "userId": person.id }),
        ChatKind::Group(GroupKind::Group) => ("group", "groupId"),
        ChatKind::Group(GroupKind::Room) => ("room", "roomId"),
    };
    let mut source = Map::new();
    source.insert("type".to_owned(), json!(kind));
    source.insert(id_name.to_owned(), json!(chat.id));
    if names_person && person.shares_profile {
        source.insert("userId".to_owned(), json!(person.id));
    }
    Value::Object(source)
}

/// The message object of everything but text. The second value says whether it can be quoted.
pub(super) fn media(action: &Action) -> Option<(Value, bool)> {
    let from_line = json!({ "type": "line" });
    Some(match action {
        Action::Sticker {
            package_id,
            sticker_id,
        } => (
            json!({
                "type": "sticker", "packageId": package_id, "stickerId": sticker_id,
                "stickerResourceType": "STATIC", "keywords": [],
            }),
            true,
        ),
        Action::Image => (
            json!({ "type": "image", "contentProvider": from_line }),
            true,
        ),
        Action::Video => (
            json!({ "type": "video", "duration": 3_000, "contentProvider": from_line }),
            true,
        ),
        Action::Audio => (
            json!({ "type": "audio", "duration": 3_000, "contentProvider": from_line }),
            false,
        ),
        Action::File { name, size } => (
            json!({ "type": "file", "fileName": name, "fileSize": size }),
            false,
        ),
        Action::Location {
            title,
            address,
            latitude,
            longitude,
        } => (
            json!({
                "type": "location", "title": title, "address": address,
                "latitude": latitude, "longitude": longitude,
            }),
            false,
        ),
        _ => return None,
    })
}
