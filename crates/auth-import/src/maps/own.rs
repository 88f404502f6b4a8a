//! The credentials of `GET /auth`, one per line, and tables with their fields. Beyond what `GET /auth` writes,
//! `passwordHash` may be a hash of another system, and `totpSecret` is the Base32 of an app's key.

use auth_domain::import::{ImportCandidate, ImportedFactor, ImportedIdentity, ImportedProvider, ImportedSecret};
use auth_domain::two_factor::{Method, SealedSecret};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use crate::fields::{Fields, Wrong, base32};
use crate::hashes;

use super::disabled_since;

pub(super) fn candidate(fields: Fields<'_>) -> Result<ImportCandidate, Wrong> {
    if fields.value("scheduledDeletion").is_some_and(|scheduled| scheduled != "") {
        return Err("it is to be deleted (scheduledDeletion): restore the user there first, or leave it out".to_owned());
    }
    let id = fields.text("id")?.map(|text| uuid::Uuid::try_parse(&text).map_err(|_| "the field id must be a UUID"));
    let password = fields.text("passwordHash")?.map(|hash| hashes::parse(&hash));
    let mut factors: Vec<ImportedFactor> =
        fields.objects("twoFa")?.into_iter().map(factor).collect::<Result<_, _>>()?;
    if let Some(secret) = fields.text("totpSecret")? {
        let secret = base32(&secret);
        factors.push(ImportedFactor { method: Method::App, enabled: true, primary: true, secret, since: None });
    }
    Ok(ImportCandidate {
        id: id.transpose()?,
        email: fields.text("email")?,
        email_verified: fields.flag("emailVerified")?.unwrap_or(false),
        username: fields.text("username")?,
        password: password.transpose()?,
        roles: words(fields, "roles")?,
        identities: identities(fields)?,
        factors,
        recovery_codes: words(fields, "recoveryCodes")?.unwrap_or_default(),
        locale: fields.text("locale")?,
        state: disabled_since(fields, "suspendedAt")?,
        new_password_required: fields.flag("newPasswordRequired")?.unwrap_or(false),
        created_at: fields.time("createdAt")?,
    })
}

/// Reads a list, or a text with words.
fn words(fields: Fields<'_>, name: &str) -> Result<Option<Vec<String>>, Wrong> {
    match fields.value(name) {
        Some(Value::String(text)) if text.trim().is_empty() => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.split_whitespace().map(str::to_owned).collect())),
        _ => fields.texts(name),
    }
}

/// Reads a list of objects, or `provider:subject` words.
fn identities(fields: Fields<'_>) -> Result<Vec<ImportedIdentity>, Wrong> {
    let wrong = || "the field identities must have a provider and a subject each".to_owned();
    if let Some(Value::String(text)) = fields.value("identities") {
        let identity = |word: &str| {
            let (provider, subject) = word.split_once(':').ok_or_else(wrong)?;
            Ok(ImportedIdentity { provider: ImportedProvider::Known(provider.to_owned()), subject: subject.to_owned() })
        };
        return text.split_whitespace().map(identity).collect();
    }
    let identity = |fields: Fields<'_>| {
        let (provider, subject) = fields.text("provider")?.zip(fields.text("subject")?).ok_or_else(wrong)?;
        Ok(ImportedIdentity { provider: ImportedProvider::Known(provider), subject })
    };
    fields.objects("identities")?.into_iter().map(identity).collect()
}

fn factor(fields: Fields<'_>) -> Result<ImportedFactor, Wrong> {
    let wrong =
        || "the field twoFa must have a method, a status and a secret each, as GET /auth writes them".to_owned();
    let method = fields.text("method")?.as_deref().and_then(Method::parse).ok_or_else(wrong)?;
    let enabled = match fields.text("status")?.as_deref() {
        Some("enabled") => true,
        Some("disabled") => false,
        _ => return Err(wrong()),
    };
    let secret = match (method, fields.text("secret")?) {
        (Method::Email, _) => ImportedSecret::None,
        (Method::App, Some(secret)) => {
            ImportedSecret::Sealed(SealedSecret::new(STANDARD.decode(secret).map_err(|_| wrong())?))
        }
        (Method::App, None) => return Err(wrong()),
    };
    let (primary, since) = (fields.flag("primary")?.unwrap_or(false), fields.time("enrolledAt")?);
    Ok(ImportedFactor { method, enabled, primary, secret, since })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn who_is_to_be_deleted_is_not_taken_for_somebody_who_stays() {
        let of = |scheduled: Value| {
            let record = json!({ "email": "ann@example.org", "scheduledDeletion": scheduled });
            candidate(Fields(record.as_object().unwrap()))
        };
        for none in [Value::Null, json!("")] {
            assert_eq!(of(none).unwrap().email.as_deref(), Some("ann@example.org"));
        }
        for scheduled in [json!({ "dueAt": "2026-12-01T00:00:00Z" }), json!("2026-12-01T00:00:00Z"), json!(true)] {
            assert!(of(scheduled).unwrap_err().contains("scheduledDeletion"));
        }
    }
}
