//! The `IdentityProvider` port: any provider that speaks OpenID Connect, and those of OAuth 2.0 that have an entry in
//! [`PRESETS`]. `docs/adding-a-provider.md` shows how to add one.
//!
//! Who is logged in to what, and when a `state` is good, is `auth-domain`'s.

mod breaker;
mod claims;
mod client_secret;
mod conversation;
#[cfg(test)]
mod fuzz;
mod id_token;
mod key_set;
mod openid_connect;
mod pace;
mod presets;
mod probe;
mod profile;
mod provider_client;
mod registration;
mod token_endpoint;

use std::sync::Arc;

use auth_domain::ports::IdentityProvider;

pub use claims::{ClaimNames, Proof};
pub use client_secret::{ClientSecret, InvalidSecretKey};
pub use conversation::Conversation;
pub use openid_connect::OpenIdOptions;
pub use presets::{FORTYTWO, GITHUB, GOOGLE, OpenId, PRESETS, Preset, Protocol};
pub use probe::Probe;
pub use profile::{Api, Email, Profile};
pub use provider_client::{Failure, ProviderClient};
pub use registration::{InvalidProviderUrl, ProviderUrl, Registration};

use openid_connect::OpenIdConnect;
use profile::ProfileProvider;

/// What is asked of a provider, and how.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Dialect {
    /// OpenID Connect.
    OpenId(OpenIdOptions),
    /// OAuth 2.0 alone; and the URL at which the provider itself is, unlike one that somebody runs themselves.
    Profile(Profile, &'static str),
}

/// Makes a provider. It is asked nothing before somebody goes there.
pub fn connect(dialect: Dialect, registration: Registration, client: ProviderClient) -> Arc<dyn IdentityProvider> {
    match dialect {
        Dialect::OpenId(options) => Arc::new(OpenIdConnect::new(registration, options, client)),
        Dialect::Profile(profile, usual_url) => Arc::new(ProfileProvider { profile, usual_url, registration, client }),
    }
}
