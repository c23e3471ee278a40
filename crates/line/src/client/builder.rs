//! How a client is set up.

use super::issuer::TokenIssuer;
use super::transport::Transport;
use super::{Endpoint, Inner, LineClient};
use crate::retry::RetryPolicy;
use crate::token::TokenProvider;
use http::Uri;
use hyper_rustls::ConfigBuilderExt;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

/// Where the Messaging API is.
const LINE_API: &str = "https://api.line.me";

/// How long a reply may take where the builder was not told otherwise: its token is meant to be used within a minute, and a
/// person waits for it.
pub const REPLY_TIME_LIMIT: Duration = Duration::from_secs(4);

/// What LINE's own Java SDK waits (`line-bot-sdk-java`).
const TIME_LIMIT: Duration = Duration::from_secs(10);

/// Sets up a [`LineClient`].
#[derive(Clone, Debug)]
pub struct LineClientBuilder {
    tokens: TokenProvider,
    api_base: String,
    allow_plain_http: bool,
    reply_time_limit: Duration,
    time_limit: Duration,
    retry: RetryPolicy,
}

/// Why a client cannot be set up.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    /// No URL, or one with more than scheme, host and path.
    #[error("`{base}` is no base URL such as {LINE_API}")]
    InvalidBase {
        /// What was given.
        base: String,
    },
    /// The channel access token would cross the network readable.
    #[error("`{base}` is plain HTTP to another machine; use https, or allow plain HTTP")]
    PlainHttp {
        /// What was given.
        base: String,
    },
    /// The TLS library refuses its own defaults.
    #[error("TLS cannot be set up")]
    Tls(#[from] rustls::Error),
}

impl LineClientBuilder {
    pub(super) fn new(tokens: TokenProvider) -> Self {
        Self {
            tokens,
            api_base: LINE_API.to_owned(),
            allow_plain_http: false,
            reply_time_limit: REPLY_TIME_LIMIT,
            time_limit: TIME_LIMIT,
            retry: RetryPolicy::default(),
        }
    }

    /// Where the Messaging API is, which issues tokens too; `https://api.line.me` unless said otherwise.
    #[must_use]
    pub fn api_base(mut self, base: impl Into<String>) -> Self {
        self.api_base = base.into();
        self
    }

    /// Allows `http://` to other machines than this one, for a stand-in of LINE in a private
    /// network. To this machine it is always allowed.
    #[must_use]
    pub fn allow_plain_http(mut self, allow: bool) -> Self {
        self.allow_plain_http = allow;
        self
    }

    /// How long a reply may take, waiting for a token and a new one for a refused one included; 4 s
    /// unless said otherwise.
    #[must_use]
    pub fn reply_time_limit(mut self, limit: Duration) -> Self {
        self.reply_time_limit = limit;
        self
    }

    /// How long one attempt of any other call may take, counted likewise; 10 s unless said
    /// otherwise.
    #[must_use]
    pub fn time_limit(mut self, limit: Duration) -> Self {
        self.time_limit = limit;
        self
    }

    /// How often calls that may be repeated are.
    #[must_use]
    pub fn retry(mut self, policy: RetryPolicy) -> Self {
        self.retry = policy;
        self
    }

    /// The client. Connects to nothing yet.
    pub fn build(self) -> Result<LineClient, BuildError> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let tls = rustls::ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_webpki_roots()
            .with_no_client_auth();
        self.build_with(tls)
    }

    pub(super) fn build_with(self, tls: rustls::ClientConfig) -> Result<LineClient, BuildError> {
        let api_base = self.checked(&self.api_base)?;
        let transport = Transport::new(tls);
        let issuer = TokenIssuer {
            transport: transport.clone(),
            uri: join(api_base, Endpoint::IssueStatelessToken.template())?,
        };
        Ok(LineClient(Arc::new(Inner {
            reply_uri: join(api_base, Endpoint::Reply.template())?,
            api_base: api_base.to_owned(),
            transport,
            tokens: self.tokens,
            issuer,
            reply_time_limit: self.reply_time_limit,
            time_limit: self.time_limit,
            retry: self.retry,
        })))
    }

    /// The base without a slash at its end.
    fn checked<'a>(&self, base: &'a str) -> Result<&'a str, BuildError> {
        let invalid = || BuildError::InvalidBase {
            base: base.to_owned(),
        };
        let uri: Uri = base.parse().map_err(|_| invalid())?;
        let host = uri
            .host()
            .filter(|host| !host.is_empty())
            .ok_or_else(invalid)?;
        match uri.scheme_str() {
            // A fragment is lost when a URL is parsed.
            _ if base.contains(['?', '#']) || uri.authority().is_some_and(has_user) => {
                Err(invalid())
            }
            Some("https") => Ok(()),
            Some("http") if self.allow_plain_http || is_loopback(host) => Ok(()),
            Some("http") => Err(BuildError::PlainHttp {
                base: base.to_owned(),
            }),
            _ => Err(invalid()),
        }?;
        Ok(base.trim_end_matches('/'))
    }
}

fn join(base: &str, path: &str) -> Result<Uri, BuildError> {
    let uri = format!("{base}{path}");
    uri.parse().map_err(|_| BuildError::InvalidBase {
        base: base.to_owned(),
    })
}

fn has_user(authority: &http::uri::Authority) -> bool {
    authority.as_str().contains('@')
}

fn is_loopback(host: &str) -> bool {
    let address = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost"
        || address
            .parse()
            .is_ok_and(|address: IpAddr| address.is_loopback())
}
