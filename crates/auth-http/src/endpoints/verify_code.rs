//! `POST /auth/verify-code`

use actix_web::http::Method;
use actix_web::web::{self, Data};
use actix_web::{HttpRequest, HttpResponse};
use auth_domain::error_code::ErrorCode;
use auth_domain::use_cases::UseCases;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::answer::ApiError;
use crate::body::Body;
use crate::caller::Temp;
use crate::codes::{HttpCode, SuccessCode};
use crate::delivery::Delivery;
use crate::endpoint::{Endpoint, Permission};
use crate::network_limits::Cost;
use crate::tag::Tag;
use crate::token_answers;
use crate::wire::TempTokenData;

/// A body that names a code.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct OtpBody {
    /// Six digits; white space does not matter.
    #[schema(example = "123456")]
    otp_code: String,
}

/// Returns the code in a body; without one the code of the refusal is `OTP_REQUIRED`.
pub(super) fn otp_code(body: Body) -> Result<String, ApiError> {
    let body: OtpBody = body.json(&[("/otpCode", HttpCode::OtpRequired.into())])?;
    if body.otp_code.is_empty() {
        return Err(HttpCode::OtpRequired.into());
    }
    Ok(body.otp_code)
}

pub(super) fn endpoint() -> Endpoint {
    Endpoint::new(Method::POST, "/auth/verify-code", || web::to(verify_code))
        .operation("verifyPasswordReset", Tag::Recovery, "Verify the mailed code")
        .description("Answers a temp token that may set the password (`POST /auth/update-password`).")
        .permission(Permission::TempToken(Cost::Work))
        .body::<OtpBody>()
        .answers::<TempTokenData>(SuccessCode::CodeVerified)
        .errors(&[HttpCode::OtpRequired])
        .errors(&[ErrorCode::CodeNotSet, ErrorCode::Unauthorized, ErrorCode::OtpInvalid, ErrorCode::RateLimited])
}

/// *Permissions:* a temp token of `/auth/lost-password`.
async fn verify_code(
    use_cases: Data<UseCases>,
    Temp(token): Temp,
    request: HttpRequest,
    body: Body,
) -> Result<HttpResponse, ApiError> {
    let code = otp_code(body)?;
    let verified = use_cases.verify_code.execute(&token, &code).await?;
    Ok(token_answers::pending_step(Delivery::of(&request), SuccessCode::CodeVerified, &verified))
}
