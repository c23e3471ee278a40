//! Titles as they are shown: harmless to the text around them, and short where that is wanted.
//!
//! What is stored stays as it was typed.

use crate::message::is_line_break;
use std::borrow::Cow;
use unicode_segmentation::UnicodeSegmentation;

/// The longest name of a task inside a sentence, in UTF-16 code units: two lines on a telephone.
const MAX_NAME_UNITS: usize = 100;

/// The longest title in the list, in UTF-16 code units. A title that was typed has at most 1,000 (500 characters); a
/// longer one, by whatever way it came, must still fit in a message, isolated from its surroundings or not.
const MAX_TITLE_UNITS: usize = 2_000;

const FIRST_STRONG_ISOLATE: char = '\u{2068}';
const POP_DIRECTIONAL_ISOLATE: char = '\u{2069}';

/// A title for the list: whole.
pub(crate) fn whole(title: &str) -> Cow<'_, str> {
    shown(title, MAX_TITLE_UNITS)
}

/// A title for a sentence: shortened when long.
pub(crate) fn name(title: &str) -> Cow<'_, str> {
    shown(title, MAX_NAME_UNITS)
}

fn shown(title: &str, limit: usize) -> Cow<'_, str> {
    let short = shortened(title, limit);
    let mut shown = if is_harmless(short) {
        Cow::Borrowed(short)
    } else {
        Cow::Owned(made_harmless(short))
    };
    if short.len() < title.len() {
        shown.to_mut().push('…');
    }
    shown
}

/// As many whole grapheme clusters of `text` as fit into `limit` UTF-16 code units: all, some or none.
fn shortened(text: &str, limit: usize) -> &str {
    // No UTF-16 code unit takes less than a byte.
    if text.len() <= limit {
        return text;
    }
    // One character too many is enough to know where the last cluster that fits ends; looking at all of one of ten
    // megabytes is not needed.
    let Some((past, _)) = text.char_indices().nth(limit) else {
        return within(text, text, limit);
    };
    let end = past + text[past..].chars().next().map_or(0, char::len_utf8);
    within(text, &text[..end], limit)
}

/// [`shortened`], looking at no more than `window`, where `text` begins.
fn within<'t>(text: &'t str, window: &str, limit: usize) -> &'t str {
    let mut units = 0;
    let mut fitting = 0;
    for (index, cluster) in window.grapheme_indices(true) {
        units += cluster.encode_utf16().count();
        let end = index + cluster.len();
        let cluster_may_go_on = end == window.len() && end < text.len();
        if units > limit || cluster_may_go_on {
            break;
        }
        fitting = end;
    }
    &text[..fitting]
}

fn is_harmless(title: &str) -> bool {
    // Most titles have none of the bytes the harmful characters begin with.
    let suspicious = |byte: u8| matches!(byte, 0..=0x1f | 0x7f | 0xc2 | 0xe2);
    !title.bytes().any(suspicious) || !title.chars().any(is_harmful)
}

fn is_harmful(character: char) -> bool {
    is_line_break(character)
        || character.is_control() && character != '\t'
        || is_bidirectional_control(character)
}

/// Embeddings, overrides and isolates (Unicode Standard Annex 9, 2): they change the direction of what follows until
/// they are closed.
const fn is_bidirectional_control(character: char) -> bool {
    matches!(character, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Line breaks become spaces, other control characters go, and direction changes end with the title: an isolate around
/// it closes the embeddings and overrides it leaves open, and its own isolates are paired. (A line break would do
/// that too, but the list of chats shows a message in one line.)
fn made_harmless(title: &str) -> String {
    let mut harmless = String::with_capacity(title.len() + 6);
    let mut open_isolates = 0;
    let directed = title.chars().any(is_bidirectional_control);
    if directed {
        harmless.push(FIRST_STRONG_ISOLATE);
        open_isolates += 1;
    }
    for character in title.chars() {
        match character {
            '\u{2066}'..='\u{2068}' => open_isolates += 1,
            // The last one is ours.
            POP_DIRECTIONAL_ISOLATE if open_isolates == 1 => continue,
            POP_DIRECTIONAL_ISOLATE => open_isolates -= 1,
            _ if is_line_break(character) => {
                harmless.push(' ');
                continue;
            }
            '\t' => {}
            _ if character.is_control() => continue,
            _ => {}
        }
        harmless.push(character);
    }
    harmless.extend(std::iter::repeat_n(POP_DIRECTIONAL_ISOLATE, open_isolates));
    harmless
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn an_ordinary_title_is_shown_as_typed() {
        for title in [
            "milk",
            "牛乳を買う",
            "ﾐﾙｸ　２本",
            "café – “crème”",
            "שלום",
            "👩\u{200d}👩\u{200d}👧",
            "a\tb",
        ] {
            assert_eq!(whole(title), title);
            assert_eq!(name(title), title);
        }
    }

    #[test]
    fn line_breaks_inside_a_title_become_spaces_and_controls_go() {
        assert_eq!(
            whole("a\r\nb\u{2028}c\0\u{1b}[31m\u{7f}\u{9b}d"),
            "a  b c[31md"
        );
    }

    #[test]
    fn direction_changes_end_with_the_title() {
        assert_eq!(whole("\u{202e}abc"), "\u{2068}\u{202e}abc\u{2069}");
        assert_eq!(whole("\u{2067}abc"), "\u{2068}\u{2067}abc\u{2069}\u{2069}");
        assert_eq!(whole("a\u{2069}b\u{202c}"), "\u{2068}ab\u{202c}\u{2069}");
        assert_eq!(
            whole("\u{2066}a\u{2069}b"),
            "\u{2068}\u{2066}a\u{2069}b\u{2069}"
        );
    }

    #[test]
    fn a_long_name_is_cut_between_grapheme_clusters() {
        let family = "👩\u{200d}👩\u{200d}👧";
        // Eight UTF-16 code units each.
        assert_eq!(name(&family.repeat(20)), format!("{}…", family.repeat(12)));
        assert_eq!(name(&"が".repeat(101)), format!("{}…", "が".repeat(100)));
        assert_eq!(name(&"が".repeat(100)), "が".repeat(100));
        assert_eq!(
            name(&"e\u{301}".repeat(51)),
            format!("{}…", "e\u{301}".repeat(50))
        );
    }

    #[test]
    fn a_name_that_is_one_endless_cluster_is_not_cut_inside_it() {
        assert_eq!(name(&format!("e{}", "\u{301}".repeat(1_000_000))), "…");
    }

    proptest! {
        #[test]
        fn a_shown_title_fits_and_breaks_no_line(title in any::<String>(), times in 1_usize..200) {
            let shown = whole(&title.repeat(times)).into_owned();
            prop_assert!(shown.encode_utf16().count() <= 2 * MAX_TITLE_UNITS + 3);
            prop_assert!(!shown.contains(is_line_break));
        }

        #[test]
        fn a_shortened_title_is_whole_clusters(title in "[ae\u{301}\u{200d}👩🇯🇵👧한\u{1100}\u{1161}\r\n]{0,120}", limit in 1_usize..60) {
            let short = shortened(&title, limit);
            let mut boundaries = title.grapheme_indices(true).map(|(index, _)| index).chain([title.len()]);
            prop_assert!(boundaries.any(|index| index == short.len()));
            prop_assert!(short.encode_utf16().count() <= limit);
            let next = title[short.len()..].graphemes(true).next().unwrap_or_default();
            let longer = short.encode_utf16().count() + next.encode_utf16().count();
            prop_assert!(next.is_empty() || longer > limit, "{:?} also fits", next);
        }
    }
}
