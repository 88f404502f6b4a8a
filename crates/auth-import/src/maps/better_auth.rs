//! better-auth: a row of `user` per record, with its rows of `account`.

use auth_domain::import::{ImportCandidate, ImportedFactor, ImportedSecret, ImportedState};
use auth_domain::two_factor::Method;

use super::{identity, uuid, with_user};
use crate::fields::{Fields, Wrong};
use crate::hashes;

pub(super) fn candidate(fields: Fields<'_>) -> Result<ImportCandidate, Wrong> {
    let (mut password, mut identities) = (None, Vec::new());
    for fields in fields.objects("accounts")? {
        let provider = fields.text("providerId")?.unwrap_or_default();
        if provider == "credential" {
            password = fields.text("password")?.map(|hash| hashes::better_auth(&hash)).transpose()?;
        } else {
            identities.push(identity(&provider, fields.text("accountId")?.unwrap_or_default()));
        }
    }
    let secret = ImportedSecret::Unusable("better-auth stores its secret encrypted");
    let factor = ImportedFactor { method: Method::App, enabled: true, primary: true, secret, since: None };
    let has_factor = fields.flag("twoFactorEnabled")?.unwrap_or(false);
    // The plug-in for administrators separates several by commas.
    let roles = fields.text("role")?.map(|roles| roles.split(',').map(|role| role.trim().to_owned()).collect());
    Ok(ImportCandidate {
        id: uuid(fields, "id")?,
        email: fields.text("email")?,
        email_verified: fields.flag("emailVerified")?.unwrap_or(false),
        username: fields.text("username")?,
        password,
        roles: roles.and_then(with_user),
        identities,
        factors: has_factor.then_some(factor).into_iter().collect(),
        recovery_codes: Vec::new(),
        locale: None,
        state: ImportedState::of_flag(fields.flag("banned")?.unwrap_or(false)),
        new_password_required: false,
        created_at: fields.time("createdAt")?,
    })
}
