use axum::http::Method;

/// The endpoints of the Messaging API the simulator has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Endpoint {
    /// `POST /v2/bot/message/reply`
    Reply,
    /// `POST /v2/bot/message/push`
    Push,
    /// `POST /v2/bot/message/validate/reply`
    ValidateReply,
    /// `POST /v2/bot/message/validate/push`
    ValidatePush,
    /// `GET /v2/bot/message/quota`
    Quota,
    /// `GET /v2/bot/message/quota/consumption`
    QuotaConsumption,
    /// `GET /v2/bot/profile/{userId}`
    Profile,
    /// `GET /v2/bot/group/{groupId}/member/{userId}`
    GroupMemberProfile,
    /// `GET /v2/bot/room/{roomId}/member/{userId}`
    RoomMemberProfile,
    /// `GET /v2/bot/group/{groupId}/summary`
    GroupSummary,
    /// `GET /v2/bot/group/{groupId}/members/count`
    GroupMemberCount,
    /// `GET /v2/bot/room/{roomId}/members/count`
    RoomMemberCount,
    /// `POST /v2/bot/group/{groupId}/leave`
    LeaveGroup,
    /// `POST /v2/bot/room/{roomId}/leave`
    LeaveRoom,
    /// `GET /v2/bot/info`
    BotInfo,
    /// `POST /v2/bot/chat/loading/start`
    Loading,
    /// `GET /v2/bot/channel/webhook/endpoint`
    GetWebhookEndpoint,
    /// `PUT /v2/bot/channel/webhook/endpoint`
    SetWebhookEndpoint,
    /// `POST /v2/bot/channel/webhook/test`
    TestWebhook,
    /// `POST /oauth2/v3/token`
    StatelessToken,
}

impl Endpoint {
    /// All of them.
    pub const ALL: [Self; 20] = [
        Self::Reply,
        Self::Push,
        Self::ValidateReply,
        Self::ValidatePush,
        Self::Quota,
        Self::QuotaConsumption,
        Self::Profile,
        Self::GroupMemberProfile,
        Self::RoomMemberProfile,
        Self::GroupSummary,
        Self::GroupMemberCount,
        Self::RoomMemberCount,
        Self::LeaveGroup,
        Self::LeaveRoom,
        Self::BotInfo,
        Self::Loading,
        Self::GetWebhookEndpoint,
        Self::SetWebhookEndpoint,
        Self::TestWebhook,
        Self::StatelessToken,
    ];

    /// The HTTP method.
    pub fn method(self) -> Method {
        match self {
            Self::Reply
            | Self::Push
            | Self::ValidateReply
            | Self::ValidatePush
            | Self::LeaveGroup
            | Self::LeaveRoom
            | Self::Loading
            | Self::TestWebhook
            | Self::StatelessToken => Method::POST,
            Self::SetWebhookEndpoint => Method::PUT,
            _ => Method::GET,
        }
    }

    /// The path, with its parameters in braces.
    pub fn path(self) -> &'static str {
        match self {
            Self::Reply => "/v2/bot/message/reply",
            Self::Push => "/v2/bot/message/push",
            Self::ValidateReply => "/v2/bot/message/validate/reply",
            Self::ValidatePush => "/v2/bot/message/validate/push",
            Self::Quota => "/v2/bot/message/quota",
            Self::QuotaConsumption => "/v2/bot/message/quota/consumption",
            Self::Profile => "/v2/bot/profile/{userId}",
            Self::GroupMemberProfile => "/v2/bot/group/{groupId}/member/{userId}",
            Self::RoomMemberProfile => "/v2/bot/room/{roomId}/member/{userId}",
            Self::GroupSummary => "/v2/bot/group/{groupId}/summary",
            Self::GroupMemberCount => "/v2/bot/group/{groupId}/members/count",
            Self::RoomMemberCount => "/v2/bot/room/{roomId}/members/count",
            Self::LeaveGroup => "/v2/bot/group/{groupId}/leave",
            Self::LeaveRoom => "/v2/bot/room/{roomId}/leave",
            Self::BotInfo => "/v2/bot/info",
            Self::Loading => "/v2/bot/chat/loading/start",
            Self::GetWebhookEndpoint | Self::SetWebhookEndpoint => {
                "/v2/bot/channel/webhook/endpoint"
            }
            Self::TestWebhook => "/v2/bot/channel/webhook/test",
            Self::StatelessToken => "/oauth2/v3/token",
        }
    }

    /// The endpoint of a request, by the path of the route it matched.
    pub(crate) fn of(method: &Method, route: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|endpoint| endpoint.path() == route && endpoint.method() == *method)
    }
}
