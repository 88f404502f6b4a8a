//! `POST /auth/refresh`

use actix_web::HttpResponse;
use actix_web::http::Method;
use actix_web::web::{self, Data};
use auth_domain::error_code::ErrorCode;
use auth_domain::use_cases::RefreshError;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::answer::{ApiError, success};
use crate::app::App;
use crate::body::Body;
use crate::client::RequestClient;
use crate::codes::SuccessCode;
use crate::endpoint::Endpoint;
use crate::wire::TokensData;

/// A body that names a refresh token.
#[derive(Deserialize, ToSchema)]
pub(super) struct RefreshTokenBody {
    /// The refresh token.
    #[schema(example = "rt1.…")]
    token: String,
}

/// The refresh token in a body; without one the code is `REFRESH_TOKEN_REQUIRED`.
pub(super) fn refresh_token(body: Body) -> Result<String, ApiError> {
    let body: RefreshTokenBody = body.json(&[("/token", ErrorCode::RefreshTokenRequired)])?;
    if body.token.is_empty() {
        return Err(ErrorCode::RefreshTokenRequired.into());
    }
    Ok(body.token)
}

pub(super) fn endpoint() -> Endpoint {
    Endpoint::new(Method::POST, "/auth/refresh", || web::to(refresh))
        .summary("auth", "Exchange a refresh token for its successor and a new access token.")
        .body::<RefreshTokenBody>()
        .answers::<TokensData>(SuccessCode::TokenRefreshed)
        .errors(&[
            ErrorCode::RefreshTokenRequired,
            ErrorCode::RefreshTokenInvalid,
            ErrorCode::RefreshTokenExpired,
            ErrorCode::Unavailable,
        ])
}

/// *Permissions:* whoever holds the refresh token.
async fn refresh(app: Data<App>, RequestClient(client): RequestClient, body: Body) -> Result<HttpResponse, ApiError> {
    let token = refresh_token(body)?;
    let tokens = app.refresh_session.execute(&token, &client).await.inspect_err(|error| {
        if let RefreshError::Reused { session_id, account_id } = error {
            tracing::warn!(%session_id, %account_id, "a refresh token was used again: its session is revoked");
        }
    })?;
    Ok(success(SuccessCode::TokenRefreshed, TokensData { tokens: (&tokens).into() }))
}
