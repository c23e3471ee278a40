//! Prometheus text on a port of its own, out of reach of whoever can reach the webhook.

use crate::{Limits, Listener, Readiness};
use axum::Router;
use axum::routing::get;
use bot::metrics::Metric;
use http::{StatusCode, header};
use metrics_exporter_prometheus::{BuildError, Matcher, PrometheusBuilder, PrometheusHandle};
use std::time::Duration;
use tokio_util::sync::CancellationToken;

const WEBHOOKS: &str = "linebot_webhook_requests_total";
const WEBHOOK_SECONDS: &str = "linebot_webhook_duration_seconds";
const CONNECTIONS_REFUSED: &str = "linebot_connections_refused_total";

/// Every metric of this crate.
pub const METRICS: &[Metric] = &[
    Metric {
        name: WEBHOOKS,
        kind: "counter",
        help: "Webhook requests, by status code.",
    },
    Metric {
        name: WEBHOOK_SECONDS,
        kind: "histogram",
        help: "Time from a webhook's head to its answer.",
    },
    Metric {
        name: CONNECTIONS_REFUSED,
        kind: "counter",
        help: "Connections past the limit, of which only probes are answered.",
    },
];

/// From a commit that shares a flush to LINE's limit of 2 s.
const SECONDS_BUCKETS: &[f64] = &[
    0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 1.5, 2.0,
];

/// From one event a transaction to a full batch.
const EVENTS_BUCKETS: &[f64] = &[1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0];

/// What the webhook answers.
const STATUSES: [&str; 7] = ["200", "400", "401", "408", "413", "500", "503"];

/// Counted once a webhook.
pub(crate) fn webhook(status: StatusCode, duration: Duration) {
    // Prometheus labels are text.
    let known = STATUSES.iter().find(|known| **known == status.as_str());
    let status = known.copied().unwrap_or("503");
    metrics::counter!(WEBHOOKS, "status" => status).increment(1);
    metrics::histogram!(WEBHOOK_SECONDS).record(duration);
}

/// Counted once a connection past the limit.
pub(crate) fn connection_refused() {
    metrics::counter!(CONNECTIONS_REFUSED).increment(1);
}

/// Installs the process's recorder. Call once, before anything is counted.
pub fn install_metrics() -> Result<PrometheusHandle, BuildError> {
    let recorder = PrometheusBuilder::new()
        .set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), SECONDS_BUCKETS)?
        .set_buckets_for_metric(Matcher::Suffix("_events".to_owned()), EVENTS_BUCKETS)?
        .build_recorder();
    let handle = recorder.handle();
    // A second recorder in one process happens only in tests, which then share the first.
    let _ = metrics::set_global_recorder(recorder);
    for metric in METRICS.iter().chain(bot::metrics::ALL) {
        match metric.kind {
            "counter" => metrics::describe_counter!(metric.name, metric.help),
            "gauge" => metrics::describe_gauge!(metric.name, metric.help),
            _ => metrics::describe_histogram!(metric.name, metric.help),
        }
    }
    bot::metrics::create();
    for status in STATUSES {
        metrics::counter!(WEBHOOKS, "status" => status).absolute(0);
    }
    metrics::counter!(CONNECTIONS_REFUSED).absolute(0);
    Ok(handle)
}

/// How often what the histograms gathered is folded into their buckets: it takes memory until then.
const UPKEEP_EVERY: Duration = Duration::from_secs(2);

/// Keeps the recorder's memory flat. Runs until it is dropped.
pub async fn metrics_upkeep(handle: PrometheusHandle) {
    loop {
        tokio::time::sleep(UPKEEP_EVERY).await;
        handle.run_upkeep();
    }
}

/// Serves `GET /metrics` until `close` is cancelled.
pub async fn serve_metrics(listener: Listener, handle: PrometheusHandle, close: CancellationToken) {
    let router = Router::new().route(
        "/metrics",
        get(move || {
            let text = handle.render();
            async move { ([(header::CONTENT_TYPE, "text/plain; version=0.0.4")], text) }
        }),
    );
    listener
        .serve(router, Readiness::default(), close, Duration::from_secs(1))
        .await;
}

/// What scraping needs: a few scrapers at once.
impl Limits {
    /// The limits of the metrics port.
    pub const METRICS: Self = Self {
        max_connections: 16,
        header_timeout: Duration::from_secs(30),
    };
}
