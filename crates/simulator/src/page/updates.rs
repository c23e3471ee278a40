//! Live updates for the page, as Server-Sent Events.
//!
//! An event holds whatever changed since the last one, so a page that was away catches up by saying what it has
//! seen, and one that is slow gets fewer, larger events.

use std::convert::Infallible;
use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use tokio::sync::{OwnedSemaphorePermit, watch};

use super::Page;
use crate::shared::Shared;

struct Stream {
    shared: Arc<Shared>,
    changes: watch::Receiver<u64>,
    seen: u64,
    _seat: OwnedSemaphorePermit,
}

pub(super) async fn stream(State(page): State<Page>, headers: HeaderMap) -> Response {
    let Ok(seat) = page.seats.try_acquire_owned() else {
        return (
            StatusCode::SERVICE_UNAVAILABLE,
            "Too many chat pages are open.\n",
        )
            .into_response();
    };
    let seen = last_event_id(&headers, &page.shared.run).unwrap_or(0);
    let stream = Stream {
        changes: page.shared.changes(),
        shared: page.shared,
        seen,
        _seat: seat,
    };
    Sse::new(stream::unfold(stream, Stream::next))
        .keep_alive(KeepAlive::default())
        .into_response()
}

/// What a page has seen, if it saw it in this run of the simulator.
fn last_event_id(headers: &HeaderMap, run: &str) -> Option<u64> {
    let (of_run, revision) = headers
        .get("last-event-id")?
        .to_str()
        .ok()?
        .split_once('.')?;
    (of_run == run).then(|| revision.parse().ok())?
}

impl Stream {
    async fn next(mut self) -> Option<(Result<Event, Infallible>, Self)> {
        loop {
            self.changes.mark_unchanged();
            if let Some(event) = self.event() {
                return Some((Ok(event), self));
            }
            tokio::select! {
                () = self.shared.stopping.cancelled() => return None,
                changed = self.changes.changed() => changed.ok()?,
            }
        }
    }

    fn event(&mut self) -> Option<Event> {
        let now = self.shared.clock.now();
        let kind = if self.seen == 0 {
            "everything"
        } else {
            "changes"
        };
        let (revision, json) = self.shared.with_world(|world| {
            let update = world.update_since(self.seen, now)?;
            Some((update.revision, serde_json::to_string(&update).ok()?))
        })?;
        self.seen = revision;
        Some(
            Event::default()
                .event(kind)
                .id(format!("{}.{revision}", self.shared.run))
                .data(json),
        )
    }
}
