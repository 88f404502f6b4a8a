//! `GET /auth/verify`: forward authentication for a gateway (nginx `auth_request`, Traefik ForwardAuth).

use actix_web::http::{Method, StatusCode};
use actix_web::web::{self, Data};
use actix_web::{HttpRequest, HttpResponse, ResponseError as _};
use auth_domain::error_code::ErrorCode;
use auth_domain::use_cases::UseCases;
use serde_json::json;

use crate::answer::{ApiError, no_store};
use crate::caller::at_gateway;
use crate::codes::HttpCode;
use crate::credential::came_by_cookie;
use crate::cross_site::{is_forged_at_gateway, refusal};
use crate::edge::Edge;
use crate::endpoint::{Answer, Endpoint, Location, Parameter, Permission};
use crate::query::query_parameter;
use crate::sign_in_redirect::LoginStatus;
use crate::tag::Tag;

pub(super) fn endpoint() -> Endpoint {
    Endpoint::new(Method::GET, "/auth/verify", || web::to(verify))
        .operation("verifyAccess", Tag::Gateway, "Check an access token, and a role")
        .description("Forward authentication for nginx (`auth_request`), Traefik (`ForwardAuth`), Caddy and Envoy.")
        .permission(Permission::AccessToken)
        .parameter(Parameter {
            name: "role",
            location: Location::Query,
            description: "The role that the user must have.",
            schema: json!({ "type": "string" }),
        })
        .parameter(Parameter {
            name: "audience",
            location: Location::Query,
            description: "For whom the token must be: one of `AUTH_AUDIENCES`, where the gateway is in front of the services \
                          with it. Without it, the default audience.",
            schema: json!({ "type": "string" }),
        })
        .parameter(Parameter {
            name: "login",
            location: Location::Query,
            description: "Sends browsers to the sign-in page and back: with `302`, a page that asks without being signed in gets \
                          that status and `Location`; with `401`, `Location` alone.",
            schema: json!({ "enum": ["302", "401"] }),
        })
        .answers_plain(Answer::Headers {
            headers: &[
                ("X-Auth-User-Id", "The user: a UUID."),
                ("X-Auth-Roles", "Their roles, separated by commas."),
                ("X-Auth-Session-Id", "The session: a UUID."),
            ],
            description: "Who it is, in headers; no body.",
        })
        .answers_plain(Answer::Redirect("To the sign-in page, with `login=302`."))
        .errors(&[ErrorCode::InvalidTarget, ErrorCode::Forbidden])
        .errors(&[HttpCode::CrossSiteRequest])
}

/// *Permissions:* any access token of a user with that role.
async fn verify(use_cases: Data<UseCases>, edge: Data<Edge>, request: HttpRequest) -> Result<HttpResponse, ApiError> {
    let login = LoginStatus::of(&request)?;
    match (allowed(&use_cases, &edge, &request).await, login) {
        (Err(error), Some(login)) if error.status_code() == StatusCode::UNAUTHORIZED => {
            Ok(login.answer(&edge, &request, error.error_response()))
        }
        (answer, _) => answer,
    }
}

async fn allowed(use_cases: &UseCases, edge: &Edge, request: &HttpRequest) -> Result<HttpResponse, ApiError> {
    let audience = use_cases.audiences.requested(query_parameter(request, "audience")?.as_deref())?;
    let caller = at_gateway(request, &audience).await?;
    if came_by_cookie(request) && is_forged_at_gateway(edge, request) {
        return Err(refusal(request));
    }
    let roles = &caller.account().roles;
    if query_parameter(request, "role")?.is_some_and(|role| !roles.contains(&role)) {
        return Err(ErrorCode::Forbidden.into());
    }
    Ok(no_store(HttpResponse::Ok())
        .insert_header(("X-Auth-User-Id", caller.account().id.to_string()))
        .insert_header(("X-Auth-Roles", roles.iter().collect::<Vec<_>>().join(",")))
        .insert_header(("X-Auth-Session-Id", caller.session().id.to_string()))
        .finish())
}
