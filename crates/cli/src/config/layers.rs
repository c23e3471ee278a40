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

impl Layers<'_> {
    /// The strongest value of a setting.
    pub(super) fn value_of(&self, key: &Key) -> Result<Option<Value>, ConfigError> {
        let twin = key.twin();
        for layer in [Self::in_flags, Self::in_environment, Self::in_file] {
            if let Some(twin) = &twin
                && let Some((path, layer)) = layer(self, twin)?
            {
                let mounted = PathBuf::from(path);
                let text = read_mounted(&mounted, &layer)?;
                return Ok(Some(Value {
                    text,
                    layer,
                    mounted: Some(mounted),
                }));
            }
            if let Some((text, layer)) = layer(self, key)? {
                return Ok(Some(Value {
                    text,
                    layer,
                    mounted: None,
                }));
            }
        }
        Ok(key.default.clone().map(|text| Value {
            text,
            layer: Layer::Default,
            mounted: None,
        }))
    }

    fn in_flags(&self, key: &Key) -> Found {
        Ok(self
            .flags
            .get(&key.name)
            .map(|text| (text.to_owned(), Layer::Flag(format!("--{}", key.flag)))))
    }

    /// Under the setting's own name, or under the one it had in the bot this one follows on from.
    fn in_environment(&self, key: &Key) -> Found {
        for name in [Some(key.variable.as_str()), legacy::old_name(&key.variable)]
            .into_iter()
            .flatten()
        {
            if let Some(text) = self.environment.get(name)? {
                return Ok(Some((text.to_owned(), Layer::Environment(name.to_owned()))));
            }
        }
        Ok(None)
    }

    fn in_file(&self, key: &Key) -> Found {
        let found = self
            .file
            .as_ref()
            .and_then(|file| Some((file.get(&key.name)?.to_owned(), file.path().to_owned())));
        Ok(found.map(|(text, path)| (text, Layer::File(path))))
    }
}

/// What a layer says, as written.
type Found = Result<Option<(String, Layer)>, ConfigError>;

/// Reads a mounted secret. Editors and `echo` leave a newline at the end, which is never part of it.
fn read_mounted(path: &Path, named_by: &Layer) -> Result<String, ConfigError> {
    let shown = path.display();
    let text = std::fs::read_to_string(path).map_err(|error| {
        ConfigError::usage(format!("cannot read {shown}, named by {named_by}: {error}"))
    })?;
    match text.trim_end_matches(['\n', '\r']) {
        "" => Err(ConfigError::usage(format!(
            "{shown}, named by {named_by}, is empty"
        ))),
        secret => Ok(secret.to_owned()),
    }
}
