//! `POST /auth/refresh`

use actix_web::http::Method;
use actix_web::web::{self, Data};
use actix_web::{HttpRequest, HttpResponse};
use auth_domain::error_code::ErrorCode;
use auth_domain::use_cases::{RefreshError, UseCases};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use utoipa::ToSchema;

use crate::answer::{ApiError, success};
use crate::audit_context::{is_of_user, token_refused};
use crate::body::Body;
use crate::client::RequestClient;
use crate::codes::{HttpCode, SuccessCode};
use crate::cookies::{self, TokenCookies};
use crate::credential;
use crate::cross_site::{is_foreign, refusal};
use crate::delivery::Delivery;
use crate::edge::Edge;
use crate::endpoint::{Endpoint, Permission};
use crate::network_limits::Cost;
use crate::resource::requested;
use crate::tag::Tag;
use crate::wire::{TokensData, TokensView};

/// A body that names a refresh token.
#[derive(Default, Deserialize, ToSchema)]
pub(super) struct RefreshTokenBody {
    /// The refresh token. Where a cookie brings it, it may be left out here, and so may the body.
    token: Option<String>,
}

/// A body to fill in: no refresh token can be made up.
pub(super) fn token_example() -> Value {
    json!({ "token": "rt2.…" })
}

/// A body that names a refresh token, and for whom the access token is to be.
#[derive(Default, Deserialize, ToSchema)]
struct RefreshBody {
    /// The refresh token. Where a cookie brings it, it may be left out here, and so may the body.
    token: Option<String>,
    /// For whom the access token is to be (RFC 8707): one of `AUTH_AUDIENCES`; without it, the default audience, whatever was
    /// asked for before.
    resource: Option<String>,
}

/// Returns the refresh token in a body, or else that of a cookie, as the one by which the request is recognised.
/// Without one, the code is `REFRESH_TOKEN_REQUIRED`.
pub(super) fn refresh_token(edge: &Edge, request: &HttpRequest, body: Body) -> Result<String, ApiError> {
    let body = parsed::<RefreshTokenBody>(edge, body);
    recognised_by(edge, request, body.map(|body| body.token))
}

fn parsed<T: DeserializeOwned + Default>(edge: &Edge, body: Body) -> Result<T, ApiError> {
    match edge.cookies && body.is_empty() {
        true => Ok(T::default()),
        false => body.json(&[("/token", HttpCode::RefreshTokenRequired.into())]),
    }
}

fn recognised_by(
    edge: &Edge,
    request: &HttpRequest,
    in_body: Result<Option<String>, ApiError>,
) -> Result<String, ApiError> {
    match in_body.map(|token| token.filter(|token| !token.is_empty())) {
        Ok(Some(token)) => {
            credential::note_explicit(request, &token);
            Ok(token)
        }
        // For example a form of another site, whatever it contains.
        _ if is_foreign(edge, request) => Err(refusal(request)),
        Err(error) => Err(error),
        Ok(None) => {
            let in_cookie = credential::from_cookie(edge, request, cookies::REFRESH, |_| true)?;
            in_cookie.ok_or_else(|| HttpCode::RefreshTokenRequired.into())
        }
    }
}

pub(super) fn endpoint() -> Endpoint {
    Endpoint::new(Method::POST, "/auth/refresh", || web::to(refresh))
        .operation("refresh", Tag::Auth, "Get new tokens with a refresh token")
        .description("The refresh token that was used is replaced: store the new one.")
        // A forged token is detected by its MAC, and the holder of a genuine one is no stranger.
        .permission(Permission::Anyone(Cost::Nothing))
        .optional_body::<RefreshBody>()
        .example(token_example())
        .answers::<TokensData>(SuccessCode::TokenRefreshed)
        .errors(&[HttpCode::RefreshTokenRequired])
        .errors(&[ErrorCode::InvalidTarget, ErrorCode::RefreshTokenInvalid, ErrorCode::RefreshTokenExpired])
        .errors(&[ErrorCode::Unavailable])
}

/// *Permissions:* anyone who holds the refresh token.
async fn refresh(
    use_cases: Data<UseCases>,
    edge: Data<Edge>,
    RequestClient(client): RequestClient,
    request: HttpRequest,
    body: Body,
) -> Result<HttpResponse, ApiError> {
    let (given, resource) = match parsed::<RefreshBody>(&edge, body) {
        Ok(RefreshBody { token, resource }) => (Ok(token), resource),
        Err(error) => (Err(error), None),
    };
    let token = recognised_by(&edge, &request, given)?;
    let (audience, delivery) = requested(&use_cases.audiences, &request, resource.as_deref())?;
    let tokens =
        use_cases.refresh_session.execute(&token, &audience, &client).await.inspect_err(|error| match error {
            RefreshError::Reused { session_id, account_id } => {
                is_of_user(*account_id);
                token_refused("refresh", "used_again");
                tracing::warn!(%session_id, %account_id, "a refresh token was reused: its session was revoked");
            }
            RefreshError::Suspicious { session_id, account_id } => {
                is_of_user(*account_id);
                token_refused("refresh", "late_too_often");
                tracing::warn!(%session_id, %account_id, "a session repeated its refresh too late too often: it was \
                                                      revoked");
            }
            _ => {}
        })?;
    let delivery = if replaces_another(&use_cases, &edge, &request, &token) { Delivery::Body } else { delivery };
    let data = TokensData { tokens: TokensView::new(&tokens, delivery) };
    Ok(delivery.attach(TokenCookies::tokens(&tokens), success(SuccessCode::TokenRefreshed, data)))
}

/// Tells whether the cookie belongs to another session than the token in the body; then it stays.
fn replaces_another(use_cases: &UseCases, edge: &Edge, request: &HttpRequest, token: &str) -> bool {
    let session_of = |token: &str| use_cases.logout.session_of(token);
    let in_cookie = cookies::token(edge, request, cookies::REFRESH).and_then(|cookie| session_of(&cookie));
    in_cookie.is_some() && in_cookie != session_of(token)
}
