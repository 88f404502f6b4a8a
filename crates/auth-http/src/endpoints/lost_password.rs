//! `POST /auth/lost-password`

use actix_web::http::Method;
use actix_web::web::{self, Data};
use actix_web::{HttpRequest, HttpResponse};
use auth_domain::error_code::ErrorCode;
use auth_domain::use_cases::UseCases;
use serde::Deserialize;
use serde_json::json;
use utoipa::ToSchema;

use crate::answer::ApiError;
use crate::body::Body;
use crate::client::RequestClient;
use crate::codes::SuccessCode;
use crate::delivery::Delivery;
use crate::endpoint::{Endpoint, Permission};
use crate::network_limits::Cost;
use crate::tag::Tag;
use crate::token_answers;
use crate::wire::TempTokenData;

#[derive(Deserialize, ToSchema)]
struct LostPasswordBody {
    /// The address of the account.
    email: String,
}

pub(super) fn endpoint() -> Endpoint {
    Endpoint::new(Method::POST, "/auth/lost-password", || web::to(lost_password))
        .operation("requestPasswordReset", Tag::Recovery, "Mail a code to reset the password")
        .description("The temp token is for `POST /auth/verify-code`.")
        .permission(Permission::Anyone(Cost::Mail))
        .body::<LostPasswordBody>()
        .example(json!({ "email": "ann@example.org" }))
        .answers::<TempTokenData>(SuccessCode::CodeSent)
        .named("PasswordResetCodeSent")
        .errors(&[
            ErrorCode::InvalidEmail,
            ErrorCode::UserLinked,
            ErrorCode::AccountSuspended,
            ErrorCode::AccountDeletionScheduled,
        ])
        .errors(&[ErrorCode::RateLimited, ErrorCode::Unavailable])
}

/// *Permissions:* anyone.
async fn lost_password(
    use_cases: Data<UseCases>,
    RequestClient(client): RequestClient,
    request: HttpRequest,
    body: Body,
) -> Result<HttpResponse, ApiError> {
    let body: LostPasswordBody = body.json(&[("/email", ErrorCode::InvalidEmail.into())])?;
    let token = use_cases.lost_password.execute(&body.email, &client).await?;
    Ok(token_answers::pending_step(Delivery::of(&request), SuccessCode::CodeSent, &token))
}
