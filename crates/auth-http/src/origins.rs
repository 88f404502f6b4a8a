//! Which pages of other origins may do what our own pages may: call with credentials, and be the end of a sign-in.

use std::collections::BTreeSet;

use auth_domain::error_code::{FieldError, FieldReason, Refusal};
use url::Url;

/// The maximum length: it travels in the `state`, and so in the URL of the provider.
const MAX_REDIRECT: usize = 1_024;

/// The text is not the origin of a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InvalidOrigin;

/// This service's own origin, and the other origins that are allowed (`AUTH_ALLOWED_ORIGINS`).
#[derive(Clone, Debug)]
pub struct Origins {
    own: Option<String>,
    allowed: BTreeSet<String>,
}

/// Parses an origin and returns it as browsers write it (RFC 6454 section 6.2): scheme, host, and the port unless it is
/// the default.
///
/// Accepts `https://app.example.org`, with or without a slash at the end, but no path, no wildcard and not `null`.
pub fn parse_origin(text: &str) -> Result<String, InvalidOrigin> {
    let url = Url::parse(text).map_err(|_| InvalidOrigin)?;
    let bare = url.path() == "/" && url.query().is_none() && url.fragment().is_none();
    if !bare || !is_page(&url) || url.host_str().is_some_and(|host| host.contains('*')) {
        return Err(InvalidOrigin);
    }
    Ok(url.origin().ascii_serialization())
}

fn is_page(url: &Url) -> bool {
    matches!(url.scheme(), "http" | "https") && url.has_host() && url.username().is_empty() && url.password().is_none()
}

impl Origins {
    /// Creates the set. `public_url` is this service's own URL; each of `allowed` was returned by [`parse_origin`].
    pub fn new(public_url: &str, allowed: impl IntoIterator<Item = String>) -> Self {
        let own = Url::parse(public_url).ok().map(|url| url.origin().ascii_serialization());
        Self { own, allowed: allowed.into_iter().collect() }
    }

    /// Returns the other origins that are allowed.
    pub fn allowed(&self) -> impl Iterator<Item = &str> {
        self.allowed.iter().map(String::as_str)
    }

    /// Tells whether a page of this origin, as the `Origin` header names it, may send unsafe requests with cookies.
    pub(crate) fn allows(&self, origin: &str) -> bool {
        self.own.as_deref() == Some(origin) || self.allowed.contains(origin)
    }

    /// Checks where a sign-in is to end: an absolute URL of this service or of an allowed origin. Returns it as it was
    /// understood, so that a browser understands the same.
    pub(crate) fn redirect(&self, text: &str) -> Result<String, Refusal> {
        let allowed = |url: &Url| is_page(url) && self.allows(&url.origin().ascii_serialization());
        let message = "must be a URL of at most 1024 bytes, of this service or of an origin in AUTH_ALLOWED_ORIGINS";
        let url = Url::parse(text).ok().filter(|_| text.len() <= MAX_REDIRECT).filter(allowed);
        url.map(String::from)
            .ok_or_else(|| Refusal::invalid(vec![FieldError::new("/redirect", FieldReason::NotAllowed, message)]))
    }

    /// Returns the URL where a sign-in on our pages is to end, if that is allowed. It cannot be the begin of a sign-in
    /// through a provider: that judges by the page that sends the browser there whether the user wants it, and would take
    /// ours for the user's wish.
    pub(crate) fn end_of_sign_in(&self, asked: &str) -> Option<String> {
        let end = self.redirect(asked).ok()?;
        let begins_a_sign_in = |url: &Url| url.path().trim_end_matches('/').ends_with("/authorize");
        Url::parse(&end).is_ok_and(|url| !begins_a_sign_in(&url)).then_some(end)
    }
}

/// Adds a query parameter to a URL.
pub(crate) fn with_parameter(url: &str, name: &str, value: &str) -> String {
    match Url::parse(url) {
        Ok(mut url) => {
            url.query_pairs_mut().append_pair(name, value);
            url.into()
        }
        Err(_) => url.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn origins() -> Origins {
        let allowed = ["https://app.example.org", "http://localhost:3000"].map(|text| parse_origin(text).unwrap());
        Origins::new("https://auth.example.org/base", allowed)
    }

    #[test]
    fn origins_are_exact() {
        assert_eq!(parse_origin("HTTPS://App.Example.org:443/").as_deref(), Ok("https://app.example.org"));
        for bad in
            ["", "*", "null", "app.example.org", "https://*.example.org", "https://a/b", "https://a?b", "ftp://a"]
        {
            assert_eq!(parse_origin(bad), Err(InvalidOrigin), "{bad}");
        }
        let origins = origins();
        for good in ["https://app.example.org", "http://localhost:3000", "https://auth.example.org"] {
            assert!(origins.allows(good), "{good}");
        }
        for bad in ["null", "", "http://app.example.org", "https://app.example.org.evil.example", "http://localhost"] {
            assert!(!origins.allows(bad), "{bad}");
        }
    }

    #[test]
    fn redirects_stay_within_them() {
        let origins = origins();
        assert_eq!(origins.redirect("https://app.example.org/in?x=1#y").unwrap(), "https://app.example.org/in?x=1#y");
        assert_eq!(origins.redirect("https://auth.example.org").unwrap(), "https://auth.example.org/");
        for bad in [
            "",
            "/in",
            "//evil.example/",
            "https://evil.example/",
            "https://app.example.org@evil.example/",
            "https://u:p@app.example.org/",
            "https://app.example.org:444/",
            "https://app.example.org.evil.example/",
            "http://app.example.org/",
            "javascript:alert(1)",
            "https:\\\\evil.example/",
            "blob:https://app.example.org/x",
        ] {
            assert!(origins.redirect(bad).is_err(), "{bad}");
        }
        let refused = with_parameter("https://app.example.org/in?x=1#y", "error", "EMAIL_EXISTS");
        assert_eq!(refused, "https://app.example.org/in?x=1&error=EMAIL_EXISTS#y");
    }

    proptest! {
        #[test]
        fn whatever_is_accepted_begins_with_an_allowed_origin(text in "(https?://|//|\\\\\\\\)?[a-z.@:/\\\\?#0-9]{0,20}(app.example.org|localhost:3000)?[a-z.@:/\\\\?#]{0,20}") {
            if let Ok(url) = origins().redirect(&text) {
                let allowed = ["https://app.example.org/", "http://localhost:3000/", "https://auth.example.org/"];
                prop_assert!(allowed.iter().any(|origin| url.starts_with(origin)), "{}", url);
            }
        }
    }
}
