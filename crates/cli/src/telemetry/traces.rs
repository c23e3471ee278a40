//! OpenTelemetry traces: W3C trace context in, OTLP over HTTP out.
//!
//! The crates of this set break together, so nothing else in the program names them.

use crate::http_client::{HttpClient, HttpError, PATIENCE};
use async_trait::async_trait;
use axum::body::Body;
use axum::middleware::Next;
use bytes::Bytes;
use http::{Request, Response};
use opentelemetry::KeyValue;
use opentelemetry::propagation::TextMapPropagator;
use opentelemetry::trace::{TraceContextExt, TracerProvider};
use opentelemetry_http::HeaderExtractor;
use opentelemetry_otlp::{Protocol, SpanExporter, WithExportConfig, WithHttpConfig};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::propagation::TraceContextPropagator;
use opentelemetry_sdk::trace::{SdkTracer, SdkTracerProvider};
use std::time::Duration;
use tokio::runtime::Handle;
use tracing::{Dispatch, Instrument, Subscriber, field, span};
use tracing_opentelemetry::{OpenTelemetryLayer, OpenTelemetrySpanExt, get_otel_context};
use tracing_subscriber::registry::LookupSpan;

/// Spans on their way to a collector.
pub(super) struct Traces {
    provider: SdkTracerProvider,
}

/// Starts sending spans to the collector at `endpoint`. Call inside the runtime.
pub(super) fn start<S>(
    endpoint: &str,
    service_name: &str,
) -> Result<(OpenTelemetryLayer<S, SdkTracer>, Traces), HttpError>
where
    S: Subscriber + for<'span> LookupSpan<'span>,
{
    let collector = Collector {
        client: HttpClient::new()?,
        runtime: Handle::try_current()?,
    };
    let exporter = SpanExporter::builder()
        .with_http()
        .with_http_client(collector)
        .with_protocol(Protocol::HttpBinary)
        .with_endpoint(format!("{endpoint}/v1/traces"))
        .with_timeout(PATIENCE)
        .build()?;
    let resource = Resource::builder()
        .with_service_name(service_name.to_owned())
        .with_attribute(KeyValue::new("service.version", env!("CARGO_PKG_VERSION")))
        .build();
    let provider = SdkTracerProvider::builder()
        .with_batch_exporter(exporter)
        .with_resource(resource)
        .build();
    let layer = tracing_opentelemetry::layer().with_tracer(provider.tracer("linebot"));
    Ok((layer, Traces { provider }))
}

impl Traces {
    /// Sends what is left.
    pub(super) async fn finish(self, patience: Duration) {
        // It blocks its thread while the runtime carries the request.
        let finished =
            tokio::task::spawn_blocking(move || self.provider.shutdown_with_timeout(patience))
                .await;
        if let Ok(Err(error)) = finished {
            tracing::warn!(%error, "the last spans did not reach the collector");
        }
    }
}

/// Carries a request that the `route` takes within a span that continues the trace its `traceparent` header names
/// (<https://www.w3.org/TR/trace-context/>); fields as in
/// <https://opentelemetry.io/docs/specs/semconv/http/http-spans/#http-server>.
pub(crate) async fn within_span(
    method: &'static str,
    route: &'static str,
    request: Request<Body>,
    next: Next,
) -> Response<Body> {
    let span = tracing::info_span!(
        "http.request",
        otel.name = format!("{method} {route}"),
        otel.kind = "server",
        otel.status_code = field::Empty,
        http.request.method = method,
        http.route = route,
        http.response.status_code = field::Empty,
    );
    let parent = TraceContextPropagator::new().extract(&HeaderExtractor(request.headers()));
    // Without a collector there is no span to set a parent of.
    let _ = span.set_parent(parent);
    let response = next.run(request).instrument(span.clone()).await;
    let status = response.status();
    span.record("http.response.status_code", status.as_u16());
    if status.is_server_error() {
        span.record("otel.status_code", "ERROR");
    }
    response
}

/// What connects a log line with its trace.
pub(super) struct Ids {
    pub(super) trace_id: String,
    pub(super) span_id: String,
}

/// The ids of a span, if it belongs to a trace.
pub(super) fn ids_of(span: &span::Id, dispatch: &Dispatch) -> Option<Ids> {
    let context = get_otel_context(span, dispatch)?;
    let context = context.span().span_context().clone();
    context.is_valid().then(|| Ids {
        trace_id: context.trace_id().to_string(),
        span_id: context.span_id().to_string(),
    })
}

/// The way to the collector. Spans are exported on a thread of their own, which knows no runtime: requests are handed
/// over to ours.
#[derive(Clone, Debug)]
struct Collector {
    client: HttpClient,
    runtime: Handle,
}

#[async_trait]
impl opentelemetry_http::HttpClient for Collector {
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let client = self.client.clone();
        self.runtime
            .spawn(async move { client.send(request).await })
            .await?
    }
}
