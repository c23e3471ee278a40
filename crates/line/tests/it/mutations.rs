//! Webhooks LINE never described: whatever is in one event, its neighbours are read as ever.

use crate::events;
use line::webhook::{Event, EventKind, parse};
use proptest::prelude::*;
use proptest::sample::{Index, select};
use serde_json::{Value, json};
use std::mem::discriminant;

/// What may stand in a field's place.
fn any_value() -> impl Strategy<Value = Value> {
    select(vec![
        json!(null),
        json!(true),
        json!(-1),
        json!(0),
        json!(u64::MAX),
        json!(1.5e300),
        json!(""),
        json!("HOLOGRAM"),
        json!("\u{0}🍎\u{202e}"),
        json!([]),
        json!([null, 1, "a", {"type": "user"}]),
        json!({}),
        json!({"type": "text", "id": 1, "text": {"a": []}}),
    ])
}

#[derive(Clone, Debug)]
enum Change {
    Drop,
    Replace(Value),
    Add(Value),
}

fn any_change() -> impl Strategy<Value = Change> {
    prop_oneof![
        Just(Change::Drop),
        any_value().prop_map(Change::Replace),
        any_value().prop_map(Change::Add),
    ]
}

fn any_event() -> impl Strategy<Value = Value> {
    select(
        events::all()
            .iter()
            .map(events::Sample::event)
            .collect::<Vec<_>>(),
    )
}

fn any_event_with_a_message() -> impl Strategy<Value = Value> {
    select(
        events::all()
            .iter()
            .map(events::Sample::event)
            .filter(|event| event["message"].is_object())
            .collect::<Vec<_>>(),
    )
}

/// All places in a value, as JSON pointers.
fn places(value: &Value, here: &str, all: &mut Vec<String>) {
    match value {
        Value::Object(fields) => {
            for (name, field) in fields {
                let place = format!("{here}/{name}");
                all.push(place.clone());
                places(field, &place, all);
            }
        }
        Value::Array(elements) => {
            for (index, element) in elements.iter().enumerate() {
                places(element, &format!("{here}/{index}"), all);
            }
        }
        _ => {}
    }
}

fn apply(event: &mut Value, place: &str, change: Change) {
    let Some((parent, name)) = place.rsplit_once('/') else {
        return;
    };
    let Some(Value::Object(fields)) = event.pointer_mut(parent) else {
        return;
    };
    match change {
        Change::Drop => drop(fields.remove(name)),
        Change::Replace(value) => drop(fields.insert(name.to_owned(), value)),
        Change::Add(value) => drop(fields.insert(format!("{name}Added"), value)),
    }
}

fn mutated(event: &Value, changes: Vec<(Index, Change)>) -> Value {
    let mut event = event.clone();
    for (index, change) in changes {
        let mut all = Vec::new();
        places(&event, "", &mut all);
        if !all.is_empty() {
            let place: &String = index.get(&all);
            apply(&mut event, place, change);
        }
    }
    event
}

fn read(body: &str) -> Vec<Event<'_>> {
    parse(body.as_bytes()).unwrap().events().collect()
}

proptest! {
    #[test]
    fn a_mutated_event_never_harms_its_neighbours(
        before in any_event(),
        event in any_event(),
        after in any_event(),
        changes in prop::collection::vec((any::<Index>(), any_change()), 1..6),
    ) {
        let event = mutated(&event, changes);
        let body = json!({"events": [before, event, after]}).to_string();
        let undisturbed = json!({"events": [before, after]}).to_string();
        let (events, undisturbed) = (read(&body), read(&undisturbed));
        prop_assert_eq!(events.len(), 3);
        prop_assert_eq!(&events[0], &undisturbed[0]);
        prop_assert_eq!(&events[2], &undisturbed[1]);
    }

    #[test]
    fn a_field_that_changes_leaves_the_common_fields_next_to_it(
        event in any_event(),
        index in any::<Index>(),
        value in any_value(),
    ) {
        let names: Vec<String> = event.as_object().unwrap().keys().cloned().collect();
        let changed = index.get(&names);
        let mut mutated = event.clone();
        mutated[changed] = value;
        let (body, mutated) =
            (json!({"events": [event]}).to_string(), json!({"events": [mutated]}).to_string());
        let (event, mutated) = (&read(&body)[0], &read(&mutated)[0]);
        prop_assert!(changed == "webhookEventId" || event.webhook_event_id == mutated.webhook_event_id);
        prop_assert!(changed == "timestamp" || event.timestamp == mutated.timestamp);
        prop_assert!(changed == "mode" || event.mode == mutated.mode);
        prop_assert!(changed == "source" || event.source == mutated.source);
        prop_assert!(changed == "deliveryContext" || event.is_redelivery == mutated.is_redelivery);
        prop_assert!(changed == "replyToken" || event.reply_token == mutated.reply_token);
    }

    #[test]
    fn a_field_of_a_message_that_changes_leaves_it_the_message_it_is(
        event in any_event_with_a_message(),
        index in any::<Index>(),
        value in any_value(),
    ) {
        let names: Vec<String> = event["message"].as_object().unwrap().keys().cloned().collect();
        let changed = index.get(&names);
        let mut mutated = event.clone();
        mutated["message"][changed] = value;
        let (body, mutated) =
            (json!({"events": [event]}).to_string(), json!({"events": [mutated]}).to_string());
        let (event, mutated) = (&read(&body)[0], &read(&mutated)[0]);
        prop_assert_eq!(event.kind.name(), mutated.kind.name());
        let (EventKind::Message(message) | EventKind::MessageEdited(message)) = &event.kind else { panic!() };
        let (EventKind::Message(mutated) | EventKind::MessageEdited(mutated)) = &mutated.kind else { panic!() };
        prop_assert!(changed == "id" || message.id == mutated.id);
        prop_assert!(changed == "quoteToken" || message.quote_token == mutated.quote_token);
        // Without its type it is another message, and without its text no text message.
        let same_content = discriminant(&message.content) == discriminant(&mutated.content);
        prop_assert!(changed == "type" || changed == "text" || same_content);
    }

    #[test]
    fn no_bytes_make_it_panic(
        event in any_event(),
        cut in any::<Index>(),
        place in any::<Index>(),
        byte in any::<u8>(),
    ) {
        let mut body = json!({"destination": "U1", "events": [event]}).to_string().into_bytes();
        *place.get_mut(&mut body) = byte;
        for body in [&body[..], &body[..cut.index(body.len())]] {
            if let Ok(webhook) = parse(body) {
                prop_assert!(webhook.events().count() <= 1);
            }
        }
    }

    #[test]
    fn own_mentions_can_be_anywhere(
        typed in ".{0,20}",
        mentions in prop::collection::vec((0_usize..30, 0_usize..30), 0..5),
    ) {
        let mentionees: Vec<Value> = mentions
            .iter()
            .map(|(index, length)| json!({"index": index, "length": length, "isSelf": true}))
            .collect();
        let event = json!({"type": "message", "message": {
            "type": "text", "text": typed, "mention": {"mentionees": mentionees},
        }});
        let body = json!({"events": [event]}).to_string();
        let line::webhook::EventKind::Message(message) = &read(&body)[0].kind else { panic!() };
        let line::webhook::Content::Text(text) = &message.content else { panic!() };
        let said = text.without_own_mentions();
        prop_assert_eq!(said.is_some(), !mentions.is_empty());
        if let Some(said) = said {
            prop_assert!(said.len() <= typed.len());
        }
    }
}

#[test]
fn depth_without_end_harms_nobody() {
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    for field in ["source", "message", "somethingNew", "timestamp"] {
        let body = format!(
            r#"{{"events":[{{"type":"follow","webhookEventId":"01","{field}":{deep}}},{{"type":"join"}}]}}"#
        );
        let events = read(&body);
        assert_eq!(events[0].webhook_event_id.as_deref(), Some("01"), "{field}");
        assert_eq!(events[0].kind.name(), "follow");
        assert_eq!(events[1].kind.name(), "join");
    }
}
