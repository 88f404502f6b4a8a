//! How operations refuse: one schema for all errors, and responses that operations share.
//!
//! Of errors there is one example, not one for each code: those were a sixth of the document, no generator reads them, and
//! `docs/errors.md` has every code's texts. For the same reason, what almost every operation may answer is its `default`,
//! and problem documents are described there only.

use std::collections::BTreeMap;

use actix_web::http::StatusCode;
use auth_domain::Language;
use auth_domain::account::PasswordReason;
use auth_domain::error_code::{Details, ErrorCode, FieldError, FieldReason};
use serde_json::{Map, Value, json};

use super::components::Components;
use super::shapes::response;
use super::successes::pascal_case;
use crate::answer::ApiError;
use crate::codes::{Code, HttpCode};
use crate::endpoint::{Endpoint, Permission};

/// The reference to the schema of every error.
pub(super) const ERROR_SCHEMA: &str = "#/components/schemas/ErrorAnswer";
const PROBLEM_JSON: &str = "application/problem+json";

pub(super) fn responses(endpoint: &Endpoint, components: &mut Components) -> Map<String, Value> {
    let (general, own): (Vec<Code>, Vec<Code>) = endpoint.errors.iter().partition(|code| is_general(**code));
    let refusals = by_status(&endpoint.permission.refusals());
    let mut responses = Map::from_iter([("default".to_owned(), default_response(&general, components))]);
    for (status, codes) in by_status(&own) {
        let described = error_response(status, &codes, components);
        let of_permission = refusals.get(&status).is_some_and(|refusals| *refusals == codes);
        let response = match shared_name(&codes, of_permission.then_some(endpoint.permission)) {
            Some(name) => components.add_response(&name, described),
            None => described,
        };
        responses.insert(status.as_str().to_owned(), response);
    }
    responses
}

/// Whether the code is about the request as such or the service, not about what the operation does.
fn is_general(code: Code) -> bool {
    matches!(
        code,
        Code::UseCase(ErrorCode::InternalServerError | ErrorCode::Overloaded | ErrorCode::Unavailable)
            | Code::Http(HttpCode::PayloadTooLarge | HttpCode::UnsupportedMediaType)
    )
}

/// One of five responses, by what it is about. It may name a code of its kind that this operation does not answer.
fn default_response(codes: &[Code], components: &mut Components) -> Value {
    let has = |code: Code| codes.contains(&code);
    let takes_body = has(HttpCode::PayloadTooLarge.into());
    let (name, failures): (_, &[ErrorCode]) = match (takes_body, has(ErrorCode::Overloaded.into())) {
        (false, false) if !has(ErrorCode::Unavailable.into()) => ("Failed", &[]),
        (false, false) => ("FailedOrUnavailable", &[ErrorCode::Unavailable]),
        (true, false) => ("BodyRefusedOrUnavailable", &[ErrorCode::Unavailable]),
        (false, true) => ("FailedOrOverloaded", &[ErrorCode::Overloaded, ErrorCode::Unavailable]),
        (true, true) => ("BodyRefusedOrOverloaded", &[ErrorCode::Overloaded, ErrorCode::Unavailable]),
    };
    let mut all = vec![ErrorCode::InternalServerError.into()];
    all.extend(failures.iter().map(|code| Code::from(*code)));
    if takes_body {
        all.extend([HttpCode::PayloadTooLarge, HttpCode::UnsupportedMediaType].map(Code::from));
    }
    let mut described = error_response(StatusCode::INTERNAL_SERVER_ERROR, &all, components);
    described["content"][PROBLEM_JSON] = json!({ "schema": problem_schema(components) });
    components.add_response(name, described)
}

fn by_status(codes: &[Code]) -> BTreeMap<StatusCode, Vec<Code>> {
    let mut statuses: BTreeMap<StatusCode, Vec<Code>> = BTreeMap::new();
    for code in codes {
        statuses.entry(code.status()).or_default().push(*code);
    }
    statuses.values_mut().for_each(|codes| codes.sort_by_key(|code| code.position()));
    statuses
}

/// The name of a response that several operations are likely to share. The others are their own.
fn shared_name(codes: &[Code], of: Option<Permission>) -> Option<String> {
    let name = |code: &Code| pascal_case(code.as_str());
    match (codes, of) {
        // A response of its own in each operation would cost half a kilobyte.
        ([_] | [_, _] | [_, _, _], _) => Some(codes.iter().map(name).collect::<Vec<_>>().join("Or")),
        (_, Some(Permission::AccessToken)) => Some("AccessTokenRefused".to_owned()),
        (_, Some(Permission::FreshLogin)) => Some("FreshLoginRefused".to_owned()),
        (_, Some(Permission::RefreshToken)) => Some("RefreshTokenRefused".to_owned()),
        (_, Some(Permission::TempToken(_))) => Some("TempTokenRefused".to_owned()),
        (_, Some(Permission::Admin(_))) => Some("AdminRefused".to_owned()),
        (_, Some(Permission::Internal(_))) => Some("InternalTokenRefused".to_owned()),
        _ => None,
    }
}

/// Its description is a list of the codes that it may carry.
fn error_response(status: StatusCode, codes: &[Code], components: &mut Components) -> Value {
    let names: Vec<&str> = codes.iter().map(|code| code.as_str()).collect();
    let content = Map::from_iter([("application/json".to_owned(), json!({ "schema": error_schema(components) }))]);
    response(&format!("`{}`", names.join("`, `")), content, status)
}

fn example() -> Value {
    let field = FieldError::new("/email", FieldReason::Required, "is required");
    json!(
        ApiError::with_details(ErrorCode::ValidationFailed.into(), Details::Fields(vec![field]))
            .envelope(Language::English)
    )
}

fn error_code(components: &mut Components) -> Value {
    let all: Vec<&str> = Code::ALL.iter().map(|code| code.as_str()).collect();
    components.add_schema("ErrorCode", json!({ "type": "string", "enum": all }))
}

fn error_schema(components: &mut Components) -> Value {
    let code = error_code(components);
    let data = components.add_schema("ErrorData", error_data());
    components.add_schema("FieldError", field_error());
    components.add_schema(
        "ErrorAnswer",
        json!({
            "type": "object",
            "required": ["statusCode", "code", "data"],
            "properties": { "statusCode": { "type": "integer" }, "code": code, "data": data },
            "example": example(),
        }),
    )
}

/// Returns the schema of a problem document (RFC 9457), which also has the members of `ErrorData`; the hint is its detail.
fn problem_schema(components: &mut Components) -> Value {
    let mut properties = error_data()["properties"].take();
    if let Some(members) = properties.as_object_mut() {
        members.remove("message");
        if let Some(hint) = members.remove("hint") {
            members.insert("detail".to_owned(), hint);
        }
    }
    properties["type"] = json!({ "type": "string", "format": "uri" });
    properties["title"] = message();
    properties["status"] = json!({ "type": "integer" });
    properties["code"] = error_code(components);
    let required = ["type", "title", "status", "code"];
    components.add_schema("Problem", json!({ "type": "object", "required": required, "properties": properties }))
}

fn message() -> Value {
    json!({ "type": "string", "description": "What happened and what to do next: a page may show it to its user." })
}

fn error_data() -> Value {
    json!({
        "type": "object",
        "required": ["message"],
        "properties": {
            "message": message(),
            "hint": {
                "type": "string",
                "description": "What the code means and how to fix it, for developers. Absent with `INTERNAL_SERVER_ERROR`.",
            },
            "errors": {
                "type": "array",
                "description": "With `VALIDATION_FAILED`: every field that is wrong.",
                "items": { "$ref": "#/components/schemas/FieldError" },
            },
            "field": {
                "type": "string",
                "description": "With `USER_EXISTS` and `EMAIL_EXISTS`: the field that is taken, a JSON pointer. Not where accounts are concealed.",
            },
            "reasons": {
                "type": "array",
                "description": "With `PASSWORD_POLICY`.",
                "items": { "type": "string", "enum": PasswordReason::ALL.map(PasswordReason::as_str) },
            },
            "maxAge": {
                "type": "integer",
                "description": "With `REAUTHENTICATION_REQUIRED`: how old a login may be, in seconds.",
            },
            "restorableUntil": {
                "type": "string",
                "format": "date-time",
                "description": "With `ACCOUNT_DELETION_SCHEDULED`: when the account is deleted.",
            },
            "reason": {
                "type": "string",
                "description": "With `INTERNAL_TOKEN_INVALID`, `INTERNAL_TOKEN_EXPIRED`, and `FORBIDDEN` to a service: what is wrong with its token. With `CROSS_SITE_REQUEST`: `origin_not_allowed`, `another_site`, `origin_missing` or `method_not_allowed`.",
            },
            "scope": { "type": "string", "description": "With `FORBIDDEN` to a service: the scope that it lacks." },
            "retryAfter": {
                "type": "integer",
                "description": "With `RATE_LIMITED`, `OVERLOADED` and `UNAVAILABLE`: seconds to wait, as in `Retry-After`.",
            },
        },
    })
}

fn field_error() -> Value {
    json!({
        "type": "object",
        "required": ["field", "reason", "message"],
        "properties": {
            "field": { "type": "string", "description": "A JSON pointer (RFC 6901)." },
            "reason": { "type": "string", "enum": FieldReason::ALL.map(FieldReason::as_str) },
            "message": { "type": "string" },
            "min": { "type": "integer", "description": "The fewest characters or entries, or the least number." },
            "max": { "type": "integer", "description": "The most characters or entries, or the greatest number." },
        },
    })
}
