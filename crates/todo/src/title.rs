//! When two titles are the same task.
//!
//! Two titles are equal when their normal forms are: NFKD, full case folding, NFKC, and white space collapsed to
//! single spaces and trimmed. Decomposing before folding and composing after it makes the form stable (the form of
//! a form is itself) and brings together whatever Unicode calls a compatibility caseless match (The Unicode
//! Standard, 3.13, D146): `ﾐﾙｸ` and `ミルク`, `Ｍｉｌｋ` and `MILK`, `Straße` and `STRASSE`, `が` typed as one
//! character or two. White space is collapsed last, because NFKC makes some: `¨` becomes a space and a mark.
//!
//! Zero-width characters are *not* ignored: a joiner makes another emoji, a non-joiner another Persian word.

mod digest;

pub(crate) use digest::Forms;

use caseless::{CaseFold, Caseless};
use digest::Digest;
use std::str::Chars;
use unicode_normalization::{Decompositions, Recompositions, UnicodeNormalization};

/// Most titles differ from most others within so many characters.
const BEGINNING: usize = 8;

/// The normal form of a title, computed once for a new line and compared with every title of the list.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Key(String);

impl Key {
    pub(crate) fn new(title: &str) -> Self {
        let mut key = String::with_capacity(title.len());
        key.extend(NormalForm::of(title));
        Self(key)
    }

    /// A number that titles with this normal form share, and hardly any other.
    pub(crate) fn digest(&self) -> u64 {
        let mut digest = Digest::default();
        digest.extend(self.0.chars());
        digest.finish()
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether the first [`BEGINNING`] characters of the normal form of `title` are these.
    pub(crate) fn begins_like(&self, title: &str) -> bool {
        let beginning = NormalForm::of(title).take(BEGINNING);
        beginning.eq(self.0.chars().take(BEGINNING))
    }

    /// Whether `title` has this normal form. Stops at the first difference, and keeps nothing on the heap but runs
    /// of more than four combining marks: a list of 1,000 tasks is searched for every line.
    pub(crate) fn matches(&self, title: &str) -> bool {
        NormalForm::of(title).eq(self.0.chars())
    }
}

/// The characters of a title's normal form, one at a time.
struct NormalForm<'a> {
    rest: &'a str,
    /// The stretch being normalised, where that takes more than looking at single characters.
    run: Option<Normalised<'a>>,
    /// Came after white space, which went out first.
    held: Option<char>,
    started: bool,
}

type Normalised<'a> = Recompositions<CaseFold<Decompositions<Chars<'a>>>>;

impl<'a> NormalForm<'a> {
    fn of(title: &'a str) -> Self {
        Self {
            rest: title,
            run: None,
            held: None,
            started: false,
        }
    }

    /// The next character, normalised and folded, white space as it comes.
    fn folded(&mut self) -> Option<char> {
        loop {
            if let Some(run) = &mut self.run {
                match run.next() {
                    Some(character) => return Some(character),
                    None => self.run = None,
                }
            }
            let mut characters = self.rest.chars();
            let first = characters.next()?;
            let after = characters.as_str();
            // A mark may follow and compose with it.
            if is_plain(first) && characters.next().is_none_or(is_plain) {
                self.rest = after;
                return Some(first.to_ascii_lowercase());
            }
            let run_length = after
                .find(is_plain)
                .map_or(self.rest.len(), |index| first.len_utf8() + index);
            let (run, rest) = self.rest.split_at(run_length);
            self.run = Some(normalised(run));
            self.rest = rest;
        }
    }
}

impl Iterator for NormalForm<'_> {
    type Item = char;

    fn next(&mut self) -> Option<char> {
        if let Some(character) = self.held.take() {
            return Some(character);
        }
        let mut space = false;
        loop {
            let character = self.folded()?;
            if character.is_whitespace() {
                space = self.started;
            } else if space {
                self.held = Some(character);
                return Some(' ');
            } else {
                self.started = true;
                return Some(character);
            }
        }
    }
}

fn normalised(text: &str) -> Normalised<'_> {
    text.chars().nfkd().default_case_fold().nfkc()
}

/// Whether a character followed by another such is its own normal form, ASCII case apart: it neither decomposes nor
/// folds, and never composes with the character before it. Not every such character, only the blocks that make up
/// most English, Japanese and Korean titles, and emoji; a test goes through them all.
const fn is_plain(character: char) -> bool {
    matches!(character,
        '\0'..='\x7f'
        | '\u{3041}'..='\u{3096}' // hiragana
        | '\u{30a1}'..='\u{30fe}' // katakana
        | '\u{4e00}'..='\u{9fff}' // Chinese characters
        | '\u{ac00}'..='\u{d7a3}' // hangul
        | '\u{1f300}'..='\u{1f6ff}' | '\u{1f900}'..='\u{1f9ff}' // emoji
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use unicode_normalization::char::{canonical_combining_class, decompose_canonical};

    /// The normal form as the module's first sentence says it.
    fn by_definition(title: &str) -> String {
        let normalised: String = normalised(title).collect();
        normalised.split_whitespace().collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn a_plain_character_is_its_own_normal_form() {
        for plain in ('\0'..=char::MAX).filter(|character| is_plain(*character)) {
            let normal: String = normalised(plain.encode_utf8(&mut [0; 4])).collect();
            assert_eq!(normal, plain.to_ascii_lowercase().to_string());
            assert_eq!(canonical_combining_class(plain), 0, "{plain:?}");
        }
    }

    #[test]
    fn no_plain_character_composes_with_the_one_before_it() {
        for composed in '\0'..=char::MAX {
            let mut parts = Vec::new();
            decompose_canonical(composed, |part| parts.push(part));
            for part in parts.into_iter().skip(1) {
                assert!(!is_plain(part), "{composed:?} ends in {part:?}");
            }
        }
    }

    #[test]
    fn the_normal_form_of_every_character_is_stable_and_knows_no_width() {
        for character in '\0'..=char::MAX {
            let title = character.to_string();
            let key = Key::new(&title);
            assert_eq!(Key::new(key.as_str()), key, "{character:?}");
            assert!(key.matches(&title), "{character:?}");
            assert!(
                key.matches(&title.nfkc().collect::<String>()),
                "{character:?}"
            );
        }
    }

    #[test]
    fn equal_titles_are_equal_whatever_their_width_case_and_spaces() {
        for (one, other) in [
            ("ﾐﾙｸ", "ミルク"),
            ("ｶﾞｽ", "ガス"),
            ("か\u{3099}", "が"),
            ("Ｍｉｌｋ", "milk"),
            ("MILK", "Milk"),
            ("牛乳　を　買う", " 牛乳 を\t買う "),
            ("a \u{a0}\u{2003} b", "A B"),
            ("Straße", "STRASSE"),
            ("ΣΊΣΥΦΟΣ", "σίσυφος"),
            ("É", "e\u{301}"),
            ("㍻", "平成"),
            ("①", "1"),
            ("\u{a8}x", "\u{308}x"),
            ("\u{1fc3}\u{300}", "\u{3b7}\u{300}\u{345}"),
        ] {
            assert!(Key::new(one).matches(other), "{one} = {other}");
            assert!(Key::new(other).matches(one), "{other} = {one}");
        }
    }

    #[test]
    fn different_titles_differ() {
        for (one, other) in [
            ("ひ", "ヒ"),
            ("は", "ば"),
            ("は", "ぱ"),
            ("milk", "milk tea"),
            ("milk tea", "milktea"),
            ("resume", "résumé"),
            ("👨\u{200d}👩", "👨👩"),
            ("می\u{200c}خواهم", "میخواهم"),
            ("한", "하"),
            ("", "a"),
        ] {
            assert!(!Key::new(one).matches(other), "{one} ≠ {other}");
            assert!(!Key::new(other).matches(one), "{other} ≠ {one}");
        }
    }

    /// Characters that fold, decompose, compose, reorder or vanish, among plain ones.
    pub(super) fn tricky_title() -> impl Strategy<Value = String> {
        let tricky = prop::sample::select(
            "aAkKsSeE  \t　\u{a0}はばガｶﾞﾟ漢한\u{1100}\u{1161}\u{11a8}ßſﬁﬃΣςσΆ\u{345}\u{301}\u{300}\u{327}\u{308}\u{3099}\u{309a}¨\u{fc5e}①㍻ＡａİıK\u{200b}\u{200d}😀"
                .chars()
                .collect::<Vec<_>>(),
        );
        prop::collection::vec(prop_oneof![4 => tricky, 1 => any::<char>()], 0..8)
            .prop_map(String::from_iter)
    }

    proptest! {
        #[test]
        fn the_streamed_form_is_the_defined_one(title in tricky_title()) {
            prop_assert_eq!(Key::new(&title), Key(by_definition(&title)));
        }

        #[test]
        fn equality_is_reflexive(title in tricky_title()) {
            prop_assert!(Key::new(&title).matches(&title));
        }

        #[test]
        fn equality_is_symmetric(one in tricky_title(), other in tricky_title()) {
            prop_assert_eq!(Key::new(&one).matches(&other), Key::new(&other).matches(&one));
        }

        #[test]
        fn equality_is_transitive(one in tricky_title(), other in tricky_title()) {
            // Two spellings of `one`, each equal to it, are equal to each other and to nothing `one` is not.
            let (decomposed, composed) =
                (one.nfkd().collect::<String>(), format!("  {}\u{3000}", one.nfkc().collect::<String>()));
            let key = Key::new(&one);
            prop_assert!(key.matches(&decomposed) && key.matches(&composed));
            prop_assert!(Key::new(&decomposed).matches(&composed));
            prop_assert_eq!(key.matches(&other), Key::new(&decomposed).matches(&other));
            prop_assert_eq!(key.matches(&other), Key::new(&other).matches(&composed));
        }

        #[test]
        fn upper_and_lower_case_are_equal(title in "[a-zA-Zà-öø-þα-ωа-я ]{0,8}") {
            prop_assert!(Key::new(&title).matches(&title.to_uppercase()));
        }
    }
}
