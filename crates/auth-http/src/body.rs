//! Request bodies: at most 64 KiB, within a deadline, JSON objects.

use std::collections::HashMap;
use std::convert::Infallible;
use std::time::Duration;

use actix_web::dev::Payload;
use actix_web::http::header;
use actix_web::web::{Bytes, BytesMut};
use actix_web::{FromRequest, HttpRequest};
use auth_domain::error_code::{FieldError, FieldReason, Refusal};
use futures_util::future::LocalBoxFuture;
use futures_util::{FutureExt as _, StreamExt as _};
use serde::de::{DeserializeOwned, IgnoredAny};
use serde_json::{Value, json};
use serde_path_to_error::{Path, Segment};

use crate::answer::ApiError;
use crate::codes::{Code, HttpCode};

/// The maximum size of a body.
pub(crate) const MAX_BYTES: usize = 64 * 1024;
/// The maximum number of fields that a refusal lists; no body has more.
const MOST_ERRORS: usize = 16;
/// One value of each JSON type.
const SOME_OF_EACH_TYPE: [fn() -> Value; 6] =
    [|| json!(""), || json!(0), || json!(false), || json!([]), || json!({}), || Value::Null];
/// actix-web limits the time for headers, but not for bodies.
const TIMEOUT: Duration = Duration::from_secs(10);

/// A body that was read but not parsed, so that a handler can first check who is calling. Extracting it never fails;
/// parsing it may.
pub(crate) struct Body {
    media_type: String,
    bytes: Result<Bytes, ApiError>,
}

impl FromRequest for Body {
    type Error = Infallible;
    type Future = LocalBoxFuture<'static, Result<Self, Infallible>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let content_type = request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
        let media_type = content_type.and_then(|value| value.split(';').next()).unwrap_or_default();
        let media_type = media_type.trim().to_ascii_lowercase();
        let payload = payload.take();
        async move {
            let read = tokio::time::timeout(TIMEOUT, read(payload)).await;
            let bytes =
                read.unwrap_or_else(|_| Err(malformed(FieldReason::Incomplete, "must arrive within 10 seconds")));
            Ok(Self { media_type, bytes })
        }
        .boxed_local()
    }
}

impl Body {
    /// Parses the body as a JSON object. If a field that has a code of its own in `codes` is missing or has the wrong
    /// type, the refusal has that code; otherwise it lists every field that is wrong.
    pub(crate) fn json<T: DeserializeOwned>(self, codes: &[(&str, Code)]) -> Result<T, ApiError> {
        self.checked_json(codes, |_| Vec::new())
    }

    /// Parses the body likewise. If a field is missing or has the wrong type, `check` reports what else is wrong: it
    /// receives the body with placeholders in those fields.
    pub(crate) fn checked_json<T: DeserializeOwned>(
        self,
        codes: &[(&str, Code)],
        check: impl FnOnce(&T) -> Vec<FieldError>,
    ) -> Result<T, ApiError> {
        let bytes = self.bytes?;
        if bytes.is_empty() {
            return Err(malformed(FieldReason::Required, "must be a JSON object, but the body is empty"));
        }
        if self.media_type != "application/json" {
            return Err(HttpCode::UnsupportedMediaType.into());
        }
        parse_json(&bytes).map_err(|WrongBody { mut errors, mended }: WrongBody<T>| {
            let code_of = |error: &FieldError| codes.iter().find(|(field, _)| *field == error.field);
            let coded = errors.iter().filter(|error| !is_code_as_number(&bytes, &error.field)).find_map(code_of);
            if let Some((_, code)) = coded {
                return (*code).into();
            }
            let further = mended.map(|body| check(&body)).unwrap_or_default();
            let named: Vec<String> = errors.iter().map(|error| top_field(&error.field)).collect();
            errors.extend(further.into_iter().filter(|error| !named.contains(&top_field(&error.field))));
            Refusal::invalid(errors).into()
        })
    }

    /// Tells whether the body is empty.
    pub(crate) fn is_empty(&self) -> bool {
        self.bytes.as_ref().is_ok_and(|bytes| bytes.is_empty())
    }

    /// Returns the text of a form; `None` if the body has another media type.
    pub(crate) fn form(&self) -> Result<Option<&str>, ApiError> {
        if self.media_type != "application/x-www-form-urlencoded" {
            return Ok(None);
        }
        let bytes = self.bytes.as_ref().map_err(Clone::clone)?;
        std::str::from_utf8(bytes).map(Some).map_err(|_| malformed(FieldReason::Format, "must be UTF-8"))
    }
}

/// Tells whether a code was sent as a number, which drops its leading zeros: the client must be told.
fn is_code_as_number(bytes: &[u8], pointer: &str) -> bool {
    if !["/otpCode", "/recoveryCode"].contains(&pointer) {
        return false;
    }
    let body = serde_json::from_slice::<serde_json::Value>(bytes);
    body.is_ok_and(|body| body.pointer(pointer).is_some_and(serde_json::Value::is_number))
}

/// A body that could not be parsed.
#[derive(Debug)]
pub(crate) struct WrongBody<T> {
    /// One error for each field that is missing or has the wrong type; at least one.
    pub(crate) errors: Vec<FieldError>,
    /// The body with placeholders in those fields; `None` if that does not help.
    mended: Option<T>,
}

impl<T> From<FieldError> for WrongBody<T> {
    fn from(error: FieldError) -> Self {
        Self { errors: vec![error], mended: None }
    }
}

pub(crate) fn parse_json<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, WrongBody<T>> {
    if bytes.iter().find(|byte| !byte.is_ascii_whitespace()) != Some(&b'{') {
        return Err(FieldError::new("", FieldReason::Type, "must be a JSON object").into());
    }
    let mut deserializer = serde_json::Deserializer::from_slice(bytes);
    let parsed = serde_path_to_error::deserialize(&mut deserializer);
    let ended = deserializer.end();
    match parsed {
        Ok(parsed) if ended.is_ok() => Ok(parsed),
        // Invalid JSON is reported as such, whatever field is missing at its beginning.
        Err(error) if serde_json::from_slice::<IgnoredAny>(bytes).is_ok() => {
            Err(find_all(bytes, field_error(error.path(), error.inner())))
        }
        _ => Err(FieldError::new("", FieldReason::Format, "must be valid JSON in UTF-8").into()),
    }
}

/// Looks for the errors after the first one, at which serde stops: puts values of other types into the field that is
/// wrong until serde reads on.
fn find_all<T: DeserializeOwned>(bytes: &[u8], first: FieldError) -> WrongBody<T> {
    let Ok(mut body @ Value::Object(_)) = serde_json::from_slice::<Value>(bytes) else { return first.into() };
    let (mut errors, mut tried) = (Vec::new(), HashMap::<String, usize>::new());
    let mut error = first;
    loop {
        let field = top_field(&error.field);
        let tries = tried.entry(field.clone()).or_default();
        if *tries == 0 {
            errors.push(error);
        }
        let Some(instead) = SOME_OF_EACH_TYPE.get(*tries).filter(|_| errors.len() < MOST_ERRORS) else {
            return WrongBody { errors, mended: None };
        };
        *tries += 1;
        body[field] = instead();
        match serde_path_to_error::deserialize(&body) {
            Ok(mended) => return WrongBody { errors, mended: Some(mended) },
            Err(next) => error = field_error(next.path(), next.inner()),
        }
    }
}

/// Returns the name of the top-level field to which a JSON pointer leads.
fn top_field(pointer: &str) -> String {
    let name = pointer.split('/').nth(1).unwrap_or_default();
    name.replace("~1", "/").replace("~0", "~")
}

/// Describes a serde error. Only what was expected is taken from its text, which may repeat what the caller sent, such
/// as a password.
fn field_error(path: &Path, error: &serde_json::Error) -> FieldError {
    let text = error.to_string();
    let quoted = |prefix: &str| text.strip_prefix(prefix).and_then(|rest| rest.split('`').next());
    let pointer = pointer(path);
    if !error.is_data() {
        return FieldError::new("", FieldReason::Format, "must be valid JSON in UTF-8");
    }
    if let Some(missing) = quoted("missing field `") {
        return FieldError::new(&format!("{pointer}/{missing}"), FieldReason::Required, "is required");
    }
    if let Some(twice) = quoted("duplicate field `") {
        return FieldError::new(&format!("{pointer}/{twice}"), FieldReason::Duplicate, "must be given only once");
    }
    let expected = text.rsplit("expected ").next().and_then(|rest| rest.split(" at line").next());
    let expected = expected.filter(|_| text.contains("expected ")).unwrap_or("in the documented format");
    let reason = if text.starts_with("invalid type") { FieldReason::Type } else { FieldReason::Format };
    FieldError::new(&pointer, reason, format!("must be {expected}"))
}

/// Writes the path as a JSON pointer (RFC 6901).
fn pointer(path: &Path) -> String {
    let segment = |segment: &Segment| match segment {
        Segment::Seq { index } => format!("/{index}"),
        Segment::Map { key } => format!("/{}", key.replace('~', "~0").replace('/', "~1")),
        Segment::Enum { variant } => format!("/{variant}"),
        Segment::Unknown => String::new(),
    };
    path.iter().map(segment).collect()
}

async fn read(mut payload: Payload) -> Result<Bytes, ApiError> {
    let mut bytes = BytesMut::new();
    while let Some(chunk) = payload.next().await {
        let chunk = chunk.map_err(|_| malformed(FieldReason::Incomplete, "was cut off or is badly encoded"))?;
        if bytes.len() + chunk.len() > MAX_BYTES {
            return Err(HttpCode::PayloadTooLarge.into());
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes.freeze())
}

/// Refuses the body as a whole.
fn malformed(reason: FieldReason, message: &str) -> ApiError {
    Refusal::invalid(vec![FieldError::new("", reason, message)]).into()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(rename_all = "camelCase")]
    #[expect(dead_code, reason = "only parsed")]
    struct Sample {
        email: String,
        confirm_password: Option<String>,
        #[serde(default)]
        roles: Vec<String>,
    }

    fn error(json: &str) -> (String, String) {
        let FieldError { field, message, .. } = errors(json).remove(0);
        (field, message)
    }

    fn errors(json: &str) -> Vec<FieldError> {
        parse_json::<Sample>(json.as_bytes()).unwrap_err().errors
    }

    #[test]
    fn every_field_that_is_wrong_is_listed_once() {
        let listed = |json: &str| {
            let listed = errors(json).into_iter().map(|error| format!("{} {}", error.field, error.reason.as_str()));
            listed.collect::<Vec<_>>().join(", ")
        };
        assert_eq!(listed("{}"), "/email required");
        assert_eq!(
            listed(r#"{"confirmPassword": 5, "roles": {}}"#),
            "/confirmPassword type, /roles type, /email required"
        );
        assert_eq!(listed(r#"{"roles": ["x", 1, 2], "email": [], "a": 1}"#), "/roles/1 type, /email type");
        assert_eq!(listed(r#"{"email": 1, "email": 2, "roles": 1}"#), "/email type, /roles type");
        assert_eq!(listed(r#"{"email": "a", "email": "b", "roles": 1}"#), "/email duplicate, /roles type");
    }

    #[test]
    fn errors_say_where_and_what_and_do_not_repeat_the_input() {
        let expect =
            |json: &str, field: &str, message: &str| assert_eq!(error(json), (field.to_owned(), message.to_owned()));
        expect("{}", "/email", "is required");
        expect(r#"{"email": 424242}"#, "/email", "must be a string");
        expect(r#"{"email": null}"#, "/email", "must be a string");
        expect(r#"{"email": "a", "confirmPassword": ["canary"]}"#, "/confirmPassword", "must be a string");
        expect(r#"{"email": "a", "roles": ["x", 1]}"#, "/roles/1", "must be a string");
        expect(r#"{"email": "a", "email": "b"}"#, "/email", "must be given only once");
        expect(r#"{"email": "a"} x"#, "", "must be valid JSON in UTF-8");
        expect("{}{}", "", "must be valid JSON in UTF-8");
        expect(r#"{"email": "a""#, "", "must be valid JSON in UTF-8");
        expect(r#"["a"]"#, "", "must be a JSON object");
        expect("\"a\"", "", "must be a JSON object");
        assert!(parse_json::<Sample>(br#" {"email": "a", "unknown": {"x": [1, null]}} "#).is_ok());
        assert_eq!(parse_json::<Sample>(b"{\"email\": \"\xff\"}").unwrap_err().errors[0].field, "");
        assert_eq!(parse_json::<Sample>(br#"{"email": "\ud800"}"#).unwrap_err().errors[0].field, "");
    }

    proptest! {
        #[test]
        fn no_bytes_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200), json in "\\{[\\[\\]{}\":,a-z0-9\\\\]{0,80}\\}") {
            let _ = parse_json::<Sample>(&bytes);
            let _ = parse_json::<Sample>(json.as_bytes());
        }
    }
}
