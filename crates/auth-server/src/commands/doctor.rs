//! `doctor`: checks everything around the service, one line each.

use std::net::IpAddr;
use std::path::Path;
use std::time::Duration;

use auth_crypto::{AccessTokenSigner, SystemClock};
use auth_domain::Timestamp;
use auth_domain::account::EmailAddress;
use auth_domain::audience::Audiences;
use auth_domain::maintenance::Maintenance;
use auth_domain::ports::Clock as _;
use auth_domain::signing_key::signing_at;
use auth_domain::status::{LATE, OLD_RESTORE, OLD_SIGNING_KEY};
use auth_oauth::Probe;
use auth_smtp::{ConfiguredMailer, MailCheck};
use ipnet::IpNet;
use serde_json::Value;

use crate::Failure;
use crate::database::Opened;
use crate::descriptors::Descriptors;
use crate::output::{counted, print, rfc3339};
use crate::secret_key::existing;
use crate::settings::{Database, Settings};

const DAY: Duration = Duration::from_secs(86_400);
/// Codes of apps tolerate 30 s of clock difference; tokens of other services 5 s.
const SKEW: Duration = Duration::from_secs(5);
const LITTLE_SPACE: u64 = 1 << 30;
const FEW_CONNECTIONS: usize = 2_000;
/// An address that nobody has (RFC 5737).
const SPOOFED: &str = "198.51.100.77";
const SPOOFED_NETWORK: &str = "198.51.100.0/24";

/// The result of one check.
enum Finding {
    Good(String),
    /// Worth a look, though everything works.
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
        // A provider with plain OAuth has no such document; it only needs to answer.
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
            Odd(text) => ("warning", text),
            Broken(text) => {
                broken += 1;
                ("PROBLEM", text)
            }
        };
        print(&format!("{word:<7} {what}: {text}"))?;
    }
    if broken > 0 { Err(format!("{} found", counted(broken, "problem")).into()) } else { Ok(()) }
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
    findings.push(("database", Good(format!("{engine}, reachable"))));
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

/// Reads the whole file, as the server does once a day.
async fn file(path: &Path) -> Finding {
    match auth_sqlite::check_file(path).await {
        Ok(problems) if problems.is_empty() => Good("read completely, no damage found".to_owned()),
        Ok(problems) => Broken(format!("damaged, restore it from an export or a copy: {}", problems.join("; "))),
        Err(error) => Broken(error.to_string()),
    }
}

async fn clock(opened: &Opened) -> Result<Finding, Failure> {
    let Some(theirs) = opened.archive.database_time().await? else {
        return Ok(Good("the database uses this machine's clock".to_owned()));
    };
    let ours = SystemClock.now();
    let apart = ours.since(theirs).max(theirs.since(ours));
    let text = format!("{:.1} s apart from the database's clock", apart.as_secs_f64());
    Ok(if apart > SKEW { Broken(format!("{text}: synchronize both with NTP")) } else { Good(text) })
}

async fn keys(settings: &Settings, opened: &Opened) -> Result<Finding, Failure> {
    let ring = existing(settings)?.ring;
    ring.clone().with_retired(&opened.store.list_retired_keys().await?, settings.lifetimes.absolute)?;
    let keys = opened.store.list_signing_keys().await?;
    AccessTokenSigner::new(ring.clone(), String::new(), Audiences::default()).load(&keys)?;
    let now = SystemClock.now();
    let Some(signing) = signing_at(&keys, now, |key| (key.sequence, key.active_from)) else {
        return Ok(Odd("no signing key yet: the server creates one when it starts".to_owned()));
    };
    let age = now.since(signing.active_from);
    let text = format!("master keys {ring}; the signing key is {} old", counted(age.as_secs() / DAY.as_secs(), "day"));
    Ok(if age > OLD_SIGNING_KEY { Broken(format!("{text}: no node is rotating it")) } else { Good(text) })
}

async fn outbox(opened: &Opened) -> Result<Finding, Failure> {
    let depth = opened.store.outbox_depth().await?;
    let now = SystemClock.now();
    let late = |since: Option<Timestamp>| since.is_some_and(|since| now.since(since) > LATE);
    let text = format!("waiting to be sent: {}, {}", counted(depth.mails, "mail"), counted(depth.deliveries, "event"));
    Ok(if depth.parked_mails > 0 {
        Odd(format!("{} could not be sent; `auth-server mails` shows why", counted(depth.parked_mails, "mail")))
    } else if late(depth.oldest_mail) || late(depth.oldest_delivery) {
        Broken(format!(
            "{text}, some for more than ten minutes: the mail server or a subscribed service may be unreachable"
        ))
    } else {
        Good(text)
    })
}

async fn backups(opened: &Opened) -> Result<Finding, Failure> {
    Ok(match opened.store.find_maintenance(Maintenance::VerifiedRestore).await? {
        None => Odd("no restore has been rehearsed yet: run `auth-server restore --drill` with an export".to_owned()),
        Some(at) if SystemClock.now().since(at) > OLD_RESTORE => {
            Odd(format!("the last restore drill was long ago, on {}", rfc3339(at)?))
        }
        Some(at) => Good(format!("the last restore drill succeeded on {}", rfc3339(at)?)),
    })
}

/// Takes a mail as far as its recipient.
async fn mail(settings: &Settings, to: Option<&EmailAddress>) -> Finding {
    match ConfiguredMailer::new(settings.mail.clone()).check(to).await {
        Ok(MailCheck::Folder) => match settings.mail_warning() {
            Some(warning) => Odd(warning),
            None => Good("mails are written to files".to_owned()),
        },
        Ok(MailCheck::Accepted { recipient }) => {
            Good(format!("the server would accept a mail to {recipient} (none was sent)"))
        }
        Ok(MailCheck::NoSuchMailbox { recipient, error }) => {
            Odd(format!("the server accepts mail, but not to {recipient}: {error}; try another address with --mail-to"))
        }
        Err(error) => Broken(format!("mail cannot be sent: {error}")),
    }
}

/// Asks the server on this machine for the state of its background workers.
async fn workers(settings: &Settings, probe: &Probe) -> Finding {
    let url = format!("http://{}{}health/ready", settings.own_address(), settings.shortest_base_path());
    match probe.get(&url, &[]).await {
        Ok((200, body)) => match serde_json::from_str::<Value>(&body) {
            Ok(body) => judge_workers(&body),
            Err(_) => Odd(format!("unexpected answer from {url}")),
        },
        Ok((status, _)) => Odd(format!("unknown: {url} answered {status}")),
        Err(_) => Odd(format!("unknown: no server answers at {url}")),
    }
}

fn judge_workers(ready: &Value) -> Finding {
    let Some(workers) = ready["workers"].as_array() else {
        // The server listens on no loopback address, and names workers to callers on its own machine only.
        return match ready["workersFailing"].as_bool() {
            Some(true) => Broken("some are failing: the log and the metric `auth_worker_failing` name them".to_owned()),
            Some(false) => Good("all running".to_owned()),
            None => Odd("unknown: the running server is an older version".to_owned()),
        };
    };
    let failed = |worker: &&Value| worker["failures"].as_u64().unwrap_or_default() > 0;
    let told = workers.iter().filter(failed).map(|worker| {
        let name = worker["name"].as_str().unwrap_or_default();
        match worker["failures"].as_u64() {
            Some(1) => format!("{name} failed once"),
            failures => format!("{name} failed {} times", failures.unwrap_or_default()),
        }
    });
    let told = told.collect::<Vec<_>>().join(", ");
    let running = counted(workers.len(), "worker");
    if workers.iter().any(|worker| worker["failing"] == true) {
        Broken(format!("{told}; the log says what still fails"))
    } else if told.is_empty() {
        Good(format!("{running} running"))
    } else {
        Good(format!("{running} running; since the start {told}"))
    }
}

async fn provider(probe: &Probe, url: &str, name: &str) -> Finding {
    match probe.get(url, &[]).await {
        Ok((status, _)) if status < 500 => Good("reachable".to_owned()),
        Ok((status, _)) => Broken(format!("answered {status}: sign-in with {name} does not work")),
        Err(error) => Broken(format!("no answer: {error}")),
    }
}

/// Sends requests as a client would, and as one that lies about its address.
async fn public_url(settings: &Settings, probe: &Probe) -> Finding {
    let base = settings.public_url.clone().unwrap_or_else(|| format!("http://{}", settings.own_address()));
    let url = format!("{base}{}health/client", settings.shortest_base_path());
    let seen = async |headers: &[(&str, &str)]| match probe.get(&url, headers).await {
        Ok((200, body)) => serde_json::from_str::<Value>(&body).map_err(|_| format!("unexpected answer from {url}")),
        Ok((status, _)) => Err(format!("{url} answered {status}")),
        Err(error) => Err(format!("{url} is unreachable: {error}")),
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
    let text = format!("{base} is reachable and sees this machine as {}", network(honest));
    if network(lying) == SPOOFED_NETWORK {
        let why = if by_proxy {
            "the proxy passes on the header that the client sent"
        } else {
            "this machine is a trusted proxy"
        };
        let text = format!("{text}, but would also believe a made-up address: {why}");
        return if by_proxy { Broken(format!("{text}. Let the proxy set the header itself")) } else { Odd(text) };
    }
    if honest["proxyUntrusted"] == true {
        let hint = "add its address to AUTH_TRUSTED_PROXIES, or all users share one rate limit";
        return Odd(format!("{text}: a proxy forwards requests but is not trusted; {hint}"));
    }
    if network(lying) != network(honest) {
        let both = "a header sent by the client changes that: let the proxy remove X-Forwarded-For or Forwarded,";
        return Odd(format!("{text}; {both} whichever it does not set"));
    }
    let private = network(honest).split('/').next().and_then(|address| address.parse().ok()).is_some_and(is_private);
    let host = base.split("://").nth(1).unwrap_or_default();
    let local = host.starts_with("127.") || host.starts_with("localhost") || host.starts_with("[::1]");
    if private && !by_proxy && !local {
        let hint = if trusted.is_empty() {
            "add it to AUTH_TRUSTED_PROXIES"
        } else {
            "AUTH_TRUSTED_PROXIES lists a different one"
        };
        let lumped = "if that is a proxy, all users share one rate limit";
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
    let text = format!(
        "{limit} file descriptors, {connections} of them for client connections (at most a quarter of those per \
         network)"
    );
    if connections < FEW_CONNECTIONS {
        Odd(format!("{text}: raise the hard limit (ulimit -Hn, LimitNOFILE)"))
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
        let judged = |workers: &[Value]| text(judge_workers(&json!({ "workers": workers })));
        assert_eq!(judged(&[worker(0, false)]), "ok 1 worker running");
        assert_eq!(
            judged(&[worker(3, false), worker(0, false)]),
            "ok 2 workers running; since the start mail failed 3 times"
        );
        assert!(judged(&[worker(3, true)]).starts_with("broken mail failed 3 times"));
        assert!(text(judge_workers(&Value::Null)).starts_with("odd"));
        let unnamed = |failing: bool| text(judge_workers(&json!({ "workersFailing": failing })));
        assert_eq!(unnamed(false), "ok all running");
        assert!(unnamed(true).starts_with("broken some are failing"));
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
