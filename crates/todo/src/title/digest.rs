//! Normal forms as numbers, for lists of which many titles begin alike.

use super::normalised;
use caseless::Caseless;
use std::collections::HashMap;
use std::hash::{DefaultHasher, Hasher};
use unicode_normalization::char::canonical_combining_class;
use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfc_quick};

/// Normal forms of characters that have theirs whatever stands before and after them, but for marks that follow. One character
/// may stand for a sentence of eighteen (U+FDFA): here it is normalised once, and not in each of a thousand titles.
#[derive(Clone, Debug, Default)]
pub(crate) struct Forms(HashMap<char, Option<String>>);

impl Forms {
    fn of(&mut self, character: char) -> Option<&str> {
        let form = self.0.entry(character).or_insert_with(|| {
            // Folding makes a letter of one mark (U+0345).
            let unfolded = character.nfkd().next()?;
            let first = character.nfkd().default_case_fold().nfkd().next()?;
            let begins_anew = [unfolded, first].into_iter().all(|first| {
                canonical_combining_class(first) == 0
                    && is_nfc_quick(std::iter::once(first)) == IsNormalized::Yes
            });
            begins_anew.then(|| normalised(character.encode_utf8(&mut [0; 4])).collect())
        });
        form.as_deref()
    }

    /// [`Key::digest`](super::Key::digest) of the normal form of `title`.
    pub(crate) fn digest(&mut self, title: &str) -> u64 {
        let mut digest = Digest::default();
        let mut rest = title;
        while let Some(first) = rest.chars().next() {
            let (character, after) = rest.split_at(first.len_utf8());
            let next = after
                .char_indices()
                .find(|(_, next)| self.of(*next).is_some());
            let marks = next.map_or(after.len(), |(index, _)| index);
            match self.of(first) {
                Some(form) if marks == 0 => digest.extend(form.chars()),
                _ => digest.extend(normalised(&rest[..character.len() + marks])),
            }
            rest = &after[marks..];
        }
        digest.finish()
    }
}

/// What a normal form is hashed with: white space collapsed and trimmed.
#[derive(Default)]
pub(super) struct Digest {
    hasher: DefaultHasher,
    started: bool,
    space: bool,
}

impl Digest {
    pub(super) fn finish(&self) -> u64 {
        self.hasher.finish()
    }

    pub(super) fn extend(&mut self, characters: impl Iterator<Item = char>) {
        for character in characters {
            if character.is_whitespace() {
                self.space = self.started;
                continue;
            }
            if std::mem::take(&mut self.space) {
                self.hasher.write_u32(' '.into());
            }
            self.hasher.write_u32(character.into());
            self.started = true;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::Key;
    use super::super::tests::tricky_title;
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn every_character_among_others_has_the_digest_of_the_normal_form() {
        let mut forms = Forms::default();
        // The planes between have no characters.
        for character in ('\0'..='\u{2fa1f}').chain('\u{e0000}'..='\u{e01ef}') {
            let title = format!(
                "a{character}か{character}\u{1100}{character}\u{915}{character}\u{327}{character}\u{301}"
            );
            assert_eq!(forms.digest(&title), Key::new(&title).digest(), "{title:?}");
        }
    }

    proptest! {
        #[test]
        fn a_title_has_the_digest_of_its_normal_form(title in tricky_title()) {
            prop_assert_eq!(Forms::default().digest(&title), Key::new(&title).digest());
        }
    }
}
