//! Tokens as cookies (`AUTH_COOKIES=on`), for browsers: `__Host-`, HttpOnly, Secure, SameSite=Lax. A refused request
//! never changes one: of two tabs the one that is refused must not wipe what the other was just given.

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
/// Recognises a browser that goes to an identity provider; set with cookies off too.
const AUTHORIZATION: &str = "__Host-auth-authorization";

/// Cookies that go with an answer where cookies are on.
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
    /// Sets the tokens of a session that goes on.
    pub(crate) fn tokens(tokens: &IssuedTokens) -> Self {
        let IssuedTokens { access, refresh, access_expires_in, refresh_expires_in } = tokens;
        Self(vec![
            cookie(ACCESS, access.reveal().to_owned(), *access_expires_in),
            cookie(REFRESH, refresh.reveal().to_owned(), *refresh_expires_in),
        ])
    }

    /// Sets the tokens of a session that was opened. The step before it is over: with `used_cookie` its cookie goes.
    pub(crate) fn session(tokens: &IssuedTokens, used_cookie: bool) -> Self {
        let mut handed_out = Self::tokens(tokens);
        handed_out.0.extend(Self::end_of_step(used_cookie).0);
        handed_out
    }

    /// Sets the access token of a session that was there before: a step that led to it is over, as above.
    pub(crate) fn access(token: &IssuedAccessToken, used_cookie: bool) -> Self {
        let mut handed_out = Self(vec![cookie(ACCESS, token.token.reveal().to_owned(), token.expires_in)]);
        handed_out.0.extend(Self::end_of_step(used_cookie).0);
        handed_out
    }

    /// Sets the token of a pending step.
    pub(crate) fn temp(token: &IssuedTempToken) -> Self {
        Self(vec![cookie(TEMP, token.token.reveal().to_owned(), token.expires_in)])
    }

    /// Removes the temp token of a step that is over, where the request was recognised by that cookie: another one stays.
    pub(crate) fn end_of_step(used_cookie: bool) -> Self {
        Self(used_cookie.then(|| removal(TEMP)).into_iter().collect())
    }

    /// Removes the tokens of a session that is over: those that the request brings and `names` says to be of it.
    pub(crate) fn end_of_session(request: &HttpRequest, names: impl Fn(&str) -> bool) -> Self {
        let is_over = |cookie: &&str| value(request, cookie).is_some_and(|token| names(&token));
        Self([ACCESS, REFRESH].into_iter().filter(is_over).map(removal).collect())
    }

    /// Attaches them to an answer; [`write()`] puts them into it.
    pub(crate) fn with(self, response: HttpResponse) -> HttpResponse {
        let mut response = response;
        response.extensions_mut().insert(self);
        response
    }
}

/// Takes what was attached to an answer off again.
pub(crate) fn withhold<B>(response: &mut HttpResponse<B>) -> Option<TokenCookies> {
    response.extensions_mut().remove::<TokenCookies>()
}

/// Writes what was attached to an answer, where cookies are on.
pub(crate) fn write<B>(edge: &Edge, response: &mut HttpResponse<B>) {
    let handed_out = withhold(response).filter(|_| edge.cookies);
    for cookie in handed_out.into_iter().flat_map(|handed_out| handed_out.0) {
        // Fails for what no header can carry; a token is plain ASCII.
        let _ = response.add_cookie(&cookie);
    }
}

/// Returns the token that a cookie brings, where cookies are on. What a request is recognised by is taken with
/// `credential::from_cookie`.
pub(crate) fn token(edge: &Edge, request: &HttpRequest, name: &str) -> Option<String> {
    value(request, name).filter(|value| edge.cookies && !value.is_empty())
}

/// Returns the value of that cookie, as it was set. actix-web's own parser decodes names, so that `%5F%5FHost-…`, which a
/// browser lets any neighbouring host set, would be one of ours. A name that comes twice counts for nothing.
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

/// The same, or a fresh secret: several tabs share it.
pub(crate) fn browser_or_new(edge: &Edge, request: &HttpRequest) -> BearerToken {
    browser(request).unwrap_or_else(|| BearerToken::new(URL_SAFE_NO_PAD.encode(edge.entropy.bytes())))
}

/// Sets the cookie by which a browser is recognised.
pub(crate) fn set_browser(response: &mut HttpResponse, browser: &BearerToken) {
    // Fails for what no header can carry; it is base64.
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
