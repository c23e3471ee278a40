//! The endpoints this crate calls.

use crate::retry::Class;
use http::Method;
use std::fmt;

/// An endpoint of the Messaging API.
///
/// <https://developers.line.biz/en/reference/messaging-api/>
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Endpoint {
    /// Send reply message.
    Reply,
    /// Send push message.
    Push,
    /// Get profile.
    Profile,
    /// Get group chat member profile.
    GroupMemberProfile,
    /// Get bot info.
    BotInfo,
    /// Display a loading indicator.
    LoadingIndicator,
    /// Get the target limit for sending messages this month.
    Quota,
    /// Get number of messages sent this month.
    QuotaConsumption,
    /// Get webhook endpoint information.
    GetWebhookEndpoint,
    /// Set webhook endpoint URL.
    SetWebhookEndpoint,
    /// Test webhook endpoint.
    TestWebhookEndpoint,
    /// Validate message objects of a reply message.
    ValidateReply,
    /// Validate message objects of a push message.
    ValidatePush,
    /// Issue stateless channel access token.
    IssueStatelessToken,
}

impl Endpoint {
    /// The HTTP method.
    pub fn method(self) -> Method {
        self.description().0
    }

    /// The path with the names of its parameters, fit for logs and metrics.
    pub fn template(self) -> &'static str {
        self.description().1
    }

    /// What a repeat would do.
    pub fn class(self) -> Class {
        self.description().2
    }

    fn description(self) -> (Method, &'static str, Class) {
        const GET: Method = Method::GET;
        const POST: Method = Method::POST;
        const PUT: Method = Method::PUT;
        match self {
            Self::Reply => (POST, "/v2/bot/message/reply", Class::Reply),
            Self::Push => (POST, "/v2/bot/message/push", Class::Keyed),
            Self::Profile => (GET, "/v2/bot/profile/{userId}", Class::Read),
            Self::GroupMemberProfile => {
                (GET, "/v2/bot/group/{groupId}/member/{userId}", Class::Read)
            }
            Self::BotInfo => (GET, "/v2/bot/info", Class::Read),
            Self::LoadingIndicator => (POST, "/v2/bot/chat/loading/start", Class::Once),
            Self::Quota => (GET, "/v2/bot/message/quota", Class::Read),
            Self::QuotaConsumption => (GET, "/v2/bot/message/quota/consumption", Class::Read),
            Self::GetWebhookEndpoint => (GET, "/v2/bot/channel/webhook/endpoint", Class::Read),
            Self::SetWebhookEndpoint => (PUT, "/v2/bot/channel/webhook/endpoint", Class::Once),
            Self::TestWebhookEndpoint => (POST, "/v2/bot/channel/webhook/test", Class::Once),
            Self::ValidateReply => (POST, "/v2/bot/message/validate/reply", Class::Once),
            Self::ValidatePush => (POST, "/v2/bot/message/validate/push", Class::Once),
            Self::IssueStatelessToken => (POST, "/oauth2/v3/token", Class::Once),
        }
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (method, template, _) = self.description();
        write!(formatter, "{method} {template}")
    }
}
