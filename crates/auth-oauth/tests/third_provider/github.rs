//! GitHub, by OAuth 2. Its addresses are proved where it says `verified`.

use std::sync::Arc;

use async_trait::async_trait;
use auth_domain::account::EmailAddress;
use auth_domain::authorization::AuthorizationCode;
use auth_domain::identity::{ProviderEmail, ProviderIdentity, Subject};
use auth_domain::ports::{
    AuthorizationRequest, AuthorizationSecrets, IdentifyError, IdentityProvider, ProviderUnavailable,
};
use auth_oauth::{ClientAuthentication, Failure, ProviderClient, ProviderKind, Registration, exchange_code};
use serde::Deserialize;

/// GitHub, as `AUTH_GITHUB__…`.
pub const GITHUB: ProviderKind = ProviderKind {
    name: "github",
    url_setting: "BASE_URL",
    default_url: "https://github.com",
    connect: |registration, client| Arc::new(GitHub { registration, client }),
};

/// GitHub refuses a code with status 200.
#[derive(Deserialize)]
#[serde(untagged)]
enum TokenAnswer {
    Granted { access_token: String },
    Refused { error: String },
}

#[derive(Deserialize)]
struct User {
    id: u64,
}

#[derive(Deserialize)]
struct Email {
    email: String,
    primary: bool,
    verified: bool,
}

struct GitHub {
    registration: Registration,
    client: ProviderClient,
}

impl GitHub {
    /// The API is on a host of its own, but for GitHub Enterprise.
    fn api(&self, path: &str) -> String {
        match self.registration.url.as_str() {
            "https://github.com" => format!("https://api.github.com{path}"),
            base => format!("{}/api/v3{path}", base.trim_end_matches('/')),
        }
    }

    async fn exchange(
        &self,
        code: &AuthorizationCode,
        secrets: &AuthorizationSecrets,
    ) -> Result<ProviderIdentity, Failure> {
        let Self { registration, client } = self;
        let endpoint = registration.url.under("/login/oauth/access_token");
        let post = ClientAuthentication::Post;
        let token = match exchange_code(client, &endpoint, registration, post, code, secrets).await? {
            TokenAnswer::Granted { access_token } => access_token,
            TokenAnswer::Refused { error } if error == "bad_verification_code" => return Err(Failure::Refused(error)),
            TokenAnswer::Refused { error } => return Err(Failure::Away(error)),
        };
        let get = |path| client.http().get(self.api(path)).bearer_auth(&token);
        let user: User = client.json("user", get("/user")).await?;
        let emails: Vec<Email> = client.json("list of addresses", get("/user/emails")).await?;
        let primary = emails.into_iter().find(|email| email.primary);
        let email = primary.and_then(|Email { email, verified, .. }| {
            Some(ProviderEmail { address: EmailAddress::parse(&email).ok()?, proved: verified })
        });
        let no_id = || Failure::Away("the user has no id".to_owned());
        let subject = Subject::parse(&user.id.to_string()).ok_or_else(no_id)?;
        Ok(ProviderIdentity { provider: registration.provider.clone(), subject, email })
    }
}

#[async_trait]
impl IdentityProvider for GitHub {
    async fn authorization_url(&self, request: &AuthorizationRequest) -> Result<String, ProviderUnavailable> {
        let endpoint = self.registration.url.under("/login/oauth/authorize");
        Ok(self.registration.authorization_url(&endpoint, "user:email", request).into())
    }

    async fn identify(
        &self,
        code: &AuthorizationCode,
        secrets: &AuthorizationSecrets,
    ) -> Result<ProviderIdentity, IdentifyError> {
        self.client.converse(self.exchange(code, secrets)).await
    }
}
