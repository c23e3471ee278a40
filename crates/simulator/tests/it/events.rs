//! What the events look like.

use serde_json::{Value, json};
use simulator::{Action, Error, Group, GroupKind, Mention, Person, Refusal};

use crate::desk::{Desk, START};

#[tokio::test]
async fn a_text_has_everything_webhook_yml_asks_for() {
    let mut desk = Desk::new().await;
    let delivery = desk.alex().says("milk").await.unwrap();
    let webhook = desk.bot.next().await;
    let event = webhook.event();
    let destination = webhook.json()["destination"].as_str().unwrap().to_owned();
    assert!(destination.starts_with('U') && destination.len() == 33);
    assert_eq!(event["type"], "message");
    assert_eq!(event["mode"], "active");
    assert_eq!(event["timestamp"], START);
    assert_eq!(
        event["source"],
        json!({ "type": "user", "userId": Person::alex().id })
    );
    assert_eq!(event["webhookEventId"].as_str().unwrap().len(), 26);
    assert_eq!(event["deliveryContext"], json!({ "isRedelivery": false }));
    assert_eq!(event["replyToken"].as_str().unwrap().len(), 32);
    assert_eq!(event["message"]["type"], "text");
    assert_eq!(event["message"]["id"], delivery.message_id().unwrap());
    assert!(event["message"]["quoteToken"].is_string());
    assert!(
        event["message"].get("mention").is_none(),
        "properties without a value are left out"
    );
}

#[tokio::test]
async fn a_mention_of_the_bot_is_counted_in_utf_16_units_and_marked_as_self() {
    let mut desk = Desk::new().await;
    let family = desk.family();
    let text = "🍎 @TODO milk @Alex";
    let mentions = vec![Mention::Bot, Mention::User(Person::alex().id)];
    family
        .does(Action::Text {
            text: text.to_owned(),
            mentions,
        })
        .unwrap();
    let webhook = desk.bot.next().await;
    let event = webhook.event();
    assert_eq!(event["source"]["type"], "group");
    assert_eq!(event["source"]["groupId"], family.id().as_str());
    assert_eq!(event["source"]["userId"], Person::misaki().id.as_str());
    let destination = webhook.json()["destination"].clone();
    assert_eq!(
        event["message"]["mention"]["mentionees"],
        json!([
            { "index": 3, "length": 5, "type": "user", "userId": destination, "isSelf": true },
            { "index": 14, "length": 5, "type": "user", "userId": Person::alex().id, "isSelf": false },
        ])
    );
}

#[tokio::test]
async fn somebody_who_shares_no_profile_has_no_user_id_in_groups() {
    let mut desk = Desk::new().await;
    let quiet = Person {
        shares_profile: false,
        ..Person::new("Quiet")
    };
    let id = quiet.id.clone();
    desk.simulator.add_person(quiet).unwrap();
    let room = Group {
        id: simulator::ChatId::random(GroupKind::Room),
        ..Group::new("old room", [id.clone()])
    };
    desk.simulator.add_group(room.clone()).unwrap();
    desk.simulator
        .group(&room.id, &id)
        .unwrap()
        .says_to_bot("milk")
        .await
        .unwrap();
    let event = desk.bot.next().await.event();
    assert_eq!(
        event["source"],
        json!({ "type": "room", "roomId": room.id })
    );
    assert_eq!(event["message"]["text"], "@TODO milk");
}

async fn event_of(desk: &mut Desk, action: Action, in_group: bool) -> Value {
    let chat = if in_group {
        desk.family()
    } else {
        desk.misaki()
    };
    chat.does(action).unwrap();
    desk.bot.next().await.event()
}

#[tokio::test]
async fn friends_come_and_go() {
    let mut desk = Desk::new().await;
    let blocked = event_of(&mut desk, Action::Block, false).await;
    assert_eq!(blocked["type"], "unfollow");
    assert!(blocked.get("replyToken").is_none());
    let refused = desk.misaki().says("hello?").await.err();
    assert_eq!(refused, Some(Error::Refused(Refusal::Blocked)));
    let unblocked = event_of(&mut desk, Action::Unblock, false).await;
    assert_eq!(unblocked["type"], "follow");
    assert_eq!(unblocked["follow"], json!({ "isUnblocked": true }));
    assert!(unblocked["replyToken"].is_string());
}

#[tokio::test]
async fn everybody_can_be_introduced_to_a_fresh_bot() {
    let mut desk = Desk::new().await;
    desk.simulator.introduce_everybody();
    desk.simulator.wait_until_quiet().await.unwrap();
    let mut kinds: Vec<_> = desk
        .bot
        .others()
        .iter()
        .map(|webhook| webhook.event()["type"].clone())
        .collect();
    kinds.sort_by_key(ToString::to_string);
    assert_eq!(kinds, ["follow", "follow", "join"]);
    assert!(desk.alex().says("milk").await.is_ok());
}

#[tokio::test]
async fn groups_come_and_go() {
    let mut desk = Desk::new().await;
    let left = event_of(&mut desk, Action::RemoveBot, true).await;
    assert_eq!(
        (&left["type"], left.get("replyToken")),
        (&json!("leave"), None)
    );
    assert_eq!(
        desk.family().says("anybody?").await.err(),
        Some(Error::Refused(Refusal::BotAbsent))
    );
    let joined = event_of(&mut desk, Action::InviteBot, true).await;
    assert_eq!(joined["type"], "join");
    assert!(joined["replyToken"].is_string());
    assert!(
        joined["source"].get("userId").is_none(),
        "only message events name the person"
    );
    let gone = event_of(&mut desk, Action::LeaveGroup, true).await;
    assert_eq!(
        gone["left"]["members"][0]["userId"],
        Person::misaki().id.as_str()
    );
    let back = event_of(&mut desk, Action::JoinGroup, true).await;
    assert_eq!(back["type"], "memberJoined");
}

#[tokio::test]
async fn a_message_is_taken_back_once() {
    let mut desk = Desk::new().await;
    let alex = desk.alex();
    let message = alex.says("secret").await.unwrap().message_id().unwrap();
    desk.bot.next().await;
    alex.unsends(&message).await.unwrap();
    let event = desk.bot.next().await.event();
    assert_eq!(event["type"], "unsend");
    assert_eq!(event["unsend"], json!({ "messageId": message }));
    let refused = Some(Error::Refused(Refusal::NotTheirMessage));
    assert_eq!(alex.unsends(&message).await.err(), refused);
    assert_eq!(alex.unsends("1").await.err(), refused);
}

#[tokio::test]
async fn a_text_is_edited_in_groups_with_the_same_id_and_new_tokens() {
    let mut desk = Desk::new().await;
    let family = desk.family();
    let message = family
        .says_to_bot("milk")
        .await
        .unwrap()
        .message_id()
        .unwrap();
    let first = desk.bot.next().await.event();
    family
        .edits(&message, "@TODO bread", vec![Mention::Bot])
        .await
        .unwrap();
    let edited = desk.bot.next().await.event();
    assert_eq!(edited["type"], "messageEdited");
    assert_eq!(edited["message"]["id"], message);
    assert_eq!(edited["message"]["text"], "@TODO bread");
    assert_eq!(
        edited["message"]["mention"]["mentionees"][0]["isSelf"],
        true
    );
    assert_ne!(edited["replyToken"], first["replyToken"]);
    assert_ne!(
        edited["message"]["quoteToken"],
        first["message"]["quoteToken"]
    );

    let alex = desk.alex();
    let message = alex.says("milk").await.unwrap().message_id().unwrap();
    let refused = alex.edits(&message, "bread", Vec::new()).await.err();
    assert_eq!(refused, Some(Error::Refused(Refusal::GroupsOnly)));
    let foreign = desk
        .simulator
        .group(family.id(), &Person::alex().id)
        .unwrap();
    assert!(foreign.edits(&message, "bread", Vec::new()).await.is_err());
}

#[tokio::test]
async fn other_messages_have_their_own_shapes() {
    let mut desk = Desk::new().await;
    let location = Action::Location {
        title: "駅".to_owned(),
        address: "東京".to_owned(),
        latitude: 35.68,
        longitude: 139.76,
    };
    let file = Action::File {
        name: "a.pdf".to_owned(),
        size: 5,
    };
    let sticker = Action::Sticker {
        package_id: "446".to_owned(),
        sticker_id: "1988".to_owned(),
    };
    for (action, kind, property) in [
        (sticker, "sticker", "stickerResourceType"),
        (Action::Image, "image", "contentProvider"),
        (Action::Video, "video", "contentProvider"),
        (Action::Audio, "audio", "contentProvider"),
        (file, "file", "fileName"),
        (location, "location", "latitude"),
    ] {
        let event = event_of(&mut desk, action, false).await;
        assert_eq!(event["type"], "message");
        assert_eq!(event["message"]["type"], kind);
        assert!(event["message"].get(property).is_some(), "{event}");
        assert!(event["message"]["id"].is_string());
    }
    let tapped = Action::Postback {
        data: "done=1".to_owned(),
        display_text: None,
    };
    let event = event_of(&mut desk, tapped, false).await;
    assert_eq!(event["postback"], json!({ "data": "done=1" }));
}

#[tokio::test]
async fn the_app_refuses_what_line_would() {
    let desk = Desk::new().await;
    let alex = desk.alex();
    assert_eq!(
        alex.says("").await.err(),
        Some(Error::Refused(Refusal::Empty))
    );
    assert_eq!(
        alex.says(&"あ".repeat(10_001)).await.err(),
        Some(Error::Refused(Refusal::TooLong))
    );
    assert_eq!(
        alex.says_to_bot("milk").await.err(),
        Some(Error::Refused(Refusal::GroupsOnly))
    );
    let stranger = desk.simulator.add_person(Person::new("Stranger")).unwrap();
    let outside = desk
        .simulator
        .group(desk.family().id(), stranger.speaker())
        .unwrap();
    assert_eq!(
        outside.says("hi").await.err(),
        Some(Error::Refused(Refusal::NotAMember))
    );
}
