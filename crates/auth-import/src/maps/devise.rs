//! Devise (Rails): the table `users` as CSV or as JSON.

use auth_domain::import::{ImportCandidate, ImportedFactor, ImportedSecret};
use auth_domain::two_factor::Method;

use super::{MapOptions, disabled_since, identity, uuid};
use crate::fields::{Fields, Wrong};
use crate::hashes;

const PEPPER: &str = "Devise may have a pepper (config.pepper in config/initializers/devise.rs), with which its hashes \
                      are of no use here; if it has none, pass --devise-without-pepper";

pub(super) fn candidate(fields: Fields<'_>, options: &MapOptions) -> Result<ImportCandidate, Wrong> {
    let hash = fields.text("encrypted_password")?;
    if hash.is_some() && !options.devise_without_pepper {
        return Err(PEPPER.to_owned());
    }
    let omniauth = fields.text("provider")?.zip(fields.text("uid")?);
    let secret = ImportedSecret::Unusable("devise-two-factor stores its secret encrypted");
    let factor = ImportedFactor { method: Method::App, enabled: true, primary: true, secret, since: None };
    let has_factor = fields.flag("otp_required_for_login")?.unwrap_or(false);
    Ok(ImportCandidate {
        id: uuid(fields, "id")?,
        email: fields.text("email")?,
        email_verified: fields.time("confirmed_at")?.is_some(),
        username: fields.text("username")?,
        password: hash.map(|hash| hashes::parse(&hash)).transpose()?,
        roles: None,
        identities: omniauth.map(|(provider, subject)| identity(&provider, subject)).into_iter().collect(),
        factors: has_factor.then_some(factor).into_iter().collect(),
        recovery_codes: Vec::new(),
        locale: None,
        state: disabled_since(fields, "locked_at")?,
        new_password_required: false,
        created_at: fields.time("created_at")?,
    })
}
