//! Reading webhooks: what is in them, and what is made of what is missing.

use crate::events::{self, Sample};
use line::webhook::{
    Beacon, Content, ContentProvider, Emoji, Event, EventKind, Membership, Mentionee, Message,
    Mode, Postback, PostbackParams, Source, Text, parse,
};

pub(crate) fn sample(name: &str) -> Sample {
    events::all()
        .into_iter()
        .find(|sample| sample.name == name)
        .unwrap()
}

pub(crate) fn only_event(body: &[u8]) -> Event<'_> {
    let webhook = parse(body).unwrap();
    assert_eq!(webhook.events().len(), 1);
    webhook.events().next().unwrap()
}

pub(crate) fn content(event: Event<'_>) -> Content<'_> {
    match event.kind {
        EventKind::Message(message) | EventKind::MessageEdited(message) => message.content,
        other => panic!("{other:?}"),
    }
}

#[test]
fn every_sample_is_read_as_the_kind_its_file_is_named_after() {
    for sample in events::all() {
        let event = only_event(&sample.body);
        let kind = sample.name.split('-').next().unwrap();
        assert_eq!(event.kind.name(), kind, "{}", sample.name);
    }
}

#[test]
fn official_events_have_all_their_common_fields() {
    for sample in events::official().iter().chain(&events::newer()) {
        let event = only_event(&sample.body);
        let json = sample.event();
        assert_eq!(
            event.webhook_event_id.as_deref(),
            json["webhookEventId"].as_str()
        );
        assert_eq!(event.timestamp, json["timestamp"].as_i64());
        assert_eq!(
            event.is_redelivery,
            json["deliveryContext"]["isRedelivery"].as_bool()
        );
        assert_eq!(event.reply_token.as_deref(), json["replyToken"].as_str());
        let standby = sample.name.ends_with("-standby");
        assert_eq!(
            event.mode,
            Some(if standby { Mode::Standby } else { Mode::Active })
        );
        assert_eq!(
            event.source.is_some(),
            json.get("source").is_some(),
            "{}",
            sample.name
        );
    }
}

#[test]
fn a_text_comes_with_its_emoji_mentions_and_tokens() {
    let sample = sample("message-text");
    let EventKind::Message(message) = only_event(&sample.body).kind else {
        panic!()
    };
    let bot = "U8e742f61d673b39c7fff3cecb7536ef0";
    let expected = Message {
        id: Some("444573844083572737".into()),
        quote_token: Some("q3Plxr4AgKd8wR1T5zXQ2Lm9vB7nY6cJ".into()),
        quoted_message_id: None,
        mark_as_read_token: Some("30yhdy232s5w9Q1zXc2vB3nM4kL5jH6g".into()),
        content: Content::Text(Text {
            text: "@All @example Good Morning!! (love)".into(),
            emojis: vec![Emoji {
                index: Some(29),
                length: Some(6),
                product_id: Some("5ac1bfd5040ab15980c9b435".into()),
                emoji_id: Some("001".into()),
            }],
            mentionees: vec![
                Mentionee {
                    index: Some(0),
                    length: Some(4),
                    target: Some("all".into()),
                    user_id: None,
                    is_self: None,
                },
                Mentionee {
                    index: Some(5),
                    length: Some(8),
                    target: Some("user".into()),
                    user_id: Some(bot.into()),
                    is_self: Some(true),
                },
            ],
        }),
    };
    assert_eq!(message, expected);
}

#[test]
fn a_quoting_message_names_the_quoted_one() {
    let sample = sample("message-text-quoting");
    let EventKind::Message(message) = only_event(&sample.body).kind else {
        panic!()
    };
    assert_eq!(
        message.quoted_message_id.as_deref(),
        Some("468789532432007169")
    );
}

#[test]
fn media_come_with_where_their_bytes_are() {
    let image = sample("message-image");
    let Content::Image(image) = content(only_event(&image.body)) else {
        panic!()
    };
    let set = image.image_set.unwrap();
    assert_eq!((set.index, set.total), (Some(1), Some(2)));
    assert_eq!(
        image.content_provider.unwrap().provider.as_deref(),
        Some("line")
    );

    let video = sample("message-video");
    let Content::Video(video) = content(only_event(&video.body)) else {
        panic!()
    };
    assert_eq!(video.duration, Some(60_000));
    let expected = ContentProvider {
        provider: Some("external".into()),
        original_content_url: Some("https://example.com/original.mp4".into()),
        preview_image_url: Some("https://example.com/preview.jpg".into()),
    };
    assert_eq!(video.content_provider, Some(expected));

    let audio = sample("message-audio");
    assert!(matches!(
        content(only_event(&audio.body)),
        Content::Audio(_)
    ));
}

#[test]
fn files_places_and_stickers_come_with_what_they_are() {
    let file = sample("message-file");
    let Content::File(file) = content(only_event(&file.body)) else {
        panic!()
    };
    assert_eq!(
        (file.name.as_deref(), file.size),
        (Some("file.txt"), Some(2138))
    );

    let place = sample("message-location");
    let Content::Location(place) = content(only_event(&place.body)) else {
        panic!()
    };
    assert_eq!(
        (place.latitude, place.longitude),
        (Some(35.67966), Some(139.73669))
    );
    assert_eq!(place.title.as_deref(), Some("my location"));

    let sticker = sample("message-sticker-with-text");
    let Content::Sticker(sticker) = content(only_event(&sticker.body)) else {
        panic!()
    };
    assert_eq!(sticker.resource_type.as_deref(), Some("MESSAGE"));
    assert_eq!(sticker.keywords, ["Anticipation", "Sparkle"]);
    assert_eq!(sticker.text.as_deref(), Some("今週末\n一緒に遊ぼうよ！"));
}

#[test]
fn the_other_kinds_come_with_what_they_tell() {
    let kind =
        |name: &str, check: &dyn Fn(EventKind<'_>)| check(only_event(&sample(name).body).kind);
    kind("unsend", &|kind| {
        assert_eq!(
            kind,
            EventKind::Unsend {
                message_id: "325708".into()
            }
        );
    });
    kind("follow-unblocked", &|kind| {
        assert_eq!(
            kind,
            EventKind::Follow {
                is_unblocked: Some(true)
            }
        );
    });
    kind("memberJoined", &|kind| {
        let EventKind::MemberJoined { members } = kind else {
            panic!()
        };
        assert_eq!(members.len(), 2);
        assert_eq!(
            members[0].user_id(),
            Some("U4af4980629e14a2bb39c2a2d3d5b1e62")
        );
    });
    kind("postback-rich-menu", &|kind| {
        let params = PostbackParams {
            new_rich_menu_alias_id: Some("richmenu-alias-b".into()),
            status: Some("SUCCESS".into()),
            ..PostbackParams::default()
        };
        let data = Some("richmenu-changed-to-b".into());
        assert_eq!(
            kind,
            EventKind::Postback(Postback {
                data,
                params: Some(params)
            })
        );
    });
    kind("videoPlayComplete", &|kind| {
        let tracking_id = Some("track-id".into());
        assert_eq!(kind, EventKind::VideoPlayComplete { tracking_id });
    });
    kind("beacon", &|kind| {
        let beacon = Beacon {
            hwid: Some("d41d8cd98f".into()),
            beacon_type: Some("enter".into()),
            dm: Some("1234567890abcdef".into()),
        };
        assert_eq!(kind, EventKind::Beacon(beacon));
    });
    kind("accountLink-failed", &|kind| {
        let EventKind::AccountLink(link) = kind else {
            panic!()
        };
        assert_eq!(link.result.as_deref(), Some("failed"));
    });
    kind("membership-renewed", &|kind| {
        let membership = Membership {
            change: Some("renewed".into()),
            membership_id: Some(3189),
        };
        assert_eq!(kind, EventKind::Membership(membership));
    });
    kind("module-attached", &|kind| {
        let EventKind::Module(module) = kind else {
            panic!()
        };
        assert_eq!(module.scopes, ["message:send", "message:receive"]);
    });
    kind("activated", &|kind| {
        assert_eq!(
            kind,
            EventKind::Activated {
                expire_at: Some(1_462_630_079_859)
            }
        );
    });
    kind("delivery", &|kind| {
        assert!(matches!(kind, EventKind::Delivery { data: Some(_) }));
    });
}

#[test]
fn an_edit_is_a_message_that_says_so() {
    let sample = sample("messageEdited");
    let EventKind::MessageEdited(message) = only_event(&sample.body).kind else {
        panic!()
    };
    let Content::Text(text) = message.content else {
        panic!()
    };
    assert_eq!(text.text, "milk and eggs");
}

#[test]
fn a_chat_is_addressed_by_user_group_or_room() {
    let user = Source::User {
        user_id: "U1".into(),
    };
    let group = Source::Group {
        group_id: "C1".into(),
        user_id: None,
    };
    let room = Source::Room {
        room_id: "R1".into(),
        user_id: Some("U1".into()),
    };
    let other = Source::Other {
        source_type: None,
        user_id: Some("U1".into()),
    };
    let ids =
        [&user, &group, &room, &other].map(|source| (source.conversation_id(), source.user_id()));
    assert_eq!(
        ids,
        [
            (Some("U1"), Some("U1")),
            (Some("C1"), None),
            (Some("R1"), Some("U1")),
            (None, Some("U1"))
        ]
    );
}
