//! `POST /auth/<provider>/token`: signing in with an id_token that a native app, or a page with One Tap, obtained from the
//! provider; and `POST /auth/<provider>`, to which some providers send browsers back.

use actix_web::http::Method;
use actix_web::web::{self, Data};
use actix_web::{HttpRequest, HttpResponse};
use auth_domain::authorization::{AuthorizationCode, IdToken};
use auth_domain::error_code::{ErrorCode, FieldError, FieldReason, Refusal};
use auth_domain::identity::ProviderName;
use auth_domain::use_cases::UseCases;
use serde::Deserialize;
use serde_json::json;
use url::form_urlencoded::Serializer;
use utoipa::ToSchema;

use crate::answer::ApiError;
use crate::body::Body;
use crate::client::RequestClient;
use crate::codes::{HttpCode, SuccessCode};
use crate::endpoint::{Answer, Endpoint, Permission};
use crate::language::Accepted;
use crate::network_limits::Cost;
use crate::query::single_field;
use crate::resource::requested;
use crate::tag::Tag;
use crate::wire::{LoginData, SecondFactorData, TempTokenData};

use super::providers::{answer, found, title};

/// The maximum number of characters of a nonce.
const MAX_NONCE: usize = 512;
/// More characters than any `state` of ours has.
const MAX_STATE: usize = 4_096;

#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct IdTokenBody {
    /// The id_token from the provider: for one of the configured client ids and at most an hour old. Can be used once.
    id_token: String,
    /// The nonce with which it was requested. The token contains it, or its SHA-256 in hexadecimal.
    #[schema(example = "n-0S6_WzA2Mj")]
    nonce: String,
    /// An invitation, where one is required to register.
    invitation: Option<String>,
    /// One of `AUTH_AUDIENCES` (RFC 8707): for whom the access token is. Without it, the default audience.
    resource: Option<String>,
}

/// Returns the endpoint of a provider that issues id_tokens.
pub(super) fn by_token(provider: &ProviderName) -> Endpoint {
    let name = provider.clone();
    Endpoint::new(Method::POST, format!("/auth/{provider}/token"), move || {
        let name = name.clone();
        web::to(move |use_cases: Data<UseCases>, client: RequestClient, request: HttpRequest, body: Body| {
            sign_in_by_token(name.clone(), use_cases, client, request, body)
        })
    })
    .operation(
        format!("signInWith{}Token", title(provider)),
        Tag::Providers,
        format!("Sign in with an id_token of {}", title(provider)),
    )
    .description("For native apps and pages with One Tap, which obtain an id_token from the provider's own SDK.")
    .permission(Permission::Anyone(Cost::Work))
    .body::<IdTokenBody>()
    .example(json!({ "idToken": "eyJhbGciOiJSUzI1NiIs…", "nonce": "n-0S6_WzA2Mj" }))
    .answers::<LoginData>(SuccessCode::UserLoggedIn)
    .or(SuccessCode::UserRegistered)
    .named("UserSignedIn")
    .answers::<SecondFactorData>(SuccessCode::TwofaRequired)
    .answers::<TempTokenData>(SuccessCode::EmailVerificationRequired)
    .one_of("TokenSignInResult")
    .errors(&[
        ErrorCode::InvalidTarget,
        ErrorCode::EmailRequired,
        ErrorCode::OauthCodeInvalid,
        ErrorCode::EmailExists,
        ErrorCode::RegistrationClosed,
        ErrorCode::InvitationRequired,
        ErrorCode::InvitationInvalid,
        ErrorCode::DomainNotAllowed,
        ErrorCode::RegistrationRefused,
        ErrorCode::AccountSuspended,
        ErrorCode::AccountDeletionScheduled,
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
            "is required: request the token from the provider with a nonce",
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
    let (audience, delivery) = requested(&use_cases.audiences, &request, body.resource.as_deref())?;
    let token = IdToken::parse(&body.id_token).ok_or(ErrorCode::OauthCodeInvalid)?;
    let invitation = body.invitation.as_deref();
    let from = (&client, &audience, Accepted::of(&request).named());
    let sign_in = &use_cases.sign_in_by_token;
    let outcome = sign_in.execute(&provider, &token, &body.nonce, invitation, from).await?;
    Ok(answer(&request, delivery, &outcome))
}

/// The form that a provider sends (OAuth 2.0 Form Post Response Mode).
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes a form, which is read field by field")]
struct ProviderAnswerForm {
    /// The authorization code, if the sign-in succeeded.
    code: Option<String>,
    /// The state with which the sign-in began.
    state: String,
    /// Why it failed.
    error: Option<String>,
}

/// Returns the endpoint of a provider that sends browsers back by POST. A page of the provider sends that request, so the
/// browser omits our cookies. It sends them when it follows the redirect.
pub(super) fn finish_by_post(provider: &ProviderName) -> Endpoint {
    Endpoint::new(Method::POST, format!("/auth/{provider}"), || web::to(came_back_by_post))
        .operation(
            format!("finish{}SignInByPost", title(provider)),
            Tag::Providers,
            format!("Finish a sign-in or a link with {} by POST", title(provider)),
        )
        .description("The provider sends the browser back to here. It is redirected to the same address by GET.")
        .permission(Permission::Anyone(Cost::Nothing))
        .open_to_any_page()
        .body::<ProviderAnswerForm>()
        .body_types(&["application/x-www-form-urlencoded"])
        .answers_plain(Answer::Redirect("To the same address, with `code`, `state` and `error` in the query."))
        .errors(&[ErrorCode::OauthStateInvalid, ErrorCode::OauthCodeInvalid])
}

/// *Permissions:* anyone; it changes nothing.
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
    // The error codes of RFC 6749 are short.
    let error = error.filter(|error| error.len() <= 64);
    query.extend_pairs(code.map(|code| ("code", code)).into_iter().chain(error.map(|error| ("error", error))));
    Ok(found(&query.finish()))
}
