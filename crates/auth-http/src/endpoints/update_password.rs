//! `POST /auth/update-password`

use actix_web::http::Method;
use actix_web::web::{self, Data};
use actix_web::{HttpRequest, HttpResponse};
use auth_domain::account::Password;
use auth_domain::error_code::ErrorCode;
use auth_domain::use_cases::{PasswordUpdated, UpdatePasswordRequest, UseCases};
use serde::Deserialize;
use serde_json::json;
use utoipa::ToSchema;

use crate::answer::ApiError;
use crate::body::Body;
use crate::caller::Temp;
use crate::client::RequestClient;
use crate::codes::SuccessCode;
use crate::endpoint::{Endpoint, Permission};
use crate::network_limits::Cost;
use crate::resource::requested;
use crate::tag::Tag;
use crate::token_answers;
use crate::wire::{LoginData, SecondFactorData};

#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct UpdatePasswordBody {
    /// As for `/auth/register`.
    password: String,
    /// The same again.
    confirm_password: String,
    /// One of `AUTH_AUDIENCES` (RFC 8707): for whom the access token is. Without it, the default audience.
    resource: Option<String>,
}

pub(super) fn endpoint() -> Endpoint {
    Endpoint::new(Method::POST, "/auth/update-password", || web::to(update_password))
        .operation("resetPassword", Tag::Recovery, "Set the new password")
        .description("Ends every session of the user and opens a new one.")
        .permission(Permission::TempToken(Cost::Work))
        .body::<UpdatePasswordBody>()
        .example(json!({ "password": "another correct horse", "confirmPassword": "another correct horse" }))
        .answers::<LoginData>(SuccessCode::UserLoggedIn)
        .answers::<SecondFactorData>(SuccessCode::TwofaRequired)
        .one_of("PasswordResetResult")
        .errors(&[
            ErrorCode::InvalidTarget,
            ErrorCode::UserLinked,
            ErrorCode::UnmatchedPasswords,
            ErrorCode::PasswordPolicy,
            ErrorCode::Unauthorized,
            ErrorCode::RateLimited,
            ErrorCode::Overloaded,
        ])
}

/// *Permissions:* a temp token of `/auth/verify-code`.
async fn update_password(
    use_cases: Data<UseCases>,
    Temp(token): Temp,
    RequestClient(client): RequestClient,
    request: HttpRequest,
    body: Body,
) -> Result<HttpResponse, ApiError> {
    let body: UpdatePasswordBody = body.json(&[])?;
    let (audience, delivery) = requested(&use_cases.audiences, &request, body.resource.as_deref())?;
    let update = UpdatePasswordRequest {
        password: Password::new(&body.password),
        confirm_password: Password::new(&body.confirm_password),
        audience,
        client,
    };
    Ok(match use_cases.update_password.execute(&token, update).await? {
        PasswordUpdated::LoggedIn(logged_in) => {
            token_answers::logged_in(&request, delivery, SuccessCode::UserLoggedIn, &logged_in)
        }
        PasswordUpdated::SecondFactorRequired(required) => token_answers::second_factor_required(delivery, &required),
    })
}
