//! Pages of other sites: which may read our answers (CORS), and the refusal of unsafe requests that they make a browser
//! send with our cookies or to obtain some.

use actix_cors::{Cors, CorsError};
use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::{Method, header};
use actix_web::middleware::Next;
use actix_web::web::Data;
use actix_web::{Error, HttpRequest, ResponseError as _};
use url::Url;

use crate::answer::ApiError;
use crate::cross_site_cause::CrossSiteCause;
use crate::edge::Edge;

/// How long a browser may cache the answer to a preflight.
const PREFLIGHT_SECONDS: usize = 600;

/// Returns the CORS middleware for the allowed origins. Their pages may send any headers.
pub fn cors(edge: &Edge) -> Cors {
    let cors = Cors::default()
        .allowed_methods([Method::GET, Method::HEAD, Method::POST, Method::PUT, Method::PATCH, Method::DELETE])
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

/// Returns the refusal of a request because of the page that sent it.
pub(crate) fn refusal(request: &HttpRequest) -> ApiError {
    ApiError::cross_site(CrossSiteCause::of(request))
}

/// Returns the refusal of a preflight (CORS).
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
    !method_at_gateway(request).is_some_and(|method| method.is_safe()) && page(edge, request) != Page::Allowed
}

/// Returns the method about which the gateway asks; `None` if it names none, or two: one of them may come from the client.
pub(crate) fn method_at_gateway(request: &HttpRequest) -> Option<Method> {
    let values = ["x-forwarded-method", "x-original-method"].map(|name| request.headers().get_all(name));
    let mut methods = values.into_iter().flatten().map(header::HeaderValue::as_bytes);
    let first = methods.next()?;
    methods.all(|other| other == first).then(|| Method::from_bytes(first).ok())?
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
