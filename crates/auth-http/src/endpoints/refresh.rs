//! `POST /auth/refresh`

use actix_web::http::Method;
use actix_web::web::{self, Data};
use actix_web::{HttpRequest, HttpResponse};
use auth_domain::error_code::ErrorCode;
use auth_domain::use_cases::{RefreshError, UseCases};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::answer::{ApiError, success};
use crate::body::Body;
use crate::client::RequestClient;
use crate::codes::{HttpCode, SuccessCode};
use crate::cookies::{self, TokenCookies};
use crate::edge::Edge;
use crate::endpoint::Endpoint;
use crate::wire::TokensData;

/// A body that names a refresh token.
#[derive(Deserialize, ToSchema)]
pub(super) struct RefreshTokenBody {
    /// The refresh token. Where a cookie brings it, it may be left out here, and so may the body.
    #[schema(example = "rt1.…")]
    token: Option<String>,
}

/// Returns the refresh token in a body, else that of a cookie; without one the code is `REFRESH_TOKEN_REQUIRED`.
pub(super) fn refresh_token(edge: &Edge, request: &HttpRequest, body: Body) -> Result<String, ApiError> {
    let in_body = match edge.cookies && body.is_empty() {
        true => None,
        false => body.json::<RefreshTokenBody>(&[("/token", HttpCode::RefreshTokenRequired.into())])?.token,
    };
    let token = in_body.filter(|token| !token.is_empty()).or_else(|| cookies::token(edge, request, cookies::REFRESH));
    token.ok_or_else(|| HttpCode::RefreshTokenRequired.into())
}

pub(super) fn endpoint() -> Endpoint {
    Endpoint::new(Method::POST, "/auth/refresh", || web::to(refresh))
        .summary("auth", "Exchange a refresh token for its successor and a new access token.")
        .optional_body::<RefreshTokenBody>()
        .answers::<TokensData>(SuccessCode::TokenRefreshed)
        .errors(&[HttpCode::RefreshTokenRequired])
        .errors(&[ErrorCode::RefreshTokenInvalid, ErrorCode::RefreshTokenExpired, ErrorCode::Unavailable])
}

/// *Permissions:* whoever holds the refresh token.
async fn refresh(
    use_cases: Data<UseCases>,
    edge: Data<Edge>,
    RequestClient(client): RequestClient,
    request: HttpRequest,
    body: Body,
) -> Result<HttpResponse, ApiError> {
    let token = refresh_token(&edge, &request, body)?;
    let tokens = use_cases.refresh_session.execute(&token, &client).await.inspect_err(|error| match error {
        RefreshError::Reused { session_id, account_id } => {
            tracing::warn!(%session_id, %account_id, "a refresh token was used again: its session is revoked");
        }
        RefreshError::Suspicious { session_id, account_id } => {
            tracing::warn!(%session_id, %account_id, "a session was refreshed late too often: it is revoked");
        }
        _ => {}
    })?;
    Ok(TokenCookies::tokens(&tokens)
        .with(success(SuccessCode::TokenRefreshed, TokensData { tokens: (&tokens).into() })))
}
