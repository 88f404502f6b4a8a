//! `POST /auth/update-credentials` and `POST /auth/verify-update-credentials`

use actix_web::HttpResponse;
use actix_web::http::Method;
use actix_web::web::{self, Data};
use auth_domain::access_token::BearerToken;
use auth_domain::account::Password;
use auth_domain::error_code::ErrorCode;
use auth_domain::use_cases::{CredentialsOutcome, UpdateCredentialsRequest, UseCases};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::json;
use utoipa::ToSchema;

use crate::answer::{ApiError, success};
use crate::body::Body;
use crate::caller::Bearer;
use crate::client::RequestClient;
use crate::codes::{HttpCode, SuccessCode};
use crate::endpoint::{Endpoint, Permission};
use crate::tag::Tag;
use crate::wire::{TwoFactorMethod, UserData};

use super::verify_code::{OtpBody, otp_code};

/// An address, or all three passwords, or both; and, or alone, a language, which needs nothing else.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct UpdateCredentialsBody {
    /// The new address. It replaces an address that was never verified at once. It replaces a verified one when
    /// `/auth/verify-email` verifies it; until then it is the user's `pendingEmail`.
    email: Option<String>,
    /// The current password.
    old_password: Option<String>,
    /// The new one; as for `/auth/register`.
    new_password: Option<String>,
    /// The same again.
    confirm_password: Option<String>,
    /// The language of mails (BCP 47); null to prefer none.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>)]
    locale: Option<Option<String>>,
}

/// Tells null from a field that is missing.
fn given<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Option<String>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}

/// `data` of a change that waits for a second factor.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct ConfirmationData {
    /// The one to confirm with.
    #[schema(value_type = TwoFactorMethod)]
    method: &'static str,
    /// Seconds until the change is forgotten.
    expires_in: u64,
}

pub(super) fn endpoint() -> Endpoint {
    Endpoint::new(Method::POST, "/auth/update-credentials", || web::to(update_credentials))
        .operation("updateCredentials", Tag::Account, "Change the e-mail address, the password or the language")
        .description("A new password ends every other session. A verified address is replaced only when the new one is verified; until then that one is `pendingEmail`.")
        .permission(Permission::AccessToken)
        .body::<UpdateCredentialsBody>()
        .example(json!({ "email": "ann@example.net", "oldPassword": "correct horse battery staple" }))
        .answers::<UserData>(SuccessCode::CredentialsUpdated)
        .answers::<ConfirmationData>(SuccessCode::TwofaRequired)
        .named("ConfirmationRequired")
        .one_of("CredentialsUpdateResult")
        .errors(&[
            ErrorCode::ReauthenticationRequired,
            ErrorCode::PasswordsRequired,
            ErrorCode::InvalidPassword,
            ErrorCode::NewPasswordRequired,
            ErrorCode::UnmatchedPasswords,
            ErrorCode::PasswordPolicy,
            ErrorCode::EmailExists,
            ErrorCode::RateLimited,
            ErrorCode::Overloaded,
        ])
}

/// *Permissions:* any access token of the user.
async fn update_credentials(
    use_cases: Data<UseCases>,
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
        locale: body.locale,
        client,
    };
    Ok(match use_cases.update_credentials.execute(&caller, request).await? {
        CredentialsOutcome::Updated(account) => {
            success(SuccessCode::CredentialsUpdated, UserData { user: account.as_ref().into() })
        }
        CredentialsOutcome::SecondFactorRequired { method, expires_in } => {
            let data = ConfirmationData { method: method.as_str(), expires_in: expires_in.as_secs() };
            success(SuccessCode::TwofaRequired, data)
        }
    })
}

pub(super) fn confirm() -> Endpoint {
    Endpoint::new(Method::POST, "/auth/verify-update-credentials", || web::to(confirm_credentials))
        .operation("verifyCredentialsUpdate", Tag::Account, "Confirm a change with a second factor")
        .description("The change is the one that this session asked for.")
        .permission(Permission::AccessToken)
        .body::<OtpBody>()
        .answers::<UserData>(SuccessCode::CredentialsUpdated)
        .errors(&[HttpCode::OtpRequired])
        .errors(&[
            ErrorCode::NoPendingCredentials,
            ErrorCode::TwofaNotSet,
            ErrorCode::TwofaNotEnabled,
            ErrorCode::EmailExists,
            ErrorCode::OtpInvalid,
            ErrorCode::RateLimited,
        ])
}

/// *Permissions:* an access token of the session that asked.
async fn confirm_credentials(
    use_cases: Data<UseCases>,
    Bearer(caller): Bearer,
    RequestClient(client): RequestClient,
    body: Body,
) -> Result<HttpResponse, ApiError> {
    let code = BearerToken::new(otp_code(body)?);
    let account = use_cases.confirm_credentials.execute(&caller, &code, &client).await?;
    Ok(success(SuccessCode::CredentialsUpdated, UserData { user: (&account).into() }))
}
