//! Logs, always; traces, when a collector is configured.
//!
//! | module | what it holds |
//! |---|---|
//! | [`gate`] | which log lines and spans exist at all |
//! | [`json`] | a log line as a JSON object |
//! | [`writer`] | lines on their way to stderr, never in anybody's way |
//! | [`traces`] | OpenTelemetry: the only module that knows its crates |
//!
//! The bot logs two lines a message and has some 40 µs for the whole of it, so a line is one pass over its fields and
//! a copy into a buffer. Without a collector no span is ever made.
//!
//! Logs go to stderr; stdout is for data.

mod gate;
mod json;
mod panics;
mod traces;
mod writer;

pub(crate) use traces::within_span;

use crate::config::settings::TelemetrySettings;
use crate::config::values::{LogFilter, LogFormat};
use crate::failure::Failure;
use gate::Gate;
use json::JsonLines;
use std::io::{self, IsTerminal};
use std::time::Duration;
use traces::Traces;
use tracing_subscriber::Layer;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use writer::LogWriter;

/// How long the last log lines and spans may take to leave.
const LAST_WORDS: Duration = Duration::from_secs(2);

/// Logs and traces of the process.
pub(crate) struct Telemetry {
    writer: LogWriter,
    gate: Gate,
    traces: Option<Traces>,
}

impl Telemetry {
    /// Starts logging to stderr what `lines` lets through, and tracing if a collector is configured. Call once, inside
    /// the runtime.
    pub(crate) fn start(settings: &TelemetrySettings, lines: LogFilter) -> Result<Self, Failure> {
        let failed = |error: &dyn std::error::Error| {
            Failure::failed(format!("cannot start logging: {}", Failure::chain(error)))
        };
        let writer = LogWriter::start(io::stderr(), |lines| {
            tracing::warn!(
                lines,
                "log lines were dropped: nobody read stderr fast enough"
            );
        })
        .map_err(|error| failed(&error))?;
        let (trace_layer, traces) = match &settings.otel_exporter_otlp_endpoint {
            Some(endpoint) => {
                let (layer, traces) = traces::start(endpoint, &settings.otel_service_name)
                    .map_err(|error| failed(&*error))?;
                (Some(layer), Some(traces))
            }
            None => (None, None),
        };
        let gate = Gate::new(lines, traces.is_some());
        let terminal = io::stderr().is_terminal();
        let json = match settings.log_format {
            LogFormat::Auto => !terminal,
            LogFormat::Json => true,
            LogFormat::Text => false,
        };
        let layer = if json {
            JsonLines::new(writer.clone(), traces.is_some()).boxed()
        } else {
            tracing_subscriber::fmt::layer()
                .with_writer(writer.clone())
                .with_ansi(terminal)
                .boxed()
        };
        tracing_subscriber::registry()
            .with(trace_layer)
            .with(layer)
            .with(gate.clone())
            .try_init()
            .map_err(|error| failed(&error))?;
        panics::log();
        Ok(Self {
            writer,
            gate,
            traces,
        })
    }

    /// Whether spans are sent anywhere.
    pub(crate) fn traces(&self) -> bool {
        self.traces.is_some()
    }

    /// Changes which lines are logged from now on.
    pub(crate) fn set_filter(&self, filter: LogFilter) {
        self.gate.set(filter);
    }

    /// Sends what is left, spans first. To be called last.
    pub(crate) async fn finish(mut self) {
        if let Some(traces) = self.traces.take() {
            traces.finish(LAST_WORDS).await;
        }
    }
}

/// Also while a panic unwinds: the line about it must not be lost.
impl Drop for Telemetry {
    fn drop(&mut self) {
        self.writer.flush(LAST_WORDS);
    }
}
