//! Webhooks with something missing, unknown or broken in them.

use crate::webhook::{content, only_event, sample};
use line::webhook::{Content, EventKind, Mode, ParseError, parse};

#[test]
fn what_is_missing_or_odd_leaves_the_rest_readable() {
    for name in [
        "message-text-without-quoteToken",
        "message-text-without-anything-else",
        "message-text-without-userId",
        "message-text-with-nulls",
        "message-text-with-more",
        "message-text-with-other-types",
        "message-text-of-unknown-mode",
        "message-from-unknown-source",
    ] {
        let sample = sample(name);
        let Content::Text(text) = content(only_event(&sample.body)) else {
            panic!("{name}")
        };
        assert_eq!(text.text, "milk", "{name}");
    }
    let unknown = sample("message-of-unknown-type");
    let Content::Other { message_type } = content(only_event(&unknown.body)) else {
        panic!()
    };
    assert_eq!(message_type.as_deref(), Some("hologram"));
    let unknown = sample("unknown-type");
    let event = only_event(&unknown.body);
    assert_eq!(
        event.kind,
        EventKind::Unknown {
            event_type: Some("somethingNew".into())
        }
    );
    assert!(event.reply_token.is_some());
}

#[test]
fn an_event_broken_as_json_goes_keeps_what_can_be_read() {
    let events = [
        // Half of a surrogate pair where no text is expected, a number out of range, a field twice.
        r#""timestamp":1e999,"mode":"active""#,
        r#""replyToken":"\ud83e","mode":"active""#,
        r#""mode":"standby","mode":"active""#,
        r#""source":{"type":"user","userId":"U1","userId":"U2"},"mode":"active""#,
    ];
    for fields in events {
        let body = format!(
            r#"{{"events":[{{{fields},"webhookEventId":"01","type":"message","message":{{"type":"text","text":"milk"}}}}]}}"#
        );
        let event = only_event(body.as_bytes());
        assert_eq!(event.webhook_event_id.as_deref(), Some("01"), "{fields}");
        assert_eq!(event.mode, Some(Mode::Active), "{fields}");
        assert!(matches!(content(event), Content::Text(_)), "{fields}");
    }
}

#[test]
fn half_a_surrogate_pair_in_a_text_is_one_replacement_character() {
    let body = br#"{"events":[{"type":"message","message":{"type":"text","text":"a\ud83eb\uD83E\uDD28"}}]}"#;
    let Content::Text(text) = content(only_event(body)) else {
        panic!()
    };
    assert_eq!(text.text, "a\u{FFFD}b🤨");
}

#[test]
fn half_a_surrogate_pair_in_the_name_of_a_file_or_a_place_costs_nobody_the_message() {
    let body =
        |message: &str| format!(r#"{{"events":[{{"type":"message","message":{message}}}]}}"#);
    let file = body(r#"{"type":"file","id":"1","fileName":"\ud83e.pdf","fileSize":1}"#);
    let Content::File(file) = content(only_event(file.as_bytes())) else {
        panic!("{file}")
    };
    assert_eq!(file.name.as_deref(), Some("\u{FFFD}.pdf"));
    let place = body(r#"{"type":"location","title":"a\udd28","address":"\ud83e b"}"#);
    let Content::Location(place) = content(only_event(place.as_bytes())) else {
        panic!("{place}")
    };
    assert_eq!(place.title.as_deref(), Some("a\u{FFFD}"));
    assert_eq!(place.address.as_deref(), Some("\u{FFFD} b"));
}

#[test]
fn a_text_of_another_type_is_as_good_as_missing() {
    for text in ["null", "5", "true", "[]", r#"["milk"]"#, r#"{"a":"b"}"#] {
        let body = |message_type: &str| {
            format!(
                r#"{{"events":[{{"type":"message","message":{{"type":"{message_type}","text":{text}}}}}]}}"#
            )
        };
        let sticker = body("sticker");
        let Content::Sticker(sticker) = content(only_event(sticker.as_bytes())) else {
            panic!("{sticker}")
        };
        assert_eq!(sticker.text, None);
        let without_text = body("text");
        let Content::Other { message_type } = content(only_event(without_text.as_bytes())) else {
            panic!("{without_text}")
        };
        assert_eq!(message_type.as_deref(), Some("text"));
    }
}

#[test]
fn what_is_no_event_at_all_is_unknown() {
    let body = br#"{"events":[null,5,"x",[],["message"],{},true]}"#;
    let webhook = parse(body).unwrap();
    assert_eq!(webhook.events().len(), 7);
    for event in webhook.events() {
        assert_eq!(event.kind, EventKind::Unknown { event_type: None });
    }
}

#[test]
fn a_request_without_events_is_good() {
    for body in [
        r#"{"destination":"U1","events":[]}"#,
        r#"{"destination":"U1"}"#,
        "{}",
        " {} ",
    ] {
        assert_eq!(parse(body.as_bytes()).unwrap().events().len(), 0);
    }
    assert_eq!(parse(br#"{"events":null}"#).unwrap().events().len(), 0);
    let webhook = parse(br#"{"events":[],"destination":"U1"}"#).unwrap();
    assert_eq!(webhook.destination.as_deref(), Some("U1"));
}

#[test]
fn a_body_that_is_no_webhook_is_an_error() {
    assert!(matches!(parse(b"\xff{}"), Err(ParseError::NotUtf8(_))));
    for body in ["", " ", "null", "5", "[]", r#"["U1",[]]"#, r#""{}""#] {
        assert!(
            matches!(parse(body.as_bytes()), Err(ParseError::NotAnObject)),
            "{body}"
        );
    }
    for body in [
        "{",
        r#"{"events":[}"#,
        r#"{"events":{}}"#,
        r#"{"events":"x"}"#,
        "{} {}",
    ] {
        assert!(
            matches!(parse(body.as_bytes()), Err(ParseError::Malformed(_))),
            "{body}"
        );
    }
}

#[test]
fn the_console_s_dummy_reply_tokens_are_no_tokens() {
    for token in [
        "00000000000000000000000000000000",
        "ffffffffffffffffffffffffffffffff",
    ] {
        let body = format!(r#"{{"events":[{{"type":"follow","replyToken":"{token}"}}]}}"#);
        assert_eq!(only_event(body.as_bytes()).reply_token, None);
    }
}
