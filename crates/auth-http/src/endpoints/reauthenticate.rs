//! `POST /auth/reauthenticate`

use actix_web::http::Method;
use actix_web::web::{self, Data};
use actix_web::{HttpRequest, HttpResponse};
use auth_domain::account::Password;
use auth_domain::error_code::ErrorCode;
use auth_domain::use_cases::{ReauthenticationOutcome, UseCases};
use serde::Deserialize;
use serde_json::json;
use utoipa::ToSchema;

use crate::answer::ApiError;
use crate::body::Body;
use crate::caller::Bearer;
use crate::client::RequestClient;
use crate::codes::SuccessCode;
use crate::delivery::Delivery;
use crate::endpoint::{Endpoint, Permission};
use crate::tag::Tag;
use crate::token_answers;
use crate::wire::{ReauthenticatedData, SecondFactorData};

#[derive(Deserialize, ToSchema)]
struct ReauthenticateBody {
    /// Left out by a user without one: then a second factor, or a code to the verified address, takes its place.
    password: Option<String>,
}

pub(super) fn endpoint() -> Endpoint {
    Endpoint::new(Method::POST, "/auth/reauthenticate", || web::to(reauthenticate))
        .operation("reauthenticate", Tag::Auth, "Make the login fresh again")
        .description("Answers an access token of the same session with a new `auth_time` (RFC 9470).")
        .permission(Permission::AccessToken)
        .body::<ReauthenticateBody>()
        .example(json!({ "password": "correct horse battery staple" }))
        .answers::<ReauthenticatedData>(SuccessCode::Reauthenticated)
        .answers::<SecondFactorData>(SuccessCode::TwofaRequired)
        .one_of("ReauthenticationResult")
        .errors(&[ErrorCode::NewPasswordRequired])
        .errors(&[ErrorCode::InvalidPassword, ErrorCode::UserLinked, ErrorCode::RateLimited, ErrorCode::Overloaded])
}

/// *Permissions:* any access token of the user.
async fn reauthenticate(
    use_cases: Data<UseCases>,
    Bearer(caller): Bearer,
    RequestClient(client): RequestClient,
    request: HttpRequest,
    body: Body,
) -> Result<HttpResponse, ApiError> {
    let body: ReauthenticateBody = body.json(&[])?;
    let password = body.password.as_deref().map(Password::new);
    Ok(match use_cases.reauthenticate.execute(&caller, password, &client).await? {
        ReauthenticationOutcome::Reauthenticated(token) => {
            token_answers::reauthenticated(&request, Delivery::of(&request), &token)
        }
        ReauthenticationOutcome::SecondFactorRequired(required) => {
            token_answers::second_factor_required(Delivery::of(&request), &required)
        }
    })
}
