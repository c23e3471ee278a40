//! What is not wrong, and yet the operator should know.

use super::environment::Environment;
use super::keys::Key;
use super::layers::{Layer, Value};
use super::{ConfigError, Settings, legacy, values};

/// A secret that is still set beside the mounted file meant to replace it is easily mistaken for the one in force.
pub(super) fn on_overruled_secrets(
    values: &[(&'static Key, Value)],
) -> impl Iterator<Item = String> {
    values.iter().filter_map(|(key, value)| {
        let overruled = match value.overruled.as_ref()? {
            Layer::File(_) => &key.name,
            Layer::Flag(name) | Layer::Environment(name) => name,
            Layer::Default => return None,
        };
        Some(format!(
            "{overruled} has no effect: the secret is read from {}",
            value.origin()
        ))
    })
}

pub(super) fn on_old_names(
    values: &[(&'static Key, Value)],
    environment: &Environment,
) -> Result<Vec<String>, ConfigError> {
    let mut notes: Vec<String> = values
        .iter()
        .filter_map(|(key, value)| match &value.layer {
            Layer::Environment(name) if value.mounted.is_none() && *name != key.variable => {
                Some(format!("{name} is an old name: call it {}", key.variable))
            }
            _ => None,
        })
        .collect();
    let (ignored, note) = legacy::IGNORED;
    if environment.get(ignored)?.is_some() {
        notes.push(note.to_owned());
    }
    Ok(notes)
}

/// Fine for a stand-in of LINE on this machine or in a private network; otherwise a mistake.
pub(super) fn on_plain_http(settings: &Settings) -> Option<String> {
    let url = &settings.channel.line_api_base_url;
    (url.starts_with("http://") && !values::is_this_machine(url)).then(|| {
        format!("{url} is plain HTTP: whoever is on the way can read the channel access token")
    })
}
