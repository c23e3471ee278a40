//! Mentions of the bot itself.

use super::{Content, Event, EventKind, Text};
use std::borrow::Cow;
use std::ops::Range;

impl Event<'_> {
    /// Marks the mentions of this user id, which is the bot's, where LINE does not say whether
    /// they are.
    pub(super) fn mark_mentions_of(&mut self, bot: &str) {
        let (EventKind::Message(message) | EventKind::MessageEdited(message)) = &mut self.kind
        else {
            return;
        };
        let Content::Text(text) = &mut message.content else {
            return;
        };
        for mentionee in &mut text.mentionees {
            if mentionee.is_self.is_none() && mentionee.user_id.as_deref() == Some(bot) {
                mentionee.is_self = Some(true);
            }
        }
    }
}

impl Text<'_> {
    /// What is said to the bot: the text without the mentions of it. `None` when it is not
    /// mentioned.
    ///
    /// One space after each mention goes with it, as LINE's clients put it there. A mention whose
    /// place is not inside the text stays in it. "All" is no mention of the bot.
    pub fn without_own_mentions(&self) -> Option<Cow<'_, str>> {
        let mut mentioned = false;
        let mut places: Vec<Range<usize>> = Vec::new();
        for mentionee in &self.mentionees {
            if mentionee.is_self == Some(true) {
                mentioned = true;
                places.extend(self.place(mentionee.index, mentionee.length));
            }
        }
        if !mentioned {
            return None;
        }
        if places.is_empty() {
            return Some(Cow::Borrowed(&self.text));
        }
        places.sort_unstable_by_key(|place| place.start);
        let mut rest = String::with_capacity(self.text.len());
        let mut end = 0;
        for place in places {
            rest.push_str(self.text.get(end..place.start).unwrap_or_default());
            end = end.max(place.end);
        }
        rest.push_str(self.text.get(end..).unwrap_or_default());
        Some(Cow::Owned(rest))
    }

    /// Where `length` UTF-16 code units from `index` are, in bytes, with a space that follows.
    fn place(&self, index: Option<usize>, length: Option<usize>) -> Option<Range<usize>> {
        let (index, length) = (index?, length?);
        let start = self.byte_offset(index)?;
        let end = self.byte_offset(index.checked_add(length)?)?;
        let space = self.text.get(end..)?.starts_with(' ');
        Some(start..end + usize::from(space))
    }

    /// The byte a UTF-16 position is at; `None` past the end or in the middle of a character.
    fn byte_offset(&self, utf16_position: usize) -> Option<usize> {
        let mut units = 0;
        for (offset, character) in self.text.char_indices() {
            if units >= utf16_position {
                return (units == utf16_position).then_some(offset);
            }
            units += character.len_utf16();
        }
        (units == utf16_position).then_some(self.text.len())
    }
}
