//! How single values are written.

use http::Uri;
use std::net::{IpAddr, SocketAddr};
use std::num::{NonZeroU16, NonZeroU32, NonZeroU64, NonZeroUsize};
use std::str::FromStr;
use std::time::Duration;
use todo::Language;
use tracing::Level;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::Targets;

/// Whole seconds, a day at the most: keeps every sum of times within range.
pub(super) fn seconds(text: &str) -> Result<Duration, String> {
    seconds_from(0, text)
}

/// The same for what could never be done in no time.
pub(super) fn some_seconds(text: &str) -> Result<Duration, String> {
    seconds_from(1, text)
}

fn seconds_from(least: u64, text: &str) -> Result<Duration, String> {
    const MOST: u64 = 86_400;
    match text.parse() {
        Ok(seconds) if (least..=MOST).contains(&seconds) => Ok(Duration::from_secs(seconds)),
        _ => Err(format!(
            "expected a whole number of seconds from {least} to {MOST}, such as 20"
        )),
    }
}

/// How many there may be of something that takes memory.
pub(super) fn count(text: &str) -> Result<NonZeroUsize, String> {
    limited(text, 1_000_000)
}

/// How many connections to a database: each is a thread or some memory there too.
pub(super) fn connections(text: &str) -> Result<NonZeroU32, String> {
    limited(text, 10_000)
}

/// How much is read of a body: no more than a process may have.
pub(super) fn body_bytes(text: &str) -> Result<NonZeroUsize, String> {
    limited(text, 1024 * 1024 * 1024)
}

/// A port that something listens on.
pub(super) fn port(text: &str) -> Result<NonZeroU16, String> {
    limited(text, u16::MAX.into())
}

/// A number in the words of people; those of Rust's own parser speak of digits and types.
fn limited<N: TryFrom<NonZeroU64>>(text: &str, most: u64) -> Result<N, String> {
    text.parse()
        .ok()
        .filter(|number: &NonZeroU64| number.get() <= most)
        .and_then(|number| N::try_from(number).ok())
        .ok_or_else(|| format!("expected a whole number from 1 to {most}"))
}

/// An address to listen on.
pub(super) fn address(text: &str) -> Result<SocketAddr, String> {
    text.parse().map_err(|_| {
        "expected an IP address and a port, such as 127.0.0.1:5000 or [::1]:5000".to_owned()
    })
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
    if text.contains(['?', '#']) {
        return Err("paths are put behind it: leave out `?` or `#` and what follows".to_owned());
    }
    let trimmed = text.trim_end_matches('/');
    let url: Option<Uri> = trimmed.parse().ok();
    let url = url.filter(|url| matches!(url.scheme_str(), Some("http" | "https")));
    let authority = url.as_ref().and_then(Uri::authority);
    if authority.is_some_and(|authority| authority.as_str().contains('@')) {
        return Err("a user and a password in it are not sent: leave them out".to_owned());
    }
    authority
        .filter(|authority| {
            let host = authority.host();
            !host.is_empty() && (authority.as_str() == host || authority.port_u16().is_some())
        })
        .map(|_| trimmed.to_owned())
        .ok_or_else(|| "expected a URL such as https://host.example".to_owned())
}

/// Whether a URL's host is this machine, by its loopback addresses.
pub(super) fn is_this_machine(url: &str) -> bool {
    let Ok(url) = url.parse::<Uri>() else {
        return false;
    };
    let host = url.host().unwrap_or_default();
    let address: Option<IpAddr> = host
        .trim_start_matches('[')
        .trim_end_matches(']')
        .parse()
        .ok();
    host.eq_ignore_ascii_case("localhost") || address.is_some_and(|address| address.is_loopback())
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

/// The crates of this program, by the names their log lines go by.
const OWN_CRATES: [&str; 9] = [
    "bot",
    "line",
    "linebot",
    "server",
    "simulator",
    "storage",
    "storage_mysql",
    "storage_sqlite",
    "todo",
];

impl FromStr for LogFilter {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let levels: Targets = text
            .parse()
            .map_err(|_| "expected levels such as info or warn,line=debug".to_owned())?;
        // Any word is the name of some module: `infoo` is understood as one, and nothing else is logged.
        match OWN_CRATES.iter().find(|name| !is_heard(&levels, name)) {
            None => Ok(Self(levels)),
            Some(silenced) => Err(format!(
                "not even errors of `{silenced}` would be logged; begin with a level, such as info or warn,line=debug, \
                 or write off"
            )),
        }
    }
}

/// Whether errors of this crate are logged, or left out on purpose.
fn is_heard(levels: &Targets, name: &str) -> bool {
    let off = levels.default_level() == Some(LevelFilter::OFF)
        || levels
            .iter()
            .any(|(target, level)| level == LevelFilter::OFF && name.starts_with(target));
    off || levels.would_enable(name, &Level::ERROR)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    #[test]
    fn a_filter_that_silences_the_bot_by_mistake_is_refused() {
        for mistyped in [
            "infoo",
            "%%%",
            "debug info",
            " info",
            "hyper=debug",
            "linebot=debug",
            "bot[{event}]=info",
            "line=off",
        ] {
            let problem = mistyped.parse::<LogFilter>().unwrap_err();
            assert!(problem.contains("or write off"), "{mistyped}: {problem}");
        }
    }

    #[test]
    fn a_filter_that_lets_errors_through_or_says_off_is_taken() {
        for meant in [
            "info",
            "INFO",
            "error",
            "off",
            "OFF",
            "info,sqlx=debug",
            "sqlx=debug,warn",
            "warn,line=debug",
            "info,line=off,bot=off",
            "off,linebot=info",
        ] {
            meant
                .parse::<LogFilter>()
                .unwrap_or_else(|problem| panic!("{meant}: {problem}"));
        }
    }

    #[test]
    fn a_base_url_is_a_scheme_a_host_and_maybe_a_port_and_a_path() {
        for good in [
            "https://api.line.me",
            "http://127.0.0.1:5901",
            "http://[::1]:80",
            "http://collector:4318/otlp",
        ] {
            assert_eq!(base_url(&format!("{good}/")).as_deref(), Ok(good));
        }
        for bad in [
            "",
            "api.line.me",
            "ftp://host",
            "http://",
            "http://:80",
            "http://host:x",
            "http://host:99999",
            "http://a b",
        ] {
            assert!(base_url(bad).is_err(), "{bad}");
        }
        for longer in [
            "http://host/?x=1",
            "http://host?",
            "http://sim:8080#x",
            "http://host/#",
        ] {
            let problem = base_url(longer).unwrap_err();
            assert!(problem.contains("`?` or `#`"), "{longer}: {problem}");
        }
    }

    #[test]
    fn every_crate_of_the_program_is_asked_about() {
        let crates = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        let mut names: Vec<String> = std::fs::read_dir(crates)
            .unwrap()
            .map(|folder| folder.unwrap().file_name().into_string().unwrap())
            .map(|name| {
                if name == "cli" {
                    "linebot".to_owned()
                } else {
                    name.replace('-', "_")
                }
            })
            .collect();
        names.sort_unstable();
        assert_eq!(names, OWN_CRATES);
    }
}
