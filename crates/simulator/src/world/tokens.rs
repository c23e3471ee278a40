use std::collections::VecDeque;

use crate::id::random_hex;

/// A stateless access token lives 15 minutes
/// (<https://developers.line.biz/en/docs/basics/channel-access-token/#stateless-channel-access-token>).
pub(crate) const STATELESS_TOKEN_SECONDS: i64 = 900;

/// The stateless access tokens that were issued.
pub(crate) struct AccessTokens {
    /// Token and end of life, oldest first.
    issued: VecDeque<(String, i64)>,
    kept: usize,
}

impl AccessTokens {
    pub(super) fn new(kept: usize) -> Self {
        Self {
            issued: VecDeque::new(),
            kept,
        }
    }

    /// Issues a token.
    pub(crate) fn issue(&mut self, now: i64) -> String {
        self.issued.retain(|(_, until)| now < *until);
        if self.issued.len() >= self.kept {
            self.issued.pop_front();
        }
        let token = random_hex(64);
        self.issued
            .push_back((token.clone(), now + STATELESS_TOKEN_SECONDS * 1_000));
        token
    }

    /// Whether a token is good now.
    pub(crate) fn accepts(&self, token: &str, now: i64) -> bool {
        self.issued
            .iter()
            .any(|(known, until)| known == token && now < *until)
    }
}
