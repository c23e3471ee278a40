//! The configuration file: TOML, the settings by name at its top level.

use super::ConfigError;
use super::keys::keys;
use super::suggest::did_you_mean;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// A configuration file, read and checked for unknown keys.
#[derive(Clone, Debug)]
pub(super) struct ConfigFile {
    path: PathBuf,
    values: BTreeMap<String, String>,
}

impl ConfigFile {
    /// Reads `path`.
    pub(super) fn read(path: &Path) -> Result<Self, ConfigError> {
        let shown = path.display();
        let text = std::fs::read_to_string(path).map_err(|error| {
            ConfigError::usage(format!(
                "cannot read the configuration file {shown}: {error}"
            ))
        })?;
        Self::parse(path, &text)
    }

    fn parse(path: &Path, text: &str) -> Result<Self, ConfigError> {
        let shown = path.display();
        // The parser's own text would show the line, and with it a secret.
        let table: toml::Table = text.parse().map_err(|error: toml::de::Error| {
            let line = error.span().map_or(1, |span| {
                1 + text.get(..span.start).unwrap_or(text).matches('\n').count()
            });
            ConfigError::usage(format!(
                "{shown} is not valid TOML, line {line}: {}",
                error.message()
            ))
        })?;
        // A file that names a file would never end.
        let known = || {
            keys()
                .iter()
                .map(|key| key.name.as_str())
                .filter(|name| *name != "config")
        };
        let mut values = BTreeMap::new();
        for (name, value) in table {
            if !known().any(|known| known == name) {
                let suggestion = did_you_mean(&name, known());
                return Err(ConfigError::usage(format!(
                    "unknown key `{name}` in {shown}{suggestion}"
                )));
            }
            let value = match value {
                toml::Value::String(text) => text,
                toml::Value::Integer(number) => number.to_string(),
                other => {
                    let kind = match other {
                        toml::Value::Array(_) => "an array".to_owned(),
                        _ => format!("a {}", other.type_str()),
                    };
                    return Err(ConfigError::usage(format!(
                        "`{name}` in {shown} is {kind}; expected a string or a whole number"
                    )));
                }
            };
            values.insert(name, value);
        }
        Ok(Self {
            path: path.to_owned(),
            values,
        })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.values.get(name).map(String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(text: &str) -> String {
        ConfigFile::parse(Path::new("linebot.toml"), text)
            .unwrap_err()
            .to_string()
    }

    #[test]
    fn strings_and_numbers_are_taken() {
        let file = ConfigFile::parse(
            Path::new("linebot.toml"),
            "listen = \"127.0.0.1:5000\"\ndrain_seconds = 20\n",
        )
        .unwrap();
        assert_eq!(file.get("listen"), Some("127.0.0.1:5000"));
        assert_eq!(file.get("drain_seconds"), Some("20"));
        assert_eq!(file.get("language"), None);
    }

    #[test]
    fn an_unknown_key_is_refused_with_the_right_one() {
        let error = error("drain_secs = 20");
        assert!(
            error.contains("`drain_secs`")
                && error.contains("linebot.toml")
                && error.contains("did you mean drain_seconds?"),
            "{error}"
        );
    }

    #[test]
    fn the_file_cannot_name_a_file() {
        assert!(error("config = \"other.toml\"").contains("unknown key `config`"));
    }

    #[test]
    fn a_syntax_error_names_the_line_and_shows_no_secret() {
        let error = error("language = \"ja\"\nline_channel_secret = hunter2\n");
        assert!(
            error.contains("line 2") && !error.contains("hunter2"),
            "{error}"
        );
    }

    #[test]
    fn other_types_are_refused() {
        assert!(error("drain_seconds = true").contains("is a boolean; expected"));
        assert!(error("listen = [1]").contains("is an array; expected"));
        assert!(error("[server]\nlisten = \"x\"").contains("unknown key `server`"));
    }
}
