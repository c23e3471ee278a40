use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use serde_json::{Value, json};

use super::error::ApiError;
use crate::config::{ChatMode, Quota};
use crate::shared::Shared;
use crate::world::Profile;

pub(super) async fn profile(
    State(shared): State<Arc<Shared>>,
    Path(user): Path<String>,
) -> Result<Json<Profile>, ApiError> {
    shared
        .with_world(|world| world.friend_profile(&user))
        .map(Json)
        .ok_or_else(ApiError::not_found)
}

pub(super) async fn bot_info(State(shared): State<Arc<Shared>>) -> Json<Value> {
    let bot = shared.with_world(|world| world.bot().clone());
    Json(json!({
        "userId": bot.user_id,
        "basicId": bot.basic_id,
        "displayName": bot.display_name,
        "chatMode": bot.chat_mode,
        "markAsReadMode": match bot.chat_mode {
            ChatMode::Bot => "auto",
            ChatMode::Chat => "manual",
        },
    }))
}

pub(super) async fn quota(State(shared): State<Arc<Shared>>) -> Json<Value> {
    Json(match shared.with_world(|world| world.quota()) {
        Quota::None => json!({ "type": "none" }),
        Quota::Limited(value) => json!({ "type": "limited", "value": value }),
    })
}

pub(super) async fn quota_consumption(State(shared): State<Arc<Shared>>) -> Json<Value> {
    let now = shared.clock.now();
    Json(json!({ "totalUsage": shared.with_world(|world| world.quota_used(now)) }))
}
