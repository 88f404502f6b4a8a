//! Query and path parameters.

use actix_web::HttpRequest;
use actix_web::web::Query;
use auth_domain::error_code::{FieldError, FieldReason, Refusal};
use uuid::Uuid;

/// Returns the query parameter `name`, if present.
pub(crate) fn query_parameter(request: &HttpRequest, name: &str) -> Result<Option<String>, Refusal> {
    single_field(request.query_string(), name)
}

/// Returns the query parameter `limit`, if present: from 1 to `most`.
pub(crate) fn query_limit(request: &HttpRequest, most: u32) -> Result<Option<u32>, Refusal> {
    let Some(text) = query_parameter(request, "limit")? else { return Ok(None) };
    let parsed = text.parse().ok().filter(|limit| (1..=most).contains(limit));
    let error = || {
        let message = format!("must be a whole number from 1 to {most}");
        FieldError::new("/limit", FieldReason::Range, message).with_bounds(Some(1), usize::try_from(most).ok())
    };
    parsed.map(Some).ok_or_else(|| Refusal::invalid(vec![error()]))
}

/// Returns the field `name` of `application/x-www-form-urlencoded` text, if present. A field that occurs twice is
/// refused, because choosing one would be a guess (RFC 6749 section 3.1).
pub(crate) fn single_field(text: &str, name: &str) -> Result<Option<String>, Refusal> {
    let malformed =
        |reason, message: &str| Refusal::invalid(vec![FieldError::new(&format!("/{name}"), reason, message)]);
    let pairs = Query::<Vec<(String, String)>>::from_query(text)
        .map_err(|_| malformed(FieldReason::Format, "must be URL-encoded"))?;
    let mut values = pairs.into_inner().into_iter().filter(|(key, _)| key == name).map(|(_, value)| value);
    match (values.next(), values.next()) {
        (_, Some(_)) => Err(malformed(FieldReason::Duplicate, "must be given only once")),
        (value, None) => Ok(value),
    }
}

/// Parses a UUID in its hyphenated form (RFC 9562 section 4), the only one that is accepted.
pub(crate) fn parse_uuid(name: &str, text: &str) -> Result<Uuid, Refusal> {
    let parsed = Uuid::try_parse(text).ok().filter(|_| text.len() == 36);
    parsed.ok_or_else(|| {
        Refusal::invalid(vec![FieldError::new(&format!("/{name}"), FieldReason::Format, "must be a UUID")])
    })
}

/// Returns the path parameter `name` as a UUID.
pub(crate) fn path_uuid(request: &HttpRequest, name: &str) -> Result<Uuid, Refusal> {
    parse_uuid(name, request.match_info().query(name))
}
