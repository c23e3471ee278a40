use std::fmt;

use rand::RngExt;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::config::GroupKind;

/// A user: `U` and 32 hexadecimal digits.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct UserId(String);

/// A conversation with the bot: the id of a user (one to one), or `C…` for a group, `R…` for a room.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ChatId(String);

impl UserId {
    /// A new id that nobody has.
    pub fn random() -> Self {
        Self(format!("U{}", random_hex(32)))
    }

    /// The same valid id for the same name, so that a bot's database still knows people after a restart.
    pub fn named(name: &str) -> Self {
        Self(format!("U{}", hex_of(name)))
    }

    /// An id received as text, if it looks like a LINE user id.
    pub fn parse(text: &str) -> Option<Self> {
        is_line_id(text, "U").then(|| Self(text.to_owned()))
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl ChatId {
    /// A new id of a group or room that nobody has.
    pub fn random(kind: GroupKind) -> Self {
        Self(format!("{}{}", kind.prefix(), random_hex(32)))
    }

    /// The same valid id for the same name.
    pub fn named(kind: GroupKind, name: &str) -> Self {
        Self(format!("{}{}", kind.prefix(), hex_of(name)))
    }

    /// An id received as text, if it looks like the id of a user, group or room.
    pub fn parse(text: &str) -> Option<Self> {
        is_line_id(text, "UCR").then(|| Self(text.to_owned()))
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<UserId> for ChatId {
    fn from(user: UserId) -> Self {
        Self(user.0)
    }
}

impl fmt::Display for UserId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl fmt::Display for ChatId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// `^[UCR][0-9a-f]{32}$`, the pattern of every LINE id (webhook.yml, `destination`).
fn is_line_id(text: &str, prefixes: &str) -> bool {
    let mut characters = text.chars();
    text.len() == 33
        && characters
            .next()
            .is_some_and(|first| prefixes.contains(first))
        && characters.all(|digit| matches!(digit, '0'..='9' | 'a'..='f'))
}

/// The first half of the name's SHA-256.
fn hex_of(name: &str) -> String {
    let digest = Sha256::digest(name.as_bytes());
    digest
        .iter()
        .take(16)
        .flat_map(|byte| [byte >> 4, byte & 15])
        .filter_map(hex_digit)
        .collect()
}

fn hex_digit(value: u8) -> Option<char> {
    char::from_digit(value.into(), 16)
}

/// Random hexadecimal digits; reply tokens are 32 of them.
pub(crate) fn random_hex(digits: usize) -> String {
    let mut rng = rand::rng();
    (0..digits)
        .filter_map(|_| hex_digit(rng.random_range(0..16)))
        .collect()
}

/// A request id: LINE's are UUIDs.
pub(crate) fn uuid() -> String {
    let digits = random_hex(32);
    let parts = [(0, 8), (8, 12), (12, 16), (16, 20), (20, 32)];
    parts
        .map(|(from, to)| digits.get(from..to).unwrap_or_default())
        .join("-")
}

/// Whether a retry key is a UUID in hexadecimal format, as LINE asks.
pub(crate) fn is_uuid(text: &str) -> bool {
    text.len() == 36
        && text.char_indices().all(|(at, character)| match at {
            8 | 13 | 18 | 23 => character == '-',
            _ => character.is_ascii_hexdigit(),
        })
}

/// A webhook event id: a ULID, 10 characters of time and 16 of chance in Crockford's base 32.
pub(crate) fn ulid(milliseconds: i64) -> String {
    const DIGITS: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    let time = u128::from(milliseconds.unsigned_abs() & 0xFFFF_FFFF_FFFF) << 80;
    let value = time | (rand::random::<u128>() >> 48);
    (0..26)
        .rev()
        .filter_map(|place| DIGITS.get((value >> (place * 5)) as usize & 31))
        .map(|digit| char::from(*digit))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_look_like_the_ids_of_line() {
        assert!(UserId::parse(UserId::random().as_str()).is_some());
        assert!(UserId::parse(UserId::named("misaki").as_str()).is_some());
        assert!(ChatId::parse(ChatId::random(GroupKind::Group).as_str()).is_some());
        assert!(ChatId::parse(ChatId::random(GroupKind::Room).as_str()).is_some());
        assert!(UserId::parse("C0123456789abcdef0123456789abcdef").is_none());
        assert!(ChatId::parse("U0123456789ABCDEF0123456789ABCDEF").is_none());
        assert!(ChatId::parse("Uあ").is_none());
    }

    #[test]
    fn a_name_always_gives_the_same_id() {
        assert_eq!(UserId::named("misaki"), UserId::named("misaki"));
        assert_ne!(UserId::named("misaki"), UserId::named("alex"));
    }

    #[test]
    fn event_ids_are_ulids_that_sort_by_time() {
        let early = ulid(1_700_000_000_000);
        let late = ulid(1_700_000_000_001);
        assert_eq!(early.len(), 26);
        assert!(early < late);
        // The time part of a ULID, computed by hand from the specification.
        assert!(ulid(1_469_918_176_385).starts_with("01ARYZ6S41"));
    }

    #[test]
    fn request_ids_are_uuids() {
        assert!(is_uuid(&uuid()));
        assert!(!is_uuid("not-a-uuid"));
        assert!(!is_uuid("123e4567-e89b-12d3-a456-42661417400é"));
    }
}
