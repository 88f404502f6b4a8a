//! The maps: what the fields of each system's export mean, one system per file. `docs/import.md` shows an example of each
//! export.

mod auth0;
mod better_auth;
mod devise;
mod django;
mod firebase;
mod keycloak;
mod own;
mod supabase;

pub use firebase::FirebaseHashConfig;

use auth_domain::import::{ImportCandidate, ImportedIdentity, ImportedProvider, ImportedState};
use uuid::Uuid;

use crate::fields::{Fields, Wrong};

/// Whose export is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "named after the system")]
pub enum Dialect {
    /// The credentials of `GET /auth`, or a table with their fields.
    Own,
    Supabase,
    Keycloak,
    BetterAuth,
    Firebase,
    Auth0,
    Django,
    Devise,
}

/// What a map cannot find in the export.
#[derive(Clone, Debug, Default)]
pub struct MapOptions {
    /// The hash configuration of the Firebase project.
    pub firebase: Option<FirebaseHashConfig>,
    /// Whether Devise was configured without a pepper.
    pub devise_without_pepper: bool,
}

impl Dialect {
    /// All dialects.
    pub const ALL: [Self; 8] = [
        Self::Own,
        Self::Supabase,
        Self::Keycloak,
        Self::BetterAuth,
        Self::Firebase,
        Self::Auth0,
        Self::Django,
        Self::Devise,
    ];

    /// Reads one record.
    pub(crate) fn candidate(self, fields: Fields<'_>, options: &MapOptions) -> Result<ImportCandidate, Wrong> {
        match self {
            Self::Own => own::candidate(fields),
            Self::Supabase => supabase::candidate(fields),
            Self::Keycloak => keycloak::candidate(fields),
            Self::BetterAuth => better_auth::candidate(fields),
            Self::Firebase => firebase::candidate(fields, options),
            Self::Auth0 => auth0::candidate(fields),
            Self::Django => django::candidate(fields),
            Self::Devise => devise::candidate(fields, options),
        }
    }

    /// Returns the id of a record in the other system.
    pub(crate) fn source_id(self, fields: Fields<'_>) -> Option<String> {
        let name = match self {
            Self::Firebase => "localId",
            Self::Django if fields.value("pk").is_some() => "pk",
            Self::Auth0 => return auth0::source_id(fields),
            _ => "id",
        };
        fields.text(name).ok().flatten()
    }
}

/// Returns the id if it is a UUID, so that whatever refers to it stays right.
fn uuid(fields: Fields<'_>, name: &str) -> Result<Option<Uuid>, Wrong> {
    Ok(fields.text(name)?.and_then(|text| Uuid::try_parse(&text).ok()).filter(|id| !id.is_nil()))
}

/// Returns the roles of a new account and these.
fn with_user(roles: Vec<String>) -> Option<Vec<String>> {
    Some(std::iter::once("user".to_owned()).chain(roles).collect())
}

/// Returns an identity, with the provider named as it is here if its name says which one it is.
fn identity(provider: &str, subject: String) -> ImportedIdentity {
    ImportedIdentity { provider: self::provider(provider), subject }
}

/// Translates the names of providers that have one issuer for everybody. Any other may be somebody's own server, such as
/// a GitLab.
fn provider(name: &str) -> ImportedProvider {
    let known = match name.to_ascii_lowercase().as_str() {
        "google" | "google-oauth2" | "google_oauth2" | "google.com" => "google",
        "microsoft" | "windowslive" | "azure" | "azure_activedirectory_v2" | "microsoft.com" => "microsoft",
        "github" | "github.com" => "github",
        "apple" | "apple.com" => "apple",
        "discord" => "discord",
        "42" => "42",
        _ => return ImportedProvider::Alias(name.to_owned()),
    };
    ImportedProvider::Known(known.to_owned())
}

/// Reads since when a user cannot log in.
fn disabled_since(fields: Fields<'_>, name: &str) -> Result<ImportedState, Wrong> {
    Ok(fields.time(name)?.map_or(ImportedState::Active, |since| ImportedState::Disabled { since: Some(since) }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn providers_get_the_names_that_they_have_here() {
        for (there, here) in [
            ("google-oauth2", "google"),
            ("google.com", "google"),
            ("github.com", "github"),
            ("GitHub", "github"),
            ("azure", "microsoft"),
            ("42", "42"),
        ] {
            assert_eq!(provider(there), ImportedProvider::Known(here.to_owned()));
        }
        for alias in ["oidc.my_idp", "gitlab", "keycloak", "Company"] {
            assert_eq!(provider(alias), ImportedProvider::Alias(alias.to_owned()));
        }
    }
}
