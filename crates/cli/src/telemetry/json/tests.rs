use super::super::gate::Gate;
use super::super::writer::LogWriter;
use super::JsonLines;
use serde_json::{Value, json};
use std::io::{self, Write};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tracing_subscriber::layer::SubscriberExt;

/// Keeps what is written.
#[derive(Clone, Default)]
struct Kept(Arc<Mutex<Vec<u8>>>);

impl Write for Kept {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The lines logged by `log` with this filter.
fn logged(filter: &str, log: impl FnOnce()) -> Vec<Value> {
    let kept = Kept::default();
    let writer = LogWriter::start(kept.clone(), |_| {}).unwrap();
    let lines = JsonLines::new(writer.clone(), false);
    let gate = Gate::new(filter.parse().unwrap(), false);
    tracing::subscriber::with_default(tracing_subscriber::registry().with(lines).with(gate), log);
    writer.flush(Duration::from_secs(30));
    let text = String::from_utf8(kept.0.lock().unwrap().clone()).unwrap();
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}")))
        .collect()
}

#[test]
fn a_line_has_time_severity_level_target_message_and_its_fields() {
    let lines = logged("info", || {
        tracing::info!(target: "line::client", status = 200, duration_ms = 1.5, ok = true, big = u64::MAX, below = -1, request_id = Some("r1"), none = None::<&str>, "called {}", "LINE");
    });
    let mut line = lines[0].clone();
    let time = line.as_object_mut().unwrap().remove("time").unwrap();
    let time = time.as_str().unwrap();
    assert!(
        time.len() == "2026-11-21T08:50:00.123456Z".len()
            && time.parse::<jiff::Timestamp>().is_ok(),
        "{time}"
    );
    assert_eq!(
        line,
        json!({
            "severity": "INFO", "level": "INFO", "target": "line::client", "message": "called LINE",
            "status": 200, "duration_ms": 1.5, "ok": true, "big": u64::MAX, "below": -1, "request_id": "r1",
        })
    );
}

#[test]
fn severities_are_those_google_cloud_knows() {
    let lines = logged("trace", || {
        tracing::error!("x");
        tracing::warn!("x");
        tracing::info!("x");
        tracing::debug!("x");
        tracing::trace!("x");
    });
    let severities: Vec<_> = lines
        .iter()
        .map(|line| line["severity"].as_str().unwrap())
        .collect();
    assert_eq!(severities, ["ERROR", "WARNING", "INFO", "DEBUG", "DEBUG"]);
}

#[test]
fn any_text_makes_one_valid_line() {
    let awkward = "quote \" backslash \\ newline \n tab \t null \0 🥛 \u{2028} \u{7f}";
    let error: &(dyn std::error::Error + 'static) = &io::Error::other(awkward);
    let lines = logged("info", || {
        tracing::info!(plain = awkward, display = %awkward, debug = ?awkward, error, nan = f64::NAN, "{awkward}");
    });
    assert_eq!(lines.len(), 1);
    for field in ["message", "plain", "display", "error"] {
        assert_eq!(lines[0][field], awkward, "{field}");
    }
    assert_eq!(lines[0]["debug"], format!("{awkward:?}"));
    assert_eq!(lines[0]["nan"], Value::Null);
}

#[test]
fn an_error_is_logged_with_its_causes() {
    #[derive(Debug, thiserror::Error)]
    #[error("outer")]
    struct Outer(#[source] io::Error);

    let outer = Outer(io::Error::other("inner"));
    let error: &(dyn std::error::Error + 'static) = &outer;
    let lines = logged("info", || tracing::warn!(error, "failed"));
    assert_eq!(lines[0]["error"], "outer: inner");
}

#[test]
fn a_field_cannot_take_the_name_of_a_lines_own() {
    let lines = logged("info", || {
        tracing::info!(level = "high", target = "moon", "x");
    });
    assert_eq!(
        (
            &lines[0]["level"],
            &lines[0]["field.level"],
            &lines[0]["field.target"]
        ),
        (&json!("INFO"), &json!("high"), &json!("moon"))
    );
}

#[test]
fn a_field_that_logs_while_it_is_logged_does_no_harm() {
    struct Chatty;

    impl std::fmt::Display for Chatty {
        fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            tracing::info!("inner");
            formatter.write_str("chatty")
        }
    }

    let lines = logged("info", || tracing::info!(field = %Chatty, "outer"));
    // Whether the inner line is written is up to `tracing`; the outer one is whole.
    assert_eq!(lines.last().unwrap()["field"], "chatty");
}

#[test]
fn levels_are_set_by_module() {
    let lines = logged("warn,line=debug", || {
        tracing::info!(target: "bot", "no");
        tracing::debug!(target: "line::client", "yes");
        tracing::trace!(target: "line::client", "no");
        tracing::error!(target: "bot", "yes");
    });
    assert_eq!(
        lines
            .iter()
            .map(|line| line["message"].as_str().unwrap())
            .collect::<Vec<_>>(),
        ["yes", "yes"]
    );
}

#[test]
fn without_a_collector_no_span_is_made() {
    logged("trace", || {
        assert!(tracing::info_span!("request").is_disabled());
    });
}
