//! What the reading endpoints answer.

use serde::Deserialize;

/// A person as they show themselves.
///
/// <https://developers.line.biz/en/reference/messaging-api/#get-profile>
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Profile {
    /// Their id, the same in all channels of one provider.
    pub user_id: String,
    /// The name they chose.
    pub display_name: String,
    /// Their picture.
    pub picture_url: Option<String>,
    /// Their status message; not told of members of groups and rooms.
    pub status_message: Option<String>,
    /// The language of their LINE as a BCP 47 tag, such as `en`, if they agreed that LINE may
    /// tell; not told of members of groups and rooms.
    pub language: Option<String>,
}

/// The bot itself.
///
/// <https://developers.line.biz/en/reference/messaging-api/#get-bot-info>
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BotInfo {
    /// Its user id: the `destination` of its webhooks.
    pub user_id: String,
    /// Its id for people, with `@`.
    pub basic_id: String,
    /// Its bought id for people, if it has one.
    pub premium_id: Option<String>,
    /// Its name.
    pub display_name: String,
    /// Its picture.
    pub picture_url: Option<String>,
    /// Whether people answer chats by hand too.
    pub chat_mode: ChatMode,
    /// Whether messages are marked as read by themselves.
    pub mark_as_read_mode: MarkAsReadMode,
}

/// Who answers in the chats.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum ChatMode {
    /// The bot alone.
    Bot,
    /// People too, in the LINE Official Account Manager.
    Chat,
    /// A mode LINE added later.
    #[serde(other)]
    Other,
}

/// Who marks messages as read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum MarkAsReadMode {
    /// LINE.
    Auto,
    /// The bot.
    Manual,
    /// A mode LINE added later.
    #[serde(other)]
    Other,
}

/// How many messages may be sent this month.
///
/// <https://developers.line.biz/en/reference/messaging-api/#get-quota>
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub struct Quota {
    /// The limit; `None` when there is none.
    #[serde(rename = "value")]
    pub limit: Option<u64>,
}

/// How many messages were sent this month. Replies do not count; a push counts once for everybody
/// who gets it.
///
/// <https://developers.line.biz/en/reference/messaging-api/#get-consumption>
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct QuotaConsumption {
    /// About how many.
    pub total_usage: u64,
}

/// Where LINE sends webhooks.
///
/// <https://developers.line.biz/en/reference/messaging-api/#get-webhook-endpoint-information>
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct WebhookEndpoint {
    /// The URL.
    pub endpoint: String,
    /// Whether "Use webhook" is switched on in the Console.
    pub active: bool,
}

/// How LINE's own test of the webhook URL went.
///
/// <https://developers.line.biz/en/reference/messaging-api/#test-webhook-endpoint>
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct WebhookTest {
    /// Whether the bot answered 200.
    #[serde(default)]
    pub success: bool,
    /// When, as RFC 3339 says.
    pub timestamp: String,
    /// The bot's status; zero or less when it did not answer.
    pub status_code: i32,
    /// `OK`, `COULD_NOT_CONNECT`, `REQUEST_TIMEOUT`, `ERROR_STATUS_CODE` or `UNCLASSIFIED`.
    pub reason: String,
    /// More about it, for people to read.
    pub detail: String,
}
