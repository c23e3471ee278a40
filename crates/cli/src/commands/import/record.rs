//! A line of an export.

use serde::de::IgnoredAny;
use serde_json::error::Category;
use storage::ConversationRecord;

/// Longer names of keys than this are not keys of an export written wrong.
const MOST_KEY_BYTES: usize = 64;

/// Reads a line. The error never quotes values: they hold what people wrote.
pub(super) fn read(line: &str) -> Result<ConversationRecord, String> {
    let mut json = serde_json::Deserializer::from_str(line);
    let record: ConversationRecord =
        serde_path_to_error::deserialize(&mut json).map_err(|error| {
            let misfit = || misfit(&error.path().to_string(), &error.inner().to_string());
            is_json(line).err().unwrap_or_else(misfit)
        })?;
    json.end().map_err(|error| not_json(&error))?;
    record.check().map_err(|error| error.to_string())?;
    Ok(record)
}

fn is_json(line: &str) -> Result<(), String> {
    serde_json::from_str::<IgnoredAny>(line)
        .map(drop)
        .map_err(|error| not_json(&error))
}

fn not_json(error: &serde_json::Error) -> String {
    let what = match error.classify() {
        Category::Eof => "it is cut short",
        Category::Syntax | Category::Io | Category::Data => "it is not JSON",
    };
    format!("{what} (column {})", error.column())
}

/// What does not fit, in our words: the parser's quote values.
fn misfit(path: &str, parser_says: &str) -> String {
    let named = |start: &str| {
        let (key, _) = parser_says.strip_prefix(start)?.split_once('`')?;
        (key.len() <= MOST_KEY_BYTES).then_some(key)
    };
    let is_root = path == ".";
    let it = if is_root {
        "it".to_owned()
    } else {
        format!("`{path}`")
    };
    if let Some(key) = named("missing field `") {
        return format!("{it} lacks the key `{key}`");
    }
    if let Some(key) = named("duplicate field `") {
        return format!("the key `{key}` is there twice");
    }
    if let Some(key) = named("unknown field `") {
        return format!("an export has no key `{key}`");
    }
    if is_root {
        return "it is not an object with keys that an export has".to_owned();
    }
    format!("the value of {it} is not what an export has there")
}
