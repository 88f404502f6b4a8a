//! Where a gateway sends a browser that is not signed in: to the sign-in page, which sends it back.

use actix_web::http::header::{self, HeaderMap, HeaderValue};
use actix_web::http::{Method, StatusCode};
use actix_web::{HttpRequest, HttpResponse};
use auth_domain::error_code::{FieldError, FieldReason, Refusal};
use url::Url;

use crate::answer::no_store;
use crate::cross_site::method_at_gateway;
use crate::edge::Edge;
use crate::page_forms::allowed_end;
use crate::query::query_parameter;

/// The status with which a gateway asks for the address of the sign-in page.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum LoginStatus {
    /// nginx takes nothing else for a refusal, and redirects by itself.
    Unauthorized,
    /// For gateways that pass the answer on to the browser.
    Found,
}

impl LoginStatus {
    /// Returns what the parameter `login` asks for, if present.
    pub(crate) fn of(request: &HttpRequest) -> Result<Option<Self>, Refusal> {
        match query_parameter(request, "login")?.as_deref() {
            None => Ok(None),
            Some("401") => Ok(Some(Self::Unauthorized)),
            Some("302") => Ok(Some(Self::Found)),
            Some(_) => {
                let error = FieldError::new("/login", FieldReason::NotAllowed, "must be 302 or 401");
                Err(Refusal::invalid(vec![error]))
            }
        }
    }

    /// Adds the address of the sign-in page to a refusal, if the pages are on and a browser asks for a page.
    pub(crate) fn answer(self, edge: &Edge, request: &HttpRequest, refused: HttpResponse) -> HttpResponse {
        let page = edge.sign_in_page().filter(|_| is_navigation(request));
        let Some(page) = page.and_then(|page| location(edge, request.headers(), page)) else { return refused };
        match self {
            Self::Unauthorized => {
                let mut refused = refused;
                refused.headers_mut().insert(header::LOCATION, page);
                refused
            }
            Self::Found => {
                no_store(HttpResponse::build(StatusCode::FOUND)).insert_header((header::LOCATION, page)).finish()
            }
        }
    }
}

/// Tells whether a browser wants to show what it asks for, by `Sec-Fetch-Mode` (W3C Fetch Metadata) or else `Accept`. What
/// scripts ask for is refused: they would take the page for the answer.
fn is_navigation(request: &HttpRequest) -> bool {
    let text = |name: &str| request.headers().get(name).and_then(|value| value.to_str().ok());
    let shows = match text("sec-fetch-mode") {
        Some(mode) => mode == "navigate",
        None => text("accept").is_some_and(|accepted| accepted.contains("text/html")),
    };
    shows && method_at_gateway(request) == Some(Method::GET)
}

fn location(edge: &Edge, headers: &HeaderMap, mut page: Url) -> Option<HeaderValue> {
    if let Some(end) = original_url(headers).and_then(|url| allowed_end(edge, &url)) {
        page.query_pairs_mut().append_pair("redirect", &end);
    }
    HeaderValue::from_str(page.as_str()).ok()
}

/// Returns the URL about which the gateway asks. A forged one leads only to an allowed origin.
fn original_url(headers: &HeaderMap) -> Option<String> {
    let text = |name: &str| headers.get(name)?.to_str().ok();
    if let Some(url) = text("x-original-url") {
        return Some(url.to_owned());
    }
    let [scheme, host, uri] = ["x-forwarded-proto", "x-forwarded-host", "x-forwarded-uri"].map(text);
    Some(format!("{}://{}{}", scheme?, host?, uri?))
}
