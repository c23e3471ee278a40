//! When a request to LINE may be sent again: the one table.
//!
//! | outcome | reply | push, with its retry key | reading | everything else |
//! |---|---|---|---|---|
//! | 2xx | done | done | done | done |
//! | 400 | give up; delivered if an earlier attempt may have been | give up | give up | give up |
//! | 401 | refresh the token, once | refresh the token, once | refresh the token, once | refresh the token, once |
//! | 409 | give up | delivered by an earlier attempt | give up | give up |
//! | 408, 429 | back off | back off | back off | give up |
//! | other 4xx | give up | give up | give up | give up |
//! | 5xx | back off | back off | back off | give up |
//! | no answer | back off | back off | back off | give up |
//! | not sent | back off | back off | back off | back off |
//!
//! LINE allows repeating only what cannot happen twice
//! (<https://developers.line.biz/en/docs/messaging-api/retrying-api-request/>): a push with the
//! retry key of its first attempt, and reading. A reply takes no retry key, but its token works
//! once: a repeat after an unclear failure is harmless, and "400 Invalid reply token" to it then
//! means that the first attempt arrived (<https://github.com/line/line-bot-sdk-python/issues/328>).
//! A 429 is not accepted, so repeating it is safe; whether it means "too fast" or "no quota left
//! this month" is told in words only, which LINE may change, so it is repeated a few times at most.

use http::StatusCode;
use rand::RngExt;
use std::time::Duration;

/// What a repeat of a request would do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// Guarded by the one-use reply token.
    Reply,
    /// Guarded by the retry key.
    Keyed,
    /// Changes nothing.
    Read,
    /// Might do it twice.
    Once,
}

/// What became of one attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// LINE answered with this status.
    Answered(StatusCode),
    /// The request surely did not reach LINE.
    NotSent,
    /// The request may have reached LINE, and may have been accepted.
    Unknown,
}

/// What to do after an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// LINE accepted it.
    Done,
    /// LINE accepted an earlier attempt.
    AlreadyAccepted,
    /// Get a new channel access token and try once more; with the same outcome again, give up.
    RefreshToken,
    /// Try again later, a bounded number of times.
    BackOff,
    /// Trying again would not help or might do it twice.
    GiveUp,
}

/// Decides by class and status alone, as LINE's texts may change
/// (<https://developers.line.biz/en/docs/partner-docs/development-guidelines/>).
///
/// `maybe_accepted`: whether an earlier attempt ended in [`Outcome::Unknown`] or 5xx
/// ([`Outcome::may_have_been_accepted`]).
pub fn decide(class: Class, outcome: Outcome, maybe_accepted: bool) -> Decision {
    let status = match outcome {
        Outcome::Answered(status) => status.as_u16(),
        Outcome::Unknown if class == Class::Once => return Decision::GiveUp,
        Outcome::Unknown | Outcome::NotSent => return Decision::BackOff,
    };
    match (status, class) {
        (200..=299, _) => Decision::Done,
        (400, Class::Reply) if maybe_accepted => Decision::AlreadyAccepted,
        (401, _) => Decision::RefreshToken,
        (409, Class::Keyed) => Decision::AlreadyAccepted,
        // 408: a proxy on the way closed the connection before it had the request.
        (408 | 429 | 500..=599, Class::Reply | Class::Keyed | Class::Read) => Decision::BackOff,
        _ => Decision::GiveUp,
    }
}

impl Outcome {
    /// Whether LINE may have carried it out although it did not say so.
    pub fn may_have_been_accepted(self) -> bool {
        match self {
            Self::Answered(status) => status.is_server_error(),
            Self::NotSent => false,
            Self::Unknown => true,
        }
    }
}

/// How often and how fast to try again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RetryPolicy {
    /// Attempts in all, the first one too.
    pub attempts: u32,
    /// The longest pause after the first attempt; it doubles from there.
    pub first_pause: Duration,
    /// No pause is longer.
    pub longest_pause: Duration,
}

impl Default for RetryPolicy {
    /// Four attempts, pauses up to 0.5, 1 and 2 s: LINE recommends exponential back-off and names
    /// no numbers; a person waits for what is sent.
    fn default() -> Self {
        Self {
            attempts: 4,
            first_pause: Duration::from_millis(500),
            longest_pause: Duration::from_secs(8),
        }
    }
}

impl RetryPolicy {
    /// The pause after this many failed attempts (from 1): a random time in the upper half of the
    /// doubling pause, so that many who failed together do not come back together.
    pub fn pause(&self, failed_attempts: u32) -> Duration {
        let doublings = failed_attempts.saturating_sub(1).min(16);
        let pause = self
            .first_pause
            .saturating_mul(1 << doublings)
            .min(self.longest_pause);
        pause.mul_f64(rand::rng().random_range(0.5..=1.0))
    }
}
