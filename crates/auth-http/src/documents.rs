//! The generated documents: the OpenAPI file and the table of error codes, made from the endpoints.

use std::collections::BTreeMap;

use actix_web::http::StatusCode;
use auth_domain::error_code::{ErrorCode, FieldReason};
use serde_json::{Map, Value, json};

use crate::codes::{Code, HttpCode};
use crate::edge::ListedProvider;
use crate::endpoint::{Answer, Endpoint, Location, MadeSchema, NamedSchema, Parameter, Permission};
use crate::endpoints;

/// The OpenAPI 3.1 document of everything under `base`.
pub fn openapi(base: &str, providers: &[ListedProvider]) -> Value {
    let mut paths: Map<String, Value> = Map::new();
    let mut schemas: Map<String, Value> = Map::new();
    for endpoint in endpoints::all(providers) {
        let operation = operation(&endpoint, &mut schemas);
        let path = paths.entry(&*endpoint.path).or_insert_with(|| json!({}));
        path[endpoint.method.as_str().to_ascii_lowercase()] = operation;
    }
    let server = if base == "/" { "/" } else { base.trim_end_matches('/') };
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Auth service",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "Every answer of `/auth/*` is `{statusCode, code, data}`. With `Accept: application/problem+json` errors come as RFC 9457. With `AUTH_COOKIES=on` tokens come and go as cookies too, and in cookies alone for a page that logs in with `X-Auth-Transport: cookie`.",
            "license": { "name": "MIT OR Apache-2.0", "identifier": "MIT OR Apache-2.0" },
        },
        "servers": [{ "url": server }],
        "tags": tags(),
        "paths": paths,
        "components": { "schemas": schemas, "securitySchemes": security_schemes() },
    })
}

fn tags() -> Value {
    json!([
        { "name": "auth", "description": "Users: registration, login, sessions." },
        { "name": "recovery", "description": "Codes by mail: a new password, a proved address." },
        { "name": "2fa", "description": "Second factors: an authenticator app, codes by mail, recovery codes." },
        { "name": "providers", "description": "Identity providers: signing in, linking." },
        { "name": "gateway", "description": "For the gateway in front." },
        { "name": "internal", "description": "For the services beside this one, with an internal token." },
        { "name": "keys", "description": "What others verify our tokens with." },
        { "name": "health", "description": "For orchestrators." },
    ])
}

fn security_schemes() -> Value {
    let bearer = |description: &str| json!({ "type": "http", "scheme": "bearer", "bearerFormat": "JWT", "description": description });
    json!({
        "accessToken": bearer("An access token: `data.tokens.accessToken` of a login."),
        "tempToken": bearer("A temp token: `data.tempToken` of the answer that asks for the next step."),
        "internalToken": bearer("An internal token: `auth-server internal-token --service NAME` prints one."),
    })
}

fn operation(endpoint: &Endpoint, schemas: &mut Map<String, Value>) -> Value {
    let id = format!(
        "{}{}",
        endpoint.method.as_str().to_ascii_lowercase(),
        endpoint.path.replace(['/', '{', '}', '.'], "_")
    );
    let mut operation = json!({
        "tags": [endpoint.tag],
        "summary": endpoint.summary,
        "operationId": id,
        "responses": responses(endpoint, schemas),
    });
    match endpoint.permission {
        Permission::Anyone(_) => {}
        Permission::AccessToken | Permission::FreshLogin => operation["security"] = json!([{ "accessToken": [] }]),
        Permission::RefreshToken => operation["security"] = json!([{}, { "accessToken": [] }]),
        Permission::TempToken(_) => operation["security"] = json!([{ "tempToken": [] }]),
        Permission::AccessOrTempToken(_) => operation["security"] = json!([{ "accessToken": [] }, { "tempToken": [] }]),
        Permission::Internal(scope) => {
            operation["security"] = json!([{ "internalToken": [] }]);
            operation["description"] = json!(format!("Needs the scope `{}`.", scope.as_str()));
        }
    }
    if !endpoint.parameters.is_empty() {
        operation["parameters"] = endpoint.parameters.iter().map(parameter).collect();
    }
    if let Some(body) = &endpoint.body {
        let schema = reference(body, schemas);
        let content: Map<String, Value> = endpoint
            .body_types
            .iter()
            .map(|media_type| ((*media_type).to_owned(), json!({ "schema": schema })))
            .collect();
        operation["requestBody"] = json!({ "required": endpoint.body_required, "content": content });
    }
    operation
}

fn parameter(parameter: &Parameter) -> Value {
    json!({
        "name": parameter.name,
        "in": if parameter.location == Location::Path { "path" } else { "query" },
        "required": parameter.location == Location::Path,
        "description": parameter.description,
        "schema": parameter.schema,
    })
}

/// Registers a schema under its name and answers the reference to it.
fn reference(named: &NamedSchema, schemas: &mut Map<String, Value>) -> Value {
    let MadeSchema { name, schema, referred } = named.make();
    for (name, schema) in referred {
        schemas.insert(name, json!(schema));
    }
    let reference = json!({ "$ref": format!("#/components/schemas/{name}") });
    schemas.insert(name, json!(schema));
    reference
}

fn responses(endpoint: &Endpoint, schemas: &mut Map<String, Value>) -> Map<String, Value> {
    let mut responses = Map::new();
    let mut last = String::from("200");
    for answer in &endpoint.answers {
        match answer {
            Answer::Envelope(codes, data) => {
                let status = codes.first().map_or(StatusCode::OK, |code| code.status());
                let names: Vec<&str> = codes.iter().map(|code| code.as_str()).collect();
                let data = data.as_ref().map(|data| reference(data, schemas));
                let data = data.unwrap_or_else(|| json!({ "type": "object" }));
                let schema = envelope(status, &names, &data);
                last = status.as_str().to_owned();
                let description = format!("`{}`", names.join("` or `"));
                responses.insert(last.clone(), response(&description, &[("application/json", schema)], status));
            }
            Answer::Plain { media_type, schema, description } => {
                let content = [(*media_type, reference(schema, schemas))];
                responses.insert("200".to_owned(), response(description, &content, StatusCode::OK));
            }
            Answer::Headers { headers, description } => {
                let mut described = response(description, &[], StatusCode::OK);
                for (name, meaning) in *headers {
                    described["headers"][*name] = header(meaning);
                }
                responses.insert("200".to_owned(), described);
            }
            Answer::Redirect(description) => {
                let mut described = response(description, &[], StatusCode::FOUND);
                described["headers"]["Location"] = header("Where to go.");
                responses.insert("302".to_owned(), described);
            }
            Answer::Also { media_type, schema } => {
                let schema = reference(schema, schemas);
                responses[last.as_str()]["content"][*media_type] = json!({ "schema": schema });
            }
        }
    }
    for (status, codes) in by_status(&endpoint.errors) {
        let names: Vec<&str> = codes.iter().map(|code| code.as_str()).collect();
        let described: Vec<String> =
            codes.iter().map(|code| format!("`{}`: {}", code.as_str(), code.meaning())).collect();
        let content = [
            ("application/json", envelope(status, &names, &error_data(schemas))),
            ("application/problem+json", problem(status, &names, schemas)),
        ];
        responses.insert(status.as_str().to_owned(), response(&described.join(" · "), &content, status));
    }
    responses
}

/// A response with the headers that its status brings.
fn response(description: &str, content: &[(&str, Value)], status: StatusCode) -> Value {
    let mut response = json!({ "description": description });
    for (media_type, schema) in content {
        response["content"][*media_type] = json!({ "schema": schema });
    }
    response["headers"]["X-Request-Id"] = header("The caller's own, or a fresh one; it is in the log.");
    match status {
        StatusCode::UNAUTHORIZED => response["headers"]["WWW-Authenticate"] = header("RFC 6750."),
        StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE => {
            response["headers"]["Retry-After"] = header("Seconds.");
        }
        _ => {}
    }
    response
}

fn header(description: &str) -> Value {
    json!({ "required": true, "description": description, "schema": { "type": "string" } })
}

fn envelope(status: StatusCode, codes: &[&str], data: &Value) -> Value {
    json!({
        "type": "object",
        "required": ["statusCode", "code", "data"],
        "properties": {
            "statusCode": { "type": "integer", "const": status.as_u16() },
            "code": { "type": "string", "enum": codes },
            "data": data,
        },
    })
}

/// RFC 9457, with the members of `ErrorData` beside its own.
fn problem(status: StatusCode, codes: &[&str], schemas: &mut Map<String, Value>) -> Value {
    error_data(schemas);
    let mut properties = schemas["ErrorData"]["properties"].clone();
    if let Some(members) = properties.as_object_mut() {
        members.remove("message");
        let to_services = [ErrorCode::InternalTokenInvalid, ErrorCode::InternalTokenExpired, ErrorCode::Forbidden];
        if !to_services.iter().any(|code| codes.contains(&code.as_str())) {
            ["reason", "scope"].iter().for_each(|name| drop(members.remove(*name)));
        }
    }
    properties["type"] = json!({ "type": "string", "format": "uri" });
    properties["title"] = json!({ "type": "string", "description": "What the code means, for people." });
    properties["status"] = json!({ "type": "integer", "const": status.as_u16() });
    properties["code"] = json!({ "type": "string", "enum": codes });
    json!({ "type": "object", "required": ["type", "title", "status", "code"], "properties": properties })
}

fn error_data(schemas: &mut Map<String, Value>) -> Value {
    schemas.entry("FieldError").or_insert_with(field_error);
    schemas.entry("ErrorData").or_insert_with(|| {
        json!({
            "type": "object",
            "required": ["message"],
            "properties": {
                "message": { "type": "string", "description": "What the code means, for people." },
                "errors": {
                    "type": "array",
                    "description": "With `VALIDATION_FAILED`.",
                    "items": { "$ref": "#/components/schemas/FieldError" },
                },
                "field": {
                    "type": "string",
                    "description": "With `USER_EXISTS` and `EMAIL_EXISTS`: the field that is taken, a JSON pointer. Not where accounts are concealed.",
                },
                "reasons": { "type": "array", "items": { "type": "string" }, "description": "With `PASSWORD_POLICY`." },
                "maxAge": { "type": "integer", "description": "With `REAUTHENTICATION_REQUIRED`: seconds since the login." },
                "reason": {
                    "type": "string",
                    "description": "With `INTERNAL_TOKEN_INVALID`, `INTERNAL_TOKEN_EXPIRED`, and `FORBIDDEN` to a service: what is wrong with its token.",
                },
                "scope": { "type": "string", "description": "With `FORBIDDEN` to a service: the scope that it lacks." },
                "retryAfter": { "type": "integer", "description": "Seconds, as in `Retry-After`." },
            },
        })
    });
    json!({ "$ref": "#/components/schemas/ErrorData" })
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

fn by_status(codes: &[Code]) -> BTreeMap<StatusCode, Vec<Code>> {
    let mut statuses: BTreeMap<StatusCode, Vec<Code>> = BTreeMap::new();
    for code in codes {
        let codes = statuses.entry(code.status()).or_default();
        if !codes.contains(code) {
            codes.push(*code);
        }
    }
    statuses
}

/// `docs/errors.md`: every code, its status, its meaning and where it is answered.
pub fn error_table(providers: &[ListedProvider]) -> String {
    let endpoints = endpoints::all(providers);
    let mut table = String::from(
        "# Error codes\n\nMade by `auth-server openapi --errors`; do not edit.\n\n\
         | code | status | meaning | where |\n| --- | --- | --- | --- |\n",
    );
    for code in Code::ALL {
        let carrying: Vec<String> = endpoints
            .iter()
            .filter(|endpoint| endpoint.errors.contains(code))
            .map(|endpoint| format!("`{} {}`", endpoint.method, endpoint.path))
            .collect();
        let anywhere = matches!(code, Code::UseCase(ErrorCode::NotFound) | Code::Http(HttpCode::MethodNotAllowed));
        let place = match carrying.len() {
            _ if anywhere => "any address".to_owned(),
            0 => "anywhere".to_owned(),
            count if count == endpoints.len() => "everywhere".to_owned(),
            _ => carrying.join(", "),
        };
        table.push_str(&format!(
            "| `{}` | {} | {} | {place} |\n",
            code.as_str(),
            code.status().as_u16(),
            code.meaning()
        ));
    }
    table
}
