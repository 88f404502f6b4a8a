//! The `IdentityProvider` port: any provider through OpenID Connect, and some through OAuth 2 with a profile. [`PRESETS`]
//! has an entry for each well-known provider; `docs/adding-a-provider.md` shows how to add one.
//!
//! `auth-domain` decides who is logged in, and when a `state` is valid.

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

/// The protocol of a provider.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Dialect {
    /// OpenID Connect.
    OpenId(OpenIdOptions),
    /// OAuth 2.0 without OpenID Connect, with the URL of the hosted provider; any other URL is a self-hosted one.
    Profile(Profile, &'static str),
}

/// Creates a provider. It is not contacted before the first sign-in.
pub fn connect(dialect: Dialect, registration: Registration, client: ProviderClient) -> Arc<dyn IdentityProvider> {
    match dialect {
        Dialect::OpenId(options) => Arc::new(OpenIdConnect::new(registration, options, client)),
        Dialect::Profile(profile, usual_url) => Arc::new(ProfileProvider { profile, usual_url, registration, client }),
    }
}
