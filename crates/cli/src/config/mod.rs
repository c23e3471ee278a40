//! Configuration: flags, environment and file, in that order of precedence, from one declaration.
//!
//! | module | what it holds |
//! |---|---|
//! | [`settings`] | every setting, declared once |
//! | [`keys`] | the declaration as a list |
//! | [`flags`], [`environment`], `file` | the three places a value can stand, each refusing what it does not know |
//! | [`layers`] | which place wins, and the files that secrets are read from |
//! | `notes` | what the operator should know |
//! | [`database`], [`values`] | how values are written |
//! | [`reference`](mod@reference) | the table for the documentation |

pub mod database;
pub mod environment;
mod file;
pub mod flags;
pub mod keys;
pub mod layers;
mod legacy;
mod notes;
pub mod reference;
pub mod settings;
mod suggest;
pub mod values;

pub use database::Database;
pub use environment::Environment;
pub use flags::{Flags, Given};
pub use settings::Settings;

use crate::failure::Failure;
use clap::FromArgMatches;
use clap::builder::Resettable;
use clap::error::{ContextKind, ContextValue};
use file::ConfigFile;
use keys::Key;
use layers::{Layer, Layers, Value};
use std::error::Error;
use std::path::Path;

/// The settings in effect, and where each came from.
#[derive(Clone, Debug)]
pub struct Configuration {
    /// The values; the defaults of settings the command does not have.
    pub settings: Settings,
    /// The database they name, if they name one.
    pub database: Option<Database>,
    /// Every setting that has a value, in the order of the declaration.
    pub effective: Vec<Effective>,
    /// What the operator should know: old names, values that have no effect.
    pub notes: Vec<String>,
    sources: Sources,
}

/// What a configuration was put together from, so that it can be done again.
#[derive(Clone, Debug)]
struct Sources {
    flags: Given,
    environment: Environment,
}

/// A setting that has a value, fit to be shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Effective {
    /// The setting's name in a configuration file.
    pub name: &'static str,
    /// The value; hidden for secrets.
    pub value: String,
    /// Where it came from, in words.
    pub origin: String,
    /// Whether anyone set it.
    pub is_default: bool,
}

/// What is wrong with the configuration. Exit code 2.
pub type ConfigError = Failure;

/// Puts together flags, environment and file, for the settings of the command that took the flags.
pub fn load(flags: Given, environment: Environment) -> Result<Configuration, ConfigError> {
    environment.refuse_unknown()?;
    let mut layers = Layers {
        flags: &flags,
        environment: &environment,
        file: None,
    };
    let named = keys::keys().iter().find(|key| key.name == "config");
    if let Some(value) = named.map(|key| layers.value_of(key)).transpose()?.flatten() {
        layers.file = Some(ConfigFile::read(Path::new(&value.text))?);
    }
    let mut values = Vec::new();
    let own = |key: &&Key| key.twin_of.is_none() && flags.concerns(&key.name);
    for key in keys::keys().iter().filter(own) {
        if let Some(value) = layers.value_of(key)? {
            values.push((key, value));
        }
    }
    let settings = parse(&values)?;
    let (database, mut notes) = choose_database(&settings, &values);
    notes.extend(notes::on_overruled_secrets(&values));
    notes.extend(notes::on_old_names(&values, &environment)?);
    let effective = values
        .iter()
        .map(|(key, value)| Effective::of(key, value))
        .collect();
    notes.extend(notes::on_plain_http(&settings));
    Ok(Configuration {
        settings,
        database,
        effective,
        notes,
        sources: Sources { flags, environment },
    })
}

/// Turns the values into the struct, with clap's parser for every field.
fn parse(values: &[(&'static Key, Value)]) -> Result<Settings, ConfigError> {
    let mut declaration =
        keys::declaration::<Settings>().mut_args(|arg| arg.env(Resettable::Reset));
    let arguments = values
        .iter()
        .map(|(key, value)| format!("--{}={}", key.flag, value.text));
    declaration
        .try_get_matches_from_mut(arguments)
        .and_then(|matches| Settings::from_arg_matches(&matches))
        .map_err(|error| invalid(&error, &declaration, values))
}

/// Says which value is wrong, where it stands and why. A secret is not repeated.
fn invalid(
    error: &clap::Error,
    declaration: &clap::Command,
    values: &[(&'static Key, Value)],
) -> ConfigError {
    let argument = match error.get(ContextKind::InvalidArg) {
        Some(ContextValue::String(argument)) => declaration
            .get_arguments()
            .find(|arg| arg.to_string() == *argument),
        _ => None,
    };
    let found = argument.and_then(|arg| {
        values
            .iter()
            .find(|(key, _)| arg.get_id() == key.name.as_str())
    });
    let Some((key, value)) = found else {
        return ConfigError::usage(error.to_string());
    };
    let cause = match (error.source(), error.get(ContextKind::ValidValue)) {
        (Some(cause), _) => cause.to_string(),
        (None, Some(ContextValue::Strings(valid))) => format!("expected {}", valid.join(", ")),
        (None, _) => "not valid".to_owned(),
    };
    let origin = value.origin();
    if key.secret || may_hold_password(&value.text) {
        ConfigError::usage(format!(
            "invalid value for `{}` (from {origin}): {cause}",
            key.name
        ))
    } else {
        ConfigError::usage(format!(
            "invalid value `{}` for `{}` (from {origin}): {cause}",
            value.text, key.name
        ))
    }
}

/// Whether it is a URL with a user, or that of a database.
fn may_hold_password(text: &str) -> bool {
    text.contains('@') || text.contains("mysql:") || text.contains("mariadb:")
}

/// The URL or the parts, whichever stands in the stronger layer; in the same one, the URL.
fn choose_database(
    settings: &Settings,
    values: &[(&'static Key, Value)],
) -> (Option<Database>, Vec<String>) {
    let layer = |name: &str| {
        values
            .iter()
            .find(|(key, _)| key.name == name)
            .map(|(_, value)| &value.layer)
    };
    let url = settings.database.database_url.clone();
    let parts = settings.database.parts();
    match (url, parts) {
        (Some(url), Some(parts)) => {
            let rank = |name| layer(name).map_or(Layer::Default.rank(), Layer::rank);
            if rank("db_host") < rank("database_url") {
                (
                    Some(parts),
                    vec![
                        "DATABASE_URL has no effect: DB_HOST stands in a stronger place".to_owned(),
                    ],
                )
            } else {
                (
                    Some(url),
                    vec![
                        "DB_HOST and its companions have no effect: DATABASE_URL is set".to_owned(),
                    ],
                )
            }
        }
        (url, parts) => (url.or(parts), Vec::new()),
    }
}

impl Effective {
    fn of(key: &'static Key, value: &Value) -> Self {
        let shown = match key.name.as_str() {
            "database_url" => Database::parse(&value.text)
                .map_or_else(|_| "(hidden)".to_owned(), |url| url.to_string()),
            _ if key.secret => "(hidden)".to_owned(),
            _ => value.text.clone(),
        };
        Self {
            name: &key.name,
            value: shown,
            origin: value.origin(),
            is_default: value.layer == Layer::Default,
        }
    }
}

impl Configuration {
    /// Reads the same flags and environment, and the files they name as they are now.
    pub fn read_again(&self) -> Result<Self, ConfigError> {
        let Sources { flags, environment } = self.sources.clone();
        load(flags, environment)
    }

    /// Whether anyone set this, so that the default is not in force.
    pub fn is_set(&self, name: &str) -> bool {
        self.effective
            .iter()
            .any(|effective| effective.name == name && !effective.is_default)
    }

    /// What the LINE channel lacks, as the names to set.
    pub fn missing_of_channel(&self) -> Vec<&'static str> {
        let channel = &self.settings.channel;
        let mut missing = Vec::new();
        if channel.secrets().is_empty() {
            missing.push("LINE_CHANNEL_SECRET");
        }
        if channel.line_channel_access_token.is_none() && channel.line_channel_id.is_none() {
            missing.push("LINE_CHANNEL_ACCESS_TOKEN (or LINE_CHANNEL_ID)");
        }
        missing
    }

    /// What it takes to name a database. A user may have no password.
    pub fn missing_of_database(&self) -> Vec<&'static str> {
        let settings = &self.settings.database;
        let (host, user) = (settings.db_host.is_some(), settings.db_user.is_some());
        match &self.database {
            Some(Database::Sqlite(_) | Database::MysqlUrl(_)) => Vec::new(),
            None if !host && !user && settings.db_password.is_none() => {
                vec!["DATABASE_URL (or DB_HOST, DB_USER, DB_PASSWORD, DB_DATABASE)"]
            }
            _ => [("DB_HOST", host), ("DB_USER", user)]
                .into_iter()
                .filter(|(_, is_set)| !is_set)
                .map(|(name, _)| name)
                .collect(),
        }
    }

    /// Everything `serve` cannot start without and that is not there.
    pub fn missing(&self) -> Vec<&'static str> {
        let mut missing = self.missing_of_channel();
        missing.extend(self.missing_of_database());
        missing
    }
}
