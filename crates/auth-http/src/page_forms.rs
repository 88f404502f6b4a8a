//! The forms of the sign-in pages, for browsers that run no scripts. Each ends in a redirect (303): back to the form with
//! the code of an error, or on.

use actix_web::dev::Payload;
use actix_web::http::header;
use actix_web::web::Data;
use actix_web::{FromRequest as _, HttpMessage as _, HttpRequest, HttpResponse};
use auth_domain::access_token::BearerToken;
use auth_domain::account::{LoginName, Password};
use auth_domain::audience::Audience;
use auth_domain::use_cases::{LoggedIn, LoginFinished, LoginOutcome, LoginRequest, SecondFactor, UseCases};
use url::form_urlencoded;

use crate::answer::{ApiError, no_store};
use crate::body::Body;
use crate::caller::Temp;
use crate::charge::charge;
use crate::client::RequestClient;
use crate::codes::HttpCode;
use crate::cookies::TokenCookies;
use crate::credential::is_temp_cookie;
use crate::cross_site::{is_foreign, refusal};
use crate::delivery::Delivery;
use crate::edge::Edge;
use crate::network_limits::Cost;
use crate::query::single_field;

/// The fields of a form.
struct Form(String);

impl Form {
    fn of(body: &Body) -> Result<Self, ApiError> {
        body.form()?.map(|text| Self(text.to_owned())).ok_or_else(|| HttpCode::UnsupportedMediaType.into())
    }

    fn field(&self, name: &str) -> Result<String, ApiError> {
        Ok(single_field(&self.0, name)?.unwrap_or_default())
    }

    /// Returns where the sign-in is to end, if that is allowed.
    fn redirect(&self, edge: &Edge) -> Option<String> {
        edge.origins.end_of_sign_in(&self.field("redirect").ok()?)
    }
}

fn see_other(location: &str) -> HttpResponse {
    no_store(HttpResponse::SeeOther()).insert_header((header::LOCATION, location)).finish()
}

/// Returns the address of a page, which keeps where the sign-in is to end.
fn page(name: &str, error: Option<&ApiError>, redirect: Option<&str>) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    if let Some(error) = error {
        query.append_pair("error", error.code().as_str());
    }
    if let Some(redirect) = redirect {
        query.append_pair("redirect", redirect);
    }
    let query = query.finish();
    if query.is_empty() { name.to_owned() } else { format!("{name}?{query}") }
}

/// Ends a sign-in where its form said, or at the account.
fn signed_in(request: &HttpRequest, logged_in: &LoggedIn, redirect: Option<&str>) -> HttpResponse {
    let cookies = TokenCookies::session(&logged_in.tokens, is_temp_cookie(request));
    Delivery::Cookies.attach(cookies, see_other(redirect.unwrap_or("./?signed-in")))
}

/// Refuses what the page of another origin sent, and what a network sends too often.
fn admit(edge: &Edge, request: &HttpRequest) -> Result<(), ApiError> {
    if is_foreign(edge, request) {
        return Err(refusal(request));
    }
    charge(request, Cost::Work)
}

/// *Permissions:* anyone.
pub(crate) async fn login(
    use_cases: Data<UseCases>,
    edge: Data<Edge>,
    RequestClient(client): RequestClient,
    request: HttpRequest,
    body: Body,
) -> Result<HttpResponse, ApiError> {
    admit(&edge, &request)?;
    let form = Form::of(&body)?;
    let redirect = form.redirect(&edge);
    let attempt = LoginRequest {
        name: LoginName::parse(&form.field("email")?),
        password: Password::new(&form.field("password")?),
        audience: Audience::Default,
        restore: false,
        client,
    };
    Ok(match use_cases.login.execute(attempt).await {
        Ok(LoginOutcome::LoggedIn(logged_in)) => signed_in(&request, &logged_in, redirect.as_deref()),
        Ok(LoginOutcome::SecondFactorRequired(required)) => {
            let response = see_other(&page("code", None, redirect.as_deref()));
            Delivery::Cookies.attach(TokenCookies::temp(&required.token), response)
        }
        // The rest needs scripts.
        Ok(LoginOutcome::EmailVerificationRequired(_)) => see_other("verify"),
        Err(error) => see_other(&page("login", Some(&error.into()), redirect.as_deref())),
    })
}

/// *Permissions:* the temp token of a login.
pub(crate) async fn code(
    use_cases: Data<UseCases>,
    edge: Data<Edge>,
    RequestClient(client): RequestClient,
    request: HttpRequest,
    body: Body,
) -> Result<HttpResponse, ApiError> {
    admit(&edge, &request)?;
    let form = Form::of(&body)?;
    let redirect = form.redirect(&edge);
    // What it costs is charged here: a code is no mail.
    request.extensions_mut().insert(Cost::Nothing);
    let Temp(token) = match Temp::from_request(&request, &mut Payload::None).await {
        Ok(temp) => temp,
        // Whoever has no step to go on with starts again.
        Err(error) => return Ok(see_other(&page("login", Some(&error), redirect.as_deref()))),
    };
    let (method, given) = (form.field("method")?, BearerToken::new(form.field("code")?));
    let factor = match method.as_str() {
        "app" => SecondFactor::App(given),
        "email" => SecondFactor::Email(given),
        "recovery" => SecondFactor::RecoveryCode(given),
        _ => {
            charge(&request, Cost::Mail)?;
            let error = use_cases.finish_login.send_code(&token, &client).await.err().map(ApiError::from);
            return Ok(see_other(&page("code", error.as_ref(), redirect.as_deref())));
        }
    };
    Ok(match use_cases.finish_login.execute(&token, &factor, &Audience::Default, &client).await {
        Ok(LoginFinished::LoggedIn(logged_in)) => signed_in(&request, &logged_in, redirect.as_deref()),
        Ok(LoginFinished::Reauthenticated(token)) => {
            let cookies = TokenCookies::access(&token, is_temp_cookie(&request));
            Delivery::Cookies.attach(cookies, see_other("./?signed-in"))
        }
        Err(error) => see_other(&page("code", Some(&error.into()), redirect.as_deref())),
    })
}
