//! How to reach the server.

use secrecy::{ExposeSecret, SecretString};
use sqlx::ConnectOptions;
use sqlx::mysql::MySqlConnectOptions;
use std::str::FromStr;

/// Parameters a URL may have. sqlx ignores what it does not know: a misspelt `ssl-mode` would turn encryption off.
const PARAMETERS: [&str; 5] = ["ssl-mode", "ssl-ca", "ssl-cert", "ssl-key", "socket"];

/// Those that name a file.
const FILES: [&str; 3] = ["ssl-ca", "ssl-cert", "ssl-key"];

/// Where the server is and who we are to it. Holds the password, so it cannot be printed.
#[derive(Clone)]
pub struct Options(pub(crate) MySqlConnectOptions);

/// Why a database URL cannot be used. Never contains the URL, which has a password in it.
#[derive(Debug, thiserror::Error)]
#[error("the database URL cannot be used: {0}")]
pub struct InvalidOptions(String);

impl Options {
    /// From `mysql://USER:PASSWORD@HOST:PORT/DATABASE`, with special characters percent-encoded.
    ///
    /// The parameters `ssl-mode` (`DISABLED`, `PREFERRED`, `REQUIRED`, `VERIFY_CA`, `VERIFY_IDENTITY`), `ssl-ca`,
    /// `ssl-cert`, `ssl-key` and `socket` mean what they mean to MySQL's own client, but that `VERIFY_CA` checks the
    /// host's name too: sqlx 0.8.6 looks for an error rustls no longer gives. 0.9.0 does not, and sends with Nagle's algorithm.
    pub fn from_url(url: &SecretString) -> Result<Self, InvalidOptions> {
        let url = url.expose_secret();
        if !(url.starts_with("mysql://") || url.starts_with("mariadb://")) {
            return Err(InvalidOptions("it must start with mysql://".to_owned()));
        }
        check_parameters(url)?;
        let options =
            MySqlConnectOptions::from_str(url).map_err(|error| InvalidOptions(cause(error)))?;
        Self::new(options)
    }

    /// From the parts that Secrets and `ConfigMap`s keep apart. Encrypted when the server offers it.
    pub fn from_parts(
        host: &str,
        port: u16,
        user: &str,
        password: &SecretString,
        database: &str,
    ) -> Result<Self, InvalidOptions> {
        let options = MySqlConnectOptions::new()
            .host(host)
            .port(port)
            .username(user)
            .password(password.expose_secret())
            .database(database);
        Self::new(options)
    }

    fn new(options: MySqlConnectOptions) -> Result<Self, InvalidOptions> {
        if options.get_database().is_none_or(str::is_empty) {
            return Err(InvalidOptions(
                "it must name a database, as in mysql://HOST/linebot".to_owned(),
            ));
        }
        Ok(Self(
            options
                // `session` does this in fewer round trips.
                .pipes_as_concat(false)
                .no_engine_substitution(false)
                .timezone(None)
                .set_names(false)
                // Statements carry no user text, but logging each costs more than sending it.
                .disable_statement_logging(),
        ))
    }
}

/// What is wrong, without what sqlx says in front of it, once and again.
fn cause(mut error: sqlx::Error) -> String {
    while let sqlx::Error::Configuration(inner) = error {
        match inner.downcast::<sqlx::Error>() {
            Ok(wrapped) => error = *wrapped,
            Err(cause) => return cause.to_string(),
        }
    }
    error.to_string()
}

fn check_parameters(url: &str) -> Result<(), InvalidOptions> {
    let Some((place, query)) = url.split_once('?') else {
        return Ok(());
    };
    // `mysql://USER:PASS?WORD`: without a host, what follows may be part of the password too.
    let is_said = place.contains('@')
        || place
            .rsplit_once(':')
            .is_some_and(|(_, host)| host.starts_with("//"));
    // What follows is part of the password then, and not to be repeated.
    if query.contains('@') {
        return Err(InvalidOptions(
            "there is an `@` behind the `?`: special characters in the password, and in what follows the \
             `?`, have to be percent-encoded, `?` as %3F and `@` as %40"
                .to_owned(),
        ));
    }
    let query = query.split('#').next().unwrap_or_default();
    for (name, value) in form_urlencoded::parse(query.as_bytes()) {
        if !PARAMETERS.contains(&&*name) {
            let name = if is_said {
                format!(" `{name}`")
            } else {
                String::new()
            };
            return Err(InvalidOptions(format!(
                "unknown parameter{name}; there are {}",
                PARAMETERS.join(", ")
            )));
        }
        if FILES.contains(&&*name) {
            check_file(&name, &value, is_said)?;
        }
    }
    Ok(())
}

/// sqlx would say that some file is not there, each time it connects.
fn check_file(parameter: &str, path: &str, is_said: bool) -> Result<(), InvalidOptions> {
    // Instead of naming a file, the value may be what stands in one.
    if path.trim_start().starts_with("-----BEGIN") {
        return Ok(());
    }
    std::fs::read(path).map(drop).map_err(|error| {
        let path = if is_said { path } else { "the file" };
        InvalidOptions(format!("cannot read {path}, named by {parameter}: {error}"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(url: &str) -> String {
        match Options::from_url(&url.into()) {
            Ok(_) => panic!("accepted"),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn a_url_with_encryption_is_understood() {
        let authority = tempfile::NamedTempFile::new().unwrap();
        let url = format!(
            "mysql://bot:p%40ss@db.example:3307/linebot?ssl-mode=VERIFY_CA&ssl-ca={}",
            authority.path().display()
        );
        let options = Options::from_url(&url.into()).unwrap().0;
        assert_eq!(options.get_host(), "db.example");
        assert_eq!(options.get_port(), 3307);
        assert_eq!(options.get_username(), "bot");
        assert_eq!(options.get_database(), Some("linebot"));
        assert!(matches!(
            options.get_ssl_mode(),
            sqlx::mysql::MySqlSslMode::VerifyCa
        ));
    }

    #[test]
    fn a_misspelt_parameter_is_refused() {
        assert!(refusal("mysql://bot@db/linebot?sslmod=REQUIRED").contains("sslmod"));
    }

    #[test]
    fn an_unknown_mode_is_refused_in_one_sentence() {
        assert_eq!(
            refusal("mysql://bot@db/linebot?ssl-mode=bogus"),
            "the database URL cannot be used: unknown value \"bogus\" for `ssl_mode`"
        );
    }

    #[test]
    fn a_file_that_cannot_be_read_is_named() {
        for parameter in FILES {
            let url = format!("mysql://bot@db/linebot?{parameter}=%2Fno%20file&ssl-mode=VERIFY_CA");
            let refusal = refusal(&url);
            assert!(
                refusal.contains(&format!(
                    "cannot read /no file, named by {parameter}: No such"
                )),
                "{refusal}"
            );
        }
    }

    #[test]
    fn a_url_without_a_database_is_refused() {
        assert!(refusal("mysql://bot@db").contains("must name a database"));
    }

    #[test]
    fn a_refusal_does_not_repeat_the_password() {
        for url in [
            "mysql://bot:hunter2@db:99999/linebot",
            "postgres://bot:hunter2@db/x",
            "mysql://bot:?hunter2@db/linebot",
            "mysql://bot:?hunter2@db/linebot?ssl-mode=REQUIRED",
            "mysql://bot:x?ssl-ca=hunter2@db/linebot",
            "mysql://bot:x?ssl-mode=hunter2@db/linebot",
            "mysql://bot:x?#hunter2@db/linebot",
            "mysql://bot:x#?hunter2@db/linebot",
            "mysql://bot:x/hunter2@db/linebot",
            "mysql://bot:x#hunter2@db/linebot",
            "mysql://bot:hunter2/linebot",
            "mysql://bot:x?hunter2",
            "mysql://bot:1?hunter2",
            "mysql://bot:1?ssl-ca=hunter2",
        ] {
            let refusal = refusal(url);
            assert!(!refusal.contains("hunter2"), "{refusal}");
        }
    }

    #[test]
    fn a_password_to_encode_is_named_as_the_cause() {
        let refusal = refusal("mysql://bot:hunter?2x@db/linebot");
        assert!(refusal.contains("percent-encoded"), "{refusal}");
        assert!(!refusal.contains("2x"), "{refusal}");
    }
}
