//! `doctor`: what is wrong around the service, a line each.

use std::net::IpAddr;
use std::path::Path;
use std::time::Duration;

use auth_crypto::{AccessTokenSigner, SystemClock};
use auth_domain::Timestamp;
use auth_domain::account::EmailAddress;
use auth_domain::maintenance::Maintenance;
use auth_domain::ports::Clock as _;
use auth_domain::signing_key::signing_at;
use auth_oauth::Probe;
use auth_smtp::{ConfiguredMailer, MailCheck};
use ipnet::IpNet;
use serde_json::Value;

use crate::Failure;
use crate::database::Opened;
use crate::descriptors::Descriptors;
use crate::output::{print, rfc3339};
use crate::secret_key::existing;
use crate::settings::{Database, Settings};

const DAY: Duration = Duration::from_secs(86_400);
/// Keys rotate every 30 days; past this, no node does it.
const OLD_KEY: Duration = Duration::from_secs(35 * 86_400);
const OLD_RESTORE: Duration = Duration::from_secs(35 * 86_400);
/// Codes of apps bear 30 s; tokens of other services 5 s.
const SKEW: Duration = Duration::from_secs(5);
const LATE_MAIL: Duration = Duration::from_secs(600);
const LITTLE_SPACE: u64 = 1 << 30;
const FEW_CONNECTIONS: usize = 2_000;
/// An address that nobody has (RFC 5737).
const SPOOFED: &str = "198.51.100.77";
const SPOOFED_NETWORK: &str = "198.51.100.0/24";

/// What looking at one thing found.
enum Finding {
    Good(String),
    /// To be looked at; it works all the same.
    Odd(String),
    Broken(String),
}

use Finding::{Broken, Good, Odd};

pub(crate) async fn run(settings: &Settings, mail_to: Option<&str>) -> Result<(), Failure> {
    let mail_to = mail_to.map(EmailAddress::parse).transpose().map_err(|_| "--mail-to must be an e-mail address")?;
    let mut findings = vec![];
    findings.extend(database(settings).await);
    findings.push(("mail", mail(settings, mail_to.as_ref()).await));
    let probe = Probe::new()?;
    findings.push(("workers", workers(settings, &probe).await));
    for registration in &settings.providers {
        let url = registration.url.under("/.well-known/openid-configuration");
        // One that speaks plain OAuth has no such document; that it answers is what counts.
        let name = registration.name.as_str();
        findings.push((name, provider(&probe, url.as_str(), name).await));
    }
    findings.push(("public URL", public_url(settings, &probe).await));
    findings.push(("disk", disk(&settings.data_dir)));
    findings.push(("descriptors", descriptors(Descriptors::raise(settings))));
    let mut broken = 0;
    for (what, finding) in findings {
        let (word, text) = match finding {
            Good(text) => ("ok", text),
            Odd(text) => ("odd", text),
            Broken(text) => {
                broken += 1;
                ("BROKEN", text)
            }
        };
        print(&format!("{word:<7} {what}: {text}"))?;
    }
    if broken > 0 { Err(format!("{broken} things are broken").into()) } else { Ok(()) }
}

async fn database(settings: &Settings) -> Vec<(&'static str, Finding)> {
    let opened = match settings.database.open().await {
        Ok(opened) => opened,
        Err(error) => return vec![("database", Broken(error.to_string()))],
    };
    let mut findings = Vec::new();
    let engine = match &settings.database {
        Database::Sqlite(path) => format!("SQLite, {}", path.display()),
        Database::Postgres { .. } => "PostgreSQL".to_owned(),
    };
    findings.push(("database", Good(format!("{engine}, answers"))));
    if let Database::Sqlite(path) = &settings.database {
        findings.push(("database file", file(path).await));
    }
    for (what, finding) in [
        ("clock", clock(&opened).await),
        ("keys", keys(settings, &opened).await),
        ("outbox", outbox(&opened).await),
        ("backups", backups(&opened).await),
    ] {
        findings.push((what, finding.unwrap_or_else(|error| Broken(error.to_string()))));
    }
    findings
}

/// Reads all of it: the server does so once a day.
async fn file(path: &Path) -> Finding {
    match auth_sqlite::check_file(path).await {
        Ok(problems) if problems.is_empty() => Good("was read, and nothing is wrong with it".to_owned()),
        Ok(problems) => Broken(format!("damaged, restore an export or a copy: {}", problems.join("; "))),
        Err(error) => Broken(error.to_string()),
    }
}

async fn clock(opened: &Opened) -> Result<Finding, Failure> {
    let Some(theirs) = opened.archive.database_time().await? else {
        return Ok(Good("the database has this machine's".to_owned()));
    };
    let ours = SystemClock.now();
    let apart = ours.since(theirs).max(theirs.since(ours));
    let text = format!("{:.1} s apart from the database's", apart.as_secs_f64());
    Ok(if apart > SKEW { Broken(format!("{text}: run NTP on both")) } else { Good(text) })
}

async fn keys(settings: &Settings, opened: &Opened) -> Result<Finding, Failure> {
    let ring = existing(settings)?.ring;
    ring.clone().with_retired(&opened.store.list_retired_keys().await?, settings.lifetimes.absolute)?;
    let keys = opened.store.list_signing_keys().await?;
    AccessTokenSigner::new(ring.clone(), String::new(), String::new()).load(&keys)?;
    let now = SystemClock.now();
    let Some(signing) = signing_at(&keys, now, |key| (key.sequence, key.active_from)) else {
        return Ok(Odd("there is no signing key yet: the server makes one at its start".to_owned()));
    };
    let age = now.since(signing.active_from);
    let text = format!("master keys {ring:?}; the signing key is {} days old", age.as_secs() / DAY.as_secs());
    Ok(if age > OLD_KEY { Broken(format!("{text}: no node rotates it")) } else { Good(text) })
}

async fn outbox(opened: &Opened) -> Result<Finding, Failure> {
    let depth = opened.store.outbox_depth().await?;
    let now = SystemClock.now();
    let late = |since: Option<Timestamp>| since.is_some_and(|since| now.since(since) > LATE_MAIL);
    let text = format!("{} mails and {} events are owed", depth.mails, depth.deliveries);
    Ok(if depth.parked_mails > 0 {
        Odd(format!("{} mails were given up: auth-server mails says why", depth.parked_mails))
    } else if late(depth.oldest_mail) || late(depth.oldest_delivery) {
        Broken(format!("{text}, some for more than ten minutes: the mail server or a service beside is away"))
    } else {
        Good(text)
    })
}

async fn backups(opened: &Opened) -> Result<Finding, Failure> {
    Ok(match opened.store.find_maintenance(Maintenance::VerifiedRestore).await? {
        None => Odd("no restore was ever tried: auth-server restore --drill".to_owned()),
        Some(at) if SystemClock.now().since(at) > OLD_RESTORE => {
            Odd(format!("a restore was last tried on {}", rfc3339(at)?))
        }
        Some(at) => Good(format!("a restore was tried, and worked, on {}", rfc3339(at)?)),
    })
}

/// Goes the way of a mail as far as its recipient.
async fn mail(settings: &Settings, to: Option<&EmailAddress>) -> Finding {
    match ConfiguredMailer::new(settings.mail.clone()).check(to).await {
        Ok(MailCheck::Folder) => Good("is written to files".to_owned()),
        Ok(MailCheck::Accepted { recipient }) => Good(format!("could be sent to {recipient}; nothing was")),
        Ok(MailCheck::NoSuchMailbox { recipient, error }) => {
            Odd(format!("could be sent, but not to {recipient}: {error}; name another address with --mail-to"))
        }
        Err(error) => Broken(format!("cannot be sent: {error}")),
    }
}

/// Asks the server of this machine how what it does in the background goes.
async fn workers(settings: &Settings, probe: &Probe) -> Finding {
    let url = format!("http://{}{}health/ready", settings.own_address(), settings.shortest_base_path());
    match probe.get(&url, &[]).await {
        Ok((200, body)) => match serde_json::from_str::<Value>(&body) {
            Ok(body) => judge_workers(&body["workers"]),
            Err(_) => Odd(format!("{url} answers something else")),
        },
        Ok((status, _)) => Odd(format!("not known: {url} answers with {status}")),
        Err(_) => Odd(format!("not known: no server answers at {url}")),
    }
}

fn judge_workers(workers: &Value) -> Finding {
    let Some(workers) = workers.as_array() else { return Odd("not known: the server is an older one".to_owned()) };
    let failed = |worker: &&Value| worker["failures"].as_u64().unwrap_or_default() > 0;
    let told = workers.iter().filter(failed).map(|worker| {
        let name = worker["name"].as_str().unwrap_or_default();
        match worker["failures"].as_u64() {
            Some(1) => format!("{name} failed once"),
            failures => format!("{name} failed {} times", failures.unwrap_or_default()),
        }
    });
    let told = told.collect::<Vec<_>>().join(", ");
    if workers.iter().any(|worker| worker["failing"] == true) {
        Broken(format!("{told}: some still do, and the log says why"))
    } else if told.is_empty() {
        Good(format!("all {} run", workers.len()))
    } else {
        Good(format!("all {} run; since the start {told}", workers.len()))
    }
}

async fn provider(probe: &Probe, url: &str, name: &str) -> Finding {
    match probe.get(url, &[]).await {
        Ok((status, _)) if status < 500 => Good("answers".to_owned()),
        Ok((status, _)) => Broken(format!("answers with {status}: nobody can sign in with {name}")),
        Err(error) => Broken(format!("does not answer: {error}")),
    }
}

/// Asks as a client would, and as one that lies about its address.
async fn public_url(settings: &Settings, probe: &Probe) -> Finding {
    let base = settings.public_url.clone().unwrap_or_else(|| format!("http://{}", settings.own_address()));
    let url = format!("{base}{}health/client", settings.shortest_base_path());
    let seen = async |headers: &[(&str, &str)]| match probe.get(&url, headers).await {
        Ok((200, body)) => serde_json::from_str::<Value>(&body).map_err(|_| format!("{url} answers something else")),
        Ok((status, _)) => Err(format!("{url} answers with {status}")),
        Err(error) => Err(format!("{url} does not answer: {error}")),
    };
    let spoofed = format!("for={SPOOFED}");
    let lie = [("X-Forwarded-For", SPOOFED), ("Forwarded", spoofed.as_str())];
    let (honest, lying) = match (seen(&[]).await, seen(&lie).await) {
        (Ok(honest), Ok(lying)) => (honest, lying),
        (Err(error), _) | (_, Err(error)) => return Broken(error),
    };
    judge(&base, &honest, &lying, &settings.trusted_proxies)
}

fn judge(base: &str, honest: &Value, lying: &Value, trusted: &[IpNet]) -> Finding {
    let network = |seen: &Value| seen["network"].as_str().unwrap_or_default().to_owned();
    let by_proxy = honest["toldByProxy"] == true;
    let text = format!("{base} answers; this machine looks like {}", network(honest));
    if network(lying) == SPOOFED_NETWORK {
        let why = if by_proxy {
            "the proxy in front passes on what clients claim"
        } else {
            "this machine is a trusted proxy"
        };
        let text = format!("{text}, or like whatever it claims: {why}");
        return if by_proxy { Broken(format!("{text}. It must set the header itself")) } else { Odd(text) };
    }
    if honest["proxyUntrusted"] == true {
        let hint = "set AUTH_TRUSTED_PROXIES to its address, or all users count as one";
        return Odd(format!("{text}: a proxy in front passes requests on and is not trusted; {hint}"));
    }
    if network(lying) != network(honest) {
        let both =
            "what a client claims changes how it looks: let the proxy strip the one of X-Forwarded-For and Forwarded";
        return Odd(format!("{text}; {both} that it does not set"));
    }
    let private = network(honest).split('/').next().and_then(|address| address.parse().ok()).is_some_and(is_private);
    let host = base.split("://").nth(1).unwrap_or_default();
    let local = host.starts_with("127.") || host.starts_with("localhost") || host.starts_with("[::1]");
    if private && !by_proxy && !local {
        let hint =
            if trusted.is_empty() { "set AUTH_TRUSTED_PROXIES" } else { "AUTH_TRUSTED_PROXIES names another one" };
        let lumped = "if that is a proxy, all users share its limits";
        return Odd(format!("{text}: {lumped}; {hint}"));
    }
    Good(text)
}

const fn is_private(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => v4.is_private() || v4.is_loopback() || v4.is_link_local(),
        IpAddr::V6(v6) => v6.is_loopback() || v6.is_unique_local() || v6.is_unicast_link_local(),
    }
}

fn disk(folder: &Path) -> Finding {
    match rustix::fs::statvfs(folder) {
        Ok(space) => {
            let free = space.f_bavail.saturating_mul(space.f_frsize);
            let text = format!("{:.1} GiB free at {}", gib(free), folder.display());
            if free < LITTLE_SPACE { Broken(text) } else { Good(text) }
        }
        Err(error) => Odd(format!("{}: {error}", folder.display())),
    }
}

fn descriptors(Descriptors { limit, connections }: Descriptors) -> Finding {
    let text =
        format!("{limit} for a server started like this, {connections} of them for connections, a quarter a network");
    if connections < FEW_CONNECTIONS {
        Odd(format!("{text}: raise its hard limit (ulimit -Hn, LimitNOFILE)"))
    } else {
        Good(text)
    }
}

fn gib(bytes: u64) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "to be read by people")]
    let bytes = bytes as f64;
    bytes / f64::from(1 << 30)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn workers_that_fail_now_are_told_from_those_that_did() {
        let worker = |failures: u64, failing: bool| json!({ "name": "mail", "failures": failures, "failing": failing });
        let text = |finding| match finding {
            Good(text) => format!("ok {text}"),
            Odd(text) => format!("odd {text}"),
            Broken(text) => format!("broken {text}"),
        };
        let judged = |workers: &[Value]| text(judge_workers(&json!(workers)));
        assert_eq!(judged(&[worker(0, false)]), "ok all 1 run");
        assert_eq!(judged(&[worker(3, false), worker(0, false)]), "ok all 2 run; since the start mail failed 3 times");
        assert!(judged(&[worker(3, true)]).starts_with("broken mail failed 3 times"));
        assert!(text(judge_workers(&Value::Null)).starts_with("odd"));
    }

    #[test]
    fn what_a_proxy_does_to_addresses_is_told() {
        let seen = |network: &str, told: bool| json!({ "network": network, "toldByProxy": told });
        let word = |base: &str, honest: &Value, lying: &Value| match judge(base, honest, lying, &[]) {
            Good(_) => "good",
            Odd(_) => "odd",
            Broken(_) => "broken",
        };
        let (there, own) = (seen("203.0.113.0/24", true), seen("172.18.0.0/24", false));
        let spoofed = seen(SPOOFED_NETWORK, true);
        assert_eq!(word("https://auth.example.org", &there, &there), "good");
        assert_eq!(word("https://auth.example.org", &there, &spoofed), "broken");
        assert_eq!(word("https://auth.example.org", &own, &own), "odd", "everybody looks like the proxy");
        assert_eq!(word("https://auth.example.org", &there, &own), "odd", "who claims something is nobody");
        let untrusted = json!({ "network": "127.0.0.0/24", "toldByProxy": false, "proxyUntrusted": true });
        assert_eq!(word("https://auth.example.org", &untrusted, &untrusted), "odd");
        assert_eq!(word("http://127.0.0.1:8080", &untrusted, &untrusted), "odd", "wherever it is");
        let local = seen("127.0.0.0/24", false);
        assert_eq!(word("http://127.0.0.1:8080", &local, &local), "good");
        assert_eq!(word("http://127.0.0.1:8080", &local, &spoofed), "odd", "whoever is here may say so");
    }
}
