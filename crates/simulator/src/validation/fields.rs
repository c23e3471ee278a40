use std::fmt::Display;
use std::ops::RangeInclusive;

use serde_json::{Map, Value};
use unicode_segmentation::UnicodeSegmentation;

use super::{Findings, Problem};

/// No limit of LINE's own; the request as a whole is bounded.
pub(super) const ANY_LENGTH: Length = Length::Utf16(usize::MAX);

/// How long a text may be, and how LINE counts it
/// (<https://developers.line.biz/en/docs/messaging-api/text-character-count/>).
#[derive(Clone, Copy)]
pub(super) enum Length {
    Utf16(usize),
    Graphemes(usize),
}

impl Length {
    fn most(self) -> usize {
        match self {
            Self::Utf16(most) | Self::Graphemes(most) => most,
        }
    }

    fn allows(self, text: &str) -> bool {
        match self {
            Self::Utf16(most) => text.len() <= most || text.encode_utf16().count() <= most,
            Self::Graphemes(most) => text.len() <= most || text.graphemes(true).count() <= most,
        }
    }
}

/// A JSON object under check, and where it stands in the request.
pub(super) struct Fields<'a> {
    object: &'a Map<String, Value>,
    path: String,
    findings: &'a mut Findings,
}

impl<'a> Fields<'a> {
    /// The value as an object; anything else is a finding.
    pub(super) fn of(value: &'a Value, path: String, findings: &'a mut Findings) -> Option<Self> {
        if let Value::Object(object) = value {
            return Some(Self {
                object,
                path,
                findings,
            });
        }
        findings.wrong_type.get_or_insert(path);
        None
    }

    /// The value of a property; `null` counts as missing.
    pub(super) fn get(&self, name: &str) -> Option<&'a Value> {
        self.object.get(name).filter(|value| !value.is_null())
    }

    pub(super) fn problem(&mut self, name: &str, message: impl Into<String>) {
        let property = self.path_of(name);
        self.findings.problems.push(Problem::new(property, message));
    }

    pub(super) fn wrong_type(&mut self, name: &str) {
        let property = self.path_of(name);
        self.findings.wrong_type.get_or_insert(property);
    }

    fn path_of(&self, name: &str) -> String {
        format!("{}.{name}", self.path)
    }

    /// A text that must be there and may not be empty.
    pub(super) fn required_text(&mut self, name: &str, length: Length) {
        match self.get(name) {
            None => self.problem(name, "May not be empty"),
            Some(Value::String(text)) if text.is_empty() => self.problem(name, "May not be empty"),
            Some(_) => self.optional_text(name, length),
        }
    }

    /// A text that may be left out.
    pub(super) fn optional_text(&mut self, name: &str, length: Length) {
        match self.get(name) {
            None => {}
            Some(Value::String(text)) if length.allows(text) => {}
            Some(Value::String(_)) => self.problem(
                name,
                format!("Length must be between 0 and {}", length.most()),
            ),
            Some(_) => self.wrong_type(name),
        }
    }

    /// An address of something LINE fetches: https, at most 2,000 characters.
    pub(super) fn https_url(&mut self, name: &str, required: bool) {
        if required || self.get(name).is_some() {
            self.url(name, Length::Utf16(2_000), &["https://"]);
        }
    }

    /// An address that must be there and begin in one of these ways.
    pub(super) fn url(&mut self, name: &str, length: Length, beginnings: &[&str]) {
        let before = self.findings.problems.len();
        self.required_text(name, length);
        let known = self.get(name).and_then(Value::as_str).is_none_or(|url| {
            beginnings
                .iter()
                .any(|beginning| url.starts_with(beginning))
        });
        if !known && before == self.findings.problems.len() {
            self.problem(name, "invalid uri scheme");
        }
    }

    /// A number that must be there.
    pub(super) fn number(&mut self, name: &str, range: RangeInclusive<f64>) {
        self.within(name, &range, Value::as_f64);
    }

    /// A whole number that must be there.
    pub(super) fn integer(&mut self, name: &str, range: RangeInclusive<i64>) {
        self.within(name, &range, Value::as_i64);
    }

    fn within<N: PartialOrd + Display>(
        &mut self,
        name: &str,
        range: &RangeInclusive<N>,
        read: impl Fn(&Value) -> Option<N>,
    ) {
        match self.get(name).map(read) {
            None => self.problem(name, "May not be null"),
            Some(None) => self.wrong_type(name),
            Some(Some(number)) if range.contains(&number) => {}
            Some(Some(_)) => {
                self.problem(
                    name,
                    format!("Must be between {} and {}", range.start(), range.end()),
                );
            }
        }
    }

    /// A text that may be left out and otherwise must be one of these.
    pub(super) fn optional_one_of(&mut self, name: &str, allowed: &[&'static str]) {
        if self.get(name).is_some() {
            self.one_of(name, allowed);
        }
    }

    /// A text that must be one of these; gives it when it is.
    pub(super) fn one_of(&mut self, name: &str, allowed: &[&'static str]) -> Option<&'static str> {
        let value = match self.get(name) {
            None => None,
            Some(Value::String(value)) => allowed.iter().copied().find(|one| one == value),
            Some(_) => {
                self.wrong_type(name);
                return None;
            }
        };
        if value.is_none() {
            self.problem(
                name,
                format!(
                    "Must be one of the following values: [{}]",
                    allowed.join(", ")
                ),
            );
        }
        value
    }

    /// An object that must be there.
    pub(super) fn required_object(&mut self, name: &str) -> Option<Fields<'_>> {
        if self.get(name).is_none() {
            self.problem(name, "May not be null");
        }
        self.object(name)
    }

    /// An object that may be left out.
    pub(super) fn object(&mut self, name: &str) -> Option<Fields<'_>> {
        let path = self.path_of(name);
        Fields::of(self.get(name)?, path, self.findings)
    }

    /// Checks each object of an array that must be there and have a size within bounds.
    pub(super) fn items(
        &mut self,
        name: &str,
        size: RangeInclusive<usize>,
        check: impl Fn(&mut Fields<'_>),
    ) {
        let items = match self.get(name) {
            None => &[],
            Some(Value::Array(items)) => items.as_slice(),
            Some(_) => return self.wrong_type(name),
        };
        if self.get(name).is_none() {
            self.problem(name, "May not be null");
        } else if !size.contains(&items.len()) {
            self.problem(
                name,
                format!("Size must be between {} and {}", size.start(), size.end()),
            );
        }
        for (at, item) in items.iter().enumerate() {
            let path = format!("{}[{at}]", self.path_of(name));
            if let Some(mut fields) = Fields::of(item, path, self.findings) {
                check(&mut fields);
            }
        }
    }

    /// The properties of the object.
    pub(super) fn entries(&self) -> &'a Map<String, Value> {
        self.object
    }
}
