use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use serde_json::{Value, json};

use super::error::ApiError;
use crate::config::GroupKind;
use crate::shared::Shared;
use crate::world::{Membership, Profile};

type Answer<T> = Result<Json<T>, ApiError>;

pub(super) async fn member_of_group(
    State(shared): State<Arc<Shared>>,
    Path((group, user)): Path<(String, String)>,
) -> Answer<Profile> {
    member(&shared, GroupKind::Group, &group, &user)
}

pub(super) async fn member_of_room(
    State(shared): State<Arc<Shared>>,
    Path((room, user)): Path<(String, String)>,
) -> Answer<Profile> {
    member(&shared, GroupKind::Room, &room, &user)
}

pub(super) async fn summary(
    State(shared): State<Arc<Shared>>,
    Path(group): Path<String>,
) -> Answer<Value> {
    let membership = membership(&shared, GroupKind::Group, &group)?;
    Ok(Json(
        json!({ "groupId": group, "groupName": membership.name }),
    ))
}

pub(super) async fn count_of_group(
    State(shared): State<Arc<Shared>>,
    Path(group): Path<String>,
) -> Answer<Value> {
    count(&shared, GroupKind::Group, &group)
}

pub(super) async fn count_of_room(
    State(shared): State<Arc<Shared>>,
    Path(room): Path<String>,
) -> Answer<Value> {
    count(&shared, GroupKind::Room, &room)
}

pub(super) async fn leave_group(
    State(shared): State<Arc<Shared>>,
    Path(group): Path<String>,
) -> Answer<Value> {
    leave(&shared, GroupKind::Group, &group)
}

pub(super) async fn leave_room(
    State(shared): State<Arc<Shared>>,
    Path(room): Path<String>,
) -> Answer<Value> {
    leave(&shared, GroupKind::Room, &room)
}

fn member(shared: &Shared, kind: GroupKind, group: &str, user: &str) -> Answer<Profile> {
    let profile = shared.with_world(|world| world.member_profile(kind, group, user));
    profile.map(Json).ok_or_else(ApiError::not_found)
}

fn membership(shared: &Shared, kind: GroupKind, group: &str) -> Result<Membership, ApiError> {
    shared
        .with_world(|world| world.membership(kind, group))
        .ok_or_else(ApiError::not_found)
}

fn count(shared: &Shared, kind: GroupKind, group: &str) -> Answer<Value> {
    Ok(Json(
        json!({ "count": membership(shared, kind, group)?.count }),
    ))
}

fn leave(shared: &Shared, kind: GroupKind, group: &str) -> Answer<Value> {
    let now = shared.clock.now();
    if shared.with_world(|world| world.bot_leaves(kind, group, now)) {
        Ok(Json(json!({})))
    } else {
        Err(ApiError::not_found())
    }
}
