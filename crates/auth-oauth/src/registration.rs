//! How this service is registered at a provider.

use std::net::IpAddr;

use auth_domain::identity::ProviderName;
use auth_domain::ports::AuthorizationRequest;
use reqwest::Url;

use crate::client_secret::ClientSecret;

/// The text is not the URL of a provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be an https:// URL without user, query and fragment (http:// for a loopback address only)")]
pub struct InvalidProviderUrl;

/// The URL of a provider. It must be `https` unless it is a loopback address, since the client secret is sent there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProviderUrl {
    text: String,
    url: Url,
}

impl ProviderUrl {
    /// Parses what an operator wrote.
    pub fn parse(text: &str) -> Result<Self, InvalidProviderUrl> {
        let url = Url::parse(text).map_err(|_| InvalidProviderUrl)?;
        let bare = url.query().is_none() && url.fragment().is_none() && url.username().is_empty();
        if !bare || url.password().is_some() || !is_confidential(&url) {
            return Err(InvalidProviderUrl);
        }
        Ok(Self { text: text.to_owned(), url })
    }

    /// Returns the URL as it was written: OpenID Connect compares issuers as text.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Tells whether the URL matches `pattern`, in which `{tenantid}` stands for one segment of the path (Microsoft).
    pub(crate) fn is_of_tenant(&self, pattern: &str) -> bool {
        let parts = pattern.split_once("{tenantid}");
        let between = parts.and_then(|(before, after)| self.text.strip_prefix(before)?.strip_suffix(after));
        between.is_some_and(|tenant| !tenant.is_empty() && !tenant.contains('/'))
    }

    /// Tells whether the provider is on this machine, in which case its endpoints may be, too.
    pub(crate) fn is_loopback(&self) -> bool {
        self.url.scheme() == "http"
    }

    /// Returns the URL of `path`, which begins with `/`, below it.
    pub fn under(&self, path: &str) -> Url {
        let mut url = self.url.clone();
        url.set_path(&format!("{}{path}", url.path().trim_end_matches('/')));
        url
    }
}

/// Tells whether nobody on the way can read what is sent there.
pub(crate) fn is_confidential(url: &Url) -> bool {
    let loopback = match url.host_str() {
        Some("localhost") => true,
        Some(host) => host.trim_matches(['[', ']']).parse::<IpAddr>().is_ok_and(|address| address.is_loopback()),
        None => false,
    };
    match url.scheme() {
        "https" => url.has_host(),
        "http" => loopback,
        _ => false,
    }
}

/// The registration of this service at a provider.
#[derive(Clone, Debug)]
pub struct Registration {
    /// The name of the provider here.
    pub provider: ProviderName,
    /// The id that the provider issued to this service (`client_id`).
    pub client_id: String,
    /// The secret that the provider issued with it (`client_secret`).
    pub client_secret: ClientSecret,
    /// The requested scopes (`scope`), separated by spaces.
    pub scope: String,
    /// The issuer, or the base of its endpoints.
    pub url: ProviderUrl,
    /// `redirect_uri`: where the provider sends browsers back to, as registered there.
    pub redirect_uri: String,
}

impl Registration {
    /// Returns the authorization URL at `endpoint` (RFC 6749 section 4.1.1, RFC 7636 section 4.3).
    pub fn authorization_url(&self, endpoint: &Url, request: &AuthorizationRequest) -> Url {
        let mut url = endpoint.clone();
        url.query_pairs_mut()
            .append_pair("response_type", "code")
            .append_pair("client_id", &self.client_id)
            .append_pair("redirect_uri", &self.redirect_uri)
            .append_pair("scope", &self.scope)
            .append_pair("state", request.state.reveal())
            .append_pair("code_challenge", &request.code_challenge)
            .append_pair("code_challenge_method", "S256");
        url
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_secret_goes_nowhere_in_clear() {
        for good in ["https://accounts.google.com", "http://127.0.0.1:9/x/", "http://[::1]:9", "http://localhost"] {
            assert_eq!(ProviderUrl::parse(good).unwrap().as_str(), good);
        }
        for bad in ["", "x", "http://idp.example.org", "ftp://h/", "https://u:p@h/", "https://h/?q", "https://h/#f"] {
            assert_eq!(ProviderUrl::parse(bad), Err(InvalidProviderUrl), "{bad}");
        }
        let under = |base| ProviderUrl::parse(base).unwrap().under("/.well-known/x").to_string();
        assert_eq!(under("https://h"), "https://h/.well-known/x");
        assert_eq!(under("https://h/a/"), "https://h/a/.well-known/x");
    }

    #[test]
    fn a_tenant_is_one_segment_of_the_path() {
        let of = |url, pattern| ProviderUrl::parse(url).unwrap().is_of_tenant(pattern);
        assert!(of("https://h/common/v2.0", "https://h/{tenantid}/v2.0"));
        for (url, pattern) in [
            ("https://h/a/b/v2.0", "https://h/{tenantid}/v2.0"),
            ("https://h//v2.0", "https://h/{tenantid}/v2.0"),
            ("https://h/v2.0", "https://h/{tenantid}/v2.0"),
            ("https://evil/common/v2.0", "https://h/{tenantid}/v2.0"),
            ("https://h/common/v2.0", "https://h/common/v2.0"),
        ] {
            assert!(!of(url, pattern), "{url} {pattern}");
        }
    }
}
