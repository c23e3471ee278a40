//! What each event of LINE means for the bot.

use bot::understand::{Ignored, Understood, understand};
use serde_json::{Value, json};
use storage::{Inbound, LanguageHint};
use todo::{Input, Timestamp};

const HAPPENED_AT: Timestamp = Timestamp(1_790_000_000_000);
const RECEIVED_AT: Timestamp = Timestamp(1_790_000_000_700);

/// An event of a person, with these fields changed or added.
fn event(changes: &Value) -> Value {
    let mut event = json!({
        "type": "message",
        "mode": "active",
        "timestamp": HAPPENED_AT.0,
        "source": { "type": "user", "userId": "U1" },
        "webhookEventId": "01JTEST0000000000000000000",
        "deliveryContext": { "isRedelivery": false },
        "replyToken": "token",
        "message": { "id": "m1", "type": "text", "text": "milk", "quoteToken": "q" },
    });
    for (key, value) in changes.as_object().unwrap() {
        event[key] = value.clone();
    }
    event
}

fn understood(changes: &Value) -> Understood {
    let body = json!({ "destination": "Ubot", "events": [event(changes)] }).to_string();
    let webhook = line::webhook::parse(body.as_bytes()).unwrap();
    understand(&webhook.events().next().unwrap(), RECEIVED_AT)
}

fn applied(changes: &Value) -> Inbound {
    match understood(changes) {
        Understood::Apply(inbound) => inbound,
        Understood::Ignore(why) => panic!("ignored: {why:?}"),
    }
}

fn input(changes: &Value) -> Input {
    applied(changes).input
}

fn ignored(changes: &Value) -> Ignored {
    match understood(changes) {
        Understood::Ignore(why) => why,
        Understood::Apply(inbound) => panic!("applied: {inbound:?}"),
    }
}

fn text(text: &str) -> Input {
    Input::Text {
        text: text.to_owned(),
        message_id: "m1".to_owned(),
    }
}

#[test]
fn a_text_in_a_chat_with_one_person_is_taken_as_it_is() {
    assert_eq!(input(&json!({})), text("milk"));
}

#[test]
fn in_a_group_a_text_is_taken_only_with_a_mention_of_the_bot_and_without_it() {
    let group = json!({ "type": "group", "groupId": "C1", "userId": "U1" });
    let without = json!({ "source": group });
    assert_eq!(ignored(&without), Ignored::NotMentioned);
    let mention = json!({ "mentionees": [{ "index": 0, "length": 4, "type": "user", "userId": "Ubot", "isSelf": true }] });
    let message = json!({ "id": "m1", "type": "text", "text": "@bot milk", "mention": mention });
    assert_eq!(
        input(&json!({ "source": group, "message": message })),
        text("milk")
    );
    let everybody = json!({ "mentionees": [{ "index": 0, "length": 4, "type": "all" }] });
    let message = json!({ "id": "m1", "type": "text", "text": "@all milk", "mention": everybody });
    assert_eq!(
        ignored(&json!({ "source": group, "message": message })),
        Ignored::NotMentioned
    );
}

#[test]
fn the_language_is_asked_of_whoever_did_it_where_line_says_who() {
    let person = applied(&json!({}));
    assert_eq!(person.person.as_deref(), Some("U1"));
    assert_eq!(person.language, LanguageHint::NotAsked);
    let join = json!({ "type": "join", "source": { "type": "group", "groupId": "C1" } });
    let nobody = applied(&join);
    assert_eq!(nobody.person, None);
    assert_eq!(nobody.language, LanguageHint::UseDefault);
}

#[test]
fn a_sticker_is_answered_in_a_chat_with_one_person_and_passed_over_in_a_group() {
    let sticker = json!({ "id": "m1", "type": "sticker", "packageId": "1", "stickerId": "2" });
    assert_eq!(input(&json!({ "message": sticker })), Input::NotText);
    let group = json!({ "type": "group", "groupId": "C1" });
    assert_eq!(
        ignored(&json!({ "message": sticker, "source": group })),
        Ignored::NotMentioned
    );
}

#[test]
fn comings_and_goings_are_understood() {
    assert_eq!(
        input(&json!({ "type": "follow", "follow": { "isUnblocked": false } })),
        Input::Followed { returning: false }
    );
    assert_eq!(
        input(&json!({ "type": "follow", "follow": { "isUnblocked": true } })),
        Input::Followed { returning: true }
    );
    assert_eq!(
        input(&json!({ "type": "follow" })),
        Input::Followed { returning: false }
    );
    assert_eq!(input(&json!({ "type": "unfollow" })), Input::Left);
    let group = json!({ "type": "group", "groupId": "C1" });
    assert_eq!(
        input(&json!({ "type": "join", "source": group })),
        Input::Joined
    );
    assert_eq!(
        input(&json!({ "type": "leave", "source": group })),
        Input::Left
    );
    let unsend = json!({ "type": "unsend", "unsend": { "messageId": "m9" } });
    assert_eq!(
        input(&unsend),
        Input::Unsent {
            message_id: "m9".to_owned()
        }
    );
}

#[test]
fn events_without_a_use_are_set_aside_by_name() {
    assert_eq!(
        ignored(&json!({ "type": "beacon", "beacon": { "hwid": "1", "type": "enter" } })),
        Ignored::Unused("beacon")
    );
    assert_eq!(
        ignored(&json!({ "type": "something new" })),
        Ignored::Unused("unknown")
    );
}

#[test]
fn a_chat_another_channel_has_is_left_alone() {
    assert_eq!(ignored(&json!({ "mode": "standby" })), Ignored::Standby);
}

#[test]
fn what_is_to_be_forgotten_is_forgotten_also_where_another_channel_has_the_chat() {
    let unsend = json!({ "mode": "standby", "type": "unsend", "unsend": { "messageId": "m9" } });
    assert!(matches!(input(&unsend), Input::Unsent { .. }));
    for left in ["unfollow", "leave"] {
        let left = json!({ "mode": "standby", "type": left });
        assert_eq!(input(&left), Input::Left);
    }
}

#[test]
fn who_comes_back_is_seen_also_where_another_channel_has_the_chat_and_not_answered() {
    let unblocked = json!({ "isUnblocked": true });
    let back = json!({ "mode": "standby", "type": "follow", "follow": unblocked });
    let back = applied(&back);
    assert_eq!(back.input, Input::Followed { returning: true });
    assert_eq!(back.reply_token, None);
    let joined = json!({ "mode": "standby", "type": "join" });
    assert_eq!(input(&joined), Input::Joined);
}

#[test]
fn a_message_taken_back_has_an_id() {
    let unsend = json!({ "type": "unsend", "unsend": { "messageId": "" } });
    assert_eq!(ignored(&unsend), Ignored::Unidentified);
}

#[test]
fn an_event_happened_when_line_says_so_unless_that_cannot_be() {
    let happened_at = |timestamp: Value| applied(&json!({ "timestamp": timestamp })).happened_at;
    assert_eq!(happened_at(json!(HAPPENED_AT.0)), HAPPENED_AT);
    // The clock of this machine may be behind, and that of another one right.
    let ahead = Timestamp(RECEIVED_AT.0 + 600_000);
    assert_eq!(happened_at(json!(ahead.0)), ahead);
    let a_day_later = Timestamp(RECEIVED_AT.0 + 24 * 60 * 60 * 1_000);
    assert_eq!(happened_at(json!(i64::MAX)), a_day_later);
    assert_eq!(happened_at(Value::Null), RECEIVED_AT);
}

#[test]
fn an_event_is_told_from_others_by_its_id_or_else_by_what_stays_in_a_redelivery() {
    let key = |changes: &Value| applied(changes).key.event_id.to_string();
    assert_eq!(key(&json!({})), "01JTEST0000000000000000000");
    assert_eq!(key(&json!({ "webhookEventId": null })), "message:m1");
    assert_eq!(
        key(&json!({ "webhookEventId": null, "type": "follow" })),
        "follow:1790000000000"
    );
}

#[test]
fn an_event_that_does_not_say_where_or_whose_id_no_store_keeps_is_set_aside() {
    assert_eq!(ignored(&json!({ "source": null })), Ignored::Unidentified);
    assert_eq!(
        ignored(&json!({ "source": { "type": "user" } })),
        Ignored::Unidentified
    );
    assert_eq!(
        ignored(&json!({ "webhookEventId": "x".repeat(65) })),
        Ignored::Unidentified
    );
    assert_eq!(
        ignored(&json!({ "source": { "type": "user", "userId": "U".repeat(65) } })),
        Ignored::Unidentified
    );
    for kind in ["message", "unsend"] {
        let too_long = json!({ "id": "9".repeat(65), "messageId": "9".repeat(65), "type": "text", "text": "milk" });
        assert_eq!(
            ignored(&json!({ "type": kind, kind: too_long })),
            Ignored::Unidentified
        );
    }
}

#[test]
fn a_reply_token_no_store_keeps_is_none_and_the_message_counts() {
    let token = |length: usize| applied(&json!({ "replyToken": "t".repeat(length) })).reply_token;
    assert_eq!(token(255), Some("t".repeat(255)));
    assert_eq!(token(256), None);
}
