//! The key that makes a push repeatable.

use std::fmt;
use std::str::FromStr;

/// The value of `X-Line-Retry-Key`: a UUID. LINE accepts a request only once for each, for 24 hours.
///
/// Make it when what is to be sent is stored, not when it is sent: only then does a repeat after a
/// crash carry the key of the first attempt.
///
/// <https://developers.line.biz/en/docs/messaging-api/retrying-api-request/>
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct RetryKey(u128);

/// A text that is no retry key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a retry key looks like 123e4567-e89b-12d3-a456-426614174000")]
pub struct InvalidRetryKey;

impl RetryKey {
    /// A new one: a random UUID (version 4, RFC 9562).
    pub fn random() -> Self {
        let random: u128 = rand::random();
        let version = 0x4 << 76;
        let variant = 0b10 << 62;
        Self(random & !(0xf << 76) & !(0b11 << 62) | version | variant)
    }
}

impl fmt::Display for RetryKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(bits) = self;
        write!(
            formatter,
            "{:08x}-{:04x}-{:04x}-{:04x}-{:012x}",
            bits >> 96,
            bits >> 80 & 0xffff,
            bits >> 64 & 0xffff,
            bits >> 48 & 0xffff,
            bits & 0xffff_ffff_ffff,
        )
    }
}

impl FromStr for RetryKey {
    type Err = InvalidRetryKey;

    fn from_str(text: &str) -> Result<Self, InvalidRetryKey> {
        let digits: String = text.split('-').collect();
        let lengths = text.split('-').map(str::len);
        let hexadecimal = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
        if !hexadecimal || !lengths.eq([8, 4, 4, 4, 12]) {
            return Err(InvalidRetryKey);
        }
        u128::from_str_radix(&digits, 16)
            .map(Self)
            .map_err(|_| InvalidRetryKey)
    }
}
