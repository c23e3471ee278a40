use serde_json::Value;

use super::fields::{ANY_LENGTH, Fields, Length};

/// <https://developers.line.biz/en/reference/messaging-api/#text-message>
const LONGEST: Length = Length::Utf16(5_000);

pub(super) fn text(fields: &mut Fields<'_>) {
    fields.required_text("text", LONGEST);
    fields.optional_text("quoteToken", ANY_LENGTH);
    if fields.get("emojis").is_some() {
        fields.items("emojis", 0..=20, |emoji| {
            emoji.number("index", 0.0..=5_000.0);
            emoji.required_text("productId", ANY_LENGTH);
            emoji.required_text("emojiId", ANY_LENGTH);
        });
    }
}

/// <https://developers.line.biz/en/reference/messaging-api/#text-message-v2>
pub(super) fn text_v2(fields: &mut Fields<'_>) {
    fields.required_text("text", LONGEST);
    fields.optional_text("quoteToken", ANY_LENGTH);
    let keys: Vec<String> = match fields.object("substitution") {
        None => Vec::new(),
        Some(mut substitution) => substitutions(&mut substitution),
    };
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

fn substitutions(substitution: &mut Fields<'_>) -> Vec<String> {
    let keys: Vec<String> = substitution.entries().keys().cloned().collect();
    for (at, key) in keys.iter().enumerate() {
        let well_formed = (1..=20).contains(&key.len())
            && key.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
        if !well_formed || at >= 100 {
            substitution.problem(key, "Invalid key");
        }
        if let Some(mut one) = substitution.object(key)
            && one.one_of("type", &["mention", "emoji"]) == Some("mention")
            && let Some(mut mentionee) = one.required_object("mentionee")
            && mentionee.one_of("type", &["user", "all"]) == Some("user")
        {
            mentionee.required_text("userId", ANY_LENGTH);
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
