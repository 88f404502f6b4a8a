//! `POST /auth/verify-email` and `POST /auth/verify-email/resend`

use actix_web::http::Method;
use actix_web::web::{self, Data};
use actix_web::{HttpRequest, HttpResponse};
use auth_domain::error_code::ErrorCode;
use auth_domain::use_cases::{AddressOwner, Resent, UseCases};
use serde::Serialize;
use utoipa::ToSchema;

use crate::answer::{ApiError, success};
use crate::body::Body;
use crate::caller::EmailOwner;
use crate::client::RequestClient;
use crate::codes::{HttpCode, SuccessCode};
use crate::cookies::TokenCookies;
use crate::credential::is_temp_cookie;
use crate::delivery::Delivery;
use crate::endpoint::{Endpoint, Permission};
use crate::network_limits::Cost;
use crate::tag::Tag;
use crate::wire::{UserData, shown};

use super::verify_code::{OtpBody, otp_code};

/// `data` of a code that was sent again.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct ResentData {
    /// A fresh one, where the caller bore a temp token.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    temp_token: Option<String>,
    /// Seconds until the code, and the token, expire.
    expires_in: u64,
}

pub(super) fn verify() -> Endpoint {
    Endpoint::new(Method::POST, "/auth/verify-email", || web::to(verify_email))
        .operation("verifyEmail", Tag::Account, "Verify the e-mail address with the mailed code")
        .permission(Permission::AccessOrTempToken(Cost::Work))
        .body::<OtpBody>()
        .answers::<UserData>(SuccessCode::EmailVerified)
        .errors(&[HttpCode::OtpRequired])
        .errors(&[ErrorCode::CodeNotSet, ErrorCode::OtpInvalid, ErrorCode::EmailExists, ErrorCode::RateLimited])
}

/// *Permissions:* an access token of the user, or a temp token of their registration or login.
async fn verify_email(
    use_cases: Data<UseCases>,
    EmailOwner(owner): EmailOwner,
    RequestClient(client): RequestClient,
    request: HttpRequest,
    body: Body,
) -> Result<HttpResponse, ApiError> {
    let code = otp_code(body)?;
    let account = use_cases.verify_email.execute(&owner, &code, &client).await?;
    let response = success(SuccessCode::EmailVerified, UserData { user: (&account).into() });
    Ok(match owner {
        AddressOwner::Temp(_) => {
            Delivery::of(&request).attach(TokenCookies::end_of_step(is_temp_cookie(&request)), response)
        }
        AddressOwner::Session(_) => response,
    })
}

pub(super) fn resend() -> Endpoint {
    Endpoint::new(Method::POST, "/auth/verify-email/resend", || web::to(resend_code))
        .operation("resendVerificationCode", Tag::Account, "Mail another verification code")
        .description("It replaces the one before. If the address is verified already, the answer is `EMAIL_VERIFIED` and no mail is sent.")
        .permission(Permission::AccessOrTempToken(Cost::Mail))
        .answers::<ResentData>(SuccessCode::CodeSent)
        .named("VerificationCodeSent")
        .answers::<UserData>(SuccessCode::EmailVerified)
        .one_of("ResendResult")
        .errors(&[ErrorCode::RateLimited])
}

/// *Permissions:* an access token of the user, or a temp token of their registration or login.
async fn resend_code(
    use_cases: Data<UseCases>,
    EmailOwner(owner): EmailOwner,
    RequestClient(client): RequestClient,
    request: HttpRequest,
) -> Result<HttpResponse, ApiError> {
    Ok(match use_cases.verify_email.resend(&owner, &client).await? {
        Resent::CodeSent(token) => {
            let lifetimes = use_cases.challenge_lifetimes;
            let of_both = lifetimes.code.min(lifetimes.temp);
            let expires_in = if token.is_some() { of_both } else { lifetimes.code }.as_secs();
            let delivery = Delivery::of(&request);
            let temp_token = token.as_ref().and_then(|token| shown(&token.token, delivery));
            let data = ResentData { temp_token, expires_in };
            let response = success(SuccessCode::CodeSent, data);
            match &token {
                Some(token) => delivery.attach(TokenCookies::temp(token), response),
                None => response,
            }
        }
        Resent::AlreadyVerified(account) => {
            success(SuccessCode::EmailVerified, UserData { user: account.as_ref().into() })
        }
    })
}
