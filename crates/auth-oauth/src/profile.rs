//! A provider that speaks OAuth 2.0 alone: no id_token, so a page of its API says whose access token it is.

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

/// Where such a provider says what. Paths begin with `/`; what is in an answer is named by a JSON pointer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Profile {
    /// Where browsers go.
    pub authorize: &'static str,
    /// Where a code becomes an access token.
    pub token: &'static str,
    /// What the paths below are under.
    pub api: Api,
    /// Whose access token it is.
    pub profile: &'static str,
    /// In that: a text or a number that the provider never gives to anybody else.
    pub subject: &'static str,
    /// Where the address is.
    pub email: Email,
}

/// Where a provider's API is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Api {
    /// Under the same URL.
    Here,
    /// Under another one; of a provider that somebody runs themselves, under that path.
    Elsewhere {
        /// The URL, without a slash at its end.
        url: &'static str,
        /// The path.
        self_hosted: &'static str,
    },
}

/// Where the address is, and what proves it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Email {
    /// In the profile; nothing proves it.
    Unproved(&'static str),
    /// In the profile; proved where that is true.
    Proved {
        /// The address.
        address: &'static str,
        /// A truth value.
        proved: &'static str,
    },
    /// In a list of its own.
    List {
        /// Where the list is.
        path: &'static str,
        /// The address, in an entry.
        address: &'static str,
        /// A truth value: which entry counts.
        primary: &'static str,
        /// A truth value.
        proved: &'static str,
    },
}

#[derive(Deserialize)]
struct TokenAnswer {
    access_token: Zeroizing<String>,
}

/// A provider that speaks OAuth 2.0 alone.
pub(crate) struct ProfileProvider {
    pub(crate) profile: Profile,
    /// The URL that the preset has: that of the provider itself, not of one that somebody runs.
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
                Err(mistake) => Err(Failure::Misunderstood(format!("the URL of its API {mistake}"))),
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
        // The token, the profile and perhaps the list of addresses.
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
