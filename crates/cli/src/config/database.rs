//! Which database: from a URL, or from MySQL's parts.

use super::settings::DatabaseSettings;
use secrecy::{ExposeSecret, SecretString};
use std::fmt;
use std::net::IpAddr;
use std::path::{Path, PathBuf};

/// What to write when a database is to be named.
pub(crate) const EXAMPLES: &str =
    "sqlite:///path/linebot.db or mysql://user:password@host:3306/linebot";

/// A database, understood and not yet opened. Shown without its password.
#[derive(Clone)]
pub enum Database {
    /// A file of this machine.
    Sqlite(PathBuf),
    /// MySQL, MariaDB, or what speaks their protocol, by URL.
    MysqlUrl(SecretString),
    /// The same, by parts.
    MysqlParts {
        /// Name or address.
        host: String,
        /// Its port.
        port: u16,
        /// Who we are to it.
        user: String,
        /// May be empty.
        password: SecretString,
        /// The database on it.
        database: String,
    },
}

impl Database {
    /// Understands a URL. The error never repeats it: it may hold a password.
    pub fn parse(url: &str) -> Result<Self, String> {
        let Some((scheme, rest)) = url.split_once(':') else {
            return Err(format!("not a URL; write {EXAMPLES}"));
        };
        match scheme {
            "sqlite" => sqlite_path(rest).map(Self::Sqlite),
            "mysql" | "mariadb" => Ok(Self::MysqlUrl(SecretString::from(url))),
            _ if rest.starts_with("//") && is_scheme(scheme) => Err(format!(
                "unknown kind of database `{scheme}`; write {EXAMPLES}"
            )),
            // Without a scheme, what stands before the first `:` may be a password.
            _ => Err(format!("not a URL; write {EXAMPLES}")),
        }
    }
}

/// `///absolute/path`, `//relative/path` or just a path.
fn sqlite_path(rest: &str) -> Result<PathBuf, String> {
    let path = rest.strip_prefix("//").unwrap_or(rest);
    let problem = match path {
        ":memory:" => "a database in memory would be lost at the end",
        _ if path.contains('?') => {
            "an SQLite URL has no parameters: leave out the `?` and what follows it"
        }
        _ if path.contains(':') => "a `:` cannot stand in the path",
        _ if path.is_empty() || path.ends_with('/') => "no file named",
        _ => return Ok(Path::new(path).to_owned()),
    };
    Err(format!("{problem}; write sqlite:///path/linebot.db"))
}

/// A host by itself: with a port or as a URL it would be looked up as a name and never be found.
pub(super) fn host(text: &str) -> Result<String, String> {
    let is_address = text.parse::<IpAddr>().is_ok();
    let has_more = text.contains(|letter: char| {
        matches!(letter, ':' | '/' | '@' | '[' | ']') || letter.is_whitespace()
    });
    if has_more && !is_address {
        return Err("expected a name or an address; its port stands in DB_PORT".to_owned());
    }
    Ok(text.to_owned())
}

impl fmt::Display for Database {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sqlite(path) => write!(formatter, "sqlite://{}", path.display()),
            Self::MysqlUrl(url) => formatter.write_str(&without_password(url.expose_secret())),
            Self::MysqlParts {
                host,
                port,
                user,
                database,
                ..
            } => write!(formatter, "mysql://{user}:***@{host}:{port}/{database}"),
        }
    }
}

impl fmt::Debug for Database {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

/// What the parameter `ssl-mode` may be.
const SSL_MODES: [&str; 5] = [
    "DISABLED",
    "PREFERRED",
    "REQUIRED",
    "VERIFY_CA",
    "VERIFY_IDENTITY",
];

/// The URL with `***` for the password, which may be badly escaped: whatever stands before the last `@` is taken to hold
/// one, without an `@` whatever follows the first `:`, and of what is behind `?` only `ssl-mode` is shown.
fn without_password(url: &str) -> String {
    let (scheme, rest) = url.split_once(':').unwrap_or(("mysql", url));
    let rest = rest.trim_start_matches('/');
    let mut shown = format!("{scheme}://");
    match (rest.rsplit_once('@'), rest.split_once(':')) {
        (Some((login, place)), _) => {
            let (user, password) = login
                .split_once(':')
                .map_or((login, ""), |(user, _)| (user, ":***"));
            shown += if is_plain(user) { user } else { "***" };
            shown += password;
            shown.push('@');
            shown += before_parameters(place);
        }
        // A host and its port, or a user and a password.
        (None, Some((first, _))) => {
            shown += if is_plain(first) { first } else { "***" };
            shown += ":***";
        }
        (None, None) => shown += before_parameters(rest),
    }
    let parameters = rest
        .rsplit_once('?')
        .map_or("", |(_, parameters)| parameters);
    let mode = parameters
        .split('&')
        .find_map(|parameter| parameter.strip_prefix("ssl-mode="))
        .and_then(|mode| SSL_MODES.iter().find(|known| **known == mode));
    if let Some(mode) = mode {
        shown += "?ssl-mode=";
        shown += mode;
    }
    shown
}

fn is_scheme(text: &str) -> bool {
    text.bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.'))
}

/// Whether nothing in a name stands for something else: `%3A` is the `:` before a password.
fn is_plain(name: &str) -> bool {
    name.chars()
        .all(|letter| letter.is_alphanumeric() || matches!(letter, '_' | '-' | '.'))
}

fn before_parameters(place: &str) -> &str {
    place.split(['?', '#']).next().unwrap_or_default()
}

impl DatabaseSettings {
    /// What MySQL's parts name; nothing without a host.
    pub(super) fn parts(&self) -> Option<Database> {
        Some(Database::MysqlParts {
            host: self.db_host.clone()?,
            port: self.db_port.get(),
            user: self.db_user.clone().unwrap_or_default(),
            password: self.db_password.clone().unwrap_or_default(),
            database: self.db_database.clone(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(url: &str) -> String {
        Database::parse(url).unwrap().to_string()
    }

    #[test]
    fn sqlite_urls_name_a_file() {
        assert_eq!(
            shown("sqlite:///var/lib/linebot.db"),
            "sqlite:///var/lib/linebot.db"
        );
        assert!(
            matches!(Database::parse("sqlite://data/linebot.db"), Ok(Database::Sqlite(path)) if path == Path::new("data/linebot.db"))
        );
        assert!(
            matches!(Database::parse("sqlite:linebot.db"), Ok(Database::Sqlite(path)) if path == Path::new("linebot.db"))
        );
        for nothing in [
            "sqlite:",
            "sqlite://",
            "sqlite:///",
            "sqlite:///folder/",
            "sqlite::memory:",
            "sqlite:///a.db?mode=rwc",
        ] {
            Database::parse(nothing).unwrap_err();
        }
        let refused = |url| Database::parse(url).unwrap_err();
        assert!(refused("sqlite:///a.db?mode=rwc").contains("parameters"));
        assert!(refused("sqlite::memory:").contains("in memory"));
    }

    #[test]
    fn an_unknown_kind_of_database_is_an_error_that_does_not_repeat_the_url() {
        let error = Database::parse("postgres://user:hunter2@host/db").unwrap_err();
        assert!(
            error.contains("`postgres`")
                && error.contains("sqlite:///")
                && !error.contains("hunter2"),
            "{error}"
        );
        Database::parse("/var/lib/linebot.db").unwrap_err();
        Database::parse("").unwrap_err();
    }

    #[test]
    fn a_password_is_never_shown_however_it_is_written() {
        for url in [
            "mysql://u:hunter2@h/db",
            "mysql://u:p@hunter2@h/db",
            "mysql://u:hunter2@h/db?x=hunter2",
            "mysql://u:/hunter2@h/db",
            "mysql://u:x@h/db?ssl-mode=hunter2",
            // Not escaped.
            "mysql://u:hunter?hunter2@h/db",
            "mysql://u:hunter2?2x@h/db",
            "mysql://u:x#hunter2@h/db",
            "mysql://u:x/hunter2@h/db",
            "mysql://u:x@y?hunter2@h/db",
            "mysql://u%3Ahunter2@h/db",
            "mysql://u/hunter2@h/db",
            // The host forgotten, or the slashes.
            "mysql://u:hunter2/db",
            "mysql://u:hunter2",
            "mysql://u:hunter2?ssl-mode=REQUIRED",
            "mysql://u:x?hunter2",
            "mysql://u:x/hunter2",
            "mysql:u:hunter2@h/db",
            "mysql:u:x://hunter2@h/db",
            "mysql:u:hunter2://x@h/db",
            "mysql:/u:hunter2",
        ] {
            let url = Database::parse(url).unwrap();
            assert!(
                !format!("{url} {url:?} {url:#?}").contains("hunter2"),
                "{url}"
            );
        }
        assert_eq!(
            shown("mysql://linebot:secret@db.example:3306/linebot"),
            "mysql://linebot:***@db.example:3306/linebot"
        );
        assert_eq!(
            shown("mysql://linebot:secret@db/linebot?ssl-ca=hunter2&ssl-mode=VERIFY_CA"),
            "mysql://linebot:***@db/linebot?ssl-mode=VERIFY_CA"
        );
        assert_eq!(shown("mysql://bot@db/linebot"), "mysql://bot@db/linebot");
        assert_eq!(shown("mysql://db/linebot"), "mysql://db/linebot");
        assert_eq!(shown("mysql://u:hunter2/db"), "mysql://u:***");
        assert_eq!(
            shown("mysql://u:hunter2?ssl-mode=REQUIRED"),
            "mysql://u:***?ssl-mode=REQUIRED"
        );
    }
}
