//! Builds answers: successes in the envelope, refusals in the envelope or as problem documents.

use std::fmt;

use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderValue};
use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder, ResponseError};
use auth_domain::Language;
use auth_domain::error_code::{Details, ErrorCode, FieldError, Refusal};
use serde::Serialize;
use serde_json::{Value, json};

use crate::codes::{Code, HttpCode, SuccessCode};
use crate::cross_site_cause::CrossSiteCause;
use crate::messages;
use crate::rfc3339::rfc3339;

/// Wraps the data of a success in the envelope.
pub(crate) fn success(code: SuccessCode, data: impl Serialize) -> HttpResponse {
    let status = code.status();
    no_store(HttpResponse::build(status)).json(Envelope { status_code: status.as_u16(), code: code.as_str(), data })
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Envelope<D> {
    status_code: u16,
    code: &'static str,
    data: D,
}

/// Forbids caches to store the answer: nearly every one carries a token, a code or personal data.
pub(crate) fn no_store(mut builder: HttpResponseBuilder) -> HttpResponseBuilder {
    builder.insert_header((header::CACHE_CONTROL, "no-store"));
    builder
}

/// A refusal to answer with, from a use case or from the HTTP layer.
#[derive(Clone, Debug)]
pub(crate) struct ApiError {
    code: Code,
    details: Details,
    /// With [`HttpCode::CrossSiteRequest`].
    cross_site: Option<CrossSiteCause>,
}

impl ApiError {
    /// Returns the code of the refusal.
    pub(crate) const fn code(&self) -> Code {
        self.code
    }

    pub(crate) const fn with_details(code: Code, details: Details) -> Self {
        Self { code, details, cross_site: None }
    }

    /// A request that a page of another site may have made a browser send.
    pub(crate) const fn cross_site(cause: CrossSiteCause) -> Self {
        Self { code: Code::Http(HttpCode::CrossSiteRequest), details: Details::None, cross_site: Some(cause) }
    }

    /// What is particular to this refusal, in words, where something is.
    fn particulars(&self) -> Option<String> {
        self.cross_site.as_ref().map(ToString::to_string)
    }

    /// Says for the log what was wrong: names of fields and reasons, nothing that the caller typed but an origin.
    pub(crate) fn reason(&self) -> Option<String> {
        if let Some(cause) = &self.cross_site {
            return Some(match cause {
                CrossSiteCause::OriginNotAllowed(origin) => format!("{} {origin}", cause.reason()),
                _ => cause.reason().to_owned(),
            });
        }
        match &self.details {
            Details::Fields(errors) => {
                let words = |error: &FieldError| format!("{} {}", error.field, error.reason.as_str());
                Some(errors.iter().map(words).collect::<Vec<_>>().join(", "))
            }
            Details::Taken(field) => Some(format!("{field} taken")),
            Details::PasswordReasons(reasons) => {
                Some(reasons.iter().map(|reason| reason.as_str()).collect::<Vec<_>>().join(", "))
            }
            Details::Reason(reason) => Some((*reason).to_owned()),
            Details::MissingScope(scope) => Some(format!("scope {}", scope.as_str())),
            Details::None | Details::RetryAfter(_) | Details::MaxAge(_) | Details::RestorableUntil(_) => None,
        }
    }

    fn data(&self, language: Language) -> Value {
        let mut data = json!({ "message": messages::of_code(self.code, language) });
        // A failure of our own says nothing else.
        if self.code != Code::UseCase(ErrorCode::InternalServerError) {
            data["hint"] = json!(self.particulars().as_deref().unwrap_or(self.code.hint()));
        }
        if let Some(cause) = &self.cross_site {
            data["reason"] = json!(cause.reason());
        }
        match &self.details {
            Details::None => {}
            Details::Fields(errors) => {
                data["errors"] = errors.iter().map(|error| field_error(error, language)).collect();
            }
            Details::Taken(field) => data["field"] = json!(field),
            Details::PasswordReasons(reasons) => {
                data["reasons"] = reasons.iter().map(|reason| reason.as_str()).collect();
            }
            Details::RetryAfter(_) => data["retryAfter"] = json!(self.retry_after()),
            Details::MaxAge(max_age) => data["maxAge"] = json!(max_age.as_secs()),
            Details::RestorableUntil(until) => data["restorableUntil"] = json!(rfc3339(*until)),
            Details::Reason(reason) => data["reason"] = json!(reason),
            Details::MissingScope(scope) => {
                data["reason"] = json!("scope");
                data["scope"] = json!(scope.as_str());
            }
        }
        data
    }

    /// Returns whole seconds, rounded up, so that a caller that waits that long is not too early.
    fn retry_after(&self) -> Option<u64> {
        match self.details {
            Details::RetryAfter(wait) => Some(wait.as_millis().div_ceil(1_000).max(1).try_into().unwrap_or(u64::MAX)),
            _ => None,
        }
    }

    /// Returns the refusal as a problem document (RFC 9457).
    fn problem(&self, language: Language) -> Value {
        let (code, status) = (self.code, self.status_code());
        let mut problem = json!({
            "type": format!("urn:auth-service:error:{}", code.as_str()),
            "title": messages::of_code(code, language),
            "status": status.as_u16(),
            "code": code.as_str(),
        });
        if let (Some(members), Value::Object(data)) = (problem.as_object_mut(), self.data(language)) {
            for (name, value) in data {
                match name.as_str() {
                    "message" => {}
                    "hint" => drop(members.insert("detail".to_owned(), value)),
                    _ => drop(members.insert(name, value)),
                }
            }
        }
        problem
    }

    fn headers(&self, mut builder: HttpResponseBuilder) -> HttpResponseBuilder {
        if let Some(seconds) = self.retry_after() {
            builder.insert_header((header::RETRY_AFTER, seconds));
        }
        if self.status_code() == StatusCode::UNAUTHORIZED {
            builder.insert_header((header::WWW_AUTHENTICATE, challenge(self)));
        }
        no_store(builder)
    }

    /// Returns the refusal as an envelope.
    pub(crate) fn envelope(&self, language: Language) -> impl Serialize + use<> {
        Envelope { status_code: self.status_code().as_u16(), code: self.code.as_str(), data: self.data(language) }
    }

    /// Builds the response that carries the refusal as an envelope.
    pub(crate) fn to_envelope_response(&self, language: Language) -> HttpResponse {
        self.headers(HttpResponse::build(self.status_code())).json(self.envelope(language))
    }

    /// Builds the response that carries the refusal as a problem document.
    pub(crate) fn to_problem_response(&self, language: Language) -> HttpResponse {
        let mut builder = self.headers(HttpResponse::build(self.status_code()));
        builder.content_type("application/problem+json").body(self.problem(language).to_string())
    }
}

fn field_error(error: &FieldError, language: Language) -> Value {
    let message = messages::of_rule(&error.message, language);
    let mut object = json!({ "field": error.field, "reason": error.reason.as_str(), "message": message });
    for (name, bound) in [("min", error.bounds.0), ("max", error.bounds.1)] {
        if let Some(bound) = bound {
            object[name] = json!(bound);
        }
    }
    object
}

/// Returns the `WWW-Authenticate` challenge: without an error code where the request had no token (RFC 6750 section 3),
/// with the greatest age of a login where that is the reason (RFC 9470 section 3).
fn challenge(refusal: &ApiError) -> HeaderValue {
    if let Details::MaxAge(max_age) = refusal.details {
        let text = format!(
            "Bearer realm=\"auth\", error=\"insufficient_user_authentication\", max_age=\"{}\"",
            max_age.as_secs()
        );
        return HeaderValue::from_str(&text).unwrap_or_else(|_| HeaderValue::from_static("Bearer realm=\"auth\""));
    }
    HeaderValue::from_static(match refusal.code {
        // A wrong code does not make the token invalid.
        Code::Http(HttpCode::TokenRequired | HttpCode::RefreshTokenRequired | HttpCode::OtpRequired)
        | Code::UseCase(ErrorCode::OtpInvalid) => "Bearer realm=\"auth\"",
        _ => "Bearer realm=\"auth\", error=\"invalid_token\"",
    })
}

impl fmt::Display for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code.as_str())
    }
}

impl std::error::Error for ApiError {}

impl ResponseError for ApiError {
    fn status_code(&self) -> StatusCode {
        self.code.status()
    }

    fn error_response(&self) -> HttpResponse {
        let mut response = self.to_envelope_response(Language::English);
        // The middleware puts it into another language, and turns it into a problem document, where the caller wants that.
        response.extensions_mut().insert(self.clone());
        response
    }
}

impl<E: Into<Refusal>> From<E> for ApiError {
    fn from(error: E) -> Self {
        let Refusal { code, details } = error.into();
        Self::with_details(code.into(), details)
    }
}

impl From<HttpCode> for ApiError {
    fn from(code: HttpCode) -> Self {
        Self::with_details(code.into(), Details::None)
    }
}

impl From<Code> for ApiError {
    fn from(code: Code) -> Self {
        Self::with_details(code, Details::None)
    }
}

/// Answers requests for paths that no endpoint has.
pub(crate) async fn not_found() -> HttpResponse {
    ApiError::from(ErrorCode::NotFound).error_response()
}

/// Tells whether the request's `Accept` header names this media type with a weight above zero.
pub(crate) fn accepts(request: &HttpRequest, media_type: &str) -> bool {
    let values = request.headers().get_all(header::ACCEPT);
    values.filter_map(|value| value.to_str().ok()).flat_map(|value| value.split(',')).any(|range| {
        let mut parts = range.split(';').map(str::trim);
        let named = parts.next().is_some_and(|range| range.eq_ignore_ascii_case(media_type));
        let weight = parts.find_map(|part| part.strip_prefix("q=").or_else(|| part.strip_prefix("Q=")));
        named && weight.and_then(|weight| weight.trim().parse::<f32>().ok()) != Some(0.0)
    })
}
