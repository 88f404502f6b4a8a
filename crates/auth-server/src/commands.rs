//! The commands that do not serve.

use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream};
use std::time::Duration;

use auth_crypto::{SystemClock, SystemEntropy, mint_internal_token};
use auth_domain::Timestamp;
use auth_domain::internal::Scope;
use auth_domain::mail::ParkedMail;
use auth_domain::ports::{Change, Clock as _, Entropy as _};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use tokio::signal::unix::{SignalKind, signal};

use crate::Failure;
use crate::secret_key::load_or_make;
use crate::settings::{Database, Settings};
use crate::wiring::known_providers;

/// Orchestrators ask every few seconds.
const HEALTH_TIMEOUT: Duration = Duration::from_secs(5);

pub(crate) async fn migrate(settings: &Settings) -> Result<(), Failure> {
    if matches!(settings.database, Database::Sqlite(_)) {
        // The embedded database and its key are made together: `serve` never makes a key for a database
        // that is there already.
        load_or_make(settings)?;
    }
    let ran = settings.database.migrate_to(None).await?;
    print(&format!("the database is up to date; migrations run now: {ran}"))
}

/// One line each: when it was given up, its id, its kind, to whom, and why.
pub(crate) async fn parked_mails(settings: &Settings, retry: bool) -> Result<(), Failure> {
    let store = settings.database.open().await?.store;
    let mails = store.list_parked_mails(1_000).await?;
    for ParkedMail { id, recipient, kind, parked_at, error } in &mails {
        let at = rfc3339(*parked_at)?;
        print(&format!("{at}  {id}  {kind}  {recipient}  {}", error.replace('\n', " ")))?;
    }
    if retry && !mails.is_empty() {
        store.commit(vec![Change::UnparkMails { at: SystemClock.now() }]).await?;
        return print("they are in the queue again");
    }
    print(&format!("mails that were given up: {}", mails.len()))
}

pub(crate) fn internal_token(settings: &Settings, service: &str, scopes: &[String]) -> Result<(), Failure> {
    let registration = settings.services.iter().find(|registration| registration.name == service).ok_or_else(|| {
        let known: Vec<&str> = settings.services.iter().map(|registration| registration.name.as_str()).collect();
        let known = if known.is_empty() { "none is configured".to_owned() } else { format!("configured: {}", known.join(", ")) };
        let variable = service.to_uppercase().replace('-', "_");
        format!("no service {service:?}: {known}. Set AUTH_INTERNAL__{variable}__SECRET and AUTH_INTERNAL__{variable}__SCOPES")
    })?;
    let parse = |text: &String| {
        let all = Scope::ALL.map(Scope::as_str).join(", ");
        Scope::parse(text).ok_or_else(|| format!("no scope {text:?}; there are {all}"))
    };
    let scopes = scopes.iter().map(parse).collect::<Result<Vec<_>, _>>()?;
    let token = mint_internal_token(registration, &scopes, SystemClock.now(), SystemEntropy.bytes())?;
    print(token.reveal())
}

pub(crate) fn openapi(errors: bool) -> Result<(), Failure> {
    if errors {
        return print(auth_http::error_table(&known_providers()).trim_end());
    }
    print(&serde_json::to_string_pretty(&auth_http::openapi("/", &known_providers()))?)
}

/// Where the server of this machine answers.
pub(crate) fn own_address(settings: &Settings) -> SocketAddr {
    let mut address = settings.listen;
    if address.ip().is_unspecified() {
        address.set_ip(if address.is_ipv4() { Ipv4Addr::LOCALHOST.into() } else { Ipv6Addr::LOCALHOST.into() });
    }
    address
}

/// Asks over the address that the server listens on; from wherever in this machine it does.
pub(crate) fn healthcheck(settings: &Settings) -> Result<(), Failure> {
    let address = own_address(settings);
    let away = |error: std::io::Error| format!("nothing answers at {address}: {error}");
    let mut connection = TcpStream::connect_timeout(&address, HEALTH_TIMEOUT).map_err(away)?;
    connection.set_read_timeout(Some(HEALTH_TIMEOUT))?;
    let path = format!("{}health/ready", settings.shortest_base_path());
    write!(connection, "GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n")?;
    let mut answer = [0; 12];
    connection.read_exact(&mut answer).map_err(away)?;
    match answer.strip_prefix(b"HTTP/1.1 ") {
        Some(b"200") => print("ready"),
        status => {
            Err(format!("not ready: {address} answered {}", String::from_utf8_lossy(status.unwrap_or(&answer))).into())
        }
    }
}

/// A time as people and programs read it (RFC 3339), to the second.
pub(crate) fn rfc3339(at: Timestamp) -> Result<String, Failure> {
    Ok(OffsetDateTime::from_unix_timestamp(at.as_seconds())?.format(&Rfc3339)?)
}

/// Returns when somebody asks this process to stop.
pub(crate) async fn terminated() -> Result<(), Failure> {
    let mut terminate = signal(SignalKind::terminate())?;
    // A terminal that is closed asks for nothing.
    let _hangup = signal(SignalKind::hangup())?;
    tokio::select! { _ = terminate.recv() => {}, done = tokio::signal::ctrl_c() => done? }
    Ok(())
}

pub(crate) fn print(text: &str) -> Result<(), Failure> {
    Ok(writeln!(std::io::stdout(), "{text}")?)
}
