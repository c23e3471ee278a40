use std::collections::{HashMap, VecDeque};

use axum::http::Method;
use bytes::Bytes;

use crate::config::Limits;
use crate::endpoint::Endpoint;

/// One call of the bot to the API.
#[derive(Clone, Debug)]
pub struct ApiCall {
    /// Counts the calls from 1.
    pub number: u64,
    /// When it was answered, in milliseconds since 1970.
    pub at: i64,
    /// Which endpoint, if there is one.
    pub endpoint: Option<Endpoint>,
    /// The method.
    pub method: Method,
    /// The path as called.
    pub path: String,
    /// The body, cut at [`Limits::call_body_kept`].
    pub body: Bytes,
    /// The `X-Line-Request-Id` of the answer.
    pub request_id: String,
    /// The status the platform decided on; none when a fault left the call without effect and answer.
    pub status: Option<u16>,
    /// The fault that hit the call.
    pub fault: Option<&'static str>,
}

/// A call before it has a number.
pub(crate) struct NewCall {
    pub(crate) endpoint: Option<Endpoint>,
    pub(crate) method: Method,
    pub(crate) path: String,
    pub(crate) body: Bytes,
    pub(crate) request_id: String,
    pub(crate) status: Option<u16>,
    pub(crate) fault: Option<&'static str>,
}

/// The last calls, and how many there were.
pub(crate) struct Calls {
    recent: VecDeque<ApiCall>,
    counts: HashMap<Endpoint, u64>,
    total: u64,
    kept: usize,
    body_kept: usize,
}

impl Calls {
    pub(super) fn new(limits: &Limits) -> Self {
        Self {
            recent: VecDeque::new(),
            counts: HashMap::new(),
            total: 0,
            kept: limits.calls_kept,
            body_kept: limits.call_body_kept,
        }
    }

    /// Adds a call that is over.
    pub(crate) fn add(&mut self, call: NewCall, at: i64) {
        self.total += 1;
        if let Some(endpoint) = call.endpoint {
            *self.counts.entry(endpoint).or_default() += 1;
        }
        let NewCall {
            endpoint,
            method,
            path,
            body,
            request_id,
            status,
            fault,
        } = call;
        // A copy, so that a small piece does not keep the whole request in memory.
        let body = if body.len() > self.body_kept {
            Bytes::copy_from_slice(&body[..self.body_kept])
        } else {
            body
        };
        let number = self.total;
        self.recent.push_back(ApiCall {
            number,
            at,
            endpoint,
            method,
            path,
            body,
            request_id,
            status,
            fault,
        });
        if self.recent.len() > self.kept {
            self.recent.pop_front();
        }
    }

    /// The calls on record, oldest first.
    pub(crate) fn recent(&self) -> impl DoubleEndedIterator<Item = &ApiCall> {
        self.recent.iter()
    }

    /// How many calls an endpoint got since the start.
    pub(crate) fn count(&self, endpoint: Endpoint) -> u64 {
        self.counts.get(&endpoint).copied().unwrap_or_default()
    }
}
