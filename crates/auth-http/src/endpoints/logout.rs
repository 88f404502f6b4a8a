//! `POST /auth/logout` and `POST /auth/logout-all`

use actix_web::dev::Payload;
use actix_web::http::Method;
use actix_web::web::{self, Data};
use actix_web::{FromRequest as _, HttpRequest, HttpResponse};
use auth_domain::SessionId;
use auth_domain::error_code::ErrorCode;
use auth_domain::use_cases::{Authenticated, UseCases};
use serde_json::json;

use crate::answer::{ApiError, success};
use crate::body::Body;
use crate::caller::{Bearer, bearer_token};
use crate::codes::SuccessCode;
use crate::cookies::TokenCookies;
use crate::delivery::Delivery;
use crate::edge::Edge;
use crate::endpoint::{Endpoint, Permission};
use crate::tag::Tag;

use super::refresh::{RefreshTokenBody, refresh_token, token_example};

pub(super) fn here() -> Endpoint {
    Endpoint::new(Method::POST, "/auth/logout", || web::to(logout))
        .operation("logout", Tag::Auth, "End the session of a refresh token")
        .description("Takes any refresh token that the session ever had. If an access token comes too, it must be of the same session; it may have expired.")
        .permission(Permission::RefreshToken)
        .optional_body::<RefreshTokenBody>()
        .example(token_example())
        .answers_empty(SuccessCode::UserLoggedOut)
}

/// *Permissions:* anyone who holds a refresh token of the session.
async fn logout(
    use_cases: Data<UseCases>,
    edge: Data<Edge>,
    request: HttpRequest,
    body: Body,
) -> Result<HttpResponse, ApiError> {
    let refresh_token = refresh_token(&edge, &request, body)?;
    let caller = unless_expired(&request).await?;
    let ended = use_cases.logout.here(caller.as_ref(), &refresh_token).await?;
    Ok(session_ended(&use_cases, &request, ended))
}

/// Returns the bearer of the access token in the header, if there is one that has not expired.
async fn unless_expired(request: &HttpRequest) -> Result<Option<Authenticated>, ApiError> {
    if bearer_token(request).is_err() {
        return Ok(None);
    }
    match Bearer::from_request(request, &mut Payload::None).await {
        Ok(Bearer(caller)) => Ok(Some(caller)),
        Err(error) if error.code() == ErrorCode::AccessTokenExpired.into() => Ok(None),
        Err(error) => Err(error),
    }
}

/// Builds the answer to a logout, which removes only the cookies of that session.
fn session_ended(use_cases: &UseCases, request: &HttpRequest, ended: SessionId) -> HttpResponse {
    end_of_session(use_cases, request, ended, success(SuccessCode::UserLoggedOut, json!({})))
}

/// Makes the answer remove the cookies of that session.
pub(super) fn end_of_session(
    use_cases: &UseCases,
    request: &HttpRequest,
    ended: SessionId,
    response: HttpResponse,
) -> HttpResponse {
    let is_of_it = |token: &str| use_cases.logout.session_of(token) == Some(ended);
    Delivery::of(request).attach(TokenCookies::end_of_session(request, is_of_it), response)
}

pub(super) fn everywhere() -> Endpoint {
    Endpoint::new(Method::POST, "/auth/logout-all", || web::to(logout_all))
        .operation("logoutAll", Tag::Auth, "End every session of the user")
        .permission(Permission::AccessToken)
        .answers_empty(SuccessCode::UserLoggedOut)
}

/// *Permissions:* any access token of the user.
async fn logout_all(
    use_cases: Data<UseCases>,
    Bearer(caller): Bearer,
    request: HttpRequest,
) -> Result<HttpResponse, ApiError> {
    use_cases.logout.everywhere(&caller).await?;
    Ok(session_ended(&use_cases, &request, caller.session().id))
}
