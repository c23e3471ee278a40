use serde::Serialize;

use crate::id::UserId;

/// LINE's limit on mentions in one message.
const MOST: usize = 20;

/// Somebody who can be mentioned.
pub(super) struct Mentioned {
    pub(super) name: String,
    pub(super) target: Target,
}

pub(super) enum Target {
    Everyone,
    /// `id` is missing for somebody who does not share the profile.
    One {
        id: Option<UserId>,
        is_bot: bool,
    },
}

/// An item of `mention.mentionees` in webhook.yml. Index and length count UTF-16 units.
#[derive(Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Mentionee {
    index: usize,
    length: usize,
    #[serde(rename = "type")]
    kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    user_id: Option<UserId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    is_self: Option<bool>,
}

/// Finds the mentioned in the text as `@name`; puts those that are not there in front of it.
pub(super) fn place(text: &str, mentioned: &[Mentioned]) -> (String, Vec<Mentionee>) {
    let mut text = text.to_owned();
    for label in mentioned.iter().rev().map(label) {
        if !text.contains(&label) {
            text = format!("{label} {text}");
        }
    }
    // The longest name first, so that `@Al` does not take the beginning of `@Alex`.
    let mut by_length: Vec<_> = mentioned.iter().collect();
    by_length.sort_by_key(|one| std::cmp::Reverse(one.name.len()));
    let mut taken: Vec<(usize, usize, &Mentioned)> = Vec::new();
    for one in by_length {
        let label = label(one);
        for (start, found) in text.match_indices(&label) {
            let end = start + found.len();
            if taken
                .iter()
                .all(|(from, to, _)| end <= *from || *to <= start)
            {
                taken.push((start, end, one));
            }
        }
    }
    taken.sort_by_key(|(start, ..)| *start);
    let mentionees = taken
        .into_iter()
        .take(MOST)
        .map(|(start, end, one)| mentionee(&text, start, end, one));
    let mentionees = mentionees.collect();
    (text, mentionees)
}

fn label(mentioned: &Mentioned) -> String {
    format!("@{}", mentioned.name)
}

fn mentionee(text: &str, start: usize, end: usize, mentioned: &Mentioned) -> Mentionee {
    let units = |from, to| {
        text.get(from..to)
            .unwrap_or_default()
            .encode_utf16()
            .count()
    };
    let (kind, user_id, is_self) = match &mentioned.target {
        Target::Everyone => ("all", None, None),
        Target::One { id, is_bot } => ("user", id.clone(), Some(*is_bot)),
    };
    Mentionee {
        index: units(0, start),
        length: units(start, end),
        kind,
        user_id,
        is_self,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(name: &str, is_bot: bool) -> Mentioned {
        Mentioned {
            name: name.to_owned(),
            target: Target::One { id: None, is_bot },
        }
    }

    #[test]
    fn positions_count_utf_16_units() {
        let (text, mentionees) = place("🍎 @タスク🥛 milk", &[one("タスク🥛", true)]);
        assert_eq!(text, "🍎 @タスク🥛 milk");
        let places: Vec<_> = mentionees
            .iter()
            .map(|found| (found.index, found.length))
            .collect();
        assert_eq!(places, [(3, 6)]);
    }

    #[test]
    fn a_mention_that_was_not_typed_is_put_in_front() {
        let (text, mentionees) = place("milk", &[one("TODO", true), one("Alex", false)]);
        assert_eq!(text, "@TODO @Alex milk");
        let places: Vec<_> = mentionees
            .iter()
            .map(|found| (found.index, found.length, found.is_self))
            .collect();
        assert_eq!(places, [(0, 5, Some(true)), (6, 5, Some(false))]);
    }

    #[test]
    fn a_name_that_begins_another_does_not_take_its_place() {
        let (_, mentionees) = place("@Alex and @Al", &[one("Al", false), one("Alex", true)]);
        let places: Vec<_> = mentionees
            .iter()
            .map(|found| (found.index, found.is_self))
            .collect();
        assert_eq!(places, [(0, Some(true)), (10, Some(false))]);
    }

    #[test]
    fn a_message_holds_at_most_twenty_mentions() {
        let (_, mentionees) = place(&"@TODO ".repeat(30), &[one("TODO", true)]);
        assert_eq!(mentionees.len(), 20);
    }
}
