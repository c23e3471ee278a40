//! The Messaging API as the bot sees it: the paths, answers and errors of
//! <https://developers.line.biz/en/reference/messaging-api/>.

mod account;
mod body;
mod error;
mod group;
mod loading;
mod message;
mod platform;
mod token;
mod webhook;

use std::sync::Arc;

use axum::Router;
use axum::middleware::from_fn_with_state;
use axum::routing::{MethodRouter, get, post, put};

pub(crate) use error::ApiError;
pub(crate) use platform::ConnectionSwitch;

use crate::endpoint::Endpoint;
use crate::shared::Shared;

/// The routes of the API; whatever has no route gets LINE's 404.
pub(crate) fn router(shared: Arc<Shared>) -> Router {
    let mut router = Router::new();
    for endpoint in Endpoint::ALL {
        router = router.route(endpoint.path(), handler(endpoint));
    }
    router
        .fallback(async || ApiError::not_found())
        .method_not_allowed_fallback(async || ApiError::method_not_allowed())
        .layer(from_fn_with_state(Arc::clone(&shared), platform::receive))
        .with_state(shared)
}

fn handler(endpoint: Endpoint) -> MethodRouter<Arc<Shared>> {
    match endpoint {
        Endpoint::Reply => post(message::reply),
        Endpoint::Push => post(message::push),
        Endpoint::ValidateReply | Endpoint::ValidatePush => post(message::validate),
        Endpoint::Quota => get(account::quota),
        Endpoint::QuotaConsumption => get(account::quota_consumption),
        Endpoint::Profile => get(account::profile),
        Endpoint::BotInfo => get(account::bot_info),
        Endpoint::GroupMemberProfile => get(group::member_of_group),
        Endpoint::RoomMemberProfile => get(group::member_of_room),
        Endpoint::GroupSummary => get(group::summary),
        Endpoint::GroupMemberCount => get(group::count_of_group),
        Endpoint::RoomMemberCount => get(group::count_of_room),
        Endpoint::LeaveGroup => post(group::leave_group),
        Endpoint::LeaveRoom => post(group::leave_room),
        Endpoint::Loading => post(loading::start),
        Endpoint::GetWebhookEndpoint => get(webhook::endpoint),
        Endpoint::SetWebhookEndpoint => put(webhook::set_endpoint),
        Endpoint::TestWebhook => post(webhook::test),
        Endpoint::StatelessToken => post(token::issue_stateless),
    }
}
