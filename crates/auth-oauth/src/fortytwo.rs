//! 42, through OAuth 2. It has no id_token, so the profile is fetched with the access token. The address that 42
//! reports proves nothing: it belongs to the school, and is not verified for the user.

use std::sync::Arc;

use async_trait::async_trait;
use auth_domain::account::EmailAddress;
use auth_domain::authorization::AuthorizationCode;
use auth_domain::identity::{ProviderEmail, ProviderIdentity, Subject};
use auth_domain::ports::{
    AuthorizationRequest, AuthorizationSecrets, IdentifyError, IdentityProvider, ProviderUnavailable,
};
use serde::Deserialize;
use zeroize::Zeroizing;

use crate::provider_client::{Failure, ProviderClient};
use crate::registration::{ProviderKind, Registration};
use crate::token_endpoint::{ClientAuthentication, exchange_code};

/// The 42 intranet, configured by `AUTH_42__…`.
pub const FORTYTWO: ProviderKind = ProviderKind {
    name: "42",
    url_setting: "BASE_URL",
    default_url: "https://api.intra.42.fr",
    connect: |registration, client| Arc::new(FortyTwo { registration, client }),
};

const SCOPE: &str = "public";

#[derive(Deserialize)]
struct TokenAnswer {
    access_token: Zeroizing<String>,
}

/// The fields of `/v2/me` that are needed here.
#[derive(Deserialize)]
struct Profile {
    id: u64,
    email: Option<String>,
}

struct FortyTwo {
    registration: Registration,
    client: ProviderClient,
}

impl FortyTwo {
    async fn exchange(
        &self,
        code: &AuthorizationCode,
        secrets: &AuthorizationSecrets,
    ) -> Result<ProviderIdentity, Failure> {
        let Self { registration, client } = self;
        let endpoint = registration.url.under("/oauth/token");
        let post = ClientAuthentication::Post;
        let answer: TokenAnswer = exchange_code(client, &endpoint, registration, post, code, secrets).await?;
        let request = client.http().get(registration.url.under("/v2/me")).bearer_auth(&*answer.access_token);
        let profile: Profile = client.json("profile", request).await?;
        let subject = Subject::parse(&profile.id.to_string());
        let address = profile.email.and_then(|email| EmailAddress::parse(&email).ok());
        Ok(ProviderIdentity {
            provider: registration.provider.clone(),
            subject: subject.ok_or_else(|| Failure::Away("the profile has no id".to_owned()))?,
            email: address.map(|address| ProviderEmail { address, proved: false }),
        })
    }
}

#[async_trait]
impl IdentityProvider for FortyTwo {
    async fn authorization_url(&self, request: &AuthorizationRequest) -> Result<String, ProviderUnavailable> {
        let endpoint = self.registration.url.under("/oauth/authorize");
        Ok(self.registration.authorization_url(&endpoint, SCOPE, request).into())
    }

    async fn identify(
        &self,
        code: &AuthorizationCode,
        secrets: &AuthorizationSecrets,
    ) -> Result<ProviderIdentity, IdentifyError> {
        self.client.converse(self.exchange(code, secrets)).await
    }
}
