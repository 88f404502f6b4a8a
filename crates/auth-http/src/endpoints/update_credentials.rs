//! `POST /auth/update-credentials`

use actix_web::HttpResponse;
use actix_web::http::Method;
use actix_web::web::{self, Data};
use auth_domain::account::Password;
use auth_domain::error_code::ErrorCode;
use auth_domain::use_cases::UpdateCredentialsRequest;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::answer::{ApiError, success};
use crate::app::App;
use crate::body::Body;
use crate::caller::Bearer;
use crate::client::RequestClient;
use crate::codes::SuccessCode;
use crate::endpoint::{Endpoint, Permission};
use crate::wire::UserData;

/// An address, or all three passwords, or both.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct UpdateCredentialsBody {
    /// The new address: the account's at once, unproved until verified.
    #[schema(example = "ann@example.net")]
    email: Option<String>,
    /// The present password.
    old_password: Option<String>,
    /// The new one; as for `/auth/register`.
    new_password: Option<String>,
    /// The same again.
    confirm_password: Option<String>,
}

pub(super) fn endpoint() -> Endpoint {
    Endpoint::new(Method::POST, "/auth/update-credentials", || web::to(update_credentials))
        .summary(
            "auth",
            "Change the e-mail address, the password, or both. A change of password ends every other session.",
        )
        .permission(Permission::AccessToken)
        .body::<UpdateCredentialsBody>()
        .answers::<UserData>(SuccessCode::CredentialsUpdated)
        .errors(&[
            ErrorCode::PasswordsRequired,
            ErrorCode::InvalidPassword,
            ErrorCode::UnmatchedPasswords,
            ErrorCode::PasswordPolicy,
            ErrorCode::EmailExists,
            ErrorCode::RateLimited,
            ErrorCode::Overloaded,
        ])
}

/// *Permissions:* any access token of the user.
async fn update_credentials(
    app: Data<App>,
    Bearer(caller): Bearer,
    RequestClient(client): RequestClient,
    body: Body,
) -> Result<HttpResponse, ApiError> {
    let body: UpdateCredentialsBody = body.json(&[])?;
    let password = |text: Option<String>| text.as_deref().map(Password::new);
    let request = UpdateCredentialsRequest {
        email: body.email,
        old_password: password(body.old_password),
        new_password: password(body.new_password),
        confirm_password: password(body.confirm_password),
        client,
    };
    let account = app.update_credentials.execute(&caller, request).await?;
    Ok(success(SuccessCode::CredentialsUpdated, UserData { user: (&account).into() }))
}
