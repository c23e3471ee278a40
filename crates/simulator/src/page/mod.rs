//! The chat page at `/` and the endpoints it talks to.

mod action;
mod assets;
mod guard;
mod updates;

use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::from_fn_with_state;
use axum::routing::{get, post};
use tokio::sync::Semaphore;

use crate::shared::Shared;

/// A text of 10,000 UTF-16 units takes at most 60 kB as escaped JSON.
const LARGEST_ACTION: usize = 128 * 1024;

/// What the page's endpoints need.
#[derive(Clone)]
struct Page {
    shared: Arc<Shared>,
    /// One permit for each open page.
    seats: Arc<Semaphore>,
}

pub(crate) fn router(shared: Arc<Shared>) -> Router {
    let page = Page {
        seats: Arc::new(Semaphore::new(shared.limits.pages)),
        shared,
    };
    let mut router = Router::new();
    for asset in &assets::ASSETS {
        router = router.route(asset.path, get(move || async move { asset }));
    }
    router
        .route("/simulator/events", get(updates::stream))
        .route("/simulator/actions", post(action::act))
        .layer(DefaultBodyLimit::max(LARGEST_ACTION))
        .layer(from_fn_with_state(page.clone(), guard::check))
        .with_state(page)
}
