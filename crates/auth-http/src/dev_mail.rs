//! `dev/mail`: the mails that the embedded default has written to files, for whoever tries the service on this machine.
//!
//! They contain codes, so a request must come from this machine, and from a browser that has this page open: a page of
//! another site, under a name that it points to this machine or through a proxy that passes requests on, gets 404.

use std::sync::Arc;

use actix_web::http::header::{self, HeaderMap};
use actix_web::http::{Method, Uri, Version};
use actix_web::web::{self, Data};
use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder, Route, Scope};
use auth_domain::MailId;
use auth_domain::error_code::{ErrorCode, Refusal};
use auth_domain::mail::SentMail;
use auth_domain::ports::SentMails;
use url::Host;

use crate::answer::{ApiError, not_found};
use crate::client::is_passed_on;
use crate::edge::Edge;
use crate::endpoint::resource;
use crate::pages::escape;
use crate::query::path_uuid;

/// How many mails the page shows.
const SHOWN: usize = 50;

/// The page loads its style and the frames, and runs nothing.
const POLICY: &str = "default-src 'none'; style-src 'self'; img-src data:; frame-src 'self'; base-uri 'none'; \
                      form-action 'none'; frame-ancestors 'none'";
/// A mail shows itself and, as mail programs do, a logo.
const MAIL_POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; img-src https:; base-uri 'none'; \
                           form-action 'none'; frame-ancestors 'self'; sandbox";

const STYLE: &str = "\
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
body { max-width: 48rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.5rem; }
article { border: 1px solid #8888; border-radius: 8px; padding: 1rem; margin: 1rem 0; }
h2 { font-size: 1.1rem; margin: 0; }
h2 + p { margin: 0 0 1rem; opacity: 0.8; }
pre { white-space: pre-wrap; overflow-wrap: anywhere; font: 14px/1.5 ui-monospace, monospace; }
iframe { width: 100%; height: 32rem; border: 1px solid #8888; background: #fff; }
";

/// Adds the page to the scope, if there are mails to show.
pub(crate) fn services(scope: Scope, edge: &Edge) -> Scope {
    if edge.sent_mails.is_none() {
        return scope;
    }
    let get =
        |route: &dyn Fn() -> Route| [Method::GET, Method::HEAD].map(|method| (method.clone(), route().method(method)));
    scope
        .service(resource("/dev/mail", get(&|| web::to(list))))
        .service(resource("/dev/mail/style.css", get(&|| web::to(style))))
        .service(resource("/dev/mail/{id}", get(&|| web::to(html))))
}

/// Returns the mails, if the request may see them.
fn shown<'a>(edge: &'a Edge, request: &HttpRequest) -> Option<&'a Arc<dyn SentMails>> {
    let is_local = request.peer_addr().is_some_and(|peer| peer.ip().is_loopback()) && !is_by_proxy(request);
    // Browsers send no origin where a link leads, but wherever a script reads.
    let is_read = request.headers().contains_key(header::ORIGIN);
    let is_shown = is_local && !is_read && names_this_machine(request.headers(), request.uri());
    edge.sent_mails.as_ref().filter(|_| is_shown)
}

/// Tells whether a proxy on this machine passes on the request of another. nginx speaks HTTP/1.0 unless it is told
/// otherwise; no browser does.
fn is_by_proxy(request: &HttpRequest) -> bool {
    let headers = ["via", "x-real-ip", "x-forwarded-host", "x-forwarded-proto", "x-forwarded-server"];
    let is_told = headers.iter().any(|name| request.headers().contains_key(*name));
    is_told || is_passed_on(request) || request.version() < Version::HTTP_11
}

/// Tells whether the browser was sent here under a name that only means this machine: every other one could belong to a
/// site that has pointed it here (DNS rebinding).
fn names_this_machine(headers: &HeaderMap, uri: &Uri) -> bool {
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok());
    host.is_some_and(is_this_machine) && uri.authority().is_none_or(|authority| is_this_machine(authority.as_str()))
}

fn is_this_machine(authority: &str) -> bool {
    let is_port = |port: &str| port.bytes().all(|byte| byte.is_ascii_digit());
    let host = authority.rsplit_once(':').filter(|(_, port)| is_port(port)).map_or(authority, |(host, _)| host);
    match Host::parse(host) {
        Ok(Host::Domain(name)) => name == "localhost",
        Ok(Host::Ipv4(address)) => address.is_loopback(),
        Ok(Host::Ipv6(address)) => address.is_loopback(),
        Err(_) => false,
    }
}

fn answer(policy: &'static str, frames: &'static str) -> HttpResponseBuilder {
    let mut answer = HttpResponse::Ok();
    answer
        .insert_header((header::CONTENT_SECURITY_POLICY, policy))
        .insert_header((header::X_FRAME_OPTIONS, frames))
        .insert_header((header::REFERRER_POLICY, "no-referrer"))
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .insert_header(("cross-origin-resource-policy", "same-origin"))
        .insert_header(("cross-origin-opener-policy", "same-origin"));
    answer
}

/// The operator finds the reason in the log.
fn failed(error: &str) -> ApiError {
    tracing::error!(error, "sent mails cannot be read");
    Refusal::from(ErrorCode::Unavailable).into()
}

async fn list(edge: Data<Edge>, request: HttpRequest) -> Result<HttpResponse, ApiError> {
    let Some(mails) = shown(&edge, &request) else { return Ok(not_found().await) };
    let mails = mails.latest(SHOWN).await.map_err(|error| failed(&error.to_string()))?;
    Ok(answer(POLICY, "DENY").content_type("text/html; charset=utf-8").body(page(&mails)))
}

async fn style(edge: Data<Edge>, request: HttpRequest) -> HttpResponse {
    if shown(&edge, &request).is_none() {
        return not_found().await;
    }
    answer(POLICY, "DENY").content_type("text/css; charset=utf-8").body(STYLE)
}

async fn html(edge: Data<Edge>, request: HttpRequest) -> Result<HttpResponse, ApiError> {
    let Some(mails) = shown(&edge, &request) else { return Ok(not_found().await) };
    let Ok(id) = path_uuid(&request, "id") else { return Ok(not_found().await) };
    match mails.find(MailId::from(id)).await.map_err(|error| failed(&error.to_string()))? {
        Some(mail) => Ok(answer(MAIL_POLICY, "SAMEORIGIN").content_type("text/html; charset=utf-8").body(mail.html)),
        None => Ok(not_found().await),
    }
}

fn page(mails: &[SentMail]) -> String {
    let articles: String = mails.iter().map(article).collect();
    let none =
        if mails.is_empty() { "<p>No mail has been sent yet. Reload this page after the next one.</p>\n" } else { "" };
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>Sent mails</title>\n\
         <link rel=\"icon\" href=\"data:,\">\n<link rel=\"stylesheet\" href=\"mail/style.css\">\n</head>\n<body>\n\
         <h1>Sent mails</h1>\n<p>The latest {SHOWN} mails, the newest first. They are files and were sent to nobody. Only this \
         machine can open this page.</p>\n{none}{articles}</body>\n</html>\n"
    )
}

fn article(mail: &SentMail) -> String {
    let SentMail { id, to, subject, date, text, .. } = mail;
    format!(
        "<article>\n<h2>{}</h2>\n<p>To {}, {}</p>\n<pre>{}</pre>\n<details>\n<summary>HTML</summary>\n\
         <iframe sandbox src=\"mail/{id}\" title=\"HTML of this mail\" loading=\"lazy\"></iframe>\n</details>\n</article>\n",
        escape(subject),
        escape(to),
        escape(date),
        text.lines().map(line).collect::<Vec<_>>().join("\n"),
    )
}

/// Writes a line of a text, as a link if it is nothing but an address of a page.
fn line(line: &str) -> String {
    let text = escape(line);
    let is_link = ["http://", "https://"].iter().any(|scheme| line.starts_with(scheme)) && !line.contains(' ');
    if is_link { format!("<a href=\"{text}\">{text}</a>") } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_of_this_machine_count() {
        for good in
            ["localhost", "localhost:8080", "LOCALHOST:80", "127.0.0.1:8080", "127.1.2.3", "[::1]:8080", "[::1]"]
        {
            assert!(is_this_machine(good), "{good}");
        }
        for bad in [
            "",
            ":8080",
            "evil.example",
            "localhost.evil.example:8080",
            "127.0.0.1.evil.example",
            "192.0.2.1:8080",
            "[::2]:8080",
            "evil.example:80@localhost",
            "localhost evil.example",
            "app.localhost",
        ] {
            assert!(!is_this_machine(bad), "{bad}");
        }
    }
}
