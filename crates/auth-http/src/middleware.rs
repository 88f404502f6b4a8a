//! What every request and answer goes through: a request id, a deadline, a log line, safe headers, and problem
//! documents for callers that accept them.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::{Duration, Instant};

use actix_cors::CorsError;
use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::error::InternalError;
use actix_web::http::header::{self, HeaderMap, HeaderName, HeaderValue};
use actix_web::http::{ConnectionType, Method};
use actix_web::middleware::Next;
use actix_web::web::Data;
use actix_web::{Error, HttpRequest, HttpResponse, ResponseError as _};
use auth_domain::audit::RequestId;
use auth_domain::error_code::{ErrorCode, Refusal};
use auth_domain::session::Network;
use auth_domain::{AccountId, Language};
use tracing::field::Empty;
use tracing::{Instrument as _, Span};

use crate::answer::{ApiError, accepts};
use crate::body::MAX_BYTES;
use crate::client::{client_address, untrusted_proxy};
use crate::codes::HttpCode;
use crate::edge::Edge;
use crate::language::Accepted;
use crate::{audit_context, cookies, cross_site};

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// When the caller has given up anyway. A stream may continue, because its answer has begun.
const DEADLINE: Duration = Duration::from_secs(30);
const RETRY: Duration = Duration::from_secs(2);

/// Handles, as the outermost middleware, what all requests and answers have in common.
pub(crate) async fn exchange(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse, Error> {
    let exchange = Exchange::begin(&request);
    tell_untrusted_proxy(request.request());
    let answering = next.call(request).instrument(exchange.span.clone());
    let answering = Arc::clone(&exchange.request).answer(answering);
    let answering = request_scope::scope(Arc::clone(&exchange.id_text), answering);
    match tokio::time::timeout(DEADLINE, answering).await {
        Ok(answered) => {
            let (request, mut response) = answered?.map_into_boxed_body().into_parts();
            if let Some(refusal) = preflight_refusal(&request, &response) {
                response = refusal.error_response();
            }
            exchange.end(request.match_pattern().as_deref(), Some(request.headers()), &mut response);
            Ok(ServiceResponse::new(request, response))
        }
        Err(late) => {
            let mut response = ApiError::from(Refusal::retry_after(ErrorCode::Unavailable, RETRY)).error_response();
            exchange.end(None, None, &mut response);
            Err(InternalError::from_response(late, response).into())
        }
    }
}

/// Tells `doctor`, which asks there like a proxy, in the answer.
fn tell_untrusted_proxy(request: &HttpRequest) {
    if let Some(peer) = untrusted_proxy(request).filter(|_| !request.path().ends_with("/health/client"))
        && let Some(edge) = request.app_data::<Data<Edge>>()
    {
        edge.trusted_proxies.tell_lack(peer);
    }
}

/// A request that is being answered.
struct Exchange {
    id: HeaderValue,
    /// The request id as text, for the log.
    id_text: Arc<str>,
    began: Instant,
    method: Method,
    path: String,
    wants_problem: bool,
    span: Span,
    edge: Option<Data<Edge>>,
    /// What is learnt of it while it is answered.
    request: Arc<audit_context::Request>,
}

impl Exchange {
    fn begin(request: &ServiceRequest) -> Self {
        let own = callers_id(request).cloned();
        let is_callers = own.is_some();
        let (id, method) = (own.unwrap_or_else(|| fresh_id(request)), request.method().clone());
        let id_text: Arc<str> = id.to_str().unwrap_or_default().into();
        let audited_id = if is_callers { RequestId::Callers } else { RequestId::Own }(id_text.to_string());
        // For traces, and for logs that show spans; without either it costs nothing.
        let span = tracing::info_span!(
            "request",
            id = &*id_text,
            // The name of a span is fixed when it begins, when the route is not known yet.
            otel.name = method.as_str(),
            otel.kind = "server",
            http.route = Empty,
            http.request.method = Empty,
            http.response.status_code = Empty,
        );
        Self {
            id,
            id_text,
            began: Instant::now(),
            method,
            path: request.path().to_owned(),
            wants_problem: accepts(request.request(), "application/problem+json"),
            span,
            edge: request.app_data::<Data<Edge>>().cloned(),
            request: audit_context::Request::new(audited_id, client_address(request.request())),
        }
    }

    /// Completes the answer, counts it and logs it. `route` is `None` if no endpoint has its path, `asked` if the request is
    /// still being answered elsewhere.
    fn end(&self, route: Option<&str>, asked: Option<&HeaderMap>, response: &mut HttpResponse<BoxBody>) {
        if let Some(edge) = &self.edge {
            cookies::write(edge, response);
        }
        let refusal = response.extensions().get::<ApiError>().cloned();
        if let Some(refusal) = &refusal {
            word(refusal, asked, self.wants_problem, response);
        }
        let headers = response.headers_mut();
        headers.insert(REQUEST_ID, self.id.clone());
        headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        if self.edge.as_ref().is_some_and(|edge| edge.draining.has_begun()) {
            response.head_mut().set_connection_type(ConnectionType::Close);
        }
        self.tell(route, response, refusal.as_ref());
    }

    fn told(&self, refusal: Option<&ApiError>) -> Told<'_> {
        let Some(refusal) = refusal else { return Told::default() };
        let token = self.request.refused_token();
        Told {
            code: Some(refusal.code().as_str()),
            token: token.map(|token| token.kind),
            reason: token.map(|token| token.reason.into()).or_else(|| refusal.reason().map(Cow::Owned)),
            user: self.request.user(),
            service: self.request.service(),
            network: Some(self.request.network()),
        }
    }

    /// Counts the answer and logs it: of a refusal also who was refused, and why.
    fn tell(&self, route: Option<&str>, response: &HttpResponse<BoxBody>, refusal: Option<&ApiError>) {
        let (took, code) = (self.began.elapsed(), refusal.map(ApiError::code));
        if let Some(edge) = &self.edge {
            edge.metrics.answered(route, &self.method, response.status(), code, took);
        }
        let Self { method, path, span, .. } = self;
        let milliseconds = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
        let status = response.status().as_u16();
        // Not earlier: the log lines before need only the id.
        let route = route.unwrap_or("none");
        span.record("http.route", route);
        span.record("http.request.method", method.as_str()).record("http.response.status_code", status);
        let Told { code, token, reason, user, service, network } = self.told(refusal);
        let (reason, network) = (reason.as_deref(), network.as_ref().map(Network::as_str));
        let user = user.map(tracing::field::display);
        // Probes come every few seconds from each orchestrator and load balancer; problems are logged where they
        // happen.
        let is_probe = route.contains("/health/");
        let line = || {
            span.in_scope(|| {
                if is_probe {
                    tracing::debug!(
                        %method, path, route, status, code, token, reason, user, service, network, milliseconds, "answered"
                    );
                } else {
                    tracing::info!(
                        %method, path, route, status, code, token, reason, user, service, network, milliseconds, "answered"
                    );
                }
            });
        };
        request_scope::within(Arc::clone(&self.id_text), line);
    }
}

/// What the log says of a refusal; nothing of an answer that is none.
#[derive(Default)]
struct Told<'a> {
    code: Option<&'static str>,
    /// The kind of the token that was refused.
    token: Option<&'static str>,
    reason: Option<Cow<'static, str>>,
    user: Option<AccountId>,
    service: Option<&'a str>,
    network: Option<Network>,
}

/// Words the refusal of a preflight as all others are.
fn preflight_refusal(request: &HttpRequest, response: &HttpResponse<BoxBody>) -> Option<ApiError> {
    let error = response.error()?.as_error::<CorsError>()?;
    Some(cross_site::preflight_refusal(request, error))
}

/// Words a refusal as its caller wants it: in a language that it accepts, as an envelope or a problem document. Nobody
/// stores a refusal, so the answer to a caller that names no language need not vary.
fn word(refusal: &ApiError, asked: Option<&HeaderMap>, as_problem: bool, response: &mut HttpResponse<BoxBody>) {
    let asked = asked.filter(|headers| headers.contains_key(header::ACCEPT_LANGUAGE));
    let language = asked.map_or(Language::English, |headers| Accepted::in_headers(headers).answer());
    match (as_problem, language) {
        (true, _) => replace(response, refusal.to_problem_response(language)),
        (false, Language::English) => {}
        (false, _) => replace(response, refusal.to_envelope_response(language)),
    }
    if asked.is_some() {
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_LANGUAGE, HeaderValue::from_static(language.as_str()));
        headers.append(header::VARY, HeaderValue::from_static("Accept-Language"));
    }
}

/// Replaces the envelope of a refusal with another answer.
fn replace(response: &mut HttpResponse<BoxBody>, by: HttpResponse) {
    let envelope = std::mem::replace(response, by);
    // Headers that others added, such as CORS, `Allow` and every cookie, apply to this answer too.
    let own: Vec<HeaderName> = response.headers().keys().cloned().collect();
    for (name, value) in envelope.headers().iter().filter(|(name, _)| !own.contains(name)) {
        response.headers_mut().append(name.clone(), value.clone());
    }
}

/// Refuses requests that no endpoint needs to see: with bodies announced as too large, or compressed. This runs inside
/// CORS, so that a page may read the reason.
pub(crate) async fn guard(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse, Error> {
    if announced_length(&request).is_some_and(|length| length > MAX_BYTES as u64) {
        return Ok(request.into_response(ApiError::from(HttpCode::PayloadTooLarge).error_response()));
    }
    if has_encoded_body(&request) {
        let mut response = ApiError::from(HttpCode::UnsupportedMediaType).error_response();
        // So that the caller knows which of the two it was (RFC 9110 section 15.5.16).
        response.headers_mut().insert(header::ACCEPT_ENCODING, HeaderValue::from_static("identity"));
        return Ok(request.into_response(response));
    }
    Ok(next.call(request).await?.map_into_boxed_body())
}

/// Tells whether the body is compressed, which is not supported.
fn has_encoded_body(request: &ServiceRequest) -> bool {
    let has_body = request.headers().contains_key(header::TRANSFER_ENCODING)
        || announced_length(request).is_some_and(|length| length > 0);
    let encodings = request.headers().get_all(header::CONTENT_ENCODING);
    has_body && encodings.into_iter().any(|value| !value.as_bytes().trim_ascii().eq_ignore_ascii_case(b"identity"))
}

fn announced_length(request: &ServiceRequest) -> Option<u64> {
    request.headers().get(header::CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

/// Returns the caller's own id if it is 1–128 of `[A-Za-z0-9._-]`.
pub(crate) fn callers_id(request: &ServiceRequest) -> Option<&HeaderValue> {
    let well_formed = |value: &&HeaderValue| {
        let allowed = |byte: &u8| byte.is_ascii_alphanumeric() || b"._-".contains(byte);
        (1..=128).contains(&value.len()) && value.as_bytes().iter().all(allowed)
    };
    request.headers().get(&REQUEST_ID).filter(well_formed)
}

/// Creates an id of 32 hexadecimal digits.
fn fresh_id(request: &ServiceRequest) -> HeaderValue {
    let random = request.app_data::<Data<Edge>>().map(|edge| edge.entropy.bytes()).unwrap_or_default();
    let number = random.first_chunk().map_or(0, |half| u128::from_be_bytes(*half));
    HeaderValue::try_from(format!("{number:032x}")).unwrap_or_else(|_| HeaderValue::from_static("none"))
}
