//! Bodies of webhooks, read before anybody knows whether LINE sent them.

use crate::callback::{Failure, failure};
use axum::body::{Body, HttpBody};
use bytes::BytesMut;
use http::StatusCode;
use http_body_util::{BodyExt, LengthLimitError, Limited};
use std::time::Duration;
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::timeout;

/// So much of a body is read whatever else arrives: LINE's seldom have more.
const FREE_BYTES: usize = 8 * 1024;

/// What all bodies together may take beyond that, unless a single one may be larger.
const SHARED_BYTES: usize = 16 * 1024 * 1024;

const TOO_LARGE: Failure = failure(
    StatusCode::PAYLOAD_TOO_LARGE,
    "the body is larger than a webhook of LINE can be",
);

/// Reads bodies within limits of size, time and memory.
pub(crate) struct Bodies {
    most_bytes: usize,
    patience: Duration,
    /// A permit a byte.
    room: Semaphore,
}

/// A body that was read, and the room it takes.
pub(crate) struct Held<'a> {
    pub(crate) bytes: BytesMut,
    /// `None` for a small one.
    room: Option<SemaphorePermit<'a>>,
}

impl Bodies {
    /// Refuses what has more than `most_bytes` or takes longer than `patience` to arrive.
    pub(crate) fn new(most_bytes: usize, patience: Duration) -> Self {
        Self {
            most_bytes,
            patience,
            room: Semaphore::new(SHARED_BYTES.max(most_bytes)),
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
        let mut held = Held {
            bytes: BytesMut::new(),
            room: None,
        };
        while let Some(frame) = body.frame().await {
            let frame = frame.map_err(|error| {
                if error.is::<LengthLimitError>() {
                    TOO_LARGE
                } else {
                    failure(StatusCode::BAD_REQUEST, "the body ended early")
                }
            })?;
            if let Some(data) = frame.data_ref() {
                self.make_room(&mut held, data.len())?;
                held.bytes.extend_from_slice(data);
            }
        }
        Ok(held)
    }

    fn make_room<'a>(&'a self, held: &mut Held<'a>, bytes: usize) -> Result<(), Failure> {
        let has = held.bytes.len().max(FREE_BYTES);
        let wanted = (held.bytes.len() + bytes).saturating_sub(has);
        if wanted == 0 {
            return Ok(());
        }
        let wanted = u32::try_from(wanted).unwrap_or(u32::MAX);
        let more = self.room.try_acquire_many(wanted).map_err(|_| {
            failure(
                StatusCode::SERVICE_UNAVAILABLE,
                "too much arrives at once; send it again",
            )
        })?;
        match &mut held.room {
            Some(room) => room.merge(more),
            None => held.room = Some(more),
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;
    use futures_util::{StreamExt, poll, stream};
    use std::convert::Infallible;
    use std::pin::pin;

    const LIMIT: usize = 1 << 20;

    /// A body of which this much arrives, and then nothing.
    fn stuck(bytes: usize) -> Body {
        let begun = stream::iter([Ok::<_, Infallible>(Bytes::from(vec![b' '; bytes]))]);
        Body::from_stream(begun.chain(stream::pending()))
    }

    fn bodies() -> Bodies {
        Bodies::new(LIMIT, Duration::from_mins(1))
    }

    #[tokio::test]
    async fn all_bodies_together_take_no_more_than_there_is_room_for_and_small_ones_are_read() {
        let bodies = bodies();
        let mut held: Vec<_> = (0..16)
            .map(|_| Box::pin(bodies.read(stuck(LIMIT))))
            .collect();
        for body in &mut held {
            assert!(poll!(body).is_pending());
        }
        let large = || Body::from(vec![b' '; LIMIT]);
        // What each of the sixteen has for nothing is left.
        let refused = bodies.read(large()).await.map(|_| ()).unwrap_err();
        assert_eq!(refused.status, StatusCode::SERVICE_UNAVAILABLE);
        let small = bodies.read(Body::from(vec![b' '; FREE_BYTES])).await;
        assert!(small.is_ok());
        held.pop();
        assert!(bodies.read(large()).await.is_ok());
    }

    #[tokio::test]
    async fn a_body_gives_its_room_back_when_it_is_done_with() {
        let bodies = bodies();
        for _ in 0..100 {
            let held = bodies.read(Body::from(vec![b' '; LIMIT])).await;
            assert_eq!(held.map(|held| held.bytes.len()).ok(), Some(LIMIT));
        }
        let mut cut_off = pin!(bodies.read(stuck(LIMIT)));
        assert!(poll!(&mut cut_off).is_pending());
        assert_eq!(
            bodies.room.available_permits(),
            SHARED_BYTES - LIMIT + FREE_BYTES
        );
    }
}
