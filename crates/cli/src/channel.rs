//! The LINE channel of the configuration.

use crate::config::Configuration;
use crate::failure::Failure;
use line::{ChannelSecrets, LineClient, TokenProvider};
use secrecy::SecretString;
use server::CurrentSecrets;

/// The configured channel. Clones share what is replaced.
#[derive(Clone)]
pub(crate) struct Channel {
    /// What webhooks are signed with.
    pub(crate) secrets: CurrentSecrets,
    /// The way to LINE.
    pub(crate) client: LineClient,
    newest_secrets: ChannelSecrets,
    tokens: TokenProvider,
}

impl Channel {
    /// The channel, ready to be used.
    pub(crate) fn open(configuration: &Configuration) -> Result<Self, Failure> {
        let channel = &configuration.settings.channel;
        let tokens = tokens(configuration)?;
        let secrets = ChannelSecrets::new(&channel.secrets()).map_err(|error| {
            Failure::usage(format!("LINE_CHANNEL_SECRET cannot be used: {error}"))
        })?;
        Self::new(tokens, secrets, &channel.line_api_base_url)
    }

    /// A channel of these parts.
    pub(crate) fn new(
        tokens: TokenProvider,
        secrets: ChannelSecrets,
        api_base: &str,
    ) -> Result<Self, Failure> {
        let client = client_with(tokens.clone(), api_base)?;
        Ok(Self {
            secrets: CurrentSecrets::new(secrets.clone()),
            client,
            newest_secrets: secrets,
            tokens,
        })
    }

    /// Takes over secret and token from `other`, in all clones.
    pub(crate) fn replace(&self, other: &Self) {
        self.secrets.replace(other.newest_secrets.clone());
        self.tokens.replace(&other.tokens);
    }
}

/// The client for the configured channel, for commands that only call LINE.
pub(crate) fn client(configuration: &Configuration) -> Result<LineClient, Failure> {
    client_with(
        tokens(configuration)?,
        &configuration.settings.channel.line_api_base_url,
    )
}

fn client_with(tokens: TokenProvider, api_base: &str) -> Result<LineClient, Failure> {
    LineClient::builder(tokens)
        .api_base(api_base)
        // A stand-in for LINE may run in another container; the configuration has a note about it.
        .allow_plain_http(true)
        .build()
        .map_err(|error| {
            Failure::usage(format!(
                "cannot set up the client for LINE: {}",
                Failure::chain(&error)
            ))
            .hint("check LINE_API_BASE_URL")
        })
}

/// A fixed token where there is one, else tokens issued for the channel's id and its newest secret.
fn tokens(configuration: &Configuration) -> Result<TokenProvider, Failure> {
    let channel = &configuration.settings.channel;
    let newest_secret: Option<SecretString> = channel.secrets().into_iter().next();
    match (&channel.line_channel_access_token, &channel.line_channel_id, newest_secret) {
        (Some(token), ..) => TokenProvider::fixed(token).map_err(|error| Failure::usage(format!("LINE_CHANNEL_ACCESS_TOKEN cannot be used: {error}"))),
        (None, Some(id), Some(secret)) => Ok(TokenProvider::stateless(id, secret)),
        (None, Some(_), None) => Err(Failure::usage("LINE_CHANNEL_ID needs LINE_CHANNEL_SECRET beside it")),
        (None, None, _) => {
            Err(Failure::usage("LINE_CHANNEL_ACCESS_TOKEN is not set").hint("LINE Developers Console, your channel, Messaging API, Channel access token (or set LINE_CHANNEL_ID)"))
        }
    }
}
