//! Pages of other sites: which may read our answers (CORS), and the refusal of unsafe requests that they make a browser
//! send with our cookies.

use actix_cors::Cors;
use actix_web::HttpRequest;
use actix_web::http::{Method, header};

use crate::cookies;
use crate::edge::Edge;

/// How long a browser may remember what a preflight said.
const PREFLIGHT_SECONDS: usize = 600;

/// The CORS middleware of the allowed origins.
pub fn cors(edge: &Edge) -> Cors {
    let cors = Cors::default()
        .allowed_methods([Method::GET, Method::HEAD, Method::POST, Method::PUT, Method::DELETE])
        .allowed_headers([header::AUTHORIZATION, header::CONTENT_TYPE, header::ACCEPT])
        .allowed_header("x-request-id")
        .expose_headers(["x-request-id", "retry-after", "www-authenticate"])
        .block_on_origin_mismatch(false)
        .max_age(PREFLIGHT_SECONDS);
    let cors = edge.origins.allowed().fold(cors, Cors::allowed_origin);
    if edge.cookies { cors.supports_credentials() } else { cors }
}

/// Whether a browser was made to send this by a page that may not.
pub(crate) fn is_forged(edge: &Edge, request: &HttpRequest) -> bool {
    edge.cookies && !request.method().is_safe() && is_of_a_stranger(edge, request)
}

/// The same of the request that a gateway asks about before it lets it through. Where the gateway does not say its
/// method, it counts as unsafe.
pub(crate) fn is_forged_at_gateway(edge: &Edge, request: &HttpRequest) -> bool {
    let original = ["x-forwarded-method", "x-original-method"].iter().find_map(|name| request.headers().get(*name));
    let safe =
        original.and_then(|method| Method::from_bytes(method.as_bytes()).ok()).is_some_and(|method| method.is_safe());
    edge.cookies && !safe && is_of_a_stranger(edge, request)
}

/// A request that says nothing of where it comes from is no page's; when it brings our cookies, that is not believed.
fn is_of_a_stranger(edge: &Edge, request: &HttpRequest) -> bool {
    let text = |name: &str| request.headers().get(name).map(|value| value.to_str().unwrap_or_default());
    match (text("origin"), text("sec-fetch-site")) {
        // `none`: whoever uses the browser typed it.
        (_, Some("same-origin" | "none")) => false,
        (Some(origin), _) => !edge.origins.allows(origin),
        (None, Some(_)) => true,
        (None, None) => cookies::any_token(request),
    }
}
