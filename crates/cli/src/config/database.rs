//! Which database: from a URL, or from MySQL's parts.

use super::settings::DatabaseSettings;
use secrecy::{ExposeSecret, SecretString};
use std::fmt;
use std::path::{Path, PathBuf};

/// What to write when a database is to be named.
pub(crate) const EXAMPLES: &str = "sqlite:///path/linebot.db or mysql://user:password@host:3306/linebot";

/// A database, understood and not yet opened. Shown without its password.
#[derive(Clone)]
pub enum DatabaseUrl {
    /// A file of this machine.
    Sqlite(PathBuf),
    /// MySQL, MariaDB, or what speaks their protocol.
    Mysql(SecretString),
}

impl DatabaseUrl {
    /// Understands a URL. The error never repeats it: it may hold a password.
    pub fn parse(url: &str) -> Result<Self, String> {
        let Some((scheme, rest)) = url.split_once(':') else {
            return Err(format!("not a URL; write {EXAMPLES}"));
        };
        match scheme {
            "sqlite" => sqlite_path(rest).map(Self::Sqlite),
            "mysql" | "mariadb" => {
                let well_formed = rest.strip_prefix("//").is_some_and(|rest| !rest.is_empty() && !rest.starts_with('/'));
                if well_formed {
                    Ok(Self::Mysql(SecretString::from(format!("mysql:{rest}"))))
                } else {
                    Err("no host; write mysql://user:password@host:3306/linebot".to_owned())
                }
            }
            _ => Err(format!("unknown kind of database `{scheme}`; write {EXAMPLES}")),
        }
    }
}

/// `///absolute/path`, `//relative/path` or just a path.
fn sqlite_path(rest: &str) -> Result<PathBuf, String> {
    let path = rest.strip_prefix("//").unwrap_or(rest);
    if path.is_empty() || path.ends_with('/') || path.contains([':', '?']) {
        return Err("no file named; write sqlite:///path/linebot.db".to_owned());
    }
    Ok(Path::new(path).to_owned())
}

impl fmt::Display for DatabaseUrl {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sqlite(path) => write!(formatter, "sqlite://{}", path.display()),
            Self::Mysql(url) => formatter.write_str(&without_password(url.expose_secret())),
        }
    }
}

impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

/// The URL with `***` for the password. Whatever stands between the scheme and the last `@` is taken to hold one,
/// and nothing behind `?` is shown: better too little than a badly escaped password.
fn without_password(url: &str) -> String {
    let url = url.split_once('?').map_or(url, |(before, _)| before);
    let (scheme, rest) = url.split_once("://").unwrap_or(("mysql", url));
    match rest.rsplit_once('@') {
        None => format!("{scheme}://{rest}"),
        Some((login, place)) => match login.split_once(':') {
            Some((user, _)) => format!("{scheme}://{user}:***@{place}"),
            None => format!("{scheme}://{login}@{place}"),
        },
    }
}

impl DatabaseSettings {
    /// The URL made of MySQL's parts; `None` without a host.
    pub(super) fn from_parts(&self) -> Option<DatabaseUrl> {
        let host = self.db_host.as_deref()?;
        // An IPv6 address stands in brackets in a URL.
        let host = if host.contains(':') && !host.starts_with('[') { format!("[{host}]") } else { host.to_owned() };
        let mut login = escaped(self.db_user.as_deref().unwrap_or_default());
        if let Some(password) = &self.db_password {
            login.push(':');
            login.push_str(&escaped(password.expose_secret()));
        }
        let Self { db_port, db_database, .. } = self;
        let url = format!("mysql://{login}@{host}:{db_port}/{}", escaped(db_database));
        Some(DatabaseUrl::Mysql(SecretString::from(url)))
    }
}

/// Percent-encodes everything that is not unreserved (RFC 3986, 2.3).
fn escaped(text: &str) -> String {
    use fmt::Write;
    text.bytes().fold(String::with_capacity(text.len()), |mut escaped, byte| {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            escaped.push(char::from(byte));
        } else {
            // Writing to a string cannot fail.
            let _ = write!(escaped, "%{byte:02X}");
        }
        escaped
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(url: &str) -> String {
        DatabaseUrl::parse(url).unwrap().to_string()
    }

    #[test]
    fn sqlite_urls_name_a_file() {
        assert_eq!(shown("sqlite:///var/lib/linebot.db"), "sqlite:///var/lib/linebot.db");
        assert!(matches!(DatabaseUrl::parse("sqlite://data/linebot.db"), Ok(DatabaseUrl::Sqlite(path)) if path == Path::new("data/linebot.db")));
        assert!(matches!(DatabaseUrl::parse("sqlite:linebot.db"), Ok(DatabaseUrl::Sqlite(path)) if path == Path::new("linebot.db")));
        for nothing in ["sqlite:", "sqlite://", "sqlite:///", "sqlite:///folder/", "sqlite::memory:", "sqlite:///a.db?mode=rwc"] {
            DatabaseUrl::parse(nothing).unwrap_err();
        }
    }

    #[test]
    fn an_unknown_kind_of_database_is_an_error_that_does_not_repeat_the_url() {
        let error = DatabaseUrl::parse("postgres://user:hunter2@host/db").unwrap_err();
        assert!(error.contains("`postgres`") && error.contains("sqlite:///") && !error.contains("hunter2"), "{error}");
        DatabaseUrl::parse("/var/lib/linebot.db").unwrap_err();
        DatabaseUrl::parse("mysql:///linebot").unwrap_err();
        DatabaseUrl::parse("").unwrap_err();
    }

    #[test]
    fn a_password_is_never_shown_however_it_is_written() {
        for url in ["mysql://u:hunter2@h/db", "mysql://u:p@hunter2@h/db", "mysql://u:hunter2@h/db?x=hunter2", "mysql://u:/hunter2@h/db"] {
            let url = DatabaseUrl::parse(url).unwrap();
            assert!(!format!("{url} {url:?} {url:#?}").contains("hunter2"), "{url}");
        }
        assert_eq!(shown("mysql://linebot:secret@db.example:3306/linebot"), "mysql://linebot:***@db.example:3306/linebot");
    }

    #[test]
    fn parts_are_escaped_into_a_url() {
        let settings = DatabaseSettings {
            database_url: None,
            db_host: Some("::1".to_owned()),
            db_port: std::num::NonZeroU16::new(3307).unwrap(),
            db_user: Some("line bot".to_owned()),
            db_password: Some("p@ss:/wörd%".into()),
            db_database: "linebot".to_owned(),
        };
        let Some(DatabaseUrl::Mysql(url)) = settings.from_parts() else { panic!("a host is named") };
        assert_eq!(url.expose_secret(), "mysql://line%20bot:p%40ss%3A%2Fw%C3%B6rd%25@[::1]:3307/linebot");
    }
}
