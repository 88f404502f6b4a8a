//! Auth0: the user export job, and the export of password hashes that the support sends. Both have a user per line; with
//! both, import the one with hashes first.

use auth_domain::import::{ImportCandidate, ImportedFactor, ImportedSecret, ImportedState};
use auth_domain::two_factor::Method;
use serde_json::Value;

use super::{identity, with_user};
use crate::fields::{Fields, Wrong};
use crate::hashes;

pub(super) fn source_id(fields: Fields<'_>) -> Option<String> {
    let object_id = || fields.object("_id").ok().flatten()?.text("$oid").ok().flatten().map(|id| format!("auth0|{id}"));
    fields.text("user_id").ok().flatten().or_else(object_id)
}

pub(super) fn candidate(fields: Fields<'_>) -> Result<ImportCandidate, Wrong> {
    let hash = fields.text("passwordHash")?.or(fields.text("password_hash")?);
    let mut identities = Vec::new();
    for fields in fields.objects("identities")? {
        let provider = fields.text("provider")?.unwrap_or_default();
        let name = match provider.as_str() {
            // The account itself.
            "auth0" => continue,
            // The connection is what has a name.
            "oauth2" | "oidc" | "samlp" => fields.text("connection")?.unwrap_or_default(),
            _ => provider,
        };
        identities.push(identity(&name, fields.text("user_id")?.unwrap_or_default()));
    }
    let roles = fields.object("app_metadata")?.map(|data| data.texts("roles")).transpose()?.flatten();
    let secret = ImportedSecret::Unusable("Auth0 does not export its secret");
    let factor = ImportedFactor { method: Method::App, enabled: true, primary: true, secret, since: None };
    let has_factor = !matches!(fields.value("multifactor"), None | Some(Value::String(_)))
        && !fields.list("multifactor")?.is_empty();
    Ok(ImportCandidate {
        id: None,
        email: fields.text("email")?,
        email_verified: fields.flag("email_verified")?.unwrap_or(false),
        username: fields.text("username")?,
        password: hash.map(|hash| hashes::parse(&hash)).transpose()?,
        roles: roles.and_then(with_user),
        identities,
        factors: has_factor.then_some(factor).into_iter().collect(),
        recovery_codes: Vec::new(),
        locale: fields.text("locale")?,
        state: ImportedState::of_flag(fields.flag("blocked")?.unwrap_or(false)),
        new_password_required: false,
        created_at: fields.time("created_at")?,
    })
}
