//! Google, through OpenID Connect. With another issuer this is any other certified provider.

use std::sync::Arc;

use crate::openid_connect::OpenIdConnect;
use crate::registration::ProviderKind;

/// Google, configured by `AUTH_GOOGLE__…`.
pub const GOOGLE: ProviderKind = ProviderKind {
    name: "google",
    url_setting: "ISSUER",
    default_url: "https://accounts.google.com",
    connect: |registration, client| Arc::new(OpenIdConnect::new(registration, client)),
};
