//! Where a gateway sends a browser that is not signed in: to the sign-in page, which sends it back.

use actix_web::http::header::{self, HeaderMap, HeaderValue};
use actix_web::http::{Method, StatusCode};
use actix_web::{HttpRequest, HttpResponse};
use auth_domain::error_code::{FieldError, FieldReason, Refusal};
use url::Url;

use crate::answer::no_store;
use crate::cross_site::method_at_gateway;
use crate::edge::Edge;
use crate::query::query_parameter;

/// The status with which a gateway asks for the address of the sign-in page.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum LoginStatus {
    /// nginx accepts only 401 or 403 as a refusal, and redirects by itself.
    Unauthorized,
    /// For gateways that pass the answer on to the browser.
    Found,
}

impl LoginStatus {
    /// Returns what the parameter `login` asks for, if present.
    pub(crate) fn of(request: &HttpRequest) -> Result<Option<Self>, Refusal> {
        let refusal = |message| Refusal::invalid(vec![FieldError::new("/login", FieldReason::NotAllowed, message)]);
        let status = match query_parameter(request, "login")?.as_deref() {
            None => return Ok(None),
            Some("401") => Self::Unauthorized,
            Some("302") => Self::Found,
            Some(_) => return Err(refusal("must be 302 or 401")),
        };
        // However often somebody signed in, they would be asked to sign in again.
        if query_parameter(request, "audience")?.is_some() {
            return Err(refusal("must not be given with audience: cookies have a token for the default audience only"));
        }
        Ok(Some(status))
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
/// scripts ask for is refused: they would take the page for the answer. So are frames, in which our pages show nothing.
fn is_navigation(request: &HttpRequest) -> bool {
    let text = |name: &str| request.headers().get(name).and_then(|value| value.to_str().ok());
    let shows = match text("sec-fetch-mode") {
        Some(mode) => mode == "navigate",
        None => text("accept").is_some_and(|accepted| accepted.contains("text/html")),
    };
    let is_whole = text("sec-fetch-dest").is_none_or(|destination| destination == "document");
    shows && is_whole && method_at_gateway(request) == Some(Method::GET)
}

fn location(edge: &Edge, headers: &HeaderMap, mut page: Url) -> Option<HeaderValue> {
    let asked = original_url(headers);
    // A gateway that protects the sign-in page too would send browsers round in circles.
    let is_page = |asked: &String| Url::parse(asked).is_ok_and(|url| url.path() == page.path());
    if asked.as_ref().is_some_and(is_page) {
        return None;
    }
    if let Some(end) = asked.and_then(|url| edge.origins.end_of_sign_in(&url)) {
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
