//! `POST /auth/<provider>/token`: signing in with an id_token that a native app, or a page with One Tap, got from the
//! provider itself; and `POST /auth/<provider>`, by which some providers send browsers back.

use actix_web::http::Method;
use actix_web::web::{self, Data};
use actix_web::{HttpRequest, HttpResponse};
use auth_domain::authorization::{AuthorizationCode, IdToken};
use auth_domain::error_code::{ErrorCode, FieldError, FieldReason, Refusal};
use auth_domain::identity::ProviderName;
use auth_domain::use_cases::UseCases;
use serde::Deserialize;
use url::form_urlencoded::Serializer;
use utoipa::ToSchema;

use crate::answer::ApiError;
use crate::body::Body;
use crate::client::RequestClient;
use crate::codes::{HttpCode, SuccessCode};
use crate::delivery::Delivery;
use crate::endpoint::{Answer, Endpoint, Permission};
use crate::network_limits::Cost;
use crate::query::single_field;
use crate::wire::{LoginData, LoginPendingData};

use super::providers::{answer, found};

/// The most characters of a nonce.
const MAX_NONCE: usize = 512;
/// A `state` of ours has fewer characters.
const MAX_STATE: usize = 4_096;

#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct IdTokenBody {
    /// What the provider gave the app or the page: an id_token for one of the configured client ids, at most an hour old.
    /// Good once.
    id_token: String,
    /// What it was asked for with. The token has it, or its SHA-256 in hexadecimal.
    #[schema(example = "n-0S6_WzA2Mj")]
    nonce: String,
}

/// Returns the endpoint of one provider that makes id_tokens.
pub(super) fn by_token(provider: &ProviderName) -> Endpoint {
    let name = provider.clone();
    Endpoint::new(Method::POST, format!("/auth/{provider}/token"), move || {
        let name = name.clone();
        web::to(move |use_cases: Data<UseCases>, client: RequestClient, request: HttpRequest, body: Body| {
            sign_in_by_token(name.clone(), use_cases, client, request, body)
        })
    })
    .summary("providers", "Sign in with an id_token that a native app, or a page with One Tap, got there.")
    .permission(Permission::Anyone(Cost::Work))
    .body::<IdTokenBody>()
    .answers::<LoginData>(SuccessCode::UserLoggedIn)
    .answers::<LoginData>(SuccessCode::UserRegistered)
    .answers::<LoginPendingData>(SuccessCode::TwofaRequired)
    .or(SuccessCode::EmailVerificationRequired)
    .errors(&[
        ErrorCode::EmailRequired,
        ErrorCode::OauthCodeInvalid,
        ErrorCode::EmailExists,
        ErrorCode::NotFound,
        ErrorCode::ProviderUnavailable,
        ErrorCode::RateLimited,
        ErrorCode::Overloaded,
        ErrorCode::Unavailable,
    ])
}

fn wrong_nonce(body: &IdTokenBody) -> Option<FieldError> {
    match body.nonce.chars().count() {
        0 => Some(FieldError::new(
            "/nonce",
            FieldReason::Required,
            "is required: ask the provider for the token with one",
        )),
        1..=MAX_NONCE => None,
        _ => Some(
            FieldError::new("/nonce", FieldReason::TooLong, format!("must have at most {MAX_NONCE} characters"))
                .with_bounds(None, Some(MAX_NONCE)),
        ),
    }
}

/// *Permissions:* anyone.
async fn sign_in_by_token(
    provider: ProviderName,
    use_cases: Data<UseCases>,
    RequestClient(client): RequestClient,
    request: HttpRequest,
    body: Body,
) -> Result<HttpResponse, ApiError> {
    let body: IdTokenBody = body.checked_json(&[], |body| wrong_nonce(body).into_iter().collect())?;
    if let Some(error) = wrong_nonce(&body) {
        return Err(Refusal::invalid(vec![error]).into());
    }
    let token = IdToken::parse(&body.id_token).ok_or(ErrorCode::OauthCodeInvalid)?;
    let outcome = use_cases.sign_in_by_token.execute(&provider, &token, &body.nonce, &client).await?;
    Ok(answer(&request, Delivery::of(&request), &outcome))
}

/// What a provider sends (OAuth 2.0 Form Post Response Mode).
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes a form, which is read field by field")]
struct ProviderAnswerForm {
    /// What the provider gave for a successful sign-in.
    code: Option<String>,
    /// What the sign-in began with.
    state: String,
    /// Why it was not successful.
    error: Option<String>,
}

/// Returns the endpoint of one provider that sends browsers back by POST. With such a request, which a page of the provider
/// makes, a browser sends none of our cookies; with the redirect that answers it, it does.
pub(super) fn finish_by_post(provider: &ProviderName) -> Endpoint {
    Endpoint::new(Method::POST, format!("/auth/{provider}"), || web::to(came_back_by_post))
        .summary("providers", "Where the provider sends browsers back to: sends them on to the same address by GET.")
        .permission(Permission::Anyone(Cost::Nothing))
        .open_to_any_page()
        .body::<ProviderAnswerForm>()
        .body_types(&["application/x-www-form-urlencoded"])
        .answers_plain(Answer::Redirect("The same address, with `code`, `state` and `error` in the query."))
        .errors(&[ErrorCode::OauthStateInvalid, ErrorCode::OauthCodeInvalid])
}

/// *Permissions:* anyone; nothing is done.
async fn came_back_by_post(body: Body) -> Result<HttpResponse, ApiError> {
    let form = body.form()?.ok_or(HttpCode::UnsupportedMediaType)?;
    let [code, state, error] =
        [single_field(form, "code")?, single_field(form, "state")?, single_field(form, "error")?];
    let state = state.filter(|state| state.len() <= MAX_STATE).ok_or(ErrorCode::OauthStateInvalid)?;
    if code.as_deref().is_some_and(|code| AuthorizationCode::parse(code).is_none()) {
        return Err(ErrorCode::OauthCodeInvalid.into());
    }
    let mut query = Serializer::for_suffix(String::from("?"), 1);
    query.append_pair("state", &state);
    // The codes of RFC 6749 are short.
    let error = error.filter(|error| error.len() <= 64);
    query.extend_pairs(code.map(|code| ("code", code)).into_iter().chain(error.map(|error| ("error", error))));
    Ok(found(&query.finish()))
}
