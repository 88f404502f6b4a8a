//! Django: `manage.py dumpdata auth.user --natural-foreign`, or the table `auth_user` as CSV.

use auth_domain::import::{ImportCandidate, ImportedState};
use serde_json::Value;

use super::{uuid, with_user};
use crate::fields::{Fields, Wrong};
use crate::hashes;

pub(super) fn candidate(fields: Fields<'_>) -> Result<ImportCandidate, Wrong> {
    let id = uuid(fields, if fields.value("pk").is_some() { "pk" } else { "id" })?;
    let fields = fields.object("fields")?.unwrap_or(fields);
    let email = fields.text("email")?;
    // An unusable password begins with an exclamation mark.
    let hash = fields.text("password")?.filter(|hash| !hash.starts_with('!'));
    let username = fields
        .text("username")?
        .filter(|name| Some(name.to_lowercase()) != email.as_ref().map(|email| email.to_lowercase()));
    Ok(ImportCandidate {
        id,
        email,
        email_verified: fields.flag("email_verified")?.unwrap_or(false),
        username,
        password: hash.map(|hash| hashes::parse(&hash)).transpose()?,
        roles: groups(fields)?.and_then(with_user),
        identities: Vec::new(),
        factors: Vec::new(),
        recovery_codes: Vec::new(),
        locale: None,
        state: ImportedState::of_flag(!fields.flag("is_active")?.unwrap_or(true)),
        new_password_required: false,
        created_at: fields.time("date_joined")?,
    })
}

/// Returns the groups, which a natural key writes as `["editor"]`. Their numbers alone name nothing.
fn groups(fields: Fields<'_>) -> Result<Option<Vec<String>>, Wrong> {
    let name = |value: &Value| match value {
        Value::String(name) => Some(name.clone()),
        Value::Array(key) => key.first()?.as_str().map(str::to_owned),
        _ => None,
    };
    let names = match fields.value("groups") {
        None | Some(Value::String(_)) => return Ok(None),
        Some(_) => fields.list("groups")?.iter().map(name),
    };
    names
        .collect::<Option<Vec<String>>>()
        .map(Some)
        .ok_or_else(|| "the field groups has numbers instead of names: export with --natural-foreign".to_owned())
}
