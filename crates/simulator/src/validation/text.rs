use serde_json::Value;

use super::fields::{ANY_LENGTH, Fields, Length};

/// <https://developers.line.biz/en/reference/messaging-api/#text-message>
const LONGEST: Length = Length::Utf16(5_000);
/// In one message, of mentions and of emoji.
const MOST: usize = 20;

pub(super) fn text(fields: &mut Fields<'_>) {
    fields.required_text("text", LONGEST);
    fields.optional_text("quoteToken", ANY_LENGTH);
    if fields.get("emojis").is_some() {
        fields.items("emojis", 0..=MOST, |one| {
            one.integer("index", 0..=5_000);
            emoji(one);
        });
    }
}

fn emoji(fields: &mut Fields<'_>) {
    fields.required_text("productId", ANY_LENGTH);
    fields.required_text("emojiId", ANY_LENGTH);
}

fn mention(fields: &mut Fields<'_>) {
    if let Some(mut mentionee) = fields.required_object("mentionee")
        && mentionee.one_of("type", &["user", "all"]) == Some("user")
    {
        mentionee.required_text("userId", ANY_LENGTH);
    }
}

/// <https://developers.line.biz/en/reference/messaging-api/#text-message-v2>
pub(super) fn text_v2(fields: &mut Fields<'_>) {
    fields.required_text("text", LONGEST);
    fields.optional_text("quoteToken", ANY_LENGTH);
    let keys = substitutions(fields);
    let text = fields
        .get("text")
        .and_then(Value::as_str)
        .unwrap_or_default();
    match placeholders(text) {
        None => fields.problem("text", "The braces in the text do not match"),
        Some(used) => {
            for key in used
                .into_iter()
                .filter(|key| !keys.iter().any(|known| known == key))
            {
                fields.problem(
                    "text",
                    format!("The key, {key}, is not in the substitution"),
                );
            }
        }
    }
}

/// Checks the substitutions of a message; gives their keys.
fn substitutions(fields: &mut Fields<'_>) -> Vec<String> {
    let Some(mut substitution) = fields.object("substitution") else {
        return Vec::new();
    };
    let (mut mentions, mut emojis) = (0, 0);
    let keys: Vec<String> = substitution.entries().keys().cloned().collect();
    for (at, key) in keys.iter().enumerate() {
        let well_formed = (1..=20).contains(&key.len())
            && key.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
        if !well_formed || at >= 100 {
            substitution.problem(key, "Invalid key");
        }
        let Some(mut one) = substitution.object(key) else {
            continue;
        };
        match one.one_of("type", &["mention", "emoji"]) {
            Some("mention") => {
                mentions += 1;
                mention(&mut one);
            }
            Some("emoji") => {
                emojis += 1;
                emoji(&mut one);
            }
            _ => {}
        }
    }
    for (count, what) in [(mentions, "mentions"), (emojis, "emoji")] {
        if count > MOST {
            fields.problem("substitution", format!("At most {MOST} {what} are allowed"));
        }
    }
    keys
}

/// The keys in single braces; none when the braces do not match. Doubled braces stand for themselves.
fn placeholders(text: &str) -> Option<Vec<&str>> {
    let mut keys = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find(['{', '}']) {
        let from = rest.get(at..)?;
        rest = if let Some(after) = from.strip_prefix("{{").or_else(|| from.strip_prefix("}}")) {
            after
        } else {
            let (key, after) = from.strip_prefix('{')?.split_once('}')?;
            keys.push(key);
            after
        };
    }
    Some(keys)
}

#[cfg(test)]
mod tests {
    use serde_json::{Map, json};

    use super::super::tests::{problem_of, problems};
    use super::*;

    #[test]
    fn placeholders_need_their_substitution() {
        let bot = json!({ "type": "mention", "mentionee": { "type": "all" } });
        let text =
            |text: &str| json!({ "type": "textV2", "text": text, "substitution": { "who": bot } });
        assert!(problems(&json!([text("Hi {who} {{not a key}}")])).is_empty());
        assert_eq!(problem_of(&text("Hi {nobody}")).0, "messages[0].text");
        assert_eq!(problem_of(&text("Hi {who")).0, "messages[0].text");
    }

    #[test]
    fn a_substitution_is_whole() {
        let text =
            |one: Value| json!({ "type": "textV2", "text": "{a}", "substitution": { "a": one } });
        let emoji = json!({ "type": "emoji", "productId": "5ac1", "emojiId": "001" });
        assert!(problems(&json!([text(emoji)])).is_empty());
        for (broken, missing) in [
            (json!({ "type": "emoji", "emojiId": "001" }), "productId"),
            (json!({ "type": "emoji", "productId": "5ac1" }), "emojiId"),
            (json!({ "type": "mention" }), "mentionee"),
        ] {
            assert_eq!(
                problem_of(&text(broken)).0,
                format!("messages[0].substitution.a.{missing}")
            );
        }
    }

    #[test]
    fn at_most_twenty_mentions_and_twenty_emoji_are_substituted() {
        let everyone = json!({ "type": "mention", "mentionee": { "type": "all" } });
        let emoji = json!({ "type": "emoji", "productId": "5ac1", "emojiId": "001" });
        let text = |mentions: usize, emojis: usize| {
            let mentions = (0..mentions).map(|at| (format!("m{at}"), everyone.clone()));
            let emojis = (0..emojis).map(|at| (format!("e{at}"), emoji.clone()));
            let substitution: Map<_, _> = mentions.chain(emojis).collect();
            json!({ "type": "textV2", "text": "a", "substitution": substitution })
        };
        assert!(problems(&json!([text(20, 20)])).is_empty());
        for (mentions, emojis) in [(21, 0), (0, 21)] {
            assert_eq!(
                problem_of(&text(mentions, emojis)).0,
                "messages[0].substitution"
            );
        }
    }

    #[test]
    fn the_place_of_an_emoji_is_a_whole_number() {
        let text = |index: Value| {
            let emoji = json!({ "index": index, "productId": "5ac1", "emojiId": "001" });
            json!({ "type": "text", "text": "$", "emojis": [emoji] })
        };
        assert!(problems(&json!([text(json!(0))])).is_empty());
        for wrong in [json!(0.5), json!("0")] {
            assert_eq!(
                problem_of(&text(wrong)),
                ("messages[0].emojis[0].index".into(), "type".into())
            );
        }
        assert_eq!(
            problem_of(&text(json!(-1))).0,
            "messages[0].emojis[0].index"
        );
    }
}
