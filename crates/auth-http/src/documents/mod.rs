//! The generated documents: the OpenAPI file and the table of error codes, made from the endpoints.

mod components;
mod errors;
mod shapes;
mod shared;
mod successes;
mod webhooks;

use auth_domain::error_code::ErrorCode;
use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::codes::{Code, HttpCode};
use crate::edge::ListedProvider;
use crate::endpoint::{Endpoint, Location, Parameter, Permission};
use crate::endpoints;
use crate::tag::Tag;
use components::Components;
use shapes::InOrder;

const DESCRIPTION: &str = "\
Every answer of `/auth/*` and `/2fa/*` is `{statusCode, code, data}`; `code` tells answers apart, and is stable. \
An error has a `message` in `data`; with `Accept: application/problem+json` it comes as RFC 9457 instead. \
Every answer has an `X-Request-Id`, which the log has too: the caller's own if it is well-formed, else a new one. \
New members may be added to any object: ignore those that you don't know.

**First steps:** create an account with `POST /auth/register` and log in with `POST /auth/login`. Paste \
`data.tokens.accessToken` into *Authorize* to call what needs one.

**Cookies:** with `AUTH_COOKIES=on` tokens also come and go as cookies, and in cookies alone for a page that logs in with \
`X-Auth-Transport: cookie`. A browser drops the cookie of an access token that has expired, so there the code is \
`TOKEN_REQUIRED`, not `ACCESS_TOKEN_EXPIRED`: refresh after either.";

/// An OpenAPI 3.1 document. Written compactly by `serde_json`; its paths are in the order in which people read them.
#[derive(Serialize)]
pub struct OpenApi {
    openapi: &'static str,
    info: Value,
    servers: Value,
    tags: Value,
    paths: InOrder<InOrder<Value>>,
    webhooks: InOrder<Value>,
    components: Components,
}

/// Returns the OpenAPI 3.1 document of a service that clients reach at `server`: a URL, absolute or relative to the
/// document, without a slash at its end.
pub fn openapi(server: &str, providers: &[ListedProvider]) -> OpenApi {
    let mut paths: InOrder<InOrder<Value>> = InOrder::default();
    let mut components = Components::default();
    for endpoint in endpoints::all(providers) {
        let operation = operation(&endpoint, &mut components);
        let method = endpoint.method.as_str().to_ascii_lowercase();
        paths.entry(&endpoint.path).0.push((method, operation));
    }
    shared::share_repeated(&mut paths, &mut components);
    shared::share_repeated_parameters(&mut paths, &mut components);
    OpenApi {
        openapi: "3.1.0",
        info: json!({
            "title": "Auth service",
            "version": env!("CARGO_PKG_VERSION"),
            "description": DESCRIPTION,
            "license": { "name": "MIT OR Apache-2.0", "identifier": "MIT OR Apache-2.0" },
        }),
        servers: json!([{ "url": server }]),
        tags: Tag::ALL.iter().map(|tag| json!({ "name": tag.as_str(), "description": tag.description() })).collect(),
        paths,
        webhooks: webhooks::all(&mut components),
        components,
    }
}

fn operation(endpoint: &Endpoint, components: &mut Components) -> Value {
    let mut responses = successes::responses(endpoint, components);
    responses.extend(errors::responses(endpoint, components));
    let mut operation = json!({
        "tags": [endpoint.tag.as_str()],
        "summary": endpoint.summary,
        "operationId": endpoint.operation_id,
        "security": security(endpoint.permission),
        "responses": responses,
    });
    let scope = match endpoint.permission {
        Permission::Internal(scope) | Permission::Admin(scope) => format!("Needs the scope `{}`.", scope.as_str()),
        _ => String::new(),
    };
    let description = [endpoint.description, &scope].join(" ");
    if !description.trim().is_empty() {
        operation["description"] = json!(description.trim());
    }
    if !endpoint.parameters.is_empty() {
        operation["parameters"] = endpoint.parameters.iter().map(parameter).collect();
    }
    if let Some(body) = request_body(endpoint, components) {
        operation["requestBody"] = body;
    }
    operation
}

/// Each of them is enough; none, where the list is empty.
fn security(permission: Permission) -> Value {
    match permission {
        Permission::Anyone(_) => json!([]),
        Permission::AccessToken | Permission::FreshLogin => json!([{ "accessToken": [] }]),
        Permission::RefreshToken => json!([{}, { "accessToken": [] }]),
        Permission::TempToken(_) => json!([{ "tempToken": [] }]),
        Permission::AccessOrTempToken(_) => json!([{ "accessToken": [] }, { "tempToken": [] }]),
        Permission::Internal(_) => json!([{ "internalToken": [] }]),
        Permission::Admin(_) => json!([{ "internalToken": [] }, { "accessToken": [] }]),
    }
}

fn request_body(endpoint: &Endpoint, components: &mut Components) -> Option<Value> {
    let mut media = json!({ "schema": components.schema(&endpoint.body?) });
    if let Some(example) = &endpoint.example {
        media["example"] = example.clone();
    }
    let content: Map<String, Value> =
        endpoint.body_types.iter().map(|media_type| ((*media_type).to_owned(), media.clone())).collect();
    Some(json!({ "required": endpoint.body_required, "content": content }))
}

fn parameter(parameter: &Parameter) -> Value {
    let mut described =
        json!({ "name": parameter.name, "description": parameter.description, "schema": parameter.schema });
    match parameter.location {
        Location::Path => (described["in"], described["required"]) = (json!("path"), json!(true)),
        Location::Query => described["in"] = json!("query"),
    }
    described
}

/// Returns `docs/errors.md`: every code with its status, its two texts and the endpoints that answer it.
pub fn error_table(providers: &[ListedProvider]) -> String {
    let endpoints = endpoints::all(providers);
    let mut table = String::from(
        "# Error codes\n\nGenerated by `auth-server openapi --errors`: do not edit.\n\n\
         `data.message` is a sentence that a page may show to its user; `data.hint` is for developers. Every configured \
         provider has the endpoints shown here for `google` and `42`.\n\n\
         | code | status | message | hint | where |\n| --- | --- | --- | --- | --- |\n",
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
            "| `{}` | {} | {} | {} | {place} |\n",
            code.as_str(),
            code.status().as_u16(),
            code.message(),
            code.hint()
        ));
    }
    table
}

#[cfg(test)]
mod tests;
