//! Who is calling, as a token proves. A handler that takes one of these cannot be reached without.

use actix_web::dev::Payload;
use actix_web::http::header;
use actix_web::web::Data;
use actix_web::{FromRequest, HttpRequest};
use auth_domain::access_token::TokenRejection;
use auth_domain::error_code::{ErrorCode, Refusal};
use auth_domain::internal::{Granted, InternalCaller};
use auth_domain::temp_token::{TempClaims, TempStep};
use auth_domain::use_cases::{AddressOwner, Authenticated};
use futures_util::FutureExt as _;
use futures_util::future::LocalBoxFuture;

use crate::answer::ApiError;
use crate::app::App;
use crate::{cookies, origin};

/// The bearer of an access token.
pub(crate) struct Bearer(pub(crate) Authenticated);

impl FromRequest for Bearer {
    type Error = ApiError;
    type Future = LocalBoxFuture<'static, Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let found = app(request).and_then(|app| {
            let token = bearer_or_cookie(&app, request, cookies::ACCESS)?;
            Ok((app, token))
        });
        async move {
            let (app, token) = found?;
            Ok(Self(app.authenticate.execute(&token).await?))
        }
        .boxed_local()
    }
}

/// The bearer of a temp token. What its step is, and whether it is used up, is the use case's to find out.
pub(crate) struct Temp(pub(crate) TempClaims);

impl FromRequest for Temp {
    type Error = ApiError;
    type Future = std::future::Ready<Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let claims = app(request).and_then(|app| {
            let token = bearer_or_cookie(&app, request, cookies::TEMP)?;
            app.temp_tokens.verify(&token, app.clock.now()).map_err(|rejection| temp_token_code(rejection).into())
        });
        std::future::ready(claims.map(Self).map_err(ApiError::from))
    }
}

const fn temp_token_code(rejection: TokenRejection) -> ErrorCode {
    match rejection {
        TokenRejection::Invalid => ErrorCode::TempTokenInvalid,
        TokenRejection::Expired => ErrorCode::TempTokenExpired,
    }
}

/// Whose address is to be proved: the bearer of an access token, or of a temp token.
pub(crate) struct EmailOwner(pub(crate) AddressOwner);

impl FromRequest for EmailOwner {
    type Error = ApiError;
    type Future = LocalBoxFuture<'static, Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let found = app(request).and_then(|app| {
            let token = email_owner_token(&app, request)?;
            Ok((app, token))
        });
        async move {
            let (app, token) = found?;
            match app.temp_tokens.verify(&token, app.clock.now()) {
                Ok(claims) => Ok(Self(AddressOwner::Temp(claims))),
                Err(TokenRejection::Expired) => Err(ErrorCode::TempTokenExpired.into()),
                // Not a temp token at all: then an access token.
                Err(TokenRejection::Invalid) => {
                    Ok(Self(AddressOwner::Session(Box::new(app.authenticate.execute(&token).await?))))
                }
            }
        }
        .boxed_local()
    }
}

/// A service that holds scope `S`.
pub(crate) struct Internal<S: Granted>(pub(crate) InternalCaller<S>);

impl<S: Granted> FromRequest for Internal<S> {
    type Error = ApiError;
    type Future = std::future::Ready<Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        std::future::ready(internal_caller(request).map(Self).map_err(ApiError::from))
    }
}

fn internal_caller<S: Granted>(request: &HttpRequest) -> Result<InternalCaller<S>, Refusal> {
    let app = app(request)?;
    let token = bearer_token(request)?;
    let service = app.internal_tokens.verify(&token, app.clock.now()).map_err(|rejection| match rejection {
        TokenRejection::Invalid => ErrorCode::InternalTokenInvalid,
        TokenRejection::Expired => ErrorCode::InternalTokenExpired,
    })?;
    origin::is_service(&service.name);
    Ok(service.authorize().ok_or(ErrorCode::Forbidden)?)
}

/// The token of the header, else that of a cookie.
fn bearer_or_cookie(app: &App, request: &HttpRequest, cookie: &str) -> Result<String, Refusal> {
    bearer_token(request).or_else(|missing| cookies::token(app, request, cookie).ok_or(missing))
}

/// Of the cookies, the temp token where that is good for proving an address: one of another step says nothing here.
fn email_owner_token(app: &App, request: &HttpRequest) -> Result<String, Refusal> {
    let proves_email = |token: &String| {
        let verified = app.temp_tokens.verify(token, app.clock.now());
        verified.is_ok_and(|claims| claims.step == TempStep::GiveVerifyEmailCode)
    };
    let temp = || cookies::token(app, request, cookies::TEMP).filter(proves_email);
    bearer_token(request)
        .or_else(|missing| temp().or_else(|| cookies::token(app, request, cookies::ACCESS)).ok_or(missing))
}

fn app(request: &HttpRequest) -> Result<Data<App>, Refusal> {
    request.app_data::<Data<App>>().cloned().ok_or_else(|| ErrorCode::InternalServerError.into())
}

/// RFC 6750 section 2.1; the scheme's case does not matter (RFC 9110 section 11.1).
pub(crate) fn bearer_token(request: &HttpRequest) -> Result<String, Refusal> {
    let value = request.headers().get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let token =
        value.and_then(|value| value.split_once(' ')).filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"));
    match token.map(|(_, token)| token.trim()) {
        Some(token) if !token.is_empty() => Ok(token.to_owned()),
        _ => Err(ErrorCode::TokenRequired.into()),
    }
}
