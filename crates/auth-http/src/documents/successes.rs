//! What operations answer when they do not refuse.
//!
//! Where an operation has several answers, all of them are one union that their `code` discriminates, under each of its
//! statuses. Generators that read one success only (openapi-generator does) then lose none, and those that read all of
//! them get the same type each time.

use std::collections::BTreeMap;

use actix_web::http::StatusCode;
use serde_json::{Map, Value, json};

use super::components::Components;
use super::response;
use crate::codes::SuccessCode;
use crate::endpoint::{Answer, Endpoint, EnvelopeAnswer};

const JSON: &str = "application/json";

pub(super) fn responses(endpoint: &Endpoint, components: &mut Components) -> Map<String, Value> {
    let mut responses = in_envelopes(endpoint, components);
    for answer in &endpoint.answers {
        let (status, described) = match answer {
            Answer::Envelope(_) => continue,
            Answer::Plain { media_type, schema, description } => {
                let content = media(media_type, components.schema(schema));
                (StatusCode::OK, response(description, content, StatusCode::OK))
            }
            Answer::Headers { headers, description } => {
                let mut described = response(description, Map::new(), StatusCode::OK);
                for (name, meaning) in *headers {
                    described["headers"][*name] = header(meaning);
                }
                (StatusCode::OK, described)
            }
            Answer::Redirect(description) => {
                let mut described = response(description, Map::new(), StatusCode::FOUND);
                described["headers"]["Location"] = header("Where to go.");
                (StatusCode::FOUND, described)
            }
            Answer::Also { media_type, schema } => {
                let mut described = responses.remove(StatusCode::OK.as_str()).unwrap_or_default();
                described["content"][*media_type] = json!({ "schema": components.schema(schema) });
                (StatusCode::OK, described)
            }
        };
        responses.insert(status.as_str().to_owned(), described);
    }
    responses
}

fn media(media_type: &str, schema: Value) -> Map<String, Value> {
    Map::from_iter([(media_type.to_owned(), json!({ "schema": schema }))])
}

fn header(description: &str) -> Value {
    json!({ "required": true, "description": description, "schema": { "type": "string" } })
}

fn in_envelopes(endpoint: &Endpoint, components: &mut Components) -> Map<String, Value> {
    let envelopes = endpoint.answers.iter().filter_map(|answer| match answer {
        Answer::Envelope(envelope) => Some(envelope),
        _ => None,
    });
    let (mut by_status, mut members) = (BTreeMap::<StatusCode, Vec<&str>>::new(), Vec::new());
    for envelope in envelopes {
        for code in &envelope.codes {
            by_status.entry(code.status()).or_default().push(code.as_str());
        }
        members.push((&envelope.codes, envelope_schema(envelope, components)));
    }
    let Some((_, first)) = members.first() else { return Map::new() };
    debug_assert_eq!(members.len() > 1, endpoint.union.is_some(), "{} {}", endpoint.method, endpoint.path);
    let schema = match endpoint.union {
        Some(name) => components.add_schema(name, union(&members)),
        None => first.clone(),
    };
    let described = |(status, codes): (StatusCode, Vec<&str>)| {
        let description = format!("`{}`", codes.join("`, `"));
        (status.as_str().to_owned(), response(&description, media(JSON, schema.clone()), status))
    };
    by_status.into_iter().map(described).collect()
}

fn union(members: &[(&Vec<SuccessCode>, Value)]) -> Value {
    let schemas: Vec<&Value> = members.iter().map(|(_, reference)| reference).collect();
    let of_each = |(codes, reference): &(&Vec<SuccessCode>, Value)| {
        let to = reference["$ref"].clone();
        codes.iter().map(move |code| (code.as_str().to_owned(), to.clone())).collect::<Vec<_>>()
    };
    let mapping: Map<String, Value> = members.iter().flat_map(of_each).collect();
    json!({ "oneOf": schemas, "discriminator": { "propertyName": "code", "mapping": mapping } })
}

fn envelope_schema(envelope: &EnvelopeAnswer, components: &mut Components) -> Value {
    let data = match &envelope.data {
        Some(data) => components.schema(data),
        None => json!({ "type": "object" }),
    };
    let mut statuses: Vec<u16> = envelope.codes.iter().map(|code| code.status().as_u16()).collect();
    statuses.dedup();
    let codes: Vec<&str> = envelope.codes.iter().map(|code| code.as_str()).collect();
    let name = envelope.name.map(str::to_owned).unwrap_or_else(|| pascal_case(&codes.concat()));
    components.add_schema(
        &name,
        json!({
            "type": "object",
            "required": ["statusCode", "code", "data"],
            "properties": {
                "statusCode": constant("integer", &statuses),
                "code": constant("string", &codes),
                "data": data,
            },
        }),
    )
}

/// The schema of a value that is one of these.
fn constant<T: Into<Value> + Clone>(kind: &str, values: &[T]) -> Value {
    match values {
        [only] => json!({ "type": kind, "const": only.clone().into() }),
        several => json!({ "type": kind, "enum": several.iter().cloned().map(Into::into).collect::<Vec<Value>>() }),
    }
}

/// `USER_LOGGED_IN` is `UserLoggedIn`.
pub(super) fn pascal_case(code: &str) -> String {
    code.split('_').flat_map(|word| [word[..1].to_owned(), word[1..].to_ascii_lowercase()]).collect()
}
