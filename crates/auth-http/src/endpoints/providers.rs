//! `GET /auth/<provider>`, `GET /auth/<provider>/authorize`, `POST` and `DELETE /auth/<provider>/link`, of each
//! identity provider that can be configured.

use actix_web::dev::Payload;
use actix_web::http::{Method, header};
use actix_web::web::{self, Data};
use actix_web::{FromRequest as _, HttpRequest, HttpResponse};
use auth_domain::audience::{Audience, InvalidTarget};
use auth_domain::authorization::AuthorizationCode;
use auth_domain::error_code::{ErrorCode, FieldError, FieldReason, Refusal};
use auth_domain::identity::ProviderName;
use auth_domain::use_cases::{
    Authenticated, AuthorizationOutcome, BrowserContext, Opened, OpenedAuthorization, UnconfirmedAuthorization,
    UseCases,
};
use serde::Serialize;
use serde_json::json;
use utoipa::ToSchema;

use crate::answer::{ApiError, accepts, no_store, success};
use crate::caller::{Bearer, FreshBearer};
use crate::client::RequestClient;
use crate::codes::{Code, HttpCode, SuccessCode};
use crate::cookies;
use crate::credential::came_by_cookie;
use crate::cross_site::{self, is_forged_navigation};
use crate::delivery::Delivery;
use crate::edge::Edge;
use crate::endpoint::{Answer, Endpoint, Location, Parameter, Permission};
use crate::language::Accepted;
use crate::network_limits::Cost;
use crate::origins::with_parameter;
use crate::query::query_parameter;
use crate::resource::delivery_for;
use crate::tag::Tag;
use crate::token_answers;
use crate::wire::{LoginData, ReauthenticatedData, SecondFactorData, TempTokenData, UserData};

/// `data` with the place where to sign in.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct AuthorizationData {
    /// At the provider; good for ten minutes.
    authorization_url: String,
}

/// Returns the name of a provider as a part of the name of a method: `google` is `Google`, `my-company` is `MyCompany`.
pub(super) fn title(provider: &ProviderName) -> String {
    let capitalised = |word: &str| {
        let mut letters = word.chars();
        letters.next().into_iter().flat_map(char::to_uppercase).chain(letters).collect::<String>()
    };
    provider.to_string().split(|letter: char| !letter.is_ascii_alphanumeric()).map(capitalised).collect()
}

/// Returns the endpoints that every provider has.
pub(super) fn of(provider: &ProviderName) -> [Endpoint; 4] {
    [authorize(provider), finish(provider), link(provider), unlink(provider)]
}

fn query(name: &'static str, description: &'static str) -> Parameter {
    Parameter { name, location: Location::Query, description, schema: json!({ "type": "string" }) }
}

fn redirect_parameter() -> Parameter {
    query(
        "redirect",
        "Where the browser ends, with the tokens in cookies: a URL of this service or of an allowed origin. A sign-in that \
         failed ends there with `error=<CODE>`; one that needs another step with `pending=<CODE>`, and with `methods` \
         (separated by commas) and `primary` if that is `TWOFA_REQUIRED`. Needs `AUTH_COOKIES=on`.",
    )
}

fn authorize(provider: &ProviderName) -> Endpoint {
    let name = provider.clone();
    Endpoint::new(Method::GET, format!("/auth/{provider}/authorize"), move || {
        let name = name.clone();
        web::to(move |use_cases: Data<UseCases>, edge: Data<Edge>, request: HttpRequest| {
            begin_sign_in(name.clone(), use_cases, edge, request)
        })
    })
    .operation(
        format!("begin{}SignIn", title(provider)),
        Tag::Providers,
        format!("Start to sign in with {}", title(provider)),
    )
    .description(
        "Redirects a browser to the provider. With `Accept: application/json` the answer is the URL to send it to.",
    )
    // Starting a sign-in writes nothing.
    .permission(Permission::Anyone(Cost::Nothing))
    .parameter(redirect_parameter())
    .parameter(query("invitation", "An invitation, where one is required to register."))
    .parameter(query(
        "resource",
        "For whom the access token at the end is to be (RFC 8707): one of `AUTH_AUDIENCES`. Not with `redirect` or \
         `reauthenticate`, which are about the default audience.",
    ))
    .parameter(query(
        "reauthenticate",
        "`true`: confirm again who the user of a session is: that of the access token in the request, or in its \
         cookie. The same browser must return, or the request must carry an access token of that session. With the \
         cookie, the browser must come from a page of this service or of an allowed origin.",
    ))
    .answers_plain(Answer::Redirect("To the provider. The answer is then accepted from this browser only."))
    .answers::<AuthorizationData>(SuccessCode::AuthorizationStarted)
    .errors(&[HttpCode::TokenRequired, HttpCode::CrossSiteRequest])
    .errors(&[
        ErrorCode::InvalidTarget,
        ErrorCode::InvitationInvalid,
        ErrorCode::RegistrationRefused,
        ErrorCode::AccessTokenInvalid,
        ErrorCode::WrongAudience,
        ErrorCode::AccessTokenExpired,
        ErrorCode::Unauthorized,
        ErrorCode::AccountSuspended,
        ErrorCode::AccountDeletionScheduled,
        ErrorCode::NotFound,
        ErrorCode::ProviderUnavailable,
        ErrorCode::Overloaded,
        ErrorCode::Unavailable,
    ])
}

/// *Permissions:* anyone; with `reauthenticate=true`, any access token of the user.
async fn begin_sign_in(
    provider: ProviderName,
    use_cases: Data<UseCases>,
    edge: Data<Edge>,
    request: HttpRequest,
) -> Result<HttpResponse, ApiError> {
    let redirect = redirect_of(&edge, &request)?;
    let wants_json = accepts(&request, "application/json");
    let caller = reauthenticating(&edge, &request).await?;
    // A client that reads JSON and names no page to end on may have no cookies.
    let in_browser = !wants_json || redirect.is_some() || came_by_cookie(&request);
    let browser = in_browser.then(|| cookies::browser_or_new(&edge, &request));
    let audience = use_cases.audiences.requested(query_parameter(&request, "resource")?.as_deref())?;
    if audience != Audience::Default && (redirect.is_some() || caller.is_some()) {
        return Err(InvalidTarget.into());
    }
    let browser_context = BrowserContext { browser: browser.clone(), redirect, audience };
    let url = match caller {
        Some(caller) => use_cases.begin_authorization.reauthenticate(&caller, &provider, browser_context).await?,
        None => {
            let invitation = query_parameter(&request, "invitation")?;
            use_cases.begin_authorization.sign_in(&provider, invitation.as_deref(), browser_context).await?
        }
    };
    let mut response = if wants_json { started(url) } else { found(&url) };
    if let Some(browser) = browser {
        cookies::set_browser(&mut response, &browser);
    }
    Ok(response)
}

/// Returns the bearer whose session is to be reauthenticated, if there is one.
async fn reauthenticating(edge: &Edge, request: &HttpRequest) -> Result<Option<Authenticated>, ApiError> {
    if !is_reauthentication(request)? {
        return Ok(None);
    }
    let Bearer(caller) = Bearer::from_request(request, &mut Payload::None).await?;
    if came_by_cookie(request) && is_forged_navigation(edge, request) {
        return Err(cross_site::refusal(request));
    }
    Ok(Some(caller))
}

fn is_reauthentication(request: &HttpRequest) -> Result<bool, Refusal> {
    match query_parameter(request, "reauthenticate")?.as_deref() {
        None | Some("false") => Ok(false),
        Some("true") => Ok(true),
        Some(_) => {
            Err(Refusal::invalid(vec![FieldError::new("/reauthenticate", FieldReason::Range, "must be true or false")]))
        }
    }
}

fn link(provider: &ProviderName) -> Endpoint {
    let name = provider.clone();
    Endpoint::new(Method::POST, format!("/auth/{provider}/link"), move || {
        let name = name.clone();
        web::to(move |use_cases: Data<UseCases>, edge: Data<Edge>, caller: FreshBearer, request: HttpRequest| {
            begin_link(name.clone(), use_cases, edge, caller, request)
        })
    })
    .operation(format!("link{}", title(provider)), Tag::Providers, format!("Link {} to the account", title(provider)))
    .description(
        "Answers the URL to send the browser to. The link is made when it comes back: in this browser, or with an access \
         token of this session.",
    )
    .permission(Permission::FreshLogin)
    .parameter(redirect_parameter())
    .answers::<AuthorizationData>(SuccessCode::AuthorizationStarted)
    .errors(&[ErrorCode::NotFound, ErrorCode::ProviderUnavailable, ErrorCode::Overloaded])
}

/// *Permissions:* an access token of a fresh login.
async fn begin_link(
    provider: ProviderName,
    use_cases: Data<UseCases>,
    edge: Data<Edge>,
    FreshBearer(caller): FreshBearer,
    request: HttpRequest,
) -> Result<HttpResponse, ApiError> {
    let redirect = redirect_of(&edge, &request)?;
    let browser = cookies::browser_or_new(&edge, &request);
    let browser_context = BrowserContext { browser: Some(browser.clone()), redirect, audience: Audience::Default };
    let mut response = started(use_cases.begin_authorization.link(&caller, &provider, browser_context).await?);
    cookies::set_browser(&mut response, &browser);
    Ok(response)
}

fn redirect_of(edge: &Edge, request: &HttpRequest) -> Result<Option<String>, Refusal> {
    let Some(redirect) = query_parameter(request, "redirect")? else { return Ok(None) };
    if !edge.cookies {
        let message = "is allowed only with AUTH_COOKIES=on: the page receives its tokens as cookies";
        return Err(Refusal::invalid(vec![FieldError::new("/redirect", FieldReason::NotAllowed, message)]));
    }
    edge.origins.redirect(&redirect).map(Some)
}

fn started(authorization_url: String) -> HttpResponse {
    success(SuccessCode::AuthorizationStarted, AuthorizationData { authorization_url })
}

pub(super) fn found(url: &str) -> HttpResponse {
    no_store(HttpResponse::Found())
        .insert_header((header::LOCATION, url))
        .insert_header((header::REFERRER_POLICY, "no-referrer"))
        .finish()
}

fn finish(provider: &ProviderName) -> Endpoint {
    let name = provider.clone();
    Endpoint::new(Method::GET, format!("/auth/{provider}"), move || {
        let name = name.clone();
        web::to(move |use_cases: Data<UseCases>, client: RequestClient, request: HttpRequest| {
            callback(name.clone(), use_cases, client, request)
        })
    })
    .operation(
        format!("finish{}SignIn", title(provider)),
        Tag::Providers,
        format!("Finish a sign-in or a link with {}", title(provider)),
    )
    .description("The provider sends the browser back to here.")
    .permission(Permission::Anyone(Cost::Work))
    .without_head()
    .parameter(query("code", "What the provider gave for a successful sign-in."))
    .parameter(query("state", "What the sign-in began with. Good once, for ten minutes."))
    // One schema for both: with two of the same shape, a client in Go could not tell which one it got.
    .answers::<LoginData>(SuccessCode::UserLoggedIn)
    .or(SuccessCode::UserRegistered)
    .named("UserSignedIn")
    .answers::<UserData>(SuccessCode::ProviderLinked)
    .answers::<ReauthenticatedData>(SuccessCode::Reauthenticated)
    .answers::<SecondFactorData>(SuccessCode::TwofaRequired)
    .answers::<TempTokenData>(SuccessCode::EmailVerificationRequired)
    .one_of("ProviderSignInResult")
    .answers_plain(Answer::Redirect("Where the sign-in began with `redirect`."))
    .errors(&[HttpCode::AuthCodeRequired])
    .errors(&[
        ErrorCode::InvalidTarget,
        ErrorCode::EmailRequired,
        ErrorCode::OauthStateInvalid,
        ErrorCode::OauthCodeInvalid,
        ErrorCode::EmailExists,
        ErrorCode::RegistrationClosed,
        ErrorCode::InvitationRequired,
        ErrorCode::InvitationInvalid,
        ErrorCode::DomainNotAllowed,
        ErrorCode::RegistrationRefused,
        ErrorCode::AccountSuspended,
        ErrorCode::AccountDeletionScheduled,
        ErrorCode::IdentityAlreadyLinked,
        ErrorCode::ProviderNotLinked,
        ErrorCode::ReauthenticationRequired,
        ErrorCode::AccessTokenInvalid,
        ErrorCode::WrongAudience,
        ErrorCode::AccessTokenExpired,
        ErrorCode::Unauthorized,
        ErrorCode::ProviderUnavailable,
        ErrorCode::RateLimited,
        ErrorCode::Overloaded,
        ErrorCode::Unavailable,
    ])
}

/// *Permissions:* anyone who brings a `state` back that this service made.
async fn callback(
    provider: ProviderName,
    use_cases: Data<UseCases>,
    RequestClient(client): RequestClient,
    request: HttpRequest,
) -> Result<HttpResponse, ApiError> {
    let code = query_parameter(&request, "code")?.filter(|code| !code.is_empty());
    let state = query_parameter(&request, "state")?.unwrap_or_default();
    let opened = match use_cases.finish_authorization.open(&provider, &state, cookies::browser(&request)) {
        Err(_) if code.is_none() => return Err(HttpCode::AuthCodeRequired.into()),
        Ok(Opened::Authorization(opened)) => opened,
        Ok(Opened::Unconfirmed(unconfirmed)) => confirmed(unconfirmed, &request).await?,
        Err(error) => return Err(error.into()),
    };
    let (redirect, same_browser) = (opened.redirect().map(str::to_owned), opened.is_of_this_browser());
    // Cookies are set only in the browser that began, so that nobody is logged in by a link that someone sent.
    let delivery = if same_browser { Delivery::of(&request) } else { Delivery::Body };
    let delivery = delivery_for(opened.audience(), delivery)?;
    let accepted = Accepted::of(&request).named();
    let outcome = match authorization_code(&request, code.as_deref()) {
        Ok(code) => {
            use_cases.finish_authorization.execute(opened, &code, &client, accepted).await.map_err(ApiError::from)
        }
        Err(code) => Err(code.into()),
    };
    match (outcome, redirect) {
        (Ok(outcome), None) => Ok(answer(&request, delivery, &outcome)),
        (Ok(outcome), Some(redirect)) => Ok(redirected(&request, &outcome, &redirect)),
        (Err(refusal), None) => Err(refusal),
        (Err(refusal), Some(redirect)) => Ok(found(&with_parameter(&redirect, "error", refusal.code().as_str()))),
    }
}

/// Lets the session that began confirm a return in another browser, with its access token in a header: a browser sends
/// its cookie whoever caused the request.
async fn confirmed(
    unconfirmed: UnconfirmedAuthorization,
    request: &HttpRequest,
) -> Result<OpenedAuthorization, ApiError> {
    match Bearer::from_request(request, &mut Payload::None).await {
        Ok(_) if came_by_cookie(request) => Err(ErrorCode::OauthStateInvalid.into()),
        Ok(Bearer(caller)) => Ok(unconfirmed.confirm(&caller)?),
        Err(error) if error.code() == HttpCode::TokenRequired.into() => Err(ErrorCode::OauthStateInvalid.into()),
        Err(error) => Err(error),
    }
}

/// Returns the code, or the reason why the provider issued none (RFC 6749 section 4.1.2.1).
fn authorization_code(request: &HttpRequest, code: Option<&str>) -> Result<AuthorizationCode, Code> {
    match code {
        Some(code) => AuthorizationCode::parse(code).ok_or(ErrorCode::OauthCodeInvalid.into()),
        None => Err(match query_parameter(request, "error").ok().flatten().as_deref() {
            Some("server_error" | "temporarily_unavailable") => ErrorCode::ProviderUnavailable.into(),
            _ => HttpCode::AuthCodeRequired.into(),
        }),
    }
}

/// Builds the outcome as a JSON answer.
pub(super) fn answer(request: &HttpRequest, delivery: Delivery, outcome: &AuthorizationOutcome) -> HttpResponse {
    match outcome {
        AuthorizationOutcome::LoggedIn(logged_in) => {
            token_answers::logged_in(request, delivery, SuccessCode::UserLoggedIn, logged_in)
        }
        AuthorizationOutcome::Registered(logged_in) => {
            token_answers::logged_in(request, delivery, SuccessCode::UserRegistered, logged_in)
        }
        AuthorizationOutcome::SecondFactorRequired(required) => {
            token_answers::second_factor_required(delivery, required)
        }
        AuthorizationOutcome::EmailVerificationRequired(token) => {
            token_answers::pending_step(delivery, SuccessCode::EmailVerificationRequired, token)
        }
        AuthorizationOutcome::Linked(account) => {
            success(SuccessCode::ProviderLinked, UserData { user: account.as_ref().into() })
        }
        AuthorizationOutcome::Reauthenticated(token) => token_answers::reauthenticated(request, delivery, token),
    }
}

/// Builds the outcome as a redirect, with the same cookies.
fn redirected(request: &HttpRequest, outcome: &AuthorizationOutcome, redirect: &str) -> HttpResponse {
    let pending = |code: SuccessCode| with_parameter(redirect, "pending", code.as_str());
    let response = match outcome {
        AuthorizationOutcome::SecondFactorRequired(required) => {
            let methods: Vec<&str> = required.methods.iter().map(|method| method.as_str()).collect();
            let url = with_parameter(&pending(SuccessCode::TwofaRequired), "methods", &methods.join(","));
            found(&with_parameter(&url, "primary", required.primary.as_str()))
        }
        AuthorizationOutcome::EmailVerificationRequired(_) => found(&pending(SuccessCode::EmailVerificationRequired)),
        _ => found(redirect),
    };
    match cookies::withhold(&mut answer(request, Delivery::Cookies, outcome)) {
        Some(cookies) => cookies.with(response),
        None => response,
    }
}

fn unlink(provider: &ProviderName) -> Endpoint {
    let name = provider.clone();
    Endpoint::new(Method::DELETE, format!("/auth/{provider}/link"), move || {
        let name = name.clone();
        web::to(move |use_cases: Data<UseCases>, caller: FreshBearer, client: RequestClient| {
            unlink_identity(name.clone(), use_cases, caller, client)
        })
    })
    .operation(format!("unlink{}", title(provider)), Tag::Providers, format!("Unlink {}", title(provider)))
    .description("Ends every other session of the user.")
    .permission(Permission::FreshLogin)
    .answers::<UserData>(SuccessCode::ProviderUnlinked)
    .errors(&[ErrorCode::ProviderNotLinked, ErrorCode::LastWayIn])
}

/// *Permissions:* an access token of a fresh login.
async fn unlink_identity(
    provider: ProviderName,
    use_cases: Data<UseCases>,
    FreshBearer(caller): FreshBearer,
    RequestClient(client): RequestClient,
) -> Result<HttpResponse, ApiError> {
    let account = use_cases.unlink_identity.execute(&caller, &provider, &client).await?;
    Ok(success(SuccessCode::ProviderUnlinked, UserData { user: (&account).into() }))
}
