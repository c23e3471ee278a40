//! The table of settings that the documentation shows.

use crate::support::linebot;
use linebot::config::keys::keys;
use linebot::config::reference::reference;

/// The variables of the contract with whoever deploys the bot.
const PROMISED: &[(&str, Option<&str>)] = &[
    ("LINE_CHANNEL_SECRET", None),
    ("LINE_CHANNEL_SECRET_FILE", None),
    ("LINE_CHANNEL_ACCESS_TOKEN", None),
    ("LINE_CHANNEL_ACCESS_TOKEN_FILE", None),
    ("LINE_API_BASE_URL", Some("https://api.line.me")),
    ("LINEBOT_LISTEN", Some("0.0.0.0:5000")),
    ("LINEBOT_METRICS_LISTEN", Some("0.0.0.0:9090")),
    ("DATABASE_URL", None),
    ("DB_HOST", None),
    ("DB_PORT", Some("3306")),
    ("DB_USER", None),
    ("DB_PASSWORD", None),
    ("DB_PASSWORD_FILE", None),
    ("DB_DATABASE", Some("linebot")),
    ("LINEBOT_DRAIN_SECONDS", Some("0")),
    ("LINEBOT_LANGUAGE", Some("ja")),
    ("RUST_LOG", Some("info")),
    ("LINEBOT_LOG_FORMAT", Some("auto")),
    ("OTEL_EXPORTER_OTLP_ENDPOINT", None),
];

#[test]
fn every_promised_variable_is_there_with_its_default() {
    for (variable, default) in PROMISED {
        let key = keys()
            .iter()
            .find(|key| key.variable == *variable)
            .unwrap_or_else(|| panic!("{variable}"));
        assert_eq!(key.default.as_deref(), *default, "{variable}");
    }
}

#[test]
fn one_word_names_a_setting_in_every_place() {
    for key in keys() {
        let word = key.name.to_uppercase();
        assert!(
            key.variable == word || key.variable == format!("LINEBOT_{word}"),
            "{}",
            key.variable
        );
        assert_eq!(key.flag, key.name.replace('_', "-"));
        assert!(
            !key.help.is_empty() && !key.heading.is_empty() && !key.value_name.is_empty(),
            "{}",
            key.name
        );
    }
}

#[test]
fn the_table_has_every_variable_once() {
    let table = reference();
    for key in keys() {
        assert_eq!(
            table.matches(&format!("`{}`", key.variable)).count(),
            1,
            "{}",
            key.variable
        );
    }
    assert_eq!(
        linebot(&["config", "check", "--reference"], &[]).succeeded(),
        table
    );
}
