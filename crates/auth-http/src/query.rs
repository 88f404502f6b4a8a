//! Query and path parameters.

use actix_web::HttpRequest;
use actix_web::web::Query;
use auth_domain::error_code::{FieldError, Refusal};
use uuid::Uuid;

/// The first value of query parameter `name`.
pub(crate) fn query_parameter(request: &HttpRequest, name: &str) -> Option<String> {
    let pairs = Query::<Vec<(String, String)>>::from_query(request.query_string()).ok()?.into_inner();
    pairs.into_iter().find(|(key, _)| key == name).map(|(_, value)| value)
}

/// A UUID in its hyphenated form (RFC 9562 section 4), the only one that is accepted.
pub(crate) fn parse_uuid(name: &str, text: &str) -> Result<Uuid, Refusal> {
    let parsed = Uuid::try_parse(text).ok().filter(|_| text.len() == 36);
    parsed.ok_or_else(|| Refusal::invalid(vec![FieldError::new(&format!("/{name}"), "must be a UUID")]))
}

/// The path parameter `name` as a UUID.
pub(crate) fn path_uuid(request: &HttpRequest, name: &str) -> Result<Uuid, Refusal> {
    parse_uuid(name, request.match_info().query(name))
}
