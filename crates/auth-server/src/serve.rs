//! Serving: bind, wire, run, drain.

use std::io::Write as _;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

use actix_web::App as ActixApp;
use actix_web::middleware::{Condition, from_fn};
use actix_web::web::{self, Data};
use auth_crypto::AccessTokenSigner;
use auth_domain::use_cases::PublishSigningKeys;
use tokio::signal::unix::{SignalKind, signal};
use tokio::task::JoinSet;

use crate::secret_key::{LoadedKey, load_or_make};
use crate::settings::{Database, Settings};
use crate::wiring::{Wired, wire};
use crate::{Failure, logging, workers};

/// How long requests under way may take once the service is told to stop, in seconds.
const DRAIN_SECONDS: u64 = 20;
const KEY_CHECK: Duration = Duration::from_secs(60);

pub(crate) async fn serve(settings: Settings) -> Result<(), Failure> {
    // Before anything is made: a port in use leaves no trace.
    let listener = bind("AUTH_LISTEN", settings.listen)?;
    let metrics_listener = settings.metrics_listen.map(|address| bind("AUTH_METRICS_LISTEN", address)).transpose()?;
    let address = listener.local_addr()?;
    let key = load_or_make(&settings)?;
    let telemetry = logging::start(settings.otlp_endpoint.as_deref())?;
    let Wired { app, signer, deliver_mails, deliver_events, purge_expired } =
        wire(&settings, &key.ring, address).await?;
    let keys = Arc::clone(&app.publish_signing_keys);
    renew_keys(&keys, &signer).await?;
    let mut beside = JoinSet::new();
    beside.spawn(keep_keys(keys, signer));
    let deliver_mails = Arc::new(deliver_mails);
    for _ in 0..workers::MAIL_WORKERS {
        beside.spawn(workers::mails(deliver_mails.clone()));
    }
    for events in deliver_events {
        beside.spawn(workers::events(events));
    }
    beside.spawn(workers::keep_house(purge_expired));

    let traced = settings.otlp_endpoint.is_some();
    let cross_origin = app.origins.allowed().next().is_some();
    let app = Data::new(app);
    let draining = app.clone();
    if let Some(listener) = metrics_listener {
        beside.spawn(serve_metrics(listener, app.clone())?);
    }
    let server = auth_http::listen(listener, move || {
        ActixApp::new()
            .app_data(app.clone())
            .configure(auth_http::configure(&app))
            .default_service(web::to(auth_http::not_found))
            // The last one is the first to see a request.
            .wrap(from_fn(auth_http::guard))
            .wrap(Condition::new(cross_origin, auth_http::cors(&app)))
            .wrap(from_fn(auth_http::edge))
            .wrap(Condition::new(traced, from_fn(logging::continue_trace)))
    })?
    .shutdown_timeout(DRAIN_SECONDS)
    .disable_signals()
    .run();
    // Before anybody is told that it runs: whoever stops it then is to see it drain.
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    greet(&settings, &key, address)?;
    let (handle, notice) = (server.handle(), settings.drain_notice);
    tokio::spawn(async move {
        tokio::select! {
            // From a terminal: nobody is to be told.
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {
                draining.draining.begin();
                tracing::info!(?notice, "about to stop: load balancers are told to go elsewhere");
                tokio::select! {
                    () = tokio::time::sleep(notice) => {}
                    _ = terminate.recv() => {}
                    _ = interrupt.recv() => {}
                }
            }
        }
        tracing::info!("stopping: no new requests; those under way are answered");
        handle.stop(true).await;
    });
    server.await?;
    beside.abort_all();
    tracing::info!("stopped");
    // It waits for its thread.
    tokio::task::spawn_blocking(|| telemetry.stop()).await?;
    Ok(())
}

fn bind(setting: &str, address: SocketAddr) -> Result<TcpListener, Failure> {
    TcpListener::bind(address).map_err(|error| {
        format!("cannot listen on {address}: {error}. Set {setting} to a free address, or port 0 to have one picked")
            .into()
    })
}

/// Rotates the keys when they are due and signs with what is then published.
async fn renew_keys(keys: &PublishSigningKeys, signer: &AccessTokenSigner) -> Result<(), Failure> {
    let published = keys.rotate().await?;
    Ok(signer.load(&published)?)
}

async fn keep_keys(keys: Arc<PublishSigningKeys>, signer: Arc<AccessTokenSigner>) {
    loop {
        tokio::time::sleep(KEY_CHECK).await;
        if let Err(error) = renew_keys(&keys, &signer).await {
            tracing::error!(%error, "the signing keys could not be checked; trying again in a minute");
        }
    }
}

/// On an address of its own; it goes when the service goes.
fn serve_metrics(
    listener: TcpListener,
    app: Data<auth_http::App>,
) -> Result<impl Future<Output = ()> + Send + 'static, Failure> {
    let server = auth_http::listen(listener, move || {
        ActixApp::new().configure(auth_http::configure_metrics(&app)).wrap(from_fn(auth_http::edge))
    })?;
    let server = server.workers(1).disable_signals().run();
    Ok(async move {
        if let Err(error) = server.await {
            tracing::error!(%error, "the address of the metrics is served no more");
        }
    })
}

/// What a newcomer needs to know, on stdout.
fn greet(settings: &Settings, key: &LoadedKey, address: SocketAddr) -> Result<(), Failure> {
    let mut out = std::io::stdout().lock();
    let url = format!("http://{address}");
    let base = settings.shortest_base_path();
    writeln!(out, "listening on {url}")?;
    writeln!(out, "API page     {url}{base}auth/doc/")?;
    match &settings.database {
        Database::Sqlite(path) => writeln!(out, "database     SQLite, {}", path.display())?,
        Database::Postgres { .. } => writeln!(out, "database     PostgreSQL")?,
    }
    if let Some(file) = &key.file {
        let note = if key.made_now { ", made now: back it up, the database is of no use without it" } else { "" };
        writeln!(out, "master key   {}{note}", file.display())?;
    }
    writeln!(out, "try first    curl -s {url}{base}auth/register -H 'Content-Type: application/json' \\")?;
    writeln!(
        out,
        "               -d '{{\"email\":\"ann@example.org\",\"password\":\"correct horse battery staple\"}}'"
    )?;
    Ok(out.flush()?)
}
