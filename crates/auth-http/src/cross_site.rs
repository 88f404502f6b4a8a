//! Pages of other sites: which may read our answers (CORS), and the refusal of unsafe requests that they make a browser
//! send with our cookies or to obtain some.

use std::fmt;

use actix_cors::{Cors, CorsError};
use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::{Method, header};
use actix_web::middleware::Next;
use actix_web::web::Data;
use actix_web::{Error, HttpRequest, ResponseError as _};
use url::Url;

use crate::answer::ApiError;
use crate::edge::Edge;

/// The number of characters of an `Origin` that an answer repeats: a scheme and the longest host name.
const LONGEST_ORIGIN: usize = 270;
/// How long a browser may cache the answer to a preflight.
const PREFLIGHT_SECONDS: usize = 600;

/// Returns the CORS middleware for the allowed origins. Their pages may send any headers.
pub fn cors(edge: &Edge) -> Cors {
    let cors = Cors::default()
        .allowed_methods([Method::GET, Method::HEAD, Method::POST, Method::PUT, Method::DELETE])
        .allow_any_header()
        .expose_headers(["x-request-id", "retry-after", "www-authenticate"])
        .block_on_origin_mismatch(false)
        .max_age(PREFLIGHT_SECONDS);
    let cors = edge.origins.allowed().fold(cors, Cors::allowed_origin);
    if edge.cookies { cors.supports_credentials() } else { cors }
}

/// What a request says about the page that sent it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Page {
    /// A page of ours, or of an allowed origin.
    Allowed,
    /// A page of another origin.
    Foreign,
    /// Nothing: no page sent it, or a browser that does not say.
    Unsaid,
}

fn page(edge: &Edge, request: &HttpRequest) -> Page {
    let text = |name: &str| request.headers().get(name).map(|value| value.to_str().unwrap_or_default());
    match (text("origin"), text("sec-fetch-site")) {
        // `none`: the user of the browser typed the address.
        (_, Some("same-origin" | "none")) => Page::Allowed,
        (Some(origin), _) if edge.origins.allows(origin) => Page::Allowed,
        (None, None) => Page::Unsaid,
        _ => Page::Foreign,
    }
}

/// Why a request is refused for the page that it comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum CrossSiteCause {
    /// Its `Origin`, which this is, is neither this service's nor allowed.
    OriginNotAllowed(String),
    /// It names no origin, and the browser says that another site sent it.
    AnotherSite,
    /// A cookie identifies the user, and the request does not say where it comes from.
    OriginMissing,
    /// The page, which may call, asks to send a method that no endpoint takes.
    MethodNotAllowed,
}

impl CrossSiteCause {
    /// What the headers of a request that is refused say.
    fn of(request: &HttpRequest) -> Self {
        let headers = request.headers();
        match headers.get(header::ORIGIN) {
            Some(origin) => {
                let origin = String::from_utf8_lossy(origin.as_bytes());
                Self::OriginNotAllowed(origin.chars().take(LONGEST_ORIGIN).collect())
            }
            None if headers.contains_key("sec-fetch-site") => Self::AnotherSite,
            None => Self::OriginMissing,
        }
    }

    /// Its stable name in answers.
    pub(crate) const fn reason(&self) -> &'static str {
        match self {
            Self::OriginNotAllowed(_) => "origin_not_allowed",
            Self::AnotherSite => "another_site",
            Self::OriginMissing => "origin_missing",
            Self::MethodNotAllowed => "method_not_allowed",
        }
    }
}

impl fmt::Display for CrossSiteCause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OriginNotAllowed(origin) => {
                write!(f, "Request refused: origin `{origin}` is not in `AUTH_ALLOWED_ORIGINS`.")
            }
            Self::AnotherSite => {
                f.write_str("Request refused: `Sec-Fetch-Site` says that a page of another site sent it.")
            }
            Self::OriginMissing => f.write_str(
                "Request refused: with a cookie it needs the header `Origin` or `Sec-Fetch-Site`. Browsers send it; other \
                 clients send the token in `Authorization` instead.",
            ),
            Self::MethodNotAllowed => {
                f.write_str("Request refused: pages may send GET, HEAD, POST, PUT and DELETE.")
            }
        }
    }
}

/// The refusal of a request for the page that it comes from.
pub(crate) fn refusal(request: &HttpRequest) -> ApiError {
    ApiError::cross_site(CrossSiteCause::of(request))
}

/// The refusal of a preflight (CORS), in words of ours.
pub(crate) fn preflight_refusal(request: &HttpRequest, error: &CorsError) -> ApiError {
    match error {
        CorsError::MethodNotAllowed => ApiError::cross_site(CrossSiteCause::MethodNotAllowed),
        _ => refusal(request),
    }
}

/// Tells whether a request that is recognised by a cookie may have been caused by a page that is not allowed to: an
/// unsafe request must say where it comes from.
pub(crate) fn is_forged(edge: &Edge, request: &HttpRequest) -> bool {
    !request.method().is_safe() && page(edge, request) != Page::Allowed
}

/// Tells the same of a page to which a browser navigates and that does more than show something. A browser sends no
/// `Origin` then, so the page of an allowed one is recognised by its `Referer`.
pub(crate) fn is_forged_navigation(edge: &Edge, request: &HttpRequest) -> bool {
    let referer = request.headers().get(header::REFERER).and_then(|value| Url::parse(value.to_str().ok()?).ok());
    let allowed = referer.is_some_and(|url| edge.origins.allows(&url.origin().ascii_serialization()));
    !allowed && page(edge, request) != Page::Allowed
}

/// Tells the same of the request about which a gateway asks.
pub(crate) fn is_forged_at_gateway(edge: &Edge, request: &HttpRequest) -> bool {
    !is_safe_at_gateway(request) && page(edge, request) != Page::Allowed
}

/// Tells whether the gateway asks about a safe method. If it names no method, or two, the request counts as unsafe: one
/// of them may come from the client.
fn is_safe_at_gateway(request: &HttpRequest) -> bool {
    let values = ["x-forwarded-method", "x-original-method"].map(|name| request.headers().get_all(name));
    let mut methods = values.into_iter().flatten().map(header::HeaderValue::as_bytes);
    let Some(first) = methods.next() else { return false };
    methods.all(|other| other == first) && Method::from_bytes(first).is_ok_and(|method| method.is_safe())
}

/// Tells whether an unsafe request says that it comes from a page that may not call with cookies; such a request gets
/// none.
pub(crate) fn is_foreign(edge: &Edge, request: &HttpRequest) -> bool {
    edge.cookies && !request.method().is_safe() && page(edge, request) == Page::Foreign
}

/// Refuses foreign pages at an endpoint that needs no token and may set cookies, so that nobody can be logged in to
/// someone else's account.
pub(crate) async fn refuse_foreign(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let edge = request.app_data::<Data<Edge>>();
    if edge.is_some_and(|edge| is_foreign(edge, request.request())) {
        let refusal = refusal(request.request());
        return Ok(request.into_response(refusal.error_response()));
    }
    Ok(next.call(request).await?.map_into_boxed_body())
}
