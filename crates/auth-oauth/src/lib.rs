//! The `IdentityProvider` port: Google through OpenID Connect, 42 through OAuth 2. Each provider is a file with a
//! [`ProviderKind`] and a line in [`PROVIDERS`]; `docs/adding-a-provider.md` shows how to add one.
//!
//! `auth-domain` decides who is logged in, and when a `state` is valid.

mod breaker;
mod fortytwo;
#[cfg(test)]
mod fuzz;
mod google;
mod id_token;
mod key_set;
mod openid_connect;
mod probe;
mod provider_client;
mod registration;
mod token_endpoint;

pub use fortytwo::FORTYTWO;
pub use google::GOOGLE;
pub use openid_connect::OpenIdConnect;
pub use probe::Probe;
pub use provider_client::{Failure, ProviderClient};
pub use registration::{ClientSecret, InvalidProviderUrl, ProviderKind, ProviderUrl, Registration};
pub use token_endpoint::{ClientAuthentication, exchange_code};

/// Every provider that can be configured.
pub const PROVIDERS: &[ProviderKind] = &[GOOGLE, FORTYTWO];
