//! `POST /2fa/{app,email,recovery}/verify-login` and `POST /2fa/email/send-login`: finishing a login.

use actix_web::http::Method;
use actix_web::web::{self, Data};
use actix_web::{HttpRequest, HttpResponse, Route};
use auth_domain::access_token::BearerToken;
use auth_domain::error_code::ErrorCode;
use auth_domain::session::Client;
use auth_domain::use_cases::{PendingStep, SecondFactor, UseCases};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

use crate::answer::{ApiError, success};
use crate::body::Body;
use crate::caller::Temp;
use crate::client::RequestClient;
use crate::codes::{HttpCode, SuccessCode};
use crate::endpoint::{Endpoint, Permission};
use crate::network_limits::Cost;
use crate::resource::requested;
use crate::tag::Tag;
use crate::token_answers;
use crate::wire::{LoginData, ReauthenticatedData};

#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct RecoveryCodeBody {
    /// Case, spaces and dashes do not matter.
    recovery_code: String,
    /// One of `AUTH_AUDIENCES` (RFC 8707): for whom the access token is. Without it, the default audience.
    resource: Option<String>,
}

/// A body that names the code of a login.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct LoginCodeBody {
    /// Six digits; white space does not matter.
    #[schema(example = "123456")]
    otp_code: String,
    /// One of `AUTH_AUDIENCES` (RFC 8707): for whom the access token is. Without it, the default audience.
    resource: Option<String>,
}

/// Returns the code, and the `resource`.
fn code_and_resource(body: Body) -> Result<(BearerToken, Option<String>), ApiError> {
    let body: LoginCodeBody = body.json(&[("/otpCode", HttpCode::OtpRequired.into())])?;
    if body.otp_code.is_empty() {
        return Err(HttpCode::OtpRequired.into());
    }
    Ok((BearerToken::new(body.otp_code), body.resource))
}

/// Finishes the login with what was given.
async fn finish(
    use_cases: &UseCases,
    (step, given, resource): (PendingStep, SecondFactor, Option<String>),
    client: &Client,
    request: &HttpRequest,
) -> Result<HttpResponse, ApiError> {
    let (audience, delivery) = requested(&use_cases.audiences, request, resource.as_deref())?;
    let finished = use_cases.finish_login.execute(&step, &given, &audience, client).await?;
    Ok(token_answers::login_finished(request, delivery, &finished))
}

/// `data` of a code that was mailed.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct CodeSentData {
    /// Seconds until the code expires.
    pub(super) expires_in: u64,
}

fn finishing(id: &'static str, path: &'static str, route: fn() -> Route, summary: &'static str) -> Endpoint {
    Endpoint::new(Method::POST, path, route)
        .operation(id, Tag::TwoFactor, summary)
        .description("Finishes a reauthentication too: then the answer is `REAUTHENTICATED`.")
        .permission(Permission::TempToken(Cost::Work))
        .answers::<LoginData>(SuccessCode::UserLoggedIn)
        .answers::<ReauthenticatedData>(SuccessCode::Reauthenticated)
        .one_of("SecondFactorResult")
        .errors(&[HttpCode::OtpRequired])
        .errors(&[ErrorCode::InvalidTarget, ErrorCode::TwofaNotSet, ErrorCode::TwofaNotEnabled])
        .errors(&[ErrorCode::OtpInvalid, ErrorCode::RateLimited])
}

pub(super) fn by_app() -> Endpoint {
    finishing(
        "verifyAppLogin",
        "/2fa/app/verify-login",
        || web::to(verify_app),
        "Finish a login with a code of the app",
    )
    .body::<LoginCodeBody>()
}

/// *Permissions:* a temp token of a login or a reauthentication.
async fn verify_app(
    use_cases: Data<UseCases>,
    Temp(token): Temp,
    RequestClient(client): RequestClient,
    request: HttpRequest,
    body: Body,
) -> Result<HttpResponse, ApiError> {
    let (code, resource) = code_and_resource(body)?;
    finish(&use_cases, (token, SecondFactor::App(code), resource), &client, &request).await
}

pub(super) fn by_email() -> Endpoint {
    finishing(
        "verifyEmailLogin",
        "/2fa/email/verify-login",
        || web::to(verify_email),
        "Finish a login with the mailed code",
    )
    .body::<LoginCodeBody>()
}

/// *Permissions:* a temp token of a login or a reauthentication.
async fn verify_email(
    use_cases: Data<UseCases>,
    Temp(token): Temp,
    RequestClient(client): RequestClient,
    request: HttpRequest,
    body: Body,
) -> Result<HttpResponse, ApiError> {
    let (code, resource) = code_and_resource(body)?;
    finish(&use_cases, (token, SecondFactor::Email(code), resource), &client, &request).await
}

pub(super) fn by_recovery_code() -> Endpoint {
    finishing(
        "verifyRecoveryLogin",
        "/2fa/recovery/verify-login",
        || web::to(verify_recovery_code),
        "Finish a login with a recovery code",
    )
    .body::<RecoveryCodeBody>()
    .example(json!({ "recoveryCode": "abcde-fghjk" }))
}

/// *Permissions:* a temp token of a login or a reauthentication.
async fn verify_recovery_code(
    use_cases: Data<UseCases>,
    Temp(token): Temp,
    RequestClient(client): RequestClient,
    request: HttpRequest,
    body: Body,
) -> Result<HttpResponse, ApiError> {
    let body: RecoveryCodeBody = body.json(&[("/recoveryCode", HttpCode::OtpRequired.into())])?;
    if body.recovery_code.is_empty() {
        return Err(HttpCode::OtpRequired.into());
    }
    let given = SecondFactor::RecoveryCode(BearerToken::new(body.recovery_code));
    finish(&use_cases, (token, given, body.resource), &client, &request).await
}

pub(super) fn send_code() -> Endpoint {
    Endpoint::new(Method::POST, "/2fa/email/send-login", || web::to(send_login_code))
        .operation("sendLoginCode", Tag::TwoFactor, "Mail the code for a login")
        .description("Where codes by mail are the primary method, the login has mailed one already.")
        .permission(Permission::TempToken(Cost::Work))
        .answers::<CodeSentData>(SuccessCode::CodeSent)
        .named("TwoFactorCodeSent")
        .errors(&[ErrorCode::TwofaNotSet, ErrorCode::TwofaNotEnabled, ErrorCode::RateLimited])
}

/// *Permissions:* a temp token of a login or a reauthentication.
async fn send_login_code(
    use_cases: Data<UseCases>,
    Temp(token): Temp,
    RequestClient(client): RequestClient,
) -> Result<HttpResponse, ApiError> {
    use_cases.finish_login.send_code(&token, &client).await?;
    let expires_in = use_cases.challenge_lifetimes.code.as_secs();
    Ok(success(SuccessCode::CodeSent, CodeSentData { expires_in }))
}
