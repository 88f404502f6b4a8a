//! Providers with OAuth 2.0 only. They issue no id_token, so an API endpoint says which user an access token belongs to.

use async_trait::async_trait;
use auth_domain::account::EmailAddress;
use auth_domain::authorization::AuthorizationCode;
use auth_domain::identity::{ProviderEmail, ProviderIdentity, Subject};
use auth_domain::ports::{
    AuthorizationRequest, AuthorizationSecrets, IdentifyError, IdentityProvider, ProviderBusy, ProviderError, Turn,
};
use reqwest::Url;
use serde::Deserialize;
use serde_json::Value;
use zeroize::Zeroizing;

use crate::claims::identifier;
use crate::conversation::Conversation;
use crate::provider_client::{Failure, ProviderClient};
use crate::registration::{ProviderUrl, Registration};
use crate::token_endpoint::{ClientAuthentication, exchange_code};

/// The endpoints of such a provider and the fields of its answers. Paths begin with `/`; fields are JSON pointers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Profile {
    /// The authorization endpoint.
    pub authorize: &'static str,
    /// The token endpoint.
    pub token: &'static str,
    /// The base of the paths below.
    pub api: Api,
    /// The endpoint that returns the user of the access token.
    pub profile: &'static str,
    /// The id in its answer: a string or a number that the provider never gives to another user.
    pub subject: &'static str,
    /// Where to find the address.
    pub email: Email,
}

/// The base URL of a provider's API.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Api {
    /// The URL of the provider.
    Here,
    /// Another URL for the hosted provider, and a path below the URL of a self-hosted one.
    Elsewhere {
        /// The URL, without a trailing slash.
        url: &'static str,
        /// The path.
        self_hosted: &'static str,
    },
}

/// Where to find the address, and what proves it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Email {
    /// In the profile, not proved by anything.
    Unproved(&'static str),
    /// In the profile, proved if a boolean beside it is true.
    Proved {
        /// The address.
        address: &'static str,
        /// A boolean: whether it is proved.
        proved: &'static str,
    },
    /// In a list at another endpoint.
    List {
        /// The endpoint of the list.
        path: &'static str,
        /// The address, in an entry.
        address: &'static str,
        /// A boolean: whether the entry is the one to use.
        primary: &'static str,
        /// A boolean: whether the address is proved.
        proved: &'static str,
    },
}

#[derive(Deserialize)]
struct TokenAnswer {
    access_token: Zeroizing<String>,
}

/// A provider with OAuth 2.0 only.
pub(crate) struct ProfileProvider {
    pub(crate) profile: Profile,
    /// The URL of the hosted provider, from the preset.
    pub(crate) usual_url: &'static str,
    pub(crate) registration: Registration,
    pub(crate) client: ProviderClient,
}

impl ProfileProvider {
    fn api(&self, path: &str) -> Result<Url, Failure> {
        let url = &self.registration.url;
        match self.profile.api {
            Api::Here => Ok(url.under(path)),
            Api::Elsewhere { self_hosted, .. } if url.as_str() != self.usual_url => {
                Ok(url.under(&format!("{self_hosted}{path}")))
            }
            Api::Elsewhere { url, .. } => match ProviderUrl::parse(url) {
                Ok(api) => Ok(api.under(path)),
                Err(mistake) => Err(Failure::Misunderstood(format!("the URL of the API {mistake}"))),
            },
        }
    }

    async fn exchange(
        &self,
        talk: &Conversation<'_>,
        code: &AuthorizationCode,
        secrets: &AuthorizationSecrets,
    ) -> Result<ProviderIdentity, Failure> {
        let Self { registration, profile, .. } = self;
        let endpoint = registration.url.under(profile.token);
        let post = ClientAuthentication::Post;
        let TokenAnswer { access_token } = exchange_code(talk, &endpoint, registration, post, code, secrets).await?;
        let get = async |what: &str, path: &str| {
            let request = talk.http().get(self.api(path)?).bearer_auth(&*access_token);
            talk.json::<Value>(what, request.header("Accept", "application/json")).await
        };
        let about = get("profile", profile.profile).await?;
        let email = match profile.email {
            Email::Unproved(address) => address_in(&about, address, None),
            Email::Proved { address, proved } => address_in(&about, address, Some(proved)),
            Email::List { path, address, primary, proved } => {
                let list = get("list of addresses", path).await?;
                let entries = list.as_array().map(Vec::as_slice).unwrap_or_default();
                let counts = entries.iter().find(|entry| is_true(entry, primary));
                counts.and_then(|entry| address_in(entry, address, Some(proved)))
            }
        };
        let subject = about.pointer(profile.subject).and_then(identifier).and_then(|text| Subject::parse(&text));
        let subject = subject.ok_or_else(|| Failure::Away("the profile has no id".to_owned()))?;
        Ok(ProviderIdentity { provider: registration.provider.clone(), subject, email })
    }
}

fn is_true(value: &Value, pointer: &str) -> bool {
    value.pointer(pointer) == Some(&Value::Bool(true))
}

fn address_in(value: &Value, address: &str, proved: Option<&str>) -> Option<ProviderEmail> {
    let address = EmailAddress::parse(value.pointer(address)?.as_str()?).ok()?;
    Some(ProviderEmail { address, proved: proved.is_some_and(|proved| is_true(value, proved)) })
}

#[async_trait]
impl IdentityProvider for ProfileProvider {
    async fn authorization_url(&self, request: &AuthorizationRequest) -> Result<String, ProviderError> {
        let endpoint = self.registration.url.under(self.profile.authorize);
        Ok(self.registration.authorization_url(&endpoint, request).into())
    }

    fn turn(&self) -> Result<Turn, ProviderBusy> {
        let list = matches!(self.profile.email, Email::List { .. });
        // The token, the profile and, for some providers, the list of addresses.
        self.client.turn(if list { 3 } else { 2 })
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
}
