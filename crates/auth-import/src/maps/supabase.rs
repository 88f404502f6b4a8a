//! Supabase (GoTrue): a row of `auth.users` per record, with its rows of `auth.identities` and `auth.mfa_factors`.

use auth_domain::import::{ImportCandidate, ImportedFactor, ImportedState};
use auth_domain::two_factor::Method;

use super::{identity, uuid, with_user};
use crate::fields::{Fields, Wrong, base32};
use crate::hashes;

pub(super) fn candidate(fields: Fields<'_>) -> Result<ImportCandidate, Wrong> {
    if fields.flag("is_anonymous")?.unwrap_or(false) {
        return Err("it is an anonymous user, whom nobody can log in as again".to_owned());
    }
    let password = fields.text("encrypted_password")?.map(|hash| hashes::parse(&hash)).transpose()?;
    let roles = fields.object("raw_app_meta_data")?.map(|data| data.texts("roles")).transpose()?.flatten();
    let mut identities = Vec::new();
    for fields in fields.objects("identities")? {
        let provider = fields.text("provider")?.unwrap_or_default();
        // These two are the account itself.
        if provider != "email" && provider != "phone" {
            let subject = fields.text("provider_id")?.or(fields.text("id")?).unwrap_or_default();
            identities.push(identity(&provider, subject));
        }
    }
    Ok(ImportCandidate {
        id: uuid(fields, "id")?,
        email: fields.text("email")?,
        email_verified: fields.time("email_confirmed_at")?.is_some(),
        username: None,
        password,
        roles: roles.and_then(with_user),
        identities,
        factors: factors(fields)?,
        recovery_codes: Vec::new(),
        // A ban that has ended counts, too: this reads no clock, and clearing it there takes a moment.
        locale: None,
        state: match fields.time("deleted_at")? {
            Some(_) => ImportedState::Deleted,
            None => ImportedState::of_flag(fields.time("banned_until")?.is_some()),
        },
        new_password_required: false,
        created_at: fields.time("created_at")?,
    })
}

fn factors(fields: Fields<'_>) -> Result<Vec<ImportedFactor>, Wrong> {
    let mut factors = Vec::new();
    for fields in fields.objects("factors")? {
        let (kind, status) = (fields.text("factor_type")?, fields.text("status")?);
        if status.as_deref() != Some("verified") {
            continue;
        }
        let secret = match kind.as_deref() {
            Some("totp") => base32(&fields.text("secret")?.unwrap_or_default()),
            _ => auth_domain::import::ImportedSecret::Unusable("it is not an authenticator app"),
        };
        let since = fields.time("created_at")?;
        factors.push(ImportedFactor { method: Method::App, enabled: true, primary: true, secret, since });
    }
    Ok(factors)
}
