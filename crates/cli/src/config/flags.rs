//! Settings on the command line: which were given, as written.

use super::keys::{declaration, keys};
use super::settings::Settings;
use clap::builder::Resettable;
use clap::error::ErrorKind;
use clap::parser::ValueSource;
use clap::{Arg, ArgMatches, Args, Command, FromArgMatches};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::marker::PhantomData;

/// The flags of the settings group `S` that were given on the command line; to be flattened into a command.
///
/// The environment is not read here but in [`load`](super::load), which knows where every value came from.
#[derive(Clone, Debug)]
pub struct Flags<S> {
    /// The flags given.
    pub given: Given,
    group: PhantomData<S>,
}

/// Settings given on the command line, as written, and which ones the command has. Shows names only: a value may be a
/// secret.
#[derive(Clone, Default)]
pub struct Given {
    values: BTreeMap<String, String>,
    /// The settings the command has; `None` for all.
    group: Option<BTreeSet<String>>,
}

impl Given {
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.values.get(name).map(String::as_str)
    }

    /// Whether the command has this setting. What stands elsewhere for others is not its business: it may even be
    /// missing.
    pub(super) fn concerns(&self, name: &str) -> bool {
        self.group.as_ref().is_none_or(|group| group.contains(name))
    }
}

impl fmt::Debug for Given {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_set().entries(self.values.keys()).finish()
    }
}

impl<N: Into<String>, V: Into<String>> FromIterator<(N, V)> for Given {
    fn from_iter<I: IntoIterator<Item = (N, V)>>(flags: I) -> Self {
        let flags = flags.into_iter();
        Self {
            values: flags
                .map(|(name, value)| (name.into(), value.into()))
                .collect(),
            group: None,
        }
    }
}

/// The group's flags, and `--config`, which every command with settings takes.
fn flags<S: Args>() -> Vec<Arg> {
    let group: BTreeSet<String> = declaration::<S>()
        .get_arguments()
        .map(|arg| arg.get_id().to_string())
        .collect();
    let all = declaration::<Settings>();
    let arguments = all
        .get_arguments()
        .filter(|arg| arg.get_id() == "config" || group.contains(arg.get_id().as_str()));
    arguments
        .flat_map(|arg| std::iter::once(plain(arg)).chain(twin(arg)))
        .enumerate()
        .map(|(place, flag)| flag.display_order(place))
        .collect()
}

/// The flag as declared, naming its variable without reading it. A secret is checked later, where the complaint does
/// not repeat it.
fn plain(arg: &Arg) -> Arg {
    let variable = arg
        .get_env()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned();
    let help = arg.get_help().map(ToString::to_string).unwrap_or_default();
    let plain = arg
        .clone()
        .env(Resettable::Reset)
        .help(format!("{help} [env: {variable}]"));
    if arg.is_hide_env_values_set() {
        plain.value_parser(clap::value_parser!(String))
    } else {
        plain
    }
}

/// The flag that names a file to read a secret from.
fn twin(arg: &Arg) -> Option<Arg> {
    let key = keys()
        .iter()
        .find(|key| key.twin_of.as_deref() == Some(arg.get_id().as_str()))?;
    let flag = Arg::new(&*key.name)
        .long(&*key.flag)
        .value_name(&*key.value_name)
        .help_heading(&*key.heading);
    Some(flag.help(format!("{} [env: {}]", key.help, key.variable)))
}

impl<S: Args> Args for Flags<S> {
    fn augment_args(command: Command) -> Command {
        command.args(flags::<S>())
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl<S: Args> FromArgMatches for Flags<S> {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let names: BTreeSet<String> = flags::<S>()
            .iter()
            .map(|arg| arg.get_id().to_string())
            .collect();
        let mut given = BTreeMap::new();
        for name in &names {
            if matches.value_source(name) != Some(ValueSource::CommandLine) {
                continue;
            }
            if let Some(value) = matches
                .get_raw(name)
                .and_then(|mut values| values.next_back())
            {
                let value = value
                    .to_str()
                    .ok_or_else(|| clap::Error::new(ErrorKind::InvalidUtf8))?;
                given.insert(name.clone(), value.to_owned());
            }
        }
        Ok(Self {
            given: Given {
                values: given,
                group: Some(names),
            },
            group: PhantomData,
        })
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}
