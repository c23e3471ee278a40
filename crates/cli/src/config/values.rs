//! How single values are written.

use std::net::SocketAddr;
use std::str::FromStr;
use std::time::Duration;
use todo::Language;
use tracing_subscriber::filter::Targets;

/// Whole seconds.
pub(super) fn seconds(text: &str) -> Result<Duration, String> {
    text.parse()
        .map(Duration::from_secs)
        .map_err(|_| "expected a whole number of seconds, such as 20".to_owned())
}

/// Whole days, at least one.
pub(super) fn days(text: &str) -> Result<Duration, String> {
    // Ten thousand years: keeps every sum of times within range.
    const MOST: u64 = 3_652_425;
    match text.parse() {
        Ok(days @ 1..=MOST) => Ok(Duration::from_hours(days * 24)),
        _ => Err(format!(
            "expected a whole number of days from 1 to {MOST}, such as 30"
        )),
    }
}

/// A language the bot speaks.
pub(super) fn language(text: &str) -> Result<Language, String> {
    Language::ALL
        .into_iter()
        .find(|language| language.code() == text)
        .ok_or_else(|| {
            let codes = Language::ALL.map(Language::code).join(" or ");
            format!("expected {codes}")
        })
}

/// `http://` or `https://` and a host; without the slash at the end, so that paths can be put behind it.
pub(super) fn base_url(text: &str) -> Result<String, String> {
    let trimmed = text.trim_end_matches('/');
    let host = trimmed
        .strip_prefix("https://")
        .or_else(|| trimmed.strip_prefix("http://"));
    match host {
        Some(host) if !host.is_empty() && !host.contains(char::is_whitespace) => {
            Ok(trimmed.to_owned())
        }
        _ => Err("expected a URL such as https://host.example".to_owned()),
    }
}

/// `http://`, a host and a path.
pub(crate) fn plain_http_url(text: &str) -> Result<String, String> {
    let host = text.strip_prefix("http://").filter(|host| {
        !host.is_empty() && !host.starts_with('/') && !host.contains(char::is_whitespace)
    });
    host.map(|_| text.to_owned())
        .ok_or_else(|| "expected a URL such as http://127.0.0.1:5000/callback".to_owned())
}

/// An address to listen on, or nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ListenAddress(pub Option<SocketAddr>);

impl FromStr for ListenAddress {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text == "off" {
            return Ok(Self(None));
        }
        text.parse()
            .map(|address| Self(Some(address)))
            .map_err(|_| "expected an address such as 0.0.0.0:9090, or off".to_owned())
    }
}

/// How logs are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum LogFormat {
    /// As text on a terminal, as JSON elsewhere.
    Auto,
    /// One JSON object a line.
    Json,
    /// For people.
    Text,
}

/// Which log lines are written: a level, or levels by module.
#[derive(Clone, Debug, PartialEq)]
pub struct LogFilter(pub Targets);

impl FromStr for LogFilter {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        text.parse()
            .map(Self)
            .map_err(|_| "expected levels such as info or warn,line=debug".to_owned())
    }
}
