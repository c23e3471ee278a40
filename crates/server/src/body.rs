//! Bodies of webhooks, read before anybody knows whether LINE sent them.

use crate::callback::{Failure, failure};
use axum::body::{Body, HttpBody};
use bytes::BytesMut;
use http::StatusCode;
use http_body_util::{BodyExt, LengthLimitError, Limited};
use std::time::Duration;
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::timeout;

/// Up to here a body is read whatever else arrives; LINE's have a few KB.
const SMALL_BYTES: usize = 64 * 1024;

/// How many larger ones are held at once: 16 MiB, as long as a body has 1 MiB at the most.
const MOST_LARGE: usize = 16;

const TOO_LARGE: Failure = failure(
    StatusCode::PAYLOAD_TOO_LARGE,
    "the body is larger than a webhook of LINE can be",
);

/// Reads bodies within limits of size, time and memory.
pub(crate) struct Bodies {
    most_bytes: usize,
    patience: Duration,
    large: Semaphore,
}

/// A body that was read, and the room it takes.
pub(crate) struct Held<'a> {
    pub(crate) bytes: BytesMut,
    /// `None` for a small one.
    _room: Option<SemaphorePermit<'a>>,
}

impl Bodies {
    /// Refuses what has more than `most_bytes` or takes longer than `patience` to arrive.
    pub(crate) fn new(most_bytes: usize, patience: Duration) -> Self {
        Self {
            most_bytes,
            patience,
            large: Semaphore::new(MOST_LARGE),
        }
    }

    pub(crate) async fn read(&self, body: Body) -> Result<Held<'_>, Failure> {
        // By its `Content-Length` alone: nothing of it is waited for.
        if body.size_hint().lower() > self.most_bytes as u64 {
            return Err(TOO_LARGE);
        }
        timeout(self.patience, self.collect(body))
            .await
            .unwrap_or(Err(failure(
                StatusCode::REQUEST_TIMEOUT,
                "the body took too long to arrive",
            )))
    }

    async fn collect(&self, body: Body) -> Result<Held<'_>, Failure> {
        let mut body = Limited::new(body, self.most_bytes);
        let mut bytes = BytesMut::new();
        let mut room = None;
        while let Some(frame) = body.frame().await {
            let frame = frame.map_err(|error| {
                if error.is::<LengthLimitError>() {
                    TOO_LARGE
                } else {
                    failure(StatusCode::BAD_REQUEST, "the body ended early")
                }
            })?;
            let Some(data) = frame.data_ref() else {
                continue;
            };
            if room.is_none() && bytes.len() + data.len() > SMALL_BYTES {
                room = Some(self.large.try_acquire().map_err(|_| {
                    failure(
                        StatusCode::SERVICE_UNAVAILABLE,
                        "too many large bodies arrive at once; send it again",
                    )
                })?);
            }
            bytes.extend_from_slice(data);
        }
        Ok(Held { bytes, _room: room })
    }
}
