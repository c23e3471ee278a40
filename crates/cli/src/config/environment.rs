//! The environment as the program found it, and a check for misspelt variables.

use super::ConfigError;
use super::keys::keys;
use super::suggest::did_you_mean;
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fmt;

/// The prefix that is ours alone: an unknown variable with it is a mistake.
const PREFIX: &str = "LINEBOT_";

/// Variables of the test suite, which may be set in a shell that also runs the program.
const TEST_PREFIX: &str = "LINEBOT_TEST_";

/// The environment, taken once so that tests can bring their own. Shows names only: a value may be a secret.
#[derive(Clone, Default)]
pub struct Environment(BTreeMap<String, OsString>);

impl Environment {
    /// That of this process.
    pub fn of_process() -> Self {
        // A name that is not Unicode is none of ours.
        Self(
            std::env::vars_os()
                .filter_map(|(name, value)| Some((name.into_string().ok()?, value)))
                .collect(),
        )
    }

    /// The value of a variable. An empty one counts as not set: that is how Compose files pass on what is missing.
    pub(super) fn get(&self, name: &str) -> Result<Option<&str>, ConfigError> {
        match self.0.get(name) {
            None => Ok(None),
            Some(value) => match value.to_str() {
                Some("") => Ok(None),
                Some(value) => Ok(Some(value)),
                None => Err(ConfigError::usage(format!("{name} is not valid UTF-8"))),
            },
        }
    }

    /// Refuses variables that start with `LINEBOT_` and name no setting.
    pub(super) fn refuse_unknown(&self) -> Result<(), ConfigError> {
        let known = || keys().iter().map(|key| key.variable.as_str());
        for (name, value) in &self.0 {
            let ours = name.starts_with(PREFIX) && !name.starts_with(TEST_PREFIX);
            if ours
                && !is_service_link(name, &value.to_string_lossy())
                && !known().any(|variable| variable == name)
            {
                let suggestion = did_you_mean(name, known());
                return Err(
                    ConfigError::usage(format!("unknown variable {name}{suggestion}"))
                        .hint("`linebot config check --reference` lists every variable"),
                );
            }
        }
        Ok(())
    }
}

/// Kubernetes gives every container variables about every Service of its namespace, `LINEBOT_NGINX_SERVICE_HOST` among
/// them (<https://kubernetes.io/docs/concepts/services-networking/service/#environment-variables>). They are not
/// spelling mistakes.
fn is_service_link(name: &str, value: &str) -> bool {
    let about_a_port = name.split_once("_PORT_").is_some_and(|(_, rest)| {
        let mut parts = rest.split('_');
        let number = parts.next().is_some_and(|port| port.parse::<u16>().is_ok());
        number
            && parts
                .next()
                .is_some_and(|protocol| ["TCP", "UDP", "SCTP"].contains(&protocol))
    });
    about_a_port
        || name.ends_with("_SERVICE_HOST")
        || name.ends_with("_SERVICE_PORT")
        || name.contains("_SERVICE_PORT_")
        || (name.ends_with("_PORT") && value.contains("://"))
}

impl fmt::Debug for Environment {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_set().entries(self.0.keys()).finish()
    }
}

impl<N: Into<String>, V: Into<OsString>> FromIterator<(N, V)> for Environment {
    fn from_iter<I: IntoIterator<Item = (N, V)>>(variables: I) -> Self {
        Self(
            variables
                .into_iter()
                .map(|(name, value)| (name.into(), value.into()))
                .collect(),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(name: &str, value: &str) -> Result<(), ConfigError> {
        Environment::from_iter([(name, value)]).refuse_unknown()
    }

    #[test]
    fn a_misspelt_variable_is_refused_with_the_right_one() {
        let error = check("LINEBOT_DRAIN_SECOND", "5").unwrap_err().to_string();
        assert!(
            error.contains("LINEBOT_DRAIN_SECOND")
                && error.contains("did you mean LINEBOT_DRAIN_SECONDS?"),
            "{error}"
        );
    }

    #[test]
    fn variables_of_others_and_known_ones_pass() {
        for (name, value) in [
            ("PATH", "/bin"),
            ("LINE_SOMETHING", "x"),
            ("LINEBOT_LISTEN", "x"),
            ("LINEBOT_TEST_MYSQL_URL", "x"),
            ("LINEBOT_CONFIG", "x"),
        ] {
            check(name, value).unwrap();
        }
    }

    #[test]
    fn what_kubernetes_says_about_the_service_linebot_nginx_passes() {
        for (name, value) in [
            ("LINEBOT_NGINX_SERVICE_HOST", "10.96.0.10"),
            ("LINEBOT_NGINX_SERVICE_PORT", "80"),
            ("LINEBOT_NGINX_SERVICE_PORT_HTTP", "80"),
            ("LINEBOT_NGINX_PORT", "tcp://10.96.0.10:80"),
            ("LINEBOT_NGINX_PORT_80_TCP", "tcp://10.96.0.10:80"),
            ("LINEBOT_NGINX_PORT_80_TCP_PROTO", "tcp"),
            ("LINEBOT_NGINX_PORT_80_TCP_PORT", "80"),
            ("LINEBOT_NGINX_PORT_80_TCP_ADDR", "10.96.0.10"),
        ] {
            check(name, value).unwrap_or_else(|error| panic!("{name}: {error}"));
        }
        check("LINEBOT_PORT", "5000").unwrap_err();
    }
}
