//! The languages the bot speaks.

use serde::{Deserialize, Serialize};

/// A language the bot speaks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Language {
    /// 日本語, the default.
    #[default]
    #[serde(rename = "ja")]
    Japanese,
    /// English.
    #[serde(rename = "en")]
    English,
}

impl Language {
    /// Every language, in the order documents list them.
    pub const ALL: [Self; 2] = [Self::Japanese, Self::English];

    /// The ISO 639-1 code: `ja` or `en`.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Japanese => "ja",
            Self::English => "en",
        }
    }

    /// The language a BCP 47 tag asks for (`ja`, `en-US`), as LINE's profile gives it; `None` for one the bot
    /// does not speak.
    pub fn from_tag(tag: &str) -> Option<Self> {
        let primary = tag.split(['-', '_']).next().unwrap_or_default();
        Self::ALL
            .into_iter()
            .find(|language| language.code().eq_ignore_ascii_case(primary))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_language_is_known_by_its_tag_whatever_the_region() {
        for tag in ["ja", "JA", "ja-JP", "ja_JP"] {
            assert_eq!(Language::from_tag(tag), Some(Language::Japanese), "{tag}");
        }
        for tag in ["en", "en-US", "en-Latn-GB"] {
            assert_eq!(Language::from_tag(tag), Some(Language::English), "{tag}");
        }
    }

    #[test]
    fn a_language_the_bot_does_not_speak_is_none() {
        for tag in ["", "-", "th", "zh-Hant", "jam", "e"] {
            assert_eq!(Language::from_tag(tag), None, "{tag}");
        }
    }
}
