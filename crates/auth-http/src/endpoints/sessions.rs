//! `GET /auth/sessions` and `DELETE /auth/sessions/{session_id}`

use actix_web::http::Method;
use actix_web::web::{self, Data};
use actix_web::{HttpRequest, HttpResponse};
use auth_domain::SessionId;
use auth_domain::error_code::ErrorCode;
use auth_domain::use_cases::UseCases;
use serde_json::json;

use crate::answer::{ApiError, success};
use crate::caller::Bearer;
use crate::codes::SuccessCode;
use crate::endpoint::{Endpoint, Location, Parameter, Permission};
use crate::query::path_uuid;
use crate::tag::Tag;
use crate::wire::{SessionView, SessionsData};

use super::logout::end_of_session;

pub(super) fn list() -> Endpoint {
    Endpoint::new(Method::GET, "/auth/sessions", || web::to(list_sessions))
        .operation("listSessions", Tag::Sessions, "List the sessions of the user")
        .description("Newest first, at most 100.")
        .permission(Permission::AccessToken)
        .answers::<SessionsData>(SuccessCode::SessionsFetched)
}

/// *Permissions:* any access token of the user.
async fn list_sessions(use_cases: Data<UseCases>, Bearer(caller): Bearer) -> Result<HttpResponse, ApiError> {
    let sessions = use_cases.sessions.list(&caller).await?;
    let view = |session| SessionView::new(session, session.id == caller.session().id);
    Ok(success(SuccessCode::SessionsFetched, SessionsData { sessions: sessions.iter().map(view).collect() }))
}

pub(super) fn revoke() -> Endpoint {
    Endpoint::new(Method::DELETE, "/auth/sessions/{session_id}", || web::to(revoke_session))
        .operation("revokeSession", Tag::Sessions, "End a session of the user")
        .permission(Permission::AccessToken)
        .parameter(Parameter {
            name: "session_id",
            location: Location::Path,
            description: "The session.",
            schema: json!({ "type": "string", "format": "uuid" }),
        })
        .answers_empty(SuccessCode::SessionRevoked)
        .errors(&[ErrorCode::NotFound])
}

/// *Permissions:* any access token of the user.
async fn revoke_session(
    use_cases: Data<UseCases>,
    Bearer(caller): Bearer,
    request: HttpRequest,
) -> Result<HttpResponse, ApiError> {
    let session_id = SessionId::from(path_uuid(&request, "session_id")?);
    use_cases.sessions.revoke(&caller, session_id).await?;
    let response = success(SuccessCode::SessionRevoked, json!({}));
    Ok(end_of_session(&use_cases, &request, session_id, response))
}
