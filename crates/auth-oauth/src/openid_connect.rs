//! OpenID Connect providers: discovery of the endpoints (OpenID Connect Discovery 1.0), authorization code flow with
//! PKCE, id_token.

use std::time::Duration;

use async_trait::async_trait;
use auth_domain::account::EmailAddress;
use auth_domain::authorization::AuthorizationCode;
use auth_domain::identity::{ProviderEmail, ProviderIdentity, Subject};
use auth_domain::ports::{
    AuthorizationRequest, AuthorizationSecrets, IdentifyError, IdentityProvider, ProviderUnavailable,
};
use reqwest::Url;
use serde::Deserialize;
use tokio::sync::Mutex;
use tokio::time::Instant;
use zeroize::Zeroizing;

use crate::id_token::{Claims, Expected};
use crate::key_set::KeySet;
use crate::provider_client::{Failure, ProviderClient};
use crate::registration::{ProviderUrl, Registration, is_confidential};
use crate::token_endpoint::{ClientAuthentication, exchange_code};

const SCOPE: &str = "openid email";
/// How long discovered endpoints are cached: they rarely move, and are announced long before.
const METADATA_LIFETIME: Duration = Duration::from_secs(3_600);

/// The metadata that discovery returns.
#[derive(Clone, Debug, Deserialize)]
struct Metadata {
    issuer: String,
    authorization_endpoint: Url,
    token_endpoint: Url,
    jwks_uri: Url,
    userinfo_endpoint: Option<Url>,
    #[serde(default = "basic_only")]
    token_endpoint_auth_methods_supported: Vec<String>,
}

/// Returns the default of OpenID Connect Discovery section 3.
fn basic_only() -> Vec<String> {
    vec!["client_secret_basic".to_owned()]
}

impl Metadata {
    /// Refuses the document of another issuer, and one that would send secrets unencrypted.
    fn check(self, issuer: &ProviderUrl) -> Result<Self, Failure> {
        if self.issuer != issuer.as_str() {
            return Err(Failure::Away("the discovery document names another issuer".to_owned()));
        }
        let endpoints = [&self.authorization_endpoint, &self.token_endpoint, &self.jwks_uri];
        let confidential =
            |url: &Url| if issuer.is_loopback() { is_confidential(url) } else { url.scheme() == "https" };
        if !endpoints.into_iter().chain(&self.userinfo_endpoint).all(confidential) {
            return Err(Failure::Away("the discovery document names an endpoint that is not https".to_owned()));
        }
        Ok(self)
    }

    fn client_authentication(&self) -> ClientAuthentication {
        let basic = self.token_endpoint_auth_methods_supported.iter().any(|method| method == "client_secret_basic");
        if basic { ClientAuthentication::Basic } else { ClientAuthentication::Post }
    }
}

#[derive(Deserialize)]
struct TokenAnswer {
    id_token: Zeroizing<String>,
    access_token: Option<Zeroizing<String>>,
}

/// The answer of the userinfo endpoint (OpenID Connect Core section 5.3.2).
#[derive(Deserialize)]
struct UserInfo {
    sub: String,
    email: Option<String>,
    email_verified: Option<bool>,
}

/// A provider with OpenID Connect.
pub struct OpenIdConnect {
    registration: Registration,
    client: ProviderClient,
    metadata: Mutex<Option<(Instant, Metadata)>>,
    keys: KeySet,
}

impl OpenIdConnect {
    /// Creates a provider with this registration, whose URL is the issuer.
    pub fn new(registration: Registration, client: ProviderClient) -> Self {
        Self { registration, client, metadata: Mutex::new(None), keys: KeySet::new() }
    }

    /// Returns the metadata if it was discovered within the last hour.
    async fn known_metadata(&self) -> Option<Metadata> {
        let known = self.metadata.lock().await;
        known.as_ref().filter(|(since, _)| since.elapsed() < METADATA_LIFETIME).map(|(_, metadata)| metadata.clone())
    }

    async fn metadata(&self) -> Result<Metadata, Failure> {
        if let Some(metadata) = self.known_metadata().await {
            return Ok(metadata);
        }
        let url = self.registration.url.under("/.well-known/openid-configuration");
        let request = self.client.http().get(url);
        let found: Metadata = self.client.json("discovery document", request).await?;
        let metadata = found.check(&self.registration.url)?;
        *self.metadata.lock().await = Some((Instant::now(), metadata.clone()));
        Ok(metadata)
    }

    async fn exchange(
        &self,
        code: &AuthorizationCode,
        secrets: &AuthorizationSecrets,
    ) -> Result<ProviderIdentity, Failure> {
        let metadata = self.metadata().await?;
        let answer: TokenAnswer = exchange_code(
            &self.client,
            &metadata.token_endpoint,
            &self.registration,
            metadata.client_authentication(),
            code,
            secrets,
        )
        .await?;
        let expected = Expected {
            issuer: self.registration.url.as_str(),
            client_id: &self.registration.client_id,
            nonce: &secrets.nonce,
            now: self.client.clock().now(),
        };
        let claims = self.keys.verify(&self.client, &metadata.jwks_uri, &answer.id_token, &expected).await?;
        let claims = match (&metadata.userinfo_endpoint, answer.access_token) {
            (Some(endpoint), Some(token)) if claims.email.is_none() => {
                self.with_email(claims, endpoint, &token).await?
            }
            _ => claims,
        };
        self.identity(claims)
    }

    /// Adds the address that some providers report only at the userinfo endpoint. What that says about another user is
    /// ignored.
    async fn with_email(&self, mut claims: Claims, endpoint: &Url, token: &str) -> Result<Claims, Failure> {
        let request = self.client.http().get(endpoint.clone()).bearer_auth(token);
        let info: UserInfo = self.client.json("userinfo", request).await?;
        if info.sub != claims.sub {
            return Err(Failure::Refused("the userinfo names another subject".to_owned()));
        }
        (claims.email, claims.email_verified) = (info.email, info.email_verified);
        Ok(claims)
    }

    fn identity(&self, claims: Claims) -> Result<ProviderIdentity, Failure> {
        let refused = || Failure::Refused("the subject is empty, too long or has control characters".to_owned());
        let proved = claims.email_verified == Some(true);
        let address = claims.email.and_then(|email| EmailAddress::parse(&email).ok());
        Ok(ProviderIdentity {
            provider: self.registration.provider.clone(),
            subject: Subject::parse(&claims.sub).ok_or_else(refused)?,
            email: address.map(|address| ProviderEmail { address, proved }),
        })
    }
}

#[async_trait]
impl IdentityProvider for OpenIdConnect {
    async fn authorization_url(&self, request: &AuthorizationRequest) -> Result<String, ProviderUnavailable> {
        let metadata = match self.known_metadata().await {
            Some(metadata) => metadata,
            None => self.client.converse(self.metadata()).await.map_err(|_| ProviderUnavailable)?,
        };
        let mut url = self.registration.authorization_url(&metadata.authorization_endpoint, SCOPE, request);
        url.query_pairs_mut().append_pair("nonce", &request.nonce);
        Ok(url.into())
    }

    async fn identify(
        &self,
        code: &AuthorizationCode,
        secrets: &AuthorizationSecrets,
    ) -> Result<ProviderIdentity, IdentifyError> {
        self.client.converse(self.exchange(code, secrets)).await
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn check(issuer: &str, document: &Value) -> Result<Metadata, Failure> {
        let metadata: Metadata = serde_json::from_value(document.clone()).unwrap();
        metadata.check(&ProviderUrl::parse(issuer).unwrap())
    }

    fn document(base: &str) -> Value {
        json!({
            "issuer": base,
            "authorization_endpoint": format!("{base}/a"),
            "token_endpoint": format!("{base}/t"),
            "jwks_uri": format!("{base}/k"),
        })
    }

    #[test]
    fn a_discovery_document_is_of_its_issuer_and_names_confidential_places() {
        let (far, near) = ("https://idp.example.org", "http://127.0.0.1:9");
        assert!(check(far, &document(far)).is_ok() && check(near, &document(near)).is_ok());
        assert!(check(far, &document("https://idp.example.org/")).is_err(), "almost the issuer is another one");
        for endpoint in ["authorization_endpoint", "token_endpoint", "jwks_uri", "userinfo_endpoint"] {
            for place in ["http://idp.example.org/x", "http://127.0.0.1:1/x", "file:///etc/passwd"] {
                let mut document = document(far);
                document[endpoint] = json!(place);
                assert!(check(far, &document).is_err(), "{endpoint} at {place}");
            }
        }
    }

    #[test]
    fn the_secret_goes_in_the_header_unless_the_provider_only_takes_it_in_the_body() {
        let with = |methods: Option<Value>| {
            let mut document = document("https://x");
            if let Some(methods) = methods {
                document["token_endpoint_auth_methods_supported"] = methods;
            }
            check("https://x", &document).unwrap().client_authentication()
        };
        assert_eq!(with(None), ClientAuthentication::Basic);
        let both = json!(["client_secret_post", "client_secret_basic"]);
        assert_eq!(with(Some(both)), ClientAuthentication::Basic);
        assert_eq!(with(Some(json!(["client_secret_post"]))), ClientAuthentication::Post);
    }
}
