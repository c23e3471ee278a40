//! Where a value comes from: flags win over the environment, the environment over the file, the file over the default.
//! Within one layer a secret's file wins over the secret itself.

use super::environment::Environment;
use super::file::ConfigFile;
use super::keys::Key;
use super::{ConfigError, Given, legacy};
use std::fmt;
use std::path::{Path, PathBuf};

/// Where a value was found. Lower is stronger.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Layer {
    /// This flag.
    Flag(String),
    /// This variable.
    Environment(String),
    /// This configuration file.
    File(PathBuf),
    /// The program itself.
    Default,
}

impl Layer {
    /// Which of two layers wins, whatever the name in it.
    pub(super) fn rank(&self) -> u8 {
        match self {
            Self::Flag(_) => 0,
            Self::Environment(_) => 1,
            Self::File(_) => 2,
            Self::Default => 3,
        }
    }
}

/// A value as written, and where.
#[derive(Clone)]
pub(super) struct Value {
    pub(super) text: String,
    pub(super) layer: Layer,
    /// The mounted file that the layer named and the text was read from.
    pub(super) mounted: Option<PathBuf>,
    /// Where the secret itself stands beside the mounted file that wins over it.
    pub(super) overruled: Option<Layer>,
}

impl Value {
    /// Where it came from, in words.
    pub(super) fn origin(&self) -> String {
        match &self.mounted {
            Some(mounted) => format!("{}, named by {}", mounted.display(), self.layer),
            None => self.layer.to_string(),
        }
    }
}

impl fmt::Display for Layer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flag(name) | Self::Environment(name) => formatter.write_str(name),
            Self::File(path) => write!(formatter, "{}", path.display()),
            Self::Default => formatter.write_str("default"),
        }
    }
}

/// Everything that was configured.
pub(super) struct Layers<'a> {
    pub(super) flags: &'a Given,
    pub(super) environment: &'a Environment,
    pub(super) file: Option<ConfigFile>,
}

/// The places a value can stand in, strongest first.
const PLACES: [Place; 3] = [Place::Flags, Place::Environment, Place::File];

#[derive(Clone, Copy)]
enum Place {
    Flags,
    Environment,
    File,
}

impl Layers<'_> {
    /// The strongest value of a setting.
    pub(super) fn value_of(&self, key: &Key) -> Result<Option<Value>, ConfigError> {
        let twin = key.twin();
        for place in PLACES {
            if let Some(twin) = &twin
                && let Some((path, layer)) = self.found(place, twin)?
            {
                let mounted = PathBuf::from(path);
                let text = read_mounted(&mounted, &layer)?;
                return Ok(Some(Value {
                    text,
                    layer,
                    mounted: Some(mounted),
                    overruled: self.found(place, key)?.map(|(_, layer)| layer),
                }));
            }
            if let Some((text, layer)) = self.found(place, key)? {
                return Ok(Some(Value {
                    text: text.to_owned(),
                    layer,
                    mounted: None,
                    overruled: None,
                }));
            }
        }
        Ok(key.default.clone().map(|text| Value {
            text,
            layer: Layer::Default,
            mounted: None,
            overruled: None,
        }))
    }

    /// What stands in one place, as written.
    fn found(&self, place: Place, key: &Key) -> Result<Option<(&str, Layer)>, ConfigError> {
        Ok(match place {
            Place::Flags => self
                .flags
                .get(&key.name)
                .map(|text| (text, Layer::Flag(format!("--{}", key.flag)))),
            Place::Environment => match self.environment.get(&key.variable)? {
                Some(text) => Some((text, Layer::Environment(key.variable.clone()))),
                None => self.under_old_name(key)?,
            },
            Place::File => self
                .file
                .as_ref()
                .and_then(|file| Some((file.get(&key.name)?, Layer::File(file.path().to_owned())))),
        })
    }

    fn under_old_name(&self, key: &Key) -> Result<Option<(&str, Layer)>, ConfigError> {
        let Some(name) = legacy::old_name(&key.variable) else {
            return Ok(None);
        };
        let text = self.environment.get(name)?;
        Ok(text.map(|text| (text, Layer::Environment(name.to_owned()))))
    }
}

/// Reads a mounted secret. Editors and `echo` leave a newline at the end, which is never part of it, and some a byte order
/// mark in front.
fn read_mounted(path: &Path, named_by: &Layer) -> Result<String, ConfigError> {
    let shown = path.display();
    let text = std::fs::read_to_string(path).map_err(|error| {
        ConfigError::usage(format!("cannot read {shown}, named by {named_by}: {error}"))
    })?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    match text.trim_end_matches(['\n', '\r']) {
        "" => Err(ConfigError::usage(format!(
            "{shown}, named by {named_by}, is empty"
        ))),
        lines if lines.contains(['\n', '\r']) => Err(ConfigError::usage(format!(
            "{shown}, named by {named_by}, has more than one line; expected the secret alone"
        ))),
        secret => Ok(secret.to_owned()),
    }
}
