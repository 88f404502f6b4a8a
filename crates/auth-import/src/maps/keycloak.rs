//! Keycloak: the `users` of a realm export (`kc.sh export --users realm_file`).

use auth_domain::import::{
    ImportCandidate, ImportedFactor, ImportedIdentity, ImportedProvider, ImportedSecret, ImportedState,
};
use auth_domain::two_factor::Method;
use zeroize::Zeroizing;

use super::{uuid, with_user};
use crate::fields::{Fields, Wrong, base32};
use crate::hashes;

pub(super) fn candidate(fields: Fields<'_>) -> Result<ImportCandidate, Wrong> {
    let (mut password, mut factors) = (None, Vec::new());
    for fields in fields.objects("credentials")? {
        let (secret, data) = (fields.json("secretData")?, fields.json("credentialData")?);
        let (secret, data) = (Fields(&secret), Fields(&data));
        match fields.text("type")?.as_deref() {
            Some("password") => password = Some(hashes::keycloak(secret, data)?),
            Some("otp") => factors.push(app(secret, data, fields)?),
            // Recovery codes and passkeys stay behind, but what they protected must not stand open.
            _ => factors
                .push(factor(ImportedSecret::Unusable("it is neither a password nor an authenticator app"), fields)?),
        }
    }
    let mut identities = Vec::new();
    for fields in fields.objects("federatedIdentities")? {
        let provider = fields.text("identityProvider")?.unwrap_or_default();
        // Even `google` is a name that the realm's administrator may have given to any provider.
        let provider = ImportedProvider::Alias(provider);
        identities.push(ImportedIdentity { provider, subject: fields.text("userId")?.unwrap_or_default() });
    }
    let email = fields.text("email")?;
    // Realms that log in by address use it as the name, too.
    let username = fields
        .text("username")?
        .filter(|name| Some(name.to_lowercase()) != email.as_ref().map(|email| email.to_lowercase()));
    Ok(ImportCandidate {
        id: uuid(fields, "id")?,
        email_verified: fields.flag("emailVerified")?.unwrap_or(false),
        email,
        username,
        password,
        roles: fields
            .texts("realmRoles")?
            .and_then(|roles| with_user(roles.into_iter().filter(is_of_the_realm).collect())),
        identities,
        factors,
        recovery_codes: Vec::new(),
        locale: locale(fields)?,
        state: ImportedState::of_flag(!fields.flag("enabled")?.unwrap_or(true)),
        new_password_required: fields
            .texts("requiredActions")?
            .is_some_and(|all| all.iter().any(|one| one == "UPDATE_PASSWORD")),
        created_at: fields.millis("createdTimestamp")?,
    })
}

/// Returns the language that the user chose in the account console.
fn locale(fields: Fields<'_>) -> Result<Option<String>, Wrong> {
    let chosen = fields.object("attributes")?.map(|attributes| attributes.texts("locale")).transpose()?;
    Ok(chosen.flatten().and_then(|tags| tags.into_iter().next()))
}

/// Tells whether somebody gave the role: these are Keycloak's own.
fn is_of_the_realm(role: &String) -> bool {
    !role.starts_with("default-roles-") && role != "offline_access" && role != "uma_authorization"
}

fn factor(secret: ImportedSecret, fields: Fields<'_>) -> Result<ImportedFactor, Wrong> {
    let since = fields.millis("createdDate")?;
    Ok(ImportedFactor { method: Method::App, enabled: true, primary: true, secret, since })
}

fn app(secret: Fields<'_>, data: Fields<'_>, fields: Fields<'_>) -> Result<ImportedFactor, Wrong> {
    let is_usual = data.text("subType")?.as_deref() == Some("totp")
        && data.text("algorithm")?.as_deref() == Some("HmacSHA1")
        && data.number("digits")? == Some(6)
        && data.number("period")? == Some(30);
    let value = secret.text("value")?.unwrap_or_default();
    let secret = if !is_usual {
        ImportedSecret::Unusable("its codes are not those of SHA-1, six digits and 30 seconds")
    } else if data.text("secretEncoding")?.as_deref() == Some("BASE32") {
        base32(&value)
    } else {
        // Otherwise the characters of the value are the bytes of the key.
        ImportedSecret::Key(Zeroizing::new(value.into_bytes()))
    };
    factor(secret, fields)
}
