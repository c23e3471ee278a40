//! Whether LINE would take the messages of a reply or push.
//!
//! The limits are those of <https://developers.line.biz/en/reference/messaging-api/#message-objects>, the texts of the
//! problems those of <https://developers.line.biz/en/reference/messaging-api/#error-messages>. Flex contents are
//! checked from the outside only (kind, size, number of bubbles).

mod action;
mod fields;
mod media;
mod rich;
mod text;

use serde::Serialize;
use serde_json::Value;

use fields::Fields;

/// The types of messages there are (messaging-api.yml, `Message`).
const TYPES: [&str; 11] = [
    "text", "sticker", "image", "video", "audio", "location", "imagemap", "template", "flex",
    "textV2", "coupon",
];

/// An item of `details`: what is wrong, and where.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Problem {
    message: String,
    property: String,
}

impl Problem {
    pub(crate) fn new(property: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            property: property.into(),
        }
    }
}

/// Why messages are refused.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Invalid {
    /// This property is of the wrong JSON type; LINE then reports nothing else.
    Type(String),
    /// These values are not allowed.
    Values(Vec<Problem>),
}

/// What a check of messages has found so far.
#[derive(Default)]
struct Findings {
    wrong_type: Option<String>,
    problems: Vec<Problem>,
}

/// Checks the `messages` of a request.
pub(crate) fn validate_messages(messages: &[Value]) -> Result<(), Invalid> {
    let mut findings = Findings::default();
    if messages.is_empty() || messages.len() > 5 {
        findings
            .problems
            .push(Problem::new("messages", "Size must be between 1 and 5"));
    }
    for (at, message) in messages.iter().enumerate() {
        if let Some(mut fields) = Fields::of(message, format!("messages[{at}]"), &mut findings) {
            message_object(&mut fields);
        }
    }
    match findings {
        Findings {
            wrong_type: Some(property),
            ..
        } => Err(Invalid::Type(property)),
        Findings { problems, .. } if problems.is_empty() => Ok(()),
        Findings { problems, .. } => Err(Invalid::Values(problems)),
    }
}

fn message_object(fields: &mut Fields<'_>) {
    match fields.one_of("type", &TYPES) {
        Some("text") => text::text(fields),
        Some("textV2") => text::text_v2(fields),
        Some("sticker") => media::sticker(fields),
        Some("image") => media::image(fields),
        Some("video") => media::video(fields),
        Some("audio") => media::audio(fields),
        Some("location") => media::location(fields),
        Some("imagemap") => media::imagemap(fields),
        Some("template") => rich::template(fields),
        Some("flex") => rich::flex(fields),
        Some("coupon") => media::coupon(fields),
        _ => return,
    }
    action::quick_reply(fields);
    action::sender(fields);
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    pub(super) fn problems(messages: &Value) -> Vec<(String, String)> {
        match validate_messages(messages.as_array().unwrap()) {
            Ok(()) => Vec::new(),
            Err(Invalid::Type(property)) => vec![(property, "type".to_owned())],
            Err(Invalid::Values(found)) => found
                .into_iter()
                .map(|problem| (problem.property, problem.message))
                .collect(),
        }
    }

    pub(super) fn problem_of(message: &Value) -> (String, String) {
        let found = problems(&json!([message]));
        assert_eq!(found.len(), 1, "{message}: {found:?}");
        found.into_iter().next().unwrap()
    }

    #[test]
    fn one_to_five_messages_are_taken() {
        let message = json!({ "type": "text", "text": "milk" });
        assert!(problems(&json!(vec![message.clone(); 1])).is_empty());
        assert!(problems(&json!(vec![message.clone(); 5])).is_empty());
        let size = ("messages", "Size must be between 1 and 5");
        for wrong in [json!([]), json!(vec![message; 6])] {
            let found = problems(&wrong);
            let found: Vec<_> = found
                .iter()
                .map(|(at, what)| (at.as_str(), what.as_str()))
                .collect();
            assert_eq!(found, [size]);
        }
    }

    #[test]
    fn text_is_counted_in_utf_16_units() {
        assert!(problems(&json!([{ "type": "text", "text": "🍎".repeat(2_500) }])).is_empty());
        let (property, message) =
            problem_of(&json!({ "type": "text", "text": "🍎".repeat(2_501) }));
        assert_eq!(
            (property.as_str(), message.as_str()),
            ("messages[0].text", "Length must be between 0 and 5000")
        );
    }

    #[test]
    fn every_error_is_listed_with_its_place() {
        let found = problems(&json!([{ "type": "text", "text": "" }, { "type": "letter" }, {}]));
        let places: Vec<_> = found
            .iter()
            .map(|(property, _)| property.as_str())
            .collect();
        assert_eq!(
            places,
            ["messages[0].text", "messages[1].type", "messages[2].type"]
        );
        assert_eq!(found[0].1, "May not be empty");
        assert!(
            found[1]
                .1
                .starts_with("Must be one of the following values: [text, ")
        );
    }

    #[test]
    fn a_wrong_json_type_is_named() {
        assert_eq!(
            problem_of(&json!({ "type": "text", "text": 5 })),
            ("messages[0].text".into(), "type".into())
        );
        assert_eq!(
            problem_of(&json!("milk")),
            ("messages[0]".into(), "type".into())
        );
        assert_eq!(
            problem_of(&json!({ "type": "text", "text": "a", "quickReply": [] })).1,
            "type"
        );
    }

    #[test]
    fn quick_replies_are_at_most_thirteen_with_labels_of_twenty_graphemes() {
        let item = |label: &str| json!({ "type": "action", "action": { "type": "message", "label": label, "text": "list" } });
        let message = |items: Vec<Value>| json!({ "type": "text", "text": "a", "quickReply": { "items": items } });
        assert!(
            problems(&json!([message(vec![
                item(&"👨‍👩‍👧".repeat(20));
                13
            ])]))
            .is_empty()
        );
        assert_eq!(
            problem_of(&message(vec![item("a"); 14])).0,
            "messages[0].quickReply.items"
        );
        assert_eq!(
            problem_of(&message(vec![item(&"a".repeat(21))])).0,
            "messages[0].quickReply.items[0].action.label"
        );
        assert_eq!(
            problem_of(&message(vec![item("")])).0,
            "messages[0].quickReply.items[0].action.label"
        );
    }

    #[test]
    fn the_other_messages_are_taken_when_whole_and_refused_when_not() {
        let url = "https://example.com/a.jpg";
        let whole = [
            json!({ "type": "sticker", "packageId": "1", "stickerId": "2" }),
            json!({ "type": "image", "originalContentUrl": url, "previewImageUrl": url }),
            json!({ "type": "video", "originalContentUrl": url, "previewImageUrl": url, "trackingId": "t" }),
            json!({ "type": "audio", "originalContentUrl": url, "duration": 1000 }),
            json!({ "type": "location", "title": "t", "address": "a", "latitude": 35.6, "longitude": 139.7 }),
            json!({ "type": "imagemap", "baseUrl": url, "altText": "a", "actions": [],
                    "baseSize": { "width": 1040, "height": 1040 } }),
            json!({ "type": "template", "altText": "a", "template": { "type": "confirm", "text": "Clear?",
                    "actions": [{ "type": "message", "label": "Yes", "text": "yes" },
                                { "type": "postback", "label": "No", "data": "no" }] } }),
            json!({ "type": "flex", "altText": "a", "contents": { "type": "bubble" } }),
            json!({ "type": "coupon", "couponId": "c" }),
        ];
        for message in whole {
            assert!(problems(&json!([message])).is_empty(), "{message}");
            for key in message
                .as_object()
                .unwrap()
                .keys()
                .filter(|key| !["type", "trackingId"].contains(&key.as_str()))
            {
                let mut broken = message.clone();
                broken.as_object_mut().unwrap().remove(key);
                assert!(
                    !problems(&json!([broken])).is_empty(),
                    "{message} without {key}"
                );
            }
        }
    }

    #[test]
    fn addresses_must_be_https_and_flex_small_enough() {
        let image = json!({ "type": "image", "originalContentUrl": "http://a/", "previewImageUrl": "https://a/" });
        assert_eq!(problem_of(&image).0, "messages[0].originalContentUrl");
        let text = json!({ "type": "text", "text": "x".repeat(30 * 1024) });
        let bubble = json!({ "type": "bubble", "body": { "type": "box", "layout": "vertical", "contents": [text] } });
        assert_eq!(
            problem_of(&json!({ "type": "flex", "altText": "a", "contents": bubble })).0,
            "messages[0].contents"
        );
        let many = vec![json!({ "type": "bubble" }); 13];
        let carousel = json!({ "type": "carousel", "contents": many });
        assert_eq!(
            problem_of(&json!({ "type": "flex", "altText": "a", "contents": carousel })).0,
            "messages[0].contents.contents"
        );
    }
}
