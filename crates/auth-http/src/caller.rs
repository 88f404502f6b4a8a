//! Extracts the caller from a token. A handler that takes one of these types cannot be reached without it.

use actix_web::dev::Payload;
use actix_web::http::header;
use actix_web::web::Data;
use actix_web::{FromRequest, HttpMessage as _, HttpRequest};
use auth_domain::access_token::TokenRejection;
use auth_domain::audience::Audience;
use auth_domain::error_code::ErrorCode;
use auth_domain::internal::{Granted, InternalCaller};
use auth_domain::temp_token::TempStep;
use auth_domain::use_cases::{
    AddressOwner, AdminCaller, Administrator, AuthenticateAdminError, AuthenticateError, AuthenticateStep,
    Authenticated, CheckedToken, FreshLogin, PendingStep, UseCases,
};
use futures_util::future::LocalBoxFuture;
use futures_util::{FutureExt as _, TryFutureExt as _};

use crate::answer::ApiError;
use crate::audit_context::{self, is_of_user, token_refused};
use crate::charge::charge;
use crate::codes::HttpCode;
use crate::edge::Edge;
use crate::network_limits::Cost;
use crate::{cookies, credential};

/// The bearer of an access token.
pub(crate) struct Bearer(pub(crate) Authenticated);

impl FromRequest for Bearer {
    type Error = ApiError;
    type Future = LocalBoxFuture<'static, Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        authenticated(request).map_ok(|(_, caller)| Self(caller)).boxed_local()
    }
}

/// The bearer of an access token, for handlers that only read: account and session as they were within the last second.
pub(crate) struct ReadingBearer(pub(crate) Authenticated);

impl FromRequest for ReadingBearer {
    type Error = ApiError;
    type Future = LocalBoxFuture<'static, Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let found = use_cases_and(request, |edge, _| bearer_or_cookie(edge, request, cookies::ACCESS));
        async move {
            let (use_cases, token) = found?;
            let caller = use_cases.authenticate.recent(&token).await.inspect_err(tell_access)?;
            is_of_user(caller.account().id);
            Ok(Self(caller))
        }
        .boxed_local()
    }
}

/// Returns the bearer of an access token for the audience of the services behind a gateway, as of the last second.
pub(crate) async fn at_gateway(request: &HttpRequest, audience: &Audience) -> Result<CheckedToken, ApiError> {
    let (use_cases, token) = use_cases_and(request, |edge, _| bearer_or_cookie(edge, request, cookies::ACCESS))?;
    let checked = use_cases.authenticate.recent_for(audience, &token).await.inspect_err(tell_access)?;
    is_of_user(checked.account().id);
    Ok(checked)
}

/// The bearer of an access token whose login is fresh enough to weaken the account.
pub(crate) struct FreshBearer(pub(crate) FreshLogin);

impl FromRequest for FreshBearer {
    type Error = ApiError;
    type Future = LocalBoxFuture<'static, Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let found = authenticated(request);
        async move {
            let (use_cases, caller) = found.await?;
            Ok(Self(use_cases.require_fresh_login.execute(caller)?))
        }
        .boxed_local()
    }
}

/// Returns the bearer of the access token in the header or the cookie, with the use cases.
fn authenticated(
    request: &HttpRequest,
) -> impl Future<Output = Result<(Data<UseCases>, Authenticated), ApiError>> + use<> {
    let found = use_cases_and(request, |edge, _| bearer_or_cookie(edge, request, cookies::ACCESS));
    async move {
        let (use_cases, token) = found?;
        let caller = use_cases.authenticate.execute(&token).await.inspect_err(tell_access)?;
        is_of_user(caller.account().id);
        Ok((use_cases, caller))
    }
}

/// The bearer of a temp token. The use case finds out whether its step is still pending.
pub(crate) struct Temp(pub(crate) PendingStep);

impl FromRequest for Temp {
    type Error = ApiError;
    type Future = std::future::Ready<Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let found = use_cases_and(request, |edge, _| bearer_or_cookie(edge, request, cookies::TEMP));
        let step = found.and_then(|(use_cases, token)| {
            let step = use_cases.authenticate_step.execute(&token).inspect_err(tell_temp);
            let step = step.map_err(AuthenticateStep::code_of)?;
            charge_stranger(request)?;
            Ok(Self(step))
        });
        std::future::ready(step)
    }
}

/// The owner of the address that is to be verified: the bearer of an access token or of a temp token.
pub(crate) struct EmailOwner(pub(crate) AddressOwner);

impl FromRequest for EmailOwner {
    type Error = ApiError;
    type Future = LocalBoxFuture<'static, Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let found = use_cases_and(request, |edge, use_cases| email_owner_token(edge, use_cases, request));
        let request = request.clone();
        async move {
            let (use_cases, token) = found?;
            match use_cases.authenticate_step.execute(&token) {
                Ok(step) => {
                    charge_stranger(&request)?;
                    Ok(Self(AddressOwner::Temp(step)))
                }
                // It is no temp token, so it may be an access token.
                Err(TokenRejection::Invalid(_)) => {
                    let caller = use_cases.authenticate.execute(&token).await.inspect_err(tell_access)?;
                    is_of_user(caller.account().id);
                    Ok(Self(AddressOwner::Session(Box::new(caller))))
                }
                Err(expired @ TokenRejection::Expired) => {
                    tell_temp(&expired);
                    Err(AuthenticateStep::code_of(expired).into())
                }
            }
        }
        .boxed_local()
    }
}

/// Charges what the endpoint declares as the cost of a valid temp token.
fn charge_stranger(request: &HttpRequest) -> Result<(), ApiError> {
    // An endpoint that accepts such a token and declares no cost is a mistake: assume the highest.
    let cost = request.extensions().get::<Cost>().copied().unwrap_or(Cost::Mail);
    charge(request, cost)
}

/// A service that holds scope `S`.
pub(crate) struct Internal<S: Granted>(pub(crate) InternalCaller<S>);

impl<S: Granted> FromRequest for Internal<S> {
    type Error = ApiError;
    type Future = std::future::Ready<Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let found = use_cases_and(request, |_, _| bearer_token(request));
        let caller = found.and_then(|(use_cases, token)| {
            let caller = use_cases.authenticate_service.execute(&token);
            Ok(caller.inspect_err(|error| token_refused("internal", error.reason()))?)
        });
        std::future::ready(caller.map(|caller: InternalCaller<S>| {
            audit_context::is_service(caller.service());
            Self(caller)
        }))
    }
}

/// A service that holds scope `S`, or a user with the role `admin` and a fresh login.
pub(crate) struct Admin<S: Granted>(pub(crate) AdminCaller<S>);

impl<S: Granted + 'static> FromRequest for Admin<S> {
    type Error = ApiError;
    type Future = LocalBoxFuture<'static, Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let found = use_cases_and(request, |edge, _| bearer_or_cookie(edge, request, cookies::ACCESS));
        // A service has no cookies.
        let by_cookie = credential::came_by_cookie(request);
        async move {
            let (use_cases, token) = found?;
            let admins = &use_cases.authenticate_admin;
            let caller = if by_cookie { admins.user(&token).await } else { admins.execute(&token).await };
            let caller: AdminCaller<S> = caller.inspect_err(tell_admin)?;
            match caller.by() {
                Administrator::Service(name) => audit_context::is_service(name),
                Administrator::User(id) => {
                    is_of_user(*id);
                    audit_context::is_admin(*id);
                }
                Administrator::Operator => {}
            }
            Ok(Self(caller))
        }
        .boxed_local()
    }
}

fn tell_admin(error: &AuthenticateAdminError) {
    match error {
        AuthenticateAdminError::Service(error) => token_refused("internal", error.reason()),
        AuthenticateAdminError::User(error) => tell_access(error),
        AuthenticateAdminError::NotAdmin => token_refused("access", "role"),
        AuthenticateAdminError::Stale(_) => token_refused("access", "stale"),
    }
}

fn tell_temp(rejection: &TokenRejection) {
    token_refused("temp", rejection.reason());
}

fn tell_access(error: &AuthenticateError) {
    match error {
        AuthenticateError::Token(rejection) => token_refused("access", rejection.reason()),
        AuthenticateError::WrongAudience => token_refused("access", "audience"),
        AuthenticateError::SessionGone => token_refused("access", "session_gone"),
        AuthenticateError::Blocked(blocked) => token_refused("access", blocked.reason()),
        // The token is not at fault.
        AuthenticateError::Store(_) => {}
    }
}

/// Returns the use cases with the token that `find` finds.
fn use_cases_and(
    request: &HttpRequest,
    find: impl FnOnce(&Edge, &UseCases) -> Result<String, ApiError>,
) -> Result<(Data<UseCases>, String), ApiError> {
    let (edge, use_cases) = (request.app_data::<Data<Edge>>(), request.app_data::<Data<UseCases>>());
    let (edge, use_cases) = edge.zip(use_cases).ok_or(ErrorCode::InternalServerError)?;
    Ok((use_cases.clone(), find(edge, use_cases)?))
}

/// Returns the token in the header, or else that of a cookie.
fn bearer_or_cookie(edge: &Edge, request: &HttpRequest, cookie: &str) -> Result<String, ApiError> {
    match explicit_token(request) {
        Ok(token) => Ok(token),
        Err(missing) => credential::from_cookie(edge, request, cookie, |_| true)?.ok_or(missing),
    }
}

/// Returns the token in the header, and records that the request is recognised by it.
fn explicit_token(request: &HttpRequest) -> Result<String, ApiError> {
    bearer_token(request).inspect(|token| credential::note_explicit(request, token))
}

/// Returns the token for verifying an address. Among the cookies, the temp token is used if it is for that step; one of
/// another step is ignored.
fn email_owner_token(edge: &Edge, use_cases: &UseCases, request: &HttpRequest) -> Result<String, ApiError> {
    let proves_email = |token: &String| {
        let step = use_cases.authenticate_step.execute(token);
        step.is_ok_and(|step| step.step() == TempStep::GiveVerifyEmailCode)
    };
    match explicit_token(request) {
        Ok(token) => Ok(token),
        Err(missing) => match credential::from_cookie(edge, request, cookies::TEMP, proves_email)? {
            Some(token) => Ok(token),
            None => credential::from_cookie(edge, request, cookies::ACCESS, |_| true)?.ok_or(missing),
        },
    }
}

/// Returns the token in the header (RFC 6750 section 2.1); the case of the scheme does not matter (RFC 9110 section
/// 11.1).
pub(crate) fn bearer_token(request: &HttpRequest) -> Result<String, ApiError> {
    let value = request.headers().get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let token =
        value.and_then(|value| value.split_once(' ')).filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"));
    match token.map(|(_, token)| token.trim()) {
        Some(token) if !token.is_empty() => Ok(token.to_owned()),
        _ => Err(HttpCode::TokenRequired.into()),
    }
}
