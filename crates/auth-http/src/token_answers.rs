//! Answers that carry tokens: in their bodies, in cookies, or both.

use actix_web::{HttpRequest, HttpResponse};
use auth_domain::temp_token::IssuedTempToken;
use auth_domain::use_cases::{IssuedAccessToken, LoggedIn, LoginFinished, SecondFactorRequired};

use crate::answer::success;
use crate::codes::SuccessCode;
use crate::cookies::TokenCookies;
use crate::credential::is_temp_cookie;
use crate::delivery::Delivery;
use crate::wire::{LoginData, ReauthenticatedData, SecondFactorData, TempTokenData};

/// Builds the answer to a login.
pub(crate) fn logged_in(
    request: &HttpRequest,
    delivery: Delivery,
    code: SuccessCode,
    logged_in: &LoggedIn,
) -> HttpResponse {
    let response = success(code, LoginData::new(logged_in, delivery));
    delivery.attach(TokenCookies::session(&logged_in.tokens, is_temp_cookie(request)), response)
}

/// Builds the answer to a reauthentication.
pub(crate) fn reauthenticated(request: &HttpRequest, delivery: Delivery, token: &IssuedAccessToken) -> HttpResponse {
    let response = success(SuccessCode::Reauthenticated, ReauthenticatedData::new(token, delivery));
    // A caller with a header may have the cookies of another session.
    let delivery = if delivery.in_body() { Delivery::Body } else { delivery };
    delivery.attach(TokenCookies::access(token, is_temp_cookie(request)), response)
}

/// Builds the answer to a step that finishes a login or a reauthentication.
pub(crate) fn login_finished(request: &HttpRequest, delivery: Delivery, finished: &LoginFinished) -> HttpResponse {
    match finished {
        LoginFinished::LoggedIn(opened) => logged_in(request, delivery, SuccessCode::UserLoggedIn, opened),
        LoginFinished::Reauthenticated(token) => reauthenticated(request, delivery, token),
    }
}

/// Builds the answer to a login that waits for its second factor.
pub(crate) fn second_factor_required(delivery: Delivery, required: &SecondFactorRequired) -> HttpResponse {
    let response = success(SuccessCode::TwofaRequired, SecondFactorData::new(required, delivery));
    delivery.attach(TokenCookies::temp(&required.token), response)
}

/// Builds the answer that issues the token of a pending step.
pub(crate) fn pending_step(delivery: Delivery, code: SuccessCode, token: &IssuedTempToken) -> HttpResponse {
    delivery.attach(TokenCookies::temp(token), success(code, TempTokenData::new(token, delivery)))
}
