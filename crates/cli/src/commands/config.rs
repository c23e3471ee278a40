//! `linebot config check`.

use crate::channel::Channel;
use crate::config::reference::reference;
use crate::config::{Configuration, Effective};
use crate::failure::Failure;
use crate::{output, store};
use serde_json::json;
use std::fmt::Write;

pub(crate) fn print_reference() -> Result<(), Failure> {
    output::print(&reference()).map(drop)
}

pub(crate) fn check(configuration: &Configuration, json: bool) -> Result<(), Failure> {
    let missing = configuration.missing();
    let text = if json {
        as_json(configuration, &missing)
    } else {
        as_table(configuration)
    };
    output::print(&text)?;
    if !missing.is_empty() {
        return Err(missing_for_serve(&missing));
    }
    configuration
        .database
        .as_ref()
        .map_or(Ok(()), store::check)?;
    Channel::open(configuration).map(drop)
}

/// What `serve` says when it cannot start: everything at once.
pub(crate) fn missing_for_serve(missing: &[&str]) -> Failure {
    Failure::usage(format!("`linebot serve` is missing {}", missing.join(", ")))
        .hint("set them as environment variables, in a file with --config, or try the bot without any: linebot dev")
}

fn as_table(configuration: &Configuration) -> String {
    let width = |column: fn(&Effective) -> &str| {
        configuration
            .effective
            .iter()
            .map(|row| column(row).chars().count())
            .max()
            .unwrap_or_default()
    };
    let (names, values) = (width(|row| row.name), width(|row| &row.value));
    let mut text = String::new();
    // Writing to a string cannot fail.
    for Effective {
        name,
        value,
        origin,
        ..
    } in &configuration.effective
    {
        let _ = writeln!(text, "{name:names$}  {value:values$}  {origin}");
    }
    let _ = match &configuration.database {
        Some(database) => writeln!(text, "\ndatabase: {database}"),
        None => writeln!(text, "\ndatabase: none"),
    };
    for note in &configuration.notes {
        let _ = writeln!(text, "note: {note}");
    }
    text
}

fn as_json(configuration: &Configuration, missing: &[&str]) -> String {
    let rows = configuration.effective.iter();
    let settings: serde_json::Map<_, _> = rows
        .map(|row| {
            (
                row.name.to_owned(),
                json!({"value": row.value, "from": row.origin}),
            )
        })
        .collect();
    let database = configuration.database.as_ref().map(ToString::to_string);
    format!(
        "{:#}\n",
        json!({"settings": settings, "database": database, "notes": configuration.notes, "missing": missing})
    )
}
