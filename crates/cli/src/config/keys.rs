//! The settings as a list: read off the declaration in [`settings`](super::settings), so nothing is said twice.

use super::settings::Settings;
use clap::builder::OsStr;
use clap::{Arg, Args, Command};
use std::sync::LazyLock;

/// One setting: its names in every place and what the help says about it.
#[derive(Clone, Debug)]
pub struct Key {
    /// In the configuration file: `drain_seconds`.
    pub name: String,
    /// On the command line, behind `--`: `drain-seconds`.
    pub flag: String,
    /// In the environment: `LINEBOT_DRAIN_SECONDS`.
    pub variable: String,
    /// Never shown.
    pub secret: bool,
    /// Set for the twin of a secret that reads it from a file.
    pub twin_of: Option<String>,
    /// Used where no flag, variable or file says otherwise.
    pub default: Option<String>,
    /// What it stands for in the help: `SECONDS`.
    pub value_name: String,
    /// One sentence.
    pub help: String,
    /// The group it is listed in.
    pub heading: String,
}

impl Key {
    /// The setting that names a file to read this one from; only secrets have one.
    pub fn twin(&self) -> Option<Key> {
        self.secret.then(|| Key {
            name: format!("{}_file", self.name),
            flag: format!("{}-file", self.flag),
            variable: format!("{}_FILE", self.variable),
            secret: false,
            twin_of: Some(self.name.clone()),
            default: None,
            value_name: "FILE".to_owned(),
            help: format!("File to read {} from (a mounted secret)", self.variable),
            heading: self.heading.clone(),
        })
    }

    fn of(arg: &Arg) -> Option<Key> {
        let text =
            |text: Option<&std::ffi::OsStr>| text.map(|text| text.to_string_lossy().into_owned());
        Some(Key {
            name: arg.get_id().to_string(),
            flag: arg.get_long()?.to_owned(),
            variable: text(arg.get_env())?,
            secret: arg.is_hide_env_values_set(),
            twin_of: None,
            default: text(arg.get_default_values().first().map(OsStr::as_os_str)),
            value_name: arg
                .get_value_names()
                .and_then(|names| names.first())
                .map(ToString::to_string)
                .unwrap_or_default(),
            help: arg.get_help().map(ToString::to_string).unwrap_or_default(),
            heading: arg.get_help_heading().unwrap_or_default().to_owned(),
        })
    }
}

/// Every setting in the order of the declaration, each secret followed by its twin.
pub fn keys() -> &'static [Key] {
    static KEYS: LazyLock<Vec<Key>> = LazyLock::new(|| {
        let with_twin = |key: Key| {
            let twin = key.twin();
            std::iter::once(key).chain(twin)
        };
        declaration::<Settings>()
            .get_arguments()
            .filter_map(Key::of)
            .flat_map(with_twin)
            .collect()
    });
    &KEYS
}

/// A group of settings as clap sees it.
pub(super) fn declaration<S: Args>() -> Command {
    S::augment_args(Command::new("settings").no_binary_name(true))
}
