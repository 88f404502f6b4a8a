//! `/2fa`: setting up second factors and managing them.

use actix_web::http::Method as HttpMethod;
use actix_web::web::{self, Data};
use actix_web::{HttpResponse, Route};
use auth_domain::access_token::BearerToken;
use auth_domain::error_code::{ErrorCode, FieldError, FieldReason, Refusal};
use auth_domain::ports::RecoveryCode;
use auth_domain::two_factor::{Method, MethodOverview};
use auth_domain::use_cases::{SecondFactorsListed, UseCases};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

use crate::answer::{ApiError, success};
use crate::body::Body;
use crate::caller::{Bearer, FreshBearer};
use crate::client::RequestClient;
use crate::codes::{HttpCode, SuccessCode};
use crate::endpoint::{Endpoint, Permission};
use crate::tag::Tag;
use crate::wire::{TwoFactorMethod, rfc3339};

use super::second_factor_login::CodeSentData;
use super::verify_code::{OtpBody, otp_code};

/// `data` of an app that is being set up. Shown this once.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct ScanQrData {
    /// Base32, to type.
    secret: String,
    /// To open on the device that has the app.
    otpauth_uri: String,
    /// To scan: a `data:` URI of an SVG.
    qr_code: String,
    /// Seconds until the setup is forgotten.
    expires_in: u64,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = SecondFactorMethod)]
pub(super) struct MethodView {
    #[schema(value_type = TwoFactorMethod)]
    method: &'static str,
    #[schema(value_type = SecondFactorStatus)]
    status: &'static str,
    /// Whether it is offered first.
    primary: bool,
    /// Null while its first setup is pending.
    #[schema(required = true, format = DateTime)]
    enrolled_at: Option<String>,
}

/// A method that is disabled stays enrolled, and can be enabled again.
#[derive(ToSchema)]
#[schema(rename_all = "lowercase")]
#[expect(dead_code, reason = "describes the values of a field")]
enum SecondFactorStatus {
    Pending,
    Enabled,
    Disabled,
}

pub(super) fn views(methods: &[MethodOverview]) -> Vec<MethodView> {
    let view = |overview: &MethodOverview| MethodView {
        method: overview.method.as_str(),
        status: overview.status.as_str(),
        primary: overview.primary,
        enrolled_at: overview.enrolled_at.map(rfc3339),
    };
    methods.iter().map(view).collect()
}

/// `data` of a second factor that was set up.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct EnabledData {
    methods: Vec<MethodView>,
    /// With the first method: ten codes, shown this once.
    #[serde(skip_serializing_if = "Option::is_none")]
    recovery_codes: Option<Vec<String>>,
}

/// `data` of the second factors.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct MethodsData {
    methods: Vec<MethodView>,
    recovery_codes_left: usize,
}

/// `data` of new recovery codes, shown this once.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct RecoveryCodesData {
    recovery_codes: Vec<String>,
}

fn reveal(codes: &[RecoveryCode]) -> Vec<String> {
    codes.iter().map(|code| code.reveal().to_owned()).collect()
}

#[derive(Deserialize, ToSchema)]
struct MethodBody {
    #[schema(value_type = TwoFactorMethod)]
    method: String,
}

fn method(body: Body) -> Result<Method, ApiError> {
    let body: MethodBody = body.json(&[])?;
    let unknown =
        || Refusal::invalid(vec![FieldError::new("/method", FieldReason::Range, "must be \"app\" or \"email\"")]);
    Ok(Method::parse(&body.method).ok_or_else(unknown)?)
}

fn endpoint(id: &'static str, path: &'static str, route: fn() -> Route, summary: &'static str) -> Endpoint {
    Endpoint::new(HttpMethod::POST, path, route)
        .operation(id, Tag::TwoFactor, summary)
        .permission(Permission::FreshLogin)
}

pub(super) fn set_up_app() -> Endpoint {
    endpoint("setUpApp", "/2fa/app/setup", || web::to(begin_app), "Start to set up an authenticator app")
        .answers::<ScanQrData>(SuccessCode::ScanQr)
        .errors(&[ErrorCode::TwofaAlreadyEnabled, ErrorCode::TwofaAlreadyPending])
}

/// *Permissions:* an access token of a fresh login.
async fn begin_app(use_cases: Data<UseCases>, FreshBearer(caller): FreshBearer) -> Result<HttpResponse, ApiError> {
    let provisioning = use_cases.set_up_second_factor.begin_app(&caller).await?;
    let data = ScanQrData {
        secret: provisioning.secret.to_string(),
        otpauth_uri: provisioning.uri.to_string(),
        qr_code: provisioning.qr_code.to_string(),
        expires_in: use_cases.challenge_lifetimes.temp.as_secs(),
    };
    Ok(success(SuccessCode::ScanQr, data))
}

pub(super) fn cancel_app() -> Endpoint {
    Endpoint::new(HttpMethod::DELETE, "/2fa/app/setup", || web::to(give_up_app))
        .operation("cancelAppSetup", Tag::TwoFactor, "Cancel the pending setup of an authenticator app")
        .permission(Permission::AccessToken)
        .answers_empty(SuccessCode::SetupCancelled)
        .errors(&[ErrorCode::TwofaNotSet, ErrorCode::TwofaAlreadyEnabled])
}

/// *Permissions:* any access token of the user.
async fn give_up_app(use_cases: Data<UseCases>, Bearer(caller): Bearer) -> Result<HttpResponse, ApiError> {
    use_cases.set_up_second_factor.cancel_app(&caller).await?;
    Ok(success(SuccessCode::SetupCancelled, json!({})))
}

pub(super) fn set_up_email() -> Endpoint {
    endpoint(
        "setUpEmail",
        "/2fa/email/setup",
        || web::to(begin_email),
        "Start to set up codes by mail: mails the first",
    )
    .answers::<CodeSentData>(SuccessCode::CodeSent)
    .named("TwoFactorCodeSent")
    .errors(&[ErrorCode::TwofaAlreadyEnabled, ErrorCode::RateLimited])
}

/// *Permissions:* an access token of a fresh login.
async fn begin_email(
    use_cases: Data<UseCases>,
    FreshBearer(caller): FreshBearer,
    RequestClient(client): RequestClient,
) -> Result<HttpResponse, ApiError> {
    use_cases.set_up_second_factor.begin_email(&caller, &client).await?;
    let expires_in = use_cases.challenge_lifetimes.code.as_secs();
    Ok(success(SuccessCode::CodeSent, CodeSentData { expires_in }))
}

fn verifying(id: &'static str, path: &'static str, route: fn() -> Route, summary: &'static str) -> Endpoint {
    endpoint(id, path, route, summary)
        .body::<OtpBody>()
        .answers::<EnabledData>(SuccessCode::TwofaEnabled)
        .errors(&[HttpCode::OtpRequired])
        .errors(&[
            ErrorCode::TwofaNotSet,
            ErrorCode::TwofaAlreadyEnabled,
            ErrorCode::OtpInvalid,
            ErrorCode::RateLimited,
        ])
}

pub(super) fn verify_app() -> Endpoint {
    verifying("verifyAppSetup", "/2fa/app/verify-setup", || web::to(prove_app), "Enable the app with its first code")
}

/// *Permissions:* an access token of a fresh login.
async fn prove_app(
    use_cases: Data<UseCases>,
    bearer: FreshBearer,
    client: RequestClient,
    body: Body,
) -> Result<HttpResponse, ApiError> {
    prove(use_cases, Method::App, bearer, client, body).await
}

pub(super) fn verify_email() -> Endpoint {
    verifying(
        "verifyEmailSetup",
        "/2fa/email/verify-setup",
        || web::to(prove_email),
        "Enable codes by mail with the first one",
    )
}

/// *Permissions:* an access token of a fresh login.
async fn prove_email(
    use_cases: Data<UseCases>,
    bearer: FreshBearer,
    client: RequestClient,
    body: Body,
) -> Result<HttpResponse, ApiError> {
    prove(use_cases, Method::Email, bearer, client, body).await
}

async fn prove(
    use_cases: Data<UseCases>,
    method: Method,
    FreshBearer(caller): FreshBearer,
    RequestClient(client): RequestClient,
    body: Body,
) -> Result<HttpResponse, ApiError> {
    let code = BearerToken::new(otp_code(body)?);
    let set_up = use_cases.set_up_second_factor.verify(&caller, method, &code, &client).await?;
    let data = EnabledData {
        methods: views(&set_up.two_factor.overview(set_up.at)),
        recovery_codes: set_up.recovery_codes.as_deref().map(reveal),
    };
    Ok(success(SuccessCode::TwofaEnabled, data))
}

pub(super) fn list() -> Endpoint {
    Endpoint::new(HttpMethod::GET, "/2fa", || web::to(list_methods))
        // A gateway may add the slash.
        .alias("/2fa/")
        .operation("listSecondFactors", Tag::TwoFactor, "List the second factors of the user")
        .permission(Permission::AccessToken)
        .answers::<MethodsData>(SuccessCode::MethodsFetched)
        .errors(&[ErrorCode::NoMethodsFound])
}

/// *Permissions:* any access token of the user.
async fn list_methods(use_cases: Data<UseCases>, Bearer(caller): Bearer) -> Result<HttpResponse, ApiError> {
    let SecondFactorsListed { methods, recovery_codes_left } = use_cases.manage_second_factors.list(&caller)?;
    let data = MethodsData { methods: views(&methods), recovery_codes_left };
    Ok(success(SuccessCode::MethodsFetched, data))
}

fn managing(id: &'static str, path: &'static str, route: fn() -> Route, summary: &'static str) -> Endpoint {
    endpoint(id, path, route, summary)
        .body::<MethodBody>()
        .example(json!({ "method": "app" }))
        .errors(&[ErrorCode::MethodsNotEnabled])
}

pub(super) fn enable() -> Endpoint {
    managing("enableSecondFactor", "/2fa/enable", || web::to(enable_method), "Enable a method that was disabled")
        .answers_empty(SuccessCode::MethodEnabled)
}

/// *Permissions:* an access token of a fresh login.
async fn enable_method(
    use_cases: Data<UseCases>,
    FreshBearer(caller): FreshBearer,
    RequestClient(client): RequestClient,
    body: Body,
) -> Result<HttpResponse, ApiError> {
    use_cases.manage_second_factors.enable(&caller, method(body)?, &client).await?;
    Ok(success(SuccessCode::MethodEnabled, json!({})))
}

pub(super) fn disable() -> Endpoint {
    managing("disableSecondFactor", "/2fa/disable", || web::to(disable_method), "Disable a method; it stays enrolled")
        .answers_empty(SuccessCode::MethodDisabled)
}

/// *Permissions:* an access token of a fresh login.
async fn disable_method(
    use_cases: Data<UseCases>,
    FreshBearer(caller): FreshBearer,
    RequestClient(client): RequestClient,
    body: Body,
) -> Result<HttpResponse, ApiError> {
    use_cases.manage_second_factors.disable(&caller, method(body)?, &client).await?;
    Ok(success(SuccessCode::MethodDisabled, json!({})))
}

pub(super) fn make_primary() -> Endpoint {
    managing(
        "setPrimarySecondFactor",
        "/2fa/primary",
        || web::to(make_method_primary),
        "Choose the method to offer first",
    )
    .answers_empty(SuccessCode::PrimaryMethodUpdated)
}

/// *Permissions:* an access token of a fresh login.
async fn make_method_primary(
    use_cases: Data<UseCases>,
    FreshBearer(caller): FreshBearer,
    RequestClient(client): RequestClient,
    body: Body,
) -> Result<HttpResponse, ApiError> {
    use_cases.manage_second_factors.make_primary(&caller, method(body)?, &client).await?;
    Ok(success(SuccessCode::PrimaryMethodUpdated, json!({})))
}

pub(super) fn renew_recovery_codes() -> Endpoint {
    endpoint(
        "regenerateRecoveryCodes",
        "/2fa/recovery/regenerate",
        || web::to(regenerate),
        "Replace the recovery codes by ten new ones",
    )
    .answers::<RecoveryCodesData>(SuccessCode::RecoveryCodesCreated)
    .errors(&[ErrorCode::MethodsNotEnabled])
}

/// *Permissions:* an access token of a fresh login.
async fn regenerate(
    use_cases: Data<UseCases>,
    FreshBearer(caller): FreshBearer,
    RequestClient(client): RequestClient,
) -> Result<HttpResponse, ApiError> {
    let codes = use_cases.manage_second_factors.renew_recovery_codes(&caller, &client).await?;
    Ok(success(SuccessCode::RecoveryCodesCreated, RecoveryCodesData { recovery_codes: reveal(&codes) }))
}
