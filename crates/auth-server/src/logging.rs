//! Logs: to stderr, readable on a terminal, JSON lines otherwise. `RUST_LOG` narrows or widens them. Traces: a span a
//! request, to an OpenTelemetry collector where one is set. Lines need no span, so without a collector none is made.

mod lines;
mod terminal;

use std::io::IsTerminal as _;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use actix_web::Error;
use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::middleware::Next;
use opentelemetry::Context;
use opentelemetry::propagation::{Extractor, TextMapPropagator as _};
use opentelemetry::trace::{FutureExt as _, TracerProvider as _};
use opentelemetry_otlp::{Protocol, SpanExporter, WithExportConfig as _};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::propagation::TraceContextPropagator;
use opentelemetry_sdk::trace::SdkTracerProvider;
use supervisor::Worker;
use tracing_subscriber::filter::{FilterExt as _, LevelFilter, filter_fn};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{EnvFilter, Layer as _};

use self::lines::{LogLines, LogWriter};
use self::terminal::ForTerminal;
use crate::Failure;

/// The banner says what actix has to say of a start.
const DEFAULT_FILTER: &str = "info,actix_server=warn";

/// What is to be sent and written when the service stops.
pub(crate) struct Telemetry {
    traces: Option<SdkTracerProvider>,
    lines: LogLines,
    /// The last to go: it writes what is left.
    _writer: LogWriter,
}

impl Telemetry {
    /// Counts the log lines that were dropped.
    pub(crate) fn dropped_lines(&self) -> Arc<AtomicU64> {
        self.lines.dropped()
    }

    /// The thread that writes, to those who ask how it is.
    pub(crate) fn worker(&self) -> Worker {
        self.lines.worker()
    }

    /// Sends what is left; a collector that is away does not hold the service up for long.
    pub(crate) fn stop(self) {
        if let Some(Err(error)) = self.traces.as_ref().map(SdkTracerProvider::shutdown) {
            tracing::warn!(%error, "the last traces could not be sent");
        }
    }
}

pub(crate) fn start(otlp_endpoint: Option<&str>) -> Result<Telemetry, Failure> {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(DEFAULT_FILTER));
    // The lines know the id of their request, so nobody asks for a span.
    let events = filter_fn(|metadata| metadata.is_event()).with_max_level_hint(LevelFilter::TRACE);
    let filter = filter.and(events);
    let json = !std::io::stderr().is_terminal();
    let (lines, writer) = lines::start(json, std::io::stderr())?;
    let logs = tracing_subscriber::fmt::layer().with_writer(lines.clone()).with_target(false);
    let logs = if json {
        let logs = logs.json().flatten_event(true).with_current_span(false).with_span_list(false);
        logs.with_filter(filter).boxed()
    } else {
        let colours = std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
        logs.with_ansi(colours).event_format(ForTerminal).with_filter(filter).boxed()
    };
    let provider = otlp_endpoint.map(provider).transpose()?;
    let traces = provider.as_ref().map(|provider| {
        let layer = tracing_opentelemetry::layer().with_tracer(provider.tracer("auth-server"));
        // Only our own requests: what libraries have to say belongs into the log.
        layer.with_location(false).with_filter(EnvFilter::new("off,auth_http=info"))
    });
    tracing_subscriber::registry().with(logs).with(traces).init();
    Ok(Telemetry { traces: provider, lines, _writer: writer })
}

/// Sends from a thread of its own, in batches.
fn provider(endpoint: &str) -> Result<SdkTracerProvider, Failure> {
    // The exporter builds an HTTP client of its own, which asks the process for its cryptography. Whoever set one before
    // wins; that is fine.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let exporter = SpanExporter::builder()
        .with_http()
        .with_endpoint(format!("{endpoint}/v1/traces"))
        .with_protocol(Protocol::HttpBinary)
        .build()?;
    let resource = Resource::builder().with_service_name("auth-server").build();
    Ok(SdkTracerProvider::builder().with_batch_exporter(exporter).with_resource(resource).build())
}

/// Goes on with the trace that the caller began, if it says so (`traceparent`, W3C Trace Context).
pub(crate) async fn continue_trace(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let headers = Headers(request.headers());
    let context = TraceContextPropagator::new().extract_with_context(&Context::new(), &headers);
    next.call(request).with_context(context).await
}

struct Headers<'a>(&'a actix_web::http::header::HeaderMap);

impl Extractor for Headers<'_> {
    fn get(&self, key: &str) -> Option<&str> {
        self.0.get(key)?.to_str().ok()
    }

    fn keys(&self) -> Vec<&str> {
        self.0.keys().map(|name| name.as_str()).collect()
    }
}
