//! `POST /auth/logout` and `POST /auth/logout-all`

use actix_web::http::Method;
use actix_web::web::{self, Data};
use actix_web::{HttpRequest, HttpResponse};
use auth_domain::error_code::ErrorCode;
use auth_domain::use_cases::UseCases;
use serde_json::json;

use crate::answer::{ApiError, success};
use crate::body::Body;
use crate::caller::Bearer;
use crate::codes::{HttpCode, SuccessCode};
use crate::cookies::TokenCookies;
use crate::edge::Edge;
use crate::endpoint::{Endpoint, Permission};

use super::refresh::{RefreshTokenBody, refresh_token};

pub(super) fn here() -> Endpoint {
    Endpoint::new(Method::POST, "/auth/logout", || web::to(logout))
        .summary("auth", "End this session. Takes any refresh token that the session ever had.")
        .permission(Permission::AccessToken)
        .optional_body::<RefreshTokenBody>()
        .answers_empty(SuccessCode::UserLoggedOut)
        .errors(&[HttpCode::RefreshTokenRequired])
        .errors(&[ErrorCode::RefreshTokenInvalid])
}

/// *Permissions:* the session's own access token.
async fn logout(
    use_cases: Data<UseCases>,
    edge: Data<Edge>,
    Bearer(caller): Bearer,
    request: HttpRequest,
    body: Body,
) -> Result<HttpResponse, ApiError> {
    use_cases.logout.here(&caller, &refresh_token(&edge, &request, body)?).await?;
    Ok(TokenCookies::end_of_session().with(success(SuccessCode::UserLoggedOut, json!({}))))
}

pub(super) fn everywhere() -> Endpoint {
    Endpoint::new(Method::POST, "/auth/logout-all", || web::to(logout_all))
        .summary("auth", "End every session of this user, this one too.")
        .permission(Permission::AccessToken)
        .answers_empty(SuccessCode::UserLoggedOut)
}

/// *Permissions:* any access token of the user.
async fn logout_all(use_cases: Data<UseCases>, Bearer(caller): Bearer) -> Result<HttpResponse, ApiError> {
    use_cases.logout.everywhere(&caller).await?;
    Ok(TokenCookies::end_of_session().with(success(SuccessCode::UserLoggedOut, json!({}))))
}
