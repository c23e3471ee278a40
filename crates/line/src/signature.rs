//! Who sent a webhook: the signature over its raw body.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use secrecy::{ExposeSecret, SecretString};
use sha2::Sha256;
use std::fmt;
use std::sync::Arc;

/// The length of an HMAC-SHA256.
const MAC_BYTES: usize = 32;

/// The channel secrets a webhook may be signed with.
///
/// Issuing a new secret makes the old one void at once, and LINE has no changeover: a bot that
/// knows both loses no webhook. Cheap to clone; the keys are prepared once.
///
/// <https://developers.line.biz/en/docs/messaging-api/verify-webhook-signature/>
#[derive(Clone)]
pub struct ChannelSecrets(Arc<[Hmac<Sha256>]>);

/// Why a list of secrets cannot verify anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SecretError {
    /// With no secret nothing could ever be verified.
    #[error("no channel secret is given")]
    None,
    /// With an empty secret anybody could sign.
    #[error("a channel secret is empty")]
    Empty,
}

impl ChannelSecrets {
    /// Takes one secret, or several while they are being changed; [`sign`](Self::sign) uses the
    /// first.
    pub fn new<'a>(
        secrets: impl IntoIterator<Item = &'a SecretString>,
    ) -> Result<Self, SecretError> {
        let keyed = secrets
            .into_iter()
            .map(|secret| match secret.expose_secret() {
                "" => Err(SecretError::Empty),
                secret => Hmac::new_from_slice(secret.as_bytes()).map_err(|_| SecretError::Empty),
            })
            .collect::<Result<Arc<[_]>, _>>()?;
        if keyed.is_empty() {
            Err(SecretError::None)
        } else {
            Ok(Self(keyed))
        }
    }

    /// Whether `signature`, the value of the header `x-line-signature`, was made over exactly
    /// these bytes with one of the secrets. Takes the same time for every wrong signature.
    pub fn verify(&self, body: &[u8], signature: &[u8]) -> bool {
        // base64 asks for room by the length of the input, three bytes for four characters.
        let mut decoded = [0; MAC_BYTES + 1];
        let Ok(length) = STANDARD.decode_slice(signature, &mut decoded) else {
            return false;
        };
        let Some(mac) = decoded.get(..length).filter(|mac| mac.len() == MAC_BYTES) else {
            return false;
        };
        self.0
            .iter()
            .any(|keyed| keyed.clone().chain_update(body).verify_slice(mac).is_ok())
    }

    /// The signature LINE would send with this body: for tests and for a stand-in of LINE.
    pub fn sign(&self, body: &[u8]) -> String {
        self.0
            .first()
            .map(|keyed| STANDARD.encode(keyed.clone().chain_update(body).finalize().into_bytes()))
            .unwrap_or_default()
    }
}

impl fmt::Debug for ChannelSecrets {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "ChannelSecrets({} redacted)", self.0.len())
    }
}
