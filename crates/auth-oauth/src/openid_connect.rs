//! OpenID Connect providers: discovery of the endpoints (OpenID Connect Discovery 1.0), authorization code flow with
//! PKCE, id_token.

use std::time::Duration;

use async_trait::async_trait;
use auth_domain::authorization::{AuthorizationCode, IdToken};
use auth_domain::identity::ProviderIdentity;
use auth_domain::ports::{
    AuthorizationRequest, AuthorizationSecrets, IdentifyError, IdentityProvider, ProviderBusy, ProviderError,
    ProviderUnavailable, Turn, VouchedIdentity,
};
use reqwest::Url;
use serde::Deserialize;
use serde_json::Value;
use tokio::sync::Mutex;
use tokio::time::Instant;
use zeroize::Zeroizing;

use crate::claims::{ClaimMap, ClaimNames};
use crate::conversation::Conversation;
use crate::id_token::{self, Claims, Expected, Nonce};
use crate::key_set::KeySet;
use crate::provider_client::{Failure, ProviderClient};
use crate::registration::{ProviderUrl, Registration, is_confidential};
use crate::token_endpoint::{ClientAuthentication, exchange_code};

/// How long discovered endpoints are cached: they rarely move, and are announced long before.
const METADATA_LIFETIME: Duration = Duration::from_secs(3_600);

/// How an OpenID provider differs from the standard, and what is accepted from it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OpenIdOptions {
    /// The names of the claims to read.
    pub claims: ClaimNames,
    /// The client ids of our native apps and pages at the provider. id_tokens that clients send may be for these, too.
    pub audiences: Vec<String>,
    /// Whether it sends browsers back by POST.
    pub answers_by_post: bool,
    /// Whether its issuer contains the user's tenant.
    pub issuer_per_tenant: bool,
}

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
    /// Refuses the document of another issuer, and one that would send secrets unencrypted. With `per_tenant`, the issuer
    /// may be a pattern with `{tenantid}`.
    fn check(self, issuer: &ProviderUrl, per_tenant: bool) -> Result<Self, Failure> {
        let of_all = per_tenant && issuer.is_of_tenant(&self.issuer);
        if self.issuer != issuer.as_str() && !of_all {
            let reason = format!("the discovery document names another issuer, {:.200?}", self.issuer);
            return Err(Failure::Away(reason));
        }
        // Without tenants, a pattern would be taken literally.
        if self.issuer.contains("{tenantid}") && !of_all {
            return Err(Failure::Away("the issuer in the discovery document is a pattern".to_owned()));
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

/// A provider with OpenID Connect.
pub(crate) struct OpenIdConnect {
    registration: Registration,
    options: OpenIdOptions,
    /// The audience of id_tokens from the code flow: our own client id.
    own: Vec<String>,
    /// The audiences of id_tokens that clients send: our client id and those of our apps.
    all: Vec<String>,
    client: ProviderClient,
    metadata: Mutex<Option<(Instant, Metadata)>>,
    keys: KeySet,
}

impl OpenIdConnect {
    /// Creates a provider with this registration, whose URL is the issuer.
    pub(crate) fn new(registration: Registration, options: OpenIdOptions, client: ProviderClient) -> Self {
        let own = vec![registration.client_id.clone()];
        let all = own.iter().chain(&options.audiences).cloned().collect();
        Self { registration, options, own, all, client, metadata: Mutex::new(None), keys: KeySet::new() }
    }

    /// Returns the metadata if it was discovered within the last hour.
    async fn known_metadata(&self) -> Option<Metadata> {
        fresh(&*self.metadata.lock().await)
    }

    /// Returns the metadata. While one caller fetches it, the others wait, so that the provider is asked once.
    async fn metadata(&self, talk: &Conversation<'_>) -> Result<Metadata, Failure> {
        let mut known = self.metadata.lock().await;
        if let Some(metadata) = fresh(&known) {
            return Ok(metadata);
        }
        let request = talk.http().get(self.registration.url.under("/.well-known/openid-configuration"));
        let found: Metadata = talk.json("discovery document", request).await?;
        let metadata = found.check(&self.registration.url, self.options.issuer_per_tenant)?;
        *known = Some((Instant::now(), metadata.clone()));
        Ok(metadata)
    }

    fn expected<'a>(&self, metadata: &'a Metadata, clients: &'a [String], nonce: Nonce<'a>) -> Expected<'a> {
        Expected { issuer: &metadata.issuer, clients, nonce, now: self.client.clock().now() }
    }

    async fn exchange(
        &self,
        talk: &Conversation<'_>,
        code: &AuthorizationCode,
        secrets: &AuthorizationSecrets,
    ) -> Result<ProviderIdentity, Failure> {
        let metadata = self.metadata(talk).await?;
        let (endpoint, authentication) = (&metadata.token_endpoint, metadata.client_authentication());
        let answer: TokenAnswer =
            exchange_code(talk, endpoint, &self.registration, authentication, code, secrets).await?;
        let expected = self.expected(&metadata, &self.own, Nonce::Exactly(&secrets.nonce));
        let claims = self.keys.verify(talk, &metadata.jwks_uri, &answer.id_token, &expected).await?;
        let about_email = match (&metadata.userinfo_endpoint, answer.access_token) {
            (Some(endpoint), Some(token)) if !self.options.claims.tell_email(&claims.rest) => {
                userinfo(talk, &claims, endpoint, &token).await?
            }
            _ => claims.all(),
        };
        self.identity(&claims, &about_email)
    }

    /// Verifies an id_token that a client sent, and fetches metadata and keys that are not cached.
    async fn verify(&self, talk: &Conversation<'_>, token: &IdToken, nonce: &str) -> Result<Claims, Failure> {
        let metadata = self.metadata(talk).await?;
        let expected = self.expected(&metadata, &self.all, Nonce::OfClient(nonce));
        self.keys.verify(talk, &metadata.jwks_uri, token.reveal(), &expected).await
    }

    /// Verifies it with cached metadata and keys only, which works even while the provider is down. Returns `None` if they
    /// are not cached.
    async fn verify_from_cache(&self, token: &IdToken, nonce: &str) -> Option<Result<Claims, Failure>> {
        let header = match id_token::header(token.reveal()) {
            Ok(header) => header,
            Err(failure) => return Some(Err(failure)),
        };
        let (metadata, key) = (self.known_metadata().await?, self.keys.known(&header).await?);
        let expected = self.expected(&metadata, &self.all, Nonce::OfClient(nonce));
        Some(id_token::verify(token.reveal(), header.alg, &key, &expected))
    }

    fn identity(&self, claims: &Claims, about_email: &ClaimMap) -> Result<ProviderIdentity, Failure> {
        let names = &self.options.claims;
        Ok(ProviderIdentity {
            provider: self.registration.provider.clone(),
            subject: names.subject(&claims.all()).map_err(Failure::Refused)?,
            email: names.email(about_email).map_err(Failure::Refused)?,
        })
    }

    fn vouched(&self, claims: &Claims) -> Result<VouchedIdentity, Failure> {
        let identity = self.identity(claims, &claims.rest)?;
        Ok(VouchedIdentity { identity, digest: claims.digest(), expires_at: claims.accepted_until() })
    }
}

fn fresh(known: &Option<(Instant, Metadata)>) -> Option<Metadata> {
    known.as_ref().filter(|(since, _)| since.elapsed() < METADATA_LIFETIME).map(|(_, metadata)| metadata.clone())
}

/// Fetches the claims about the address from the userinfo endpoint: some providers report it only there. What that says
/// about another user is ignored.
async fn userinfo(talk: &Conversation<'_>, claims: &Claims, endpoint: &Url, token: &str) -> Result<ClaimMap, Failure> {
    let request = talk.http().get(endpoint.clone()).bearer_auth(token);
    let info: ClaimMap = talk.json("userinfo", request).await?;
    if info.get("sub").and_then(Value::as_str) != Some(&claims.sub) {
        return Err(Failure::Refused("the userinfo names another subject".to_owned()));
    }
    Ok(info)
}

#[async_trait]
impl IdentityProvider for OpenIdConnect {
    async fn authorization_url(&self, request: &AuthorizationRequest) -> Result<String, ProviderError> {
        let metadata = match self.known_metadata().await {
            Some(metadata) => metadata,
            None => {
                let talk = self.client.conversation(self.client.turn(1)?)?;
                talk.hold(self.metadata(&talk)).await.map_err(|error| match error {
                    IdentifyError::Busy(busy) => ProviderError::Busy(busy),
                    _ => ProviderError::Unavailable(ProviderUnavailable),
                })?
            }
        };
        let mut url = self.registration.authorization_url(&metadata.authorization_endpoint, request);
        url.query_pairs_mut().append_pair("nonce", &request.nonce);
        if self.options.answers_by_post {
            url.query_pairs_mut().append_pair("response_mode", "form_post");
        }
        Ok(url.into())
    }

    fn turn(&self) -> Result<Turn, ProviderBusy> {
        // One request, for the token. Keys, userinfo and metadata are fetched at the end of the line.
        self.client.turn(1)
    }

    async fn identify(
        &self,
        turn: Turn,
        code: &AuthorizationCode,
        secrets: &AuthorizationSecrets,
    ) -> Result<ProviderIdentity, IdentifyError> {
        let talk = self.client.conversation(turn)?;
        talk.hold(self.exchange(&talk, code, secrets)).await
    }

    async fn identify_by_token(&self, token: &IdToken, nonce: &str) -> Result<VouchedIdentity, IdentifyError> {
        let verified = match self.verify_from_cache(token, nonce).await {
            Some(verified) => verified,
            None => {
                let talk = self.client.conversation(self.client.turn(0)?)?;
                Ok(talk.hold(self.verify(&talk, token, nonce)).await?)
            }
        };
        verified.and_then(|claims| self.vouched(&claims)).map_err(|failure| self.client.refusal(failure))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn check(issuer: &str, document: &Value) -> Result<Metadata, Failure> {
        let metadata: Metadata = serde_json::from_value(document.clone()).unwrap();
        metadata.check(&ProviderUrl::parse(issuer).unwrap(), false)
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
    fn a_document_for_all_tenants_is_one_only_where_there_are_tenants() {
        let (of_all, common) = ("https://login.example/{tenantid}/v2.0", "https://login.example/common/v2.0");
        let mut document = document(common);
        document["issuer"] = json!(of_all);
        let check = |issuer: &str, per_tenant| {
            let metadata: Metadata = serde_json::from_value(document.clone()).unwrap();
            metadata.check(&ProviderUrl::parse(issuer).unwrap(), per_tenant).is_ok()
        };
        assert!(check(common, true));
        assert!(!check(common, false));
        assert!(!check("https://evil.example/common/v2.0", true));
        assert!(!check("https://login.example/a/common/v2.0", true));
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
