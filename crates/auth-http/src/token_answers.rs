//! The answers that bear tokens, each with their cookies.

use actix_web::HttpResponse;
use auth_domain::temp_token::IssuedTempToken;
use auth_domain::use_cases::{IssuedAccessToken, LoggedIn, LoginFinished, SecondFactorRequired};

use crate::answer::success;
use crate::codes::SuccessCode;
use crate::cookies::TokenCookies;
use crate::wire::{LoginData, ReauthenticatedData, SecondFactorData, TempTokenData};

/// The answer of a login.
pub(crate) fn logged_in(code: SuccessCode, logged_in: &LoggedIn) -> HttpResponse {
    TokenCookies::session(&logged_in.tokens).with(success(code, LoginData::from(logged_in)))
}

/// The answer of somebody who proved again who they are.
pub(crate) fn reauthenticated(token: &IssuedAccessToken) -> HttpResponse {
    TokenCookies::access(token).with(success(SuccessCode::Reauthenticated, ReauthenticatedData::from(token)))
}

/// The answer of a step that finishes a login, or proves again who is behind a session.
pub(crate) fn login_finished(finished: &LoginFinished) -> HttpResponse {
    match finished {
        LoginFinished::LoggedIn(opened) => logged_in(SuccessCode::UserLoggedIn, opened),
        LoginFinished::Reauthenticated(token) => reauthenticated(token),
    }
}

/// The answer of a login that waits for its second factor.
pub(crate) fn second_factor_required(required: &SecondFactorRequired) -> HttpResponse {
    TokenCookies::temp(&required.token).with(success(SuccessCode::TwofaRequired, SecondFactorData::from(required)))
}

/// The answer that hands out the token of a pending step.
pub(crate) fn pending_step(code: SuccessCode, token: &IssuedTempToken) -> HttpResponse {
    TokenCookies::temp(token).with(success(code, TempTokenData::from(token)))
}
