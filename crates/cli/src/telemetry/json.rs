//! A log line as a JSON object, with the names Google Cloud Logging and OpenTelemetry look for
//! (<https://cloud.google.com/logging/docs/structured-logging>).

use super::traces;
use super::writer::LogWriter;
use serde::Serialize;
use std::cell::RefCell;
use std::fmt::{self, Write};
use std::sync::OnceLock;
use tracing::dispatcher::WeakDispatch;
use tracing::field::{Field, Visit};
use tracing::{Dispatch, Event, Level, Metadata, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::Context;
use tracing_subscriber::registry::LookupSpan;

/// Writes every event as one line of JSON.
pub(super) struct JsonLines {
    writer: LogWriter,
    with_trace_ids: bool,
    dispatch: OnceLock<WeakDispatch>,
}

impl JsonLines {
    pub(super) fn new(writer: LogWriter, with_trace_ids: bool) -> Self {
        Self {
            writer,
            with_trace_ids,
            dispatch: OnceLock::new(),
        }
    }
}

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for JsonLines {
    fn on_register_dispatch(&self, dispatch: &Dispatch) {
        // Only the first: the process has one.
        let _ = self.dispatch.set(dispatch.downgrade());
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let trace = || {
            let span = context.event_span(event)?;
            traces::ids_of(&span.id(), &self.dispatch.get()?.upgrade()?)
        };
        let trace = if self.with_trace_ids { trace() } else { None };
        with_line(|line| {
            line.begin(event.metadata(), jiff::Timestamp::now());
            event.record(line);
            line.end(trace);
            self.writer.push(&line.text);
        });
    }
}

/// Lends the thread's line, so that no line allocates.
fn with_line(write: impl FnOnce(&mut Line)) {
    thread_local! {
        static LINE: RefCell<Line> = RefCell::default();
    }
    LINE.with(|line| match line.try_borrow_mut() {
        Ok(mut line) => write(&mut line),
        // A field's `Debug` logs while it is being logged.
        Err(_) => write(&mut Line::default()),
    });
}

/// A line being written.
#[derive(Default)]
struct Line {
    text: Vec<u8>,
    /// What a field's `Debug` or `Display` wrote, before it is quoted.
    scratch: String,
    /// The last second formatted: calendars are slower than logs.
    second: i64,
    formatted_second: String,
}

impl Line {
    fn begin(&mut self, metadata: &Metadata<'_>, now: jiff::Timestamp) {
        let (second, micros) = (now.as_second(), now.subsec_microsecond());
        if self.formatted_second.is_empty() || self.second != second {
            self.second = second;
            let date_time = jiff::Timestamp::from_second(second).unwrap_or_default();
            self.formatted_second.clear();
            // Writing to a string cannot fail, here and below.
            let _ = write!(self.formatted_second, "{date_time:.0}");
            self.formatted_second.truncate("2026-11-21T08:50:00".len());
        }
        let (severity, level) = match *metadata.level() {
            Level::ERROR => ("ERROR", "ERROR"),
            Level::WARN => ("WARNING", "WARN"),
            Level::INFO => ("INFO", "INFO"),
            Level::DEBUG => ("DEBUG", "DEBUG"),
            Level::TRACE => ("DEBUG", "TRACE"),
        };
        self.text.clear();
        self.text.extend_from_slice(b"{\"time\":\"");
        self.text
            .extend_from_slice(self.formatted_second.as_bytes());
        let mut fraction = *b".000000Z";
        let mut rest = micros.unsigned_abs();
        for digit in fraction[1..7].iter_mut().rev() {
            *digit += u8::try_from(rest % 10).unwrap_or_default();
            rest /= 10;
        }
        self.text.extend_from_slice(&fraction);
        self.text.extend_from_slice(b"\",\"severity\":\"");
        self.text.extend_from_slice(severity.as_bytes());
        self.text.extend_from_slice(b"\",\"level\":\"");
        self.text.extend_from_slice(level.as_bytes());
        self.text.extend_from_slice(b"\",\"target\":");
        self.json(metadata.target());
    }

    fn end(&mut self, trace: Option<traces::Ids>) {
        if let Some(traces::Ids { trace_id, span_id }) = trace {
            self.name("trace_id");
            self.json(&trace_id);
            self.name("span_id");
            self.json(&span_id);
        }
        self.text.extend_from_slice(b"}\n");
    }

    fn name(&mut self, name: &str) {
        self.text.push(b',');
        self.json(name);
        self.text.push(b':');
    }

    fn json<T: Serialize + ?Sized>(&mut self, value: &T) {
        // Numbers and strings always have a JSON form, and a vector always takes more.
        let _ = serde_json::to_writer(&mut self.text, value);
    }

    fn field<T: Serialize + ?Sized>(&mut self, field: &Field, value: &T) {
        self.name(match field.name() {
            // A line's own names are not for fields.
            "time" => "field.time",
            "severity" => "field.severity",
            "level" => "field.level",
            "target" => "field.target",
            name => name,
        });
        self.json(value);
    }

    fn written(&mut self, field: &Field, value: fmt::Arguments<'_>) {
        if let Some(literal) = value.as_str() {
            return self.field(field, literal);
        }
        let mut scratch = std::mem::take(&mut self.scratch);
        scratch.clear();
        let _ = scratch.write_fmt(value);
        self.field(field, &*scratch);
        self.scratch = scratch;
    }
}

impl Visit for Line {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.field(field, value);
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.field(field, &value);
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.field(field, &value);
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.field(field, &value);
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.field(field, &value);
    }

    fn record_error(&mut self, field: &Field, value: &(dyn std::error::Error + 'static)) {
        self.written(field, format_args!("{}", crate::Failure::chain(value)));
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.written(field, format_args!("{value:?}"));
    }
}

#[cfg(test)]
mod tests;
