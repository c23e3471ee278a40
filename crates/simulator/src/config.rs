use std::time::Duration;

use secrecy::SecretString;
use serde::{Deserialize, Serialize};

use crate::clock::Clock;
use crate::id::{ChatId, UserId, random_hex};

/// Everything a simulated platform starts with. [`Config::new`] gives a world with two friends of the bot and a
/// group; change what you need with `Config { quota: …, ..Config::new(channel) }`.
#[derive(Clone, Debug)]
pub struct Config {
    /// The Messaging API channel of the bot.
    pub channel: Channel,
    /// Where webhooks go; none are sent until there is one. Plain `http` only. See also
    /// [`Simulator::set_webhook_url`](crate::Simulator::set_webhook_url).
    pub webhook_url: Option<String>,
    /// Whether "Use webhook" is on in the LINE Developers Console. While it is off no events are sent, whatever the
    /// URL; it can be set and tested all the same.
    pub use_webhook: bool,
    /// The bot's LINE Official Account.
    pub bot: Account,
    /// The people there are from the start.
    pub people: Vec<Person>,
    /// The groups there are from the start.
    pub groups: Vec<Group>,
    /// Whether and when a webhook that was not answered 2xx is sent again.
    pub redelivery: Redelivery,
    /// How long the bot may take to answer a webhook. LINE gives it 2 seconds
    /// (<https://developers.line.biz/en/docs/messaging-api/check-webhook-error-statistics/>).
    pub webhook_deadline: Duration,
    /// Whether emoji and other characters beyond U+FFFF are written as escaped surrogate pairs
    /// (`"\ud83e\udd5b"`), as webhooks of LINE have been seen to do.
    pub escape_astral_characters: bool,
    /// How many messages may be pushed in a month.
    pub quota: Quota,
    /// The time.
    pub clock: Clock,
    /// How long the waiting methods of the handles wait before they say what did not happen.
    pub patience: Duration,
    /// Host names the chat page may be opened under, besides `localhost` and IP addresses. A page of another
    /// site that resolves its own name to this machine is refused by it.
    pub page_hosts: Vec<String>,
    /// Bounds on everything that could grow.
    pub limits: Limits,
}

impl Config {
    /// The world on your desk: [`Person::misaki`], [`Person::alex`] and [`Group::family`] with both, all of them
    /// friends of the bot, and three quick redeliveries.
    pub fn new(channel: Channel) -> Self {
        Self {
            channel,
            webhook_url: None,
            use_webhook: true,
            bot: Account::default(),
            people: vec![Person::misaki(), Person::alex()],
            groups: vec![Group::family()],
            redelivery: Redelivery::quick(),
            webhook_deadline: Duration::from_secs(2),
            escape_astral_characters: true,
            quota: Quota::None,
            clock: Clock::system(),
            patience: Duration::from_secs(10),
            page_hosts: Vec::new(),
            limits: Limits::default(),
        }
    }
}

/// The credentials of a Messaging API channel.
#[derive(Clone, Debug)]
pub struct Channel {
    /// The channel id, the `client_id` of the token endpoint.
    pub id: String,
    /// The channel secret: signs webhooks, and is the `client_secret` of the token endpoint.
    pub secret: SecretString,
    /// The long-lived channel access token.
    pub access_token: SecretString,
}

impl Channel {
    /// A channel with new secrets that nobody knows.
    pub fn random() -> Self {
        Self {
            id: "1234567890".to_owned(),
            secret: random_hex(32).into(),
            access_token: random_hex(64).into(),
        }
    }
}

/// The bot's LINE Official Account, as `GET /v2/bot/info` tells it.
#[derive(Clone, Debug)]
pub struct Account {
    /// The bot's user id, the `destination` of every webhook.
    pub user_id: UserId,
    /// The bot's basic id, beginning with `@`.
    pub basic_id: String,
    /// The bot's name.
    pub display_name: String,
    /// Who answers in the chats.
    pub chat_mode: ChatMode,
}

impl Default for Account {
    fn default() -> Self {
        Self {
            user_id: UserId::named("bot"),
            basic_id: "@todo".to_owned(),
            display_name: "TODO".to_owned(),
            chat_mode: ChatMode::Bot,
        }
    }
}

/// Who answers in the chats, as set in the LINE Official Account Manager
/// (<https://developers.line.biz/en/reference/messaging-api/#get-bot-info>).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum ChatMode {
    /// Chat is off: the bot alone.
    Bot,
    /// Chat is on: people too.
    Chat,
}

/// A person with LINE on the phone.
#[derive(Clone, Debug)]
pub struct Person {
    /// The user id.
    pub id: UserId,
    /// The name others see.
    pub display_name: String,
    /// The language of the app as a BCP 47 tag; not told to the bot when there is none.
    pub language: Option<String>,
    /// Where the person stands with the bot.
    pub friendship: Friendship,
    /// Whether the person agreed that bots see the profile. Without, events in groups carry no `userId`
    /// (<https://developers.line.biz/en/docs/messaging-api/user-consent/>).
    pub shares_profile: bool,
}

impl Person {
    /// A friend of the bot with a new id.
    pub fn new(display_name: impl Into<String>) -> Self {
        Self {
            id: UserId::random(),
            display_name: display_name.into(),
            language: None,
            friendship: Friendship::Friend,
            shares_profile: true,
        }
    }

    /// The same person with the app in another language.
    #[must_use]
    pub fn with_language(mut self, language: impl Into<String>) -> Self {
        self.language = Some(language.into());
        self
    }

    /// 美咲, whose LINE is in Japanese.
    pub fn misaki() -> Self {
        Self {
            id: UserId::named("misaki"),
            ..Self::new("美咲").with_language("ja")
        }
    }

    /// Alex, whose LINE is in English.
    pub fn alex() -> Self {
        Self {
            id: UserId::named("alex"),
            ..Self::new("Alex").with_language("en")
        }
    }
}

/// Where a person stands with the bot.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Friendship {
    /// Never added the bot.
    Stranger,
    /// Added the bot as a friend.
    Friend,
    /// Blocked the bot.
    Blocked,
}

/// A group chat, or one of the older multi-person chats.
#[derive(Clone, Debug)]
pub struct Group {
    /// The id, `C…` or `R…`, which also says of which kind it is.
    pub id: ChatId,
    /// The name of the group.
    pub name: String,
    /// Who is in it, besides the bot.
    pub members: Vec<UserId>,
    /// Whether the bot is in it.
    pub bot_is_member: bool,
}

impl Group {
    /// A group with a new id and the bot in it.
    pub fn new(name: impl Into<String>, members: impl IntoIterator<Item = UserId>) -> Self {
        Self {
            id: ChatId::random(GroupKind::Group),
            name: name.into(),
            members: members.into_iter().collect(),
            bot_is_member: true,
        }
    }

    /// 美咲 and Alex together.
    pub fn family() -> Self {
        Self {
            id: ChatId::named(GroupKind::Group, "family"),
            ..Self::new("おうち Home", [Person::misaki().id, Person::alex().id])
        }
    }
}

/// The two kinds of chat with several people.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum GroupKind {
    /// A group chat.
    Group,
    /// A multi-person chat; LINE makes no new ones since 10.17.0, old ones still exist.
    Room,
}

impl GroupKind {
    pub(crate) fn prefix(self) -> char {
        match self {
            Self::Group => 'C',
            Self::Room => 'R',
        }
    }
}

/// When a webhook that was not answered 2xx is sent again. LINE does not disclose its count and intervals
/// (<https://developers.line.biz/en/docs/messaging-api/receiving-messages/#webhook-redelivery>).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Redelivery {
    /// The wait before each redelivery, counted from the attempt that failed.
    pub delays: Vec<Duration>,
}

impl Redelivery {
    /// No redelivery, LINE's default for a new channel.
    pub fn off() -> Self {
        Self { delays: Vec::new() }
    }

    /// Three redeliveries soon after each other, for a person who watches.
    pub fn quick() -> Self {
        Self {
            delays: [1, 3, 10].map(Duration::from_secs).to_vec(),
        }
    }

    /// `count` redeliveries, each `interval` after the attempt before.
    pub fn every(interval: Duration, count: usize) -> Self {
        Self {
            delays: vec![interval; count],
        }
    }
}

/// The monthly limit on pushed messages, counted in recipients.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Quota {
    /// No limit.
    None,
    /// At most this many.
    Limited(u64),
}

/// Bounds on everything that could grow. What is older than a "kept" bound is forgotten; what would exceed
/// another bound is refused.
#[derive(Clone, Debug)]
pub struct Limits {
    /// People, and likewise groups.
    pub people: usize,
    /// Members of one group; LINE allows 500.
    pub group_members: usize,
    /// UTF-16 units of a text a person sends; LINE's app allows 10,000.
    pub text: usize,
    /// Events waiting to be sent to the bot, all chats together.
    pub pending_events: usize,
    /// Messages kept in each chat.
    pub messages_kept: usize,
    /// Settled webhook deliveries kept.
    pub deliveries_kept: usize,
    /// API calls kept.
    pub calls_kept: usize,
    /// Bytes kept of the body of each call.
    pub call_body_kept: usize,
    /// Reply tokens, retry keys and issued access tokens kept, each.
    pub tokens_kept: usize,
    /// Connections served at once.
    pub connections: usize,
    /// Chat pages open at once.
    pub pages: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            people: 10_000,
            group_members: 500,
            text: 10_000,
            pending_events: 10_000,
            messages_kept: 500,
            deliveries_kept: 10_000,
            calls_kept: 2_000,
            call_body_kept: 64 * 1024,
            tokens_kept: 50_000,
            connections: 1_024,
            pages: 16,
        }
    }
}
