//! `POST /auth/login`

use actix_web::http::Method;
use actix_web::web::{self, Data};
use actix_web::{HttpRequest, HttpResponse};
use auth_domain::account::{LoginName, Password};
use auth_domain::error_code::{ErrorCode, FieldError, FieldReason, Refusal};
use auth_domain::use_cases::{LoginOutcome, LoginRequest, UseCases};
use serde::Deserialize;
use serde_json::json;
use utoipa::ToSchema;

use crate::answer::ApiError;
use crate::body::Body;
use crate::client::RequestClient;
use crate::codes::SuccessCode;
use crate::endpoint::{Endpoint, Permission};
use crate::network_limits::Cost;
use crate::resource::requested;
use crate::tag::Tag;
use crate::token_answers;
use crate::wire::{LoginData, SecondFactorData, TempTokenData};

#[derive(Deserialize, ToSchema)]
struct LoginBody {
    /// An e-mail address or a username. One of `email` and `username` is required.
    email: Option<String>,
    /// An e-mail address or a username; read only where there is no `email`.
    username: Option<String>,
    password: String,
    /// One of `AUTH_AUDIENCES` (RFC 8707): for whom the access token is. Without it, the default audience.
    resource: Option<String>,
    /// Keep an account that is to be deleted (`ACCOUNT_DELETION_SCHEDULED`).
    #[serde(default)]
    restore: bool,
}

pub(super) fn endpoint() -> Endpoint {
    Endpoint::new(Method::POST, "/auth/login", || web::to(login))
        .operation("login", Tag::Auth, "Log in with a password")
        .description("`USER_LOGGED_IN` brings the tokens of a new session. `TWOFA_REQUIRED` and `EMAIL_VERIFICATION_REQUIRED` (206) bring a temp token for the next step instead.")
        .permission(Permission::Anyone(Cost::Work))
        .body::<LoginBody>()
        .example(json!({ "email": "ann@example.org", "password": "correct horse battery staple" }))
        .answers::<LoginData>(SuccessCode::UserLoggedIn)
        .answers::<SecondFactorData>(SuccessCode::TwofaRequired)
        .answers::<TempTokenData>(SuccessCode::EmailVerificationRequired)
        .one_of("LoginResult")
        .errors(&[
            ErrorCode::InvalidTarget,
            ErrorCode::InvalidCredentials,
            ErrorCode::UserAlreadyLinked,
            ErrorCode::InvalidPassword,
            ErrorCode::AccountSuspended,
            ErrorCode::AccountDeletionScheduled,
            ErrorCode::NewPasswordRequired,
            ErrorCode::RateLimited,
            ErrorCode::Overloaded,
            ErrorCode::Unavailable,
        ])
}

fn name(body: &LoginBody) -> Option<&str> {
    [&body.email, &body.username].into_iter().flatten().map(String::as_str).find(|name| !name.is_empty())
}

fn name_required() -> FieldError {
    FieldError::new("/email", FieldReason::Required, "is required unless `username` is given")
}

/// *Permissions:* anyone.
async fn login(
    use_cases: Data<UseCases>,
    RequestClient(client): RequestClient,
    request: HttpRequest,
    body: Body,
) -> Result<HttpResponse, ApiError> {
    let body: LoginBody =
        body.checked_json(&[], |body| if name(body).is_none() { vec![name_required()] } else { vec![] })?;
    let (audience, delivery) = requested(&use_cases.audiences, &request, body.resource.as_deref())?;
    let attempt = LoginRequest {
        name: LoginName::parse(name(&body).ok_or_else(|| Refusal::invalid(vec![name_required()]))?),
        password: Password::new(&body.password),
        audience,
        restore: body.restore,
        client,
    };
    Ok(match use_cases.login.execute(attempt).await? {
        LoginOutcome::LoggedIn(logged_in) => {
            token_answers::logged_in(&request, delivery, SuccessCode::UserLoggedIn, &logged_in)
        }
        LoginOutcome::SecondFactorRequired(required) => token_answers::second_factor_required(delivery, &required),
        LoginOutcome::EmailVerificationRequired(token) => {
            token_answers::pending_step(delivery, SuccessCode::EmailVerificationRequired, &token)
        }
    })
}
