//! Serves requests: binds, wires, runs and drains.

use std::io::Write as _;
use std::net::{SocketAddr, TcpListener};
use std::time::Duration;

use actix_web::dev::{Server, ServerHandle};
use actix_web::middleware::{Condition, from_fn};
use actix_web::web::Data;
use auth_domain::use_cases::UseCases;
use auth_http::Edge;

use crate::descriptors::{Descriptors, worker_threads};
use crate::secret_key::{LoadedKey, load_or_make};
use crate::settings::{Database, Settings};
use crate::signals::StopSignals;
use crate::wiring::{Wired, wire};
use crate::{Failure, logging, workers};

/// How long requests under way may take after the signal to stop, in seconds.
const DRAIN_SECONDS: u64 = 20;

pub(crate) async fn serve(settings: Settings) -> Result<(), Failure> {
    // Before anything is created, so that a port in use leaves no trace.
    let descriptors = Descriptors::raise(&settings);
    let listener = bind("AUTH_LISTEN", settings.listen)?;
    let metrics_listener = settings.metrics_listen.map(|address| bind("AUTH_METRICS_LISTEN", address)).transpose()?;
    let address = listener.local_addr()?;
    let key = load_or_make(&settings)?;
    let telemetry = logging::start(settings.otlp_endpoint.as_deref())?;
    let Wired { use_cases, mut edge, signer, database, claim } =
        wire(&settings, &key.ring, address, descriptors.connections).await?;
    edge.log_lines_dropped = telemetry.dropped_lines();
    edge.workers.add(telemetry.worker());
    let (use_cases, edge) = (Data::new(use_cases), Data::new(edge));
    workers::renew_keys(&use_cases.publish_signing_keys, &signer).await?;
    let mut background = workers::start(&use_cases, signer, &edge);
    if let Some(listener) = metrics_listener {
        background.spawn(serve_metrics(listener, &use_cases, &edge)?);
    }
    let server = server(listener, settings.otlp_endpoint.is_some(), &use_cases, &edge)?;
    // Before the address is announced, so that whoever stops the service from then on sees it drain.
    let signals = StopSignals::listen()?;
    print_banner(&settings, &key, address)?;
    if let Some(warning) = settings.mail_warning() {
        tracing::warn!("{warning}");
    }
    tokio::spawn(stop_when_told(signals, settings.drain_notice, edge, server.handle()));
    server.await?;
    background.shutdown().await;
    // Last, so that whatever still runs finds it closed.
    database.close().await;
    drop(claim);
    tracing::info!("stopped");
    // It waits for its thread.
    tokio::task::spawn_blocking(|| telemetry.stop()).await?;
    Ok(())
}

fn bind(setting: &str, address: SocketAddr) -> Result<TcpListener, Failure> {
    TcpListener::bind(address).map_err(|error| {
        format!(
            "cannot listen on {address}: {error}. Set {setting} to a free address, or use port 0 to pick a free one"
        )
        .into()
    })
}

fn server(
    listener: TcpListener,
    traced: bool,
    use_cases: &Data<UseCases>,
    edge: &Data<Edge>,
) -> Result<Server, Failure> {
    let (use_cases, edge, connections) = (use_cases.clone(), edge.clone(), edge.connections.clone());
    let server = auth_http::listen(listener, worker_threads(), &connections, move || {
        auth_http::app(&use_cases, &edge).wrap(Condition::new(traced, from_fn(logging::continue_trace)))
    })?;
    Ok(server.shutdown_timeout(DRAIN_SECONDS).disable_signals().run())
}

/// Serves the metrics at a separate address, for as long as the service runs.
fn serve_metrics(
    listener: TcpListener,
    use_cases: &Data<UseCases>,
    edge: &Data<Edge>,
) -> Result<impl Future<Output = ()> + Send + use<>, Failure> {
    let (use_cases, edge, connections) = (use_cases.clone(), edge.clone(), edge.connections.clone());
    let server = auth_http::listen(listener, 1, &connections, move || auth_http::metrics_app(&use_cases, &edge))?;
    let server = server.disable_signals().run();
    Ok(async move {
        if let Err(error) = server.await {
            tracing::error!(%error, "the metrics listener has stopped");
        }
    })
}

async fn stop_when_told(signals: StopSignals, notice: Duration, edge: Data<Edge>, server: ServerHandle) {
    let announce = || {
        edge.draining.begin();
        tracing::info!(
            ?notice,
            "shutting down: /health/ready answers 503 so that load balancers send requests elsewhere"
        );
    };
    signals.wait(notice, announce).await;
    tracing::info!("shutting down: no new requests are accepted; running ones are completed");
    server.stop(true).await;
}

/// Prints what a newcomer needs to know.
fn print_banner(settings: &Settings, key: &LoadedKey, address: SocketAddr) -> Result<(), Failure> {
    let mut out = std::io::stdout().lock();
    let url = format!("http://{address}");
    let base = settings.shortest_base_path();
    // First: scripts read the address of that line.
    writeln!(out, "listening on {url}")?;
    writeln!(out, "version      {}", env!("CARGO_PKG_VERSION"))?;
    writeln!(out, "API page     {url}{base}auth/doc/")?;
    if settings.pages.is_some() {
        writeln!(out, "account page {url}{base}account/")?;
    }
    match &settings.database {
        Database::Sqlite(path) => writeln!(out, "database     SQLite, {}", path.display())?,
        Database::Postgres { .. } => writeln!(out, "database     PostgreSQL")?,
    }
    let shown = settings.shown_mails().map(|_| format!(", shown at {url}{base}dev/mail")).unwrap_or_default();
    writeln!(out, "mails        {}{shown}", settings.mail.destination())?;
    if let Some(file) = &key.file {
        let note = if key.made_now { " (new: back it up; without it the database cannot be read)" } else { "" };
        writeln!(out, "master key   {}{note}", file.display())?;
    }
    writeln!(out, "try first    curl -s {url}{base}auth/register -H 'Content-Type: application/json' \\")?;
    writeln!(
        out,
        "               -d '{{\"email\":\"ann@example.org\",\"password\":\"correct horse battery staple\"}}'"
    )?;
    writeln!(out)?;
    Ok(out.flush()?)
}
