//! The table of all settings, for the documentation: `linebot config check --reference` prints it, and a test compares
//! the README with it.

use super::keys::keys;
use std::fmt::Write;

/// Every setting as Markdown, one table a group.
pub fn reference() -> String {
    let mut text = String::new();
    let mut heading = "";
    for key in keys().iter().filter(|key| key.twin_of.is_none()) {
        // Writing to a string cannot fail.
        if heading != key.heading {
            heading = &key.heading;
            let _ = write!(
                text,
                "{}**{heading}**\n\n| variable | flag | meaning | default |\n|---|---|---|---|\n",
                if text.is_empty() { "" } else { "\n" }
            );
        }
        let twin = key
            .twin()
            .map(|twin| format!(", `{}`", twin.variable))
            .unwrap_or_default();
        let default = key
            .default
            .as_deref()
            .map_or_else(|| "–".to_owned(), |default| format!("`{default}`"));
        let _ = writeln!(
            text,
            "| `{}`{twin} | `--{} {}` | {} | {default} |",
            key.variable,
            key.flag,
            key.value_name,
            key.help.replace('|', "\\|")
        );
    }
    text
}
