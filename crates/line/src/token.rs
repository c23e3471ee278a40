//! Channel access tokens: where they come from, and when they are fetched anew.

use crate::client::{ClientError, Endpoint, ErrorKind, TokenIssuer};
use http::HeaderValue;
use secrecy::{ExposeSecret, SecretString};
use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;
use tokio::time::{Instant, timeout_at};

/// How long before its end a token is replaced: LINE's tokens live 15 minutes, so one is used for
/// 14. Until the new one is there the others go on with the old one.
const REFRESH_AHEAD: Duration = Duration::from_mins(1);

/// How long a good token is used further when replacing it failed.
const REFRESH_AGAIN: Duration = Duration::from_secs(5);

/// Where the channel access token comes from. Cheap to clone; clones share the token, and follow
/// when it is replaced.
///
/// <https://developers.line.biz/en/docs/basics/channel-access-token/>
#[derive(Clone)]
pub struct TokenProvider(Arc<RwLock<Kind>>);

#[derive(Clone)]
enum Kind {
    Fixed(HeaderValue),
    Stateless(Arc<Stateless>),
}

struct Stateless {
    channel_id: String,
    channel_secret: SecretString,
    current: RwLock<Option<Current>>,
    /// Held by the one task that fetches a token.
    fetching: tokio::sync::Mutex<()>,
}

#[derive(Clone)]
struct Current {
    authorization: HeaderValue,
    replace_at: Instant,
    expires_at: Instant,
}

/// A text that is no channel access token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidToken {
    /// Nothing is there.
    #[error("the channel access token is empty")]
    Empty,
    /// It was not copied as it is.
    #[error(
        "the channel access token holds a space, a line break or another character no token has"
    )]
    Malformed,
}

impl TokenProvider {
    /// A token that was issued in the LINE Developers Console, or in any other way.
    pub fn fixed(token: &SecretString) -> Result<Self, InvalidToken> {
        bearer(token.expose_secret())
            .map(Kind::Fixed)
            .map(Self::new)
    }

    /// Stateless tokens, issued for the channel as they are needed: fetched when the first call is
    /// made, replaced a minute before their end and when LINE refuses one, by one task at a time.
    pub fn stateless(channel_id: impl Into<String>, channel_secret: SecretString) -> Self {
        Self::new(Kind::Stateless(Arc::new(Stateless {
            channel_id: channel_id.into(),
            channel_secret,
            current: RwLock::new(None),
            fetching: tokio::sync::Mutex::new(()),
        })))
    }

    fn new(kind: Kind) -> Self {
        Self(Arc::new(RwLock::new(kind)))
    }

    fn kind(&self) -> Kind {
        self.0
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Takes tokens from where `other` takes them, in all clones, from the next attempt on: for a
    /// token that is changed while the bot runs.
    pub fn replace(&self, other: &Self) {
        let kind = other.kind();
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = kind;
    }

    /// The value of the header `authorization`, for a call that ends at the deadline.
    pub(crate) async fn authorization(
        &self,
        issuer: &TokenIssuer,
        deadline: Instant,
    ) -> Result<HeaderValue, ClientError> {
        match self.kind() {
            Kind::Fixed(authorization) => Ok(authorization),
            Kind::Stateless(stateless) => stateless.authorization(issuer, deadline).await,
        }
    }

    /// Forgets a token LINE refused; whether another can be had.
    pub(crate) fn reject(&self, rejected: &HeaderValue) -> bool {
        match self.kind() {
            // It may have been replaced since.
            Kind::Fixed(current) => current != *rejected,
            Kind::Stateless(stateless) => {
                let mut current = stateless
                    .current
                    .write()
                    .unwrap_or_else(PoisonError::into_inner);
                // Another task may have replaced it since.
                current.take_if(|current| current.authorization == *rejected);
                true
            }
        }
    }
}

impl Stateless {
    async fn authorization(
        &self,
        issuer: &TokenIssuer,
        deadline: Instant,
    ) -> Result<HeaderValue, ClientError> {
        let now = Instant::now();
        let still_good = match self.current() {
            Some(current) if now < current.replace_at => return Ok(current.authorization),
            Some(current) if now < current.expires_at => Some(current),
            _ => None,
        };
        // Whoever has a good token does not wait for the one who fetches the next.
        let _fetching = match &still_good {
            Some(current) => match self.fetching.try_lock() {
                Ok(fetching) => fetching,
                Err(_) => return Ok(current.authorization.clone()),
            },
            None => timeout_at(deadline, self.fetching.lock())
                .await
                .map_err(|elapsed| {
                    let endpoint = Endpoint::IssueStatelessToken;
                    ClientError::unanswered(endpoint, ErrorKind::TimedOut, elapsed)
                })?,
        };
        if let Some(current) = self.current()
            && now < current.replace_at
        {
            return Ok(current.authorization);
        }
        // A call that can do without leaves half its time to itself.
        let deadline = match still_good {
            Some(_) => now + (deadline - now) / 2,
            None => deadline,
        };
        match (self.fetch(issuer, deadline).await, still_good) {
            // The failure was logged as every call is.
            (Err(error), Some(_)) => self.use_further(now + REFRESH_AGAIN).ok_or(error),
            (fetched, _) => fetched,
        }
    }

    async fn fetch(
        &self,
        issuer: &TokenIssuer,
        deadline: Instant,
    ) -> Result<HeaderValue, ClientError> {
        let asked_at = Instant::now();
        let token = issuer
            .issue(&self.channel_id, &self.channel_secret, deadline)
            .await?
            .value;
        let expires_at = asked_at + token.expires_in;
        // A token that lives shorter than expected is still used for half its life.
        let ahead = REFRESH_AHEAD.min(token.expires_in / 2);
        let authorization = token.authorization;
        self.set(Current {
            authorization: authorization.clone(),
            replace_at: expires_at - ahead,
            expires_at,
        });
        Ok(authorization)
    }

    /// The token there is, which is to be replaced later; `None` when LINE refused it in the meantime.
    fn use_further(&self, replace_at: Instant) -> Option<HeaderValue> {
        let mut current = self.current.write().unwrap_or_else(PoisonError::into_inner);
        let current = current.as_mut()?;
        current.replace_at = replace_at;
        Some(current.authorization.clone())
    }

    fn current(&self) -> Option<Current> {
        self.current
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    fn set(&self, current: Current) {
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = Some(current);
    }
}

/// `Bearer` and the token, marked so that nothing prints or compresses it.
pub(crate) fn bearer(token: &str) -> Result<HeaderValue, InvalidToken> {
    if token.is_empty() {
        return Err(InvalidToken::Empty);
    }
    if !token.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(InvalidToken::Malformed);
    }
    let mut authorization =
        HeaderValue::try_from(format!("Bearer {token}")).map_err(|_| InvalidToken::Malformed)?;
    authorization.set_sensitive(true);
    Ok(authorization)
}

impl fmt::Debug for TokenProvider {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.kind() {
            Kind::Fixed(_) => formatter.write_str("TokenProvider::fixed(redacted)"),
            Kind::Stateless(stateless) => {
                write!(
                    formatter,
                    "TokenProvider::stateless({:?}, redacted)",
                    stateless.channel_id
                )
            }
        }
    }
}
