//! `POST /auth/register`

use actix_web::http::Method;
use actix_web::web::{self, Data};
use actix_web::{HttpRequest, HttpResponse};
use auth_domain::account::Password;
use auth_domain::error_code::{ErrorCode, FieldError};
use auth_domain::use_cases::{Register, RegisterRequest, UseCases};
use serde::Deserialize;
use serde_json::json;
use utoipa::ToSchema;

use crate::answer::{ApiError, success};
use crate::body::Body;
use crate::client::RequestClient;
use crate::codes::SuccessCode;
use crate::cookies::TokenCookies;
use crate::delivery::Delivery;
use crate::endpoint::{Endpoint, Permission};
use crate::language::Accepted;
use crate::network_limits::Cost;
use crate::tag::Tag;
use crate::wire::RegisteredData;

#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct RegisterBody {
    /// 3–32 of letters, digits, `_`, `.`, `-`; unique without case.
    username: Option<String>,
    /// At most 254 characters; unique without case.
    email: String,
    /// 8–128 characters, not among the 100,000 most common, not the e-mail address or username.
    password: String,
    /// Where it is there, it must be the same.
    confirm_password: Option<String>,
    /// An invitation, where one is required.
    invitation: Option<String>,
    /// The language of mails (BCP 47), such as `fr` or `pt-BR`. Without it, the best of `Accept-Language`.
    locale: Option<String>,
}

pub(super) fn endpoint() -> Endpoint {
    Endpoint::new(Method::POST, "/auth/register", || web::to(register))
        .operation("register", Tag::Auth, "Create an account")
        .description("Mails a code that verifies the e-mail address (`POST /auth/verify-email`). Does not sign in: log in afterwards.")
        .permission(Permission::Anyone(Cost::Mail))
        .body::<RegisterBody>()
        .example(json!({ "email": "ann@example.org", "username": "ann", "password": "correct horse battery staple" }))
        .answers::<RegisteredData>(SuccessCode::UserRegistered)
        .errors(&[
            ErrorCode::UnmatchedPasswords,
            ErrorCode::PasswordPolicy,
            ErrorCode::UserExists,
            ErrorCode::RegistrationClosed,
            ErrorCode::InvitationRequired,
            ErrorCode::InvitationInvalid,
            ErrorCode::DomainNotAllowed,
            ErrorCode::RateLimited,
            ErrorCode::Overloaded,
            ErrorCode::Unavailable,
        ])
}

fn malformed(body: &RegisterBody) -> Vec<FieldError> {
    Register::malformed_names(&body.email, body.username.as_deref(), body.locale.as_deref())
}

/// *Permissions:* anyone.
async fn register(
    use_cases: Data<UseCases>,
    RequestClient(client): RequestClient,
    request: HttpRequest,
    body: Body,
) -> Result<HttpResponse, ApiError> {
    let body: RegisterBody = body.checked_json(&[], malformed)?;
    let registered = use_cases
        .register
        .execute(RegisterRequest {
            username: body.username,
            email: body.email,
            password: Password::new(&body.password),
            invitation: body.invitation,
            locale: body.locale,
            accepted: Accepted::of(&request).named(),
            confirm_password: body.confirm_password.as_deref().map(Password::new),
            client,
        })
        .await?;
    let delivery = Delivery::of(&request);
    let response = success(SuccessCode::UserRegistered, RegisteredData::new(&registered, delivery));
    Ok(match &registered.temp_token {
        Some(token) => delivery.attach(TokenCookies::temp(token), response),
        None => response,
    })
}
