//! Names, labels and images that the API server refuses.

use crate::object::{Object, pairs, pods, text};
use serde_json::Value;
use std::collections::BTreeSet;

/// What is wrong with the names in `objects`.
pub fn problems(objects: &[Object]) -> Vec<String> {
    let mut problems = Vec::new();
    let mut seen = BTreeSet::new();
    for object in objects {
        let title = object.title();
        if !seen.insert((object.api_version(), object.kind(), object.name())) {
            problems.push(format!("{title} is there twice"));
        }
        // The names of these become labels or DNS names, which have 63 characters at most.
        let short = [
            "Service",
            "Job",
            "CronJob",
            "StatefulSet",
            "Deployment",
            "Pod",
        ];
        let limit = if short.contains(&object.kind()) {
            63
        } else {
            253
        };
        if !is_dns_name(object.name(), limit) {
            problems.push(format!("{title}: not a valid name"));
        }
        let namespace = text(&object.0, "/metadata/namespace");
        let expected = if object.is_of_the_cluster() {
            ""
        } else {
            "linebot"
        };
        if namespace != expected {
            problems.push(format!("{title} is in the namespace `{namespace}`"));
        }
        let metadata = object.get("/metadata/labels");
        problems.extend(wrong_labels(metadata).map(|label| format!("{title}: the label {label}")));
    }
    for pod in pods(objects) {
        for container in pod.containers() {
            let image = text(container, "/image");
            // A Job cannot be changed, so the next release must make one of another name.
            let tag = image
                .split('@')
                .next()
                .and_then(|name| name.rsplit(':').next());
            if container["name"] == "migrate"
                && !tag.is_some_and(|tag| pod.owner.name().ends_with(&format!("-{tag}")))
            {
                problems.push(format!(
                    "{}: not named after its release",
                    pod.owner.title()
                ));
            }
            if !is_image(image) {
                problems.push(format!(
                    "{}: `{image}` is no image with a version",
                    pod.owner.title()
                ));
            }
        }
    }
    problems
}

fn wrong_labels(labels: &Value) -> impl Iterator<Item = String> {
    pairs(labels)
        .into_iter()
        .filter(|(key, value)| {
            let name = key.rsplit('/').next().unwrap_or_default();
            !is_label(name) || name.is_empty() || !is_label(value)
        })
        .map(|(key, value)| format!("{key}: {value}"))
        .collect::<Vec<_>>()
        .into_iter()
}

fn is_dns_name(name: &str, limit: usize) -> bool {
    let label = |label: &str| {
        !label.is_empty()
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label
                .bytes()
                .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
    };
    name.len() <= limit && name.split('.').all(label)
}

fn is_label(value: &str) -> bool {
    let edge = |byte: Option<u8>| byte.is_none_or(|byte| byte.is_ascii_alphanumeric());
    value.len() <= 63
        && edge(value.bytes().next())
        && edge(value.bytes().last())
        && value
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
}

/// `[host[:port]/]path:tag[@sha256:digest]`, in lower case, with a tag that says which version.
fn is_image(image: &str) -> bool {
    let (name, digest) = image
        .split_once('@')
        .map_or((image, None), |(name, digest)| (name, Some(digest)));
    let Some((path, tag)) = name.rsplit_once(':') else {
        return false;
    };
    let part = |part: &str| {
        let bytes = part.as_bytes();
        let edge = |byte: Option<&u8>| {
            byte.is_some_and(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
        };
        edge(bytes.first())
            && edge(bytes.last())
            && bytes.iter().all(|byte| {
                byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"._-:".contains(byte)
            })
    };
    let tagged = tag != "latest" && !tag.contains('/') && is_label(tag) && !tag.is_empty();
    let hex = |digest: &str| {
        digest.strip_prefix("sha256:").is_some_and(|digits| {
            digits.len() == 64 && digits.bytes().all(|byte| byte.is_ascii_hexdigit())
        })
    };
    path.split('/').all(part) && tagged && digest.is_none_or(hex)
}

/// Blanks that look like a space and are none: YAML takes them for a part of the value.
pub fn strange_blanks(text: &str) -> Vec<(usize, char)> {
    let strange = |character: &char| {
        matches!(character, '\u{feff}' | '\u{200b}'..='\u{200d}' | '\u{2060}')
            || (character.is_whitespace() && !character.is_ascii())
            || *character == '\t'
    };
    text.lines()
        .enumerate()
        .flat_map(|(number, line)| {
            line.chars()
                .filter(strange)
                .map(move |blank| (number + 1, blank))
        })
        .collect()
}
