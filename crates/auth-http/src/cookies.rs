//! Tokens as cookies for browsers (`AUTH_COOKIES=on`): `__Host-`, HttpOnly, Secure, SameSite=Lax. A refused request
//! never changes a cookie: the tab that is refused must not delete what another tab has just received.

use std::time::Duration;

use actix_web::cookie::time::Duration as CookieDuration;
use actix_web::cookie::{Cookie, SameSite};
use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse};
use auth_domain::access_token::BearerToken;
use auth_domain::temp_token::IssuedTempToken;
use auth_domain::use_cases::{BeginAuthorization, IssuedAccessToken, IssuedTokens};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::edge::Edge;

pub(crate) const ACCESS: &str = "__Host-auth-access";
pub(crate) const REFRESH: &str = "__Host-auth-refresh";
pub(crate) const TEMP: &str = "__Host-auth-temp";
/// Recognises a browser that goes to an identity provider. It is also set when cookies are off.
const AUTHORIZATION: &str = "__Host-auth-authorization";

/// The cookies of an answer, if cookies are on.
pub(crate) struct TokenCookies(Vec<Cookie<'static>>);

fn cookie(name: &'static str, value: String, lifetime: Duration) -> Cookie<'static> {
    let seconds = i64::try_from(lifetime.as_secs()).unwrap_or(i64::MAX);
    Cookie::build(name, value)
        .path("/")
        .secure(true)
        .http_only(true)
        .same_site(SameSite::Lax)
        .max_age(CookieDuration::seconds(seconds))
        .finish()
}

fn removal(name: &'static str) -> Cookie<'static> {
    cookie(name, String::new(), Duration::ZERO)
}

impl TokenCookies {
    /// Sets the tokens of a session that continues.
    pub(crate) fn tokens(tokens: &IssuedTokens) -> Self {
        let IssuedTokens { access, refresh, access_expires_in, refresh_expires_in } = tokens;
        Self(vec![
            cookie(ACCESS, access.reveal().to_owned(), *access_expires_in),
            cookie(REFRESH, refresh.reveal().to_owned(), *refresh_expires_in),
        ])
    }

    /// Sets the tokens of a session that was opened. The step before it is over: with `used_cookie`, its cookie is
    /// removed.
    pub(crate) fn session(tokens: &IssuedTokens, used_cookie: bool) -> Self {
        let mut handed_out = Self::tokens(tokens);
        handed_out.0.extend(Self::end_of_step(used_cookie).0);
        handed_out
    }

    /// Sets the access token of an existing session. The step that led to it is over, as above.
    pub(crate) fn access(token: &IssuedAccessToken, used_cookie: bool) -> Self {
        let mut handed_out = Self(vec![cookie(ACCESS, token.token.reveal().to_owned(), token.expires_in)]);
        handed_out.0.extend(Self::end_of_step(used_cookie).0);
        handed_out
    }

    /// Sets the token of a pending step.
    pub(crate) fn temp(token: &IssuedTempToken) -> Self {
        Self(vec![cookie(TEMP, token.token.reveal().to_owned(), token.expires_in)])
    }

    /// Removes the temp token of a step that is over, if the request was recognised by that cookie; any other stays.
    pub(crate) fn end_of_step(used_cookie: bool) -> Self {
        Self(used_cookie.then(|| removal(TEMP)).into_iter().collect())
    }

    /// Removes the tokens of a session that is over: those that the request brings and that `names` attributes to it.
    pub(crate) fn end_of_session(request: &HttpRequest, names: impl Fn(&str) -> bool) -> Self {
        let is_over = |cookie: &&str| value(request, cookie).is_some_and(|token| names(&token));
        Self([ACCESS, REFRESH].into_iter().filter(is_over).map(removal).collect())
    }

    /// Attaches the cookies to an answer, into which [`write()`] puts them.
    pub(crate) fn with(self, response: HttpResponse) -> HttpResponse {
        let mut response = response;
        response.extensions_mut().insert(self);
        response
    }
}

/// Removes the cookies that were attached to an answer.
pub(crate) fn withhold<B>(response: &mut HttpResponse<B>) -> Option<TokenCookies> {
    response.extensions_mut().remove::<TokenCookies>()
}

/// Writes the cookies that were attached to an answer, if cookies are on.
pub(crate) fn write<B>(edge: &Edge, response: &mut HttpResponse<B>) {
    let handed_out = withhold(response).filter(|_| edge.cookies);
    for cookie in handed_out.into_iter().flat_map(|handed_out| handed_out.0) {
        // Fails only for what no header can carry; a token is plain ASCII.
        let _ = response.add_cookie(&cookie);
    }
}

/// Returns the token in a cookie, if cookies are on. For the token that a request is recognised by, use
/// `credential::from_cookie`.
pub(crate) fn token(edge: &Edge, request: &HttpRequest, name: &str) -> Option<String> {
    value(request, name).filter(|value| edge.cookies && !value.is_empty())
}

/// Returns the value of a cookie as it was set. The parser of actix-web decodes names, so that `%5F%5FHost-…`, which a
/// browser lets any neighbouring host set, would pass for ours. A name that occurs twice is ignored.
pub(crate) fn value(request: &HttpRequest, name: &str) -> Option<String> {
    let lines = request.headers().get_all(header::COOKIE).filter_map(|line| line.to_str().ok());
    let pairs =
        lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim_matches([' ', '\t']).split_once('='));
    let mut values = pairs.filter(|(own, _)| *own == name).map(|(_, value)| value);
    match (values.next(), values.next()) {
        (Some(value), None) => Some(value.to_owned()),
        _ => None,
    }
}

/// Returns the secret of this browser's cookie, if it has one.
pub(crate) fn browser(request: &HttpRequest) -> Option<BearerToken> {
    let well_formed = |value: &String| URL_SAFE_NO_PAD.decode(value).is_ok_and(|bytes| bytes.len() == 32);
    value(request, AUTHORIZATION).filter(well_formed).map(BearerToken::new)
}

/// Returns the secret of this browser's cookie or, if it has none, a new one: several tabs share it.
pub(crate) fn browser_or_new(edge: &Edge, request: &HttpRequest) -> BearerToken {
    browser(request).unwrap_or_else(|| BearerToken::new(URL_SAFE_NO_PAD.encode(edge.entropy.bytes())))
}

/// Sets the cookie that recognises a browser.
pub(crate) fn set_browser(response: &mut HttpResponse, browser: &BearerToken) {
    // Fails only for what no header can carry; this is base64.
    let _ = response.add_cookie(&cookie(AUTHORIZATION, browser.reveal().to_owned(), BeginAuthorization::LIFETIME));
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    #[test]
    fn only_a_cookie_of_exactly_that_name_counts_and_only_once() {
        let found =
            |line: &str| value(&TestRequest::default().insert_header(("Cookie", line)).to_http_request(), ACCESS);
        assert_eq!(found("a=b; __Host-auth-access=x.y=; c=d").as_deref(), Some("x.y="));
        for planted in [
            "%5F%5FHost-auth-access=x",
            "__host-auth-access=x",
            "\u{2000}__Host-auth-access=x",
            "\u{a0}__Host-auth-access=x",
            "x__Host-auth-access=x",
            "__Host-auth-access",
            "__Host-auth-access=x; __Host-auth-access=y",
        ] {
            assert_eq!(found(planted), None, "{planted:?}");
        }
    }
}
