//! Converts credentials as `GET /auth` returns them back to accounts.

use auth_domain::account::{
    Account, AccountState, CredentialVersion, EmailAddress, PasswordHash, PendingEmail, Roles, Username,
};
use auth_domain::deletion::ScheduledDeletion;
use auth_domain::identity::{LinkedIdentity, ProviderName, Subject};
use auth_domain::two_factor::{Enrolment, Method, MethodState, RecoveryCodeHash, SealedSecret, TwoFactor};
use auth_domain::{AccountId, DeletionId, Locale, Timestamp};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use uuid::Uuid;

use crate::key_ids::KeyIds;
use crate::row::Row;

/// Why a line is not a credential.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "a field whose name says it needs no comment")]
pub enum InvalidCredential {
    /// The line is not the JSON of a credential.
    #[error("not a credential: {0}")]
    Json(#[from] serde_json::Error),
    /// A field contains something that no credential has.
    #[error("{field} of credential {id} has an invalid value")]
    Field { field: &'static str, id: String },
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Credential {
    id: Uuid,
    username: Option<String>,
    email: String,
    email_verified: bool,
    /// Absent in the output of older versions.
    ever_proved: Option<bool>,
    /// Absent in the output of older versions.
    email_told: Option<bool>,
    /// Absent in the output of older versions.
    #[serde(default)]
    pending_email: Option<String>,
    password_hash: Option<String>,
    /// Absent in the output of older versions.
    #[serde(default)]
    new_password_required: bool,
    /// Absent in the output of older versions.
    #[serde(default)]
    suspended_at: Option<String>,
    /// Absent in the output of older versions.
    #[serde(default)]
    scheduled_deletion: Option<Scheduled>,
    /// Absent in the output of older versions.
    #[serde(default)]
    locale: Option<String>,
    roles: Vec<String>,
    identities: Vec<Identity>,
    two_fa: Vec<Factor>,
    recovery_codes: Vec<String>,
    created_at: String,
    updated_at: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Scheduled {
    id: Uuid,
    due_at: String,
    requested_by: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Identity {
    provider: String,
    subject: String,
    linked_at: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Factor {
    method: String,
    status: String,
    primary: bool,
    secret: Option<String>,
    enrolled_at: String,
}

pub(crate) fn parse(line: &str) -> Result<Account, InvalidCredential> {
    let credential: Credential = serde_json::from_str(line)?;
    let id = credential.id;
    let wrong = move |field: &'static str| InvalidCredential::Field { field, id: id.to_string() };
    let username = credential.username.as_deref().map(Username::parse).transpose();
    let identities = credential.identities.iter().map(|identity| linked(identity).ok_or_else(|| wrong("identities")));
    let updated_at = timestamp(&credential.updated_at).ok_or_else(|| wrong("updatedAt"))?;
    let pending = credential.pending_email.as_deref().map(EmailAddress::parse).transpose();
    let pending = pending.map_err(|_| wrong("pendingEmail"))?;
    let locale = credential.locale.as_deref().map(Locale::parse).transpose();
    Ok(Account {
        id: AccountId::from(id),
        username: username.map_err(|_| wrong("username"))?,
        email: EmailAddress::parse(&credential.email).map_err(|_| wrong("email"))?,
        email_verified: credential.email_verified,
        ever_proved: credential.ever_proved.unwrap_or(credential.email_verified),
        email_told: credential.email_told.unwrap_or(credential.password_hash.is_none()),
        pending_email: pending.map(|email| PendingEmail::named(email, updated_at)),
        password_hash: credential.password_hash.map(PasswordHash::from_phc),
        new_password_required: credential.new_password_required,
        credential_version: CredentialVersion::from_number(0),
        roles: Roles::parse(&credential.roles).map_err(|_| wrong("roles"))?,
        two_factor: two_factor(&credential.two_fa, credential.recovery_codes).ok_or_else(|| wrong("twoFa"))?,
        identities: identities.collect::<Result<_, _>>()?,
        locale: locale.map_err(|_| wrong("locale"))?,
        state: state_of(credential.suspended_at.as_deref()).ok_or_else(|| wrong("suspendedAt"))?,
        deletion: credential.scheduled_deletion.map(|scheduled| deletion(scheduled, wrong)).transpose()?,
        created_at: timestamp(&credential.created_at).ok_or_else(|| wrong("createdAt"))?,
        updated_at,
    })
}

fn timestamp(text: &str) -> Option<Timestamp> {
    let nanoseconds = OffsetDateTime::parse(text, &Rfc3339).ok()?.unix_timestamp_nanos();
    i64::try_from(nanoseconds / 1_000).ok().map(Timestamp::from_micros)
}

fn state_of(suspended_at: Option<&str>) -> Option<AccountState> {
    match suspended_at {
        None => Some(AccountState::Active),
        Some(text) => Some(AccountState::Suspended { since: timestamp(text)? }),
    }
}

fn deletion(
    Scheduled { id, due_at, requested_by }: Scheduled,
    wrong: impl Fn(&'static str) -> InvalidCredential,
) -> Result<Box<ScheduledDeletion>, InvalidCredential> {
    let due = timestamp(&due_at).ok_or_else(|| wrong("scheduledDeletion"))?;
    Ok(Box::new(ScheduledDeletion { id: DeletionId::from(id), due, requested_by }))
}

fn linked(identity: &Identity) -> Option<LinkedIdentity> {
    Some(LinkedIdentity {
        provider: ProviderName::parse(&identity.provider)?,
        subject: Subject::parse(&identity.subject)?,
        linked_at: timestamp(&identity.linked_at)?,
    })
}

fn two_factor(factors: &[Factor], recovery_codes: Vec<String>) -> Option<TwoFactor> {
    let mut two_factor = TwoFactor::none();
    for factor in factors {
        let since = timestamp(&factor.enrolled_at)?;
        let method = Method::parse(&factor.method)?;
        match method {
            Method::App => {
                let secret = SealedSecret::new(STANDARD.decode(factor.secret.as_ref()?).ok()?);
                two_factor.app = state(&factor.status, Enrolment { since, secret })?;
            }
            Method::Email => two_factor.email = state(&factor.status, Enrolment { since, secret: () })?,
        }
        if factor.primary {
            two_factor.preferred = method;
        }
    }
    two_factor.recovery_codes = recovery_codes.into_iter().map(RecoveryCodeHash::new).collect();
    Some(two_factor)
}

fn state<S>(status: &str, enrolment: Enrolment<S>) -> Option<MethodState<S>> {
    match status {
        "enabled" => Some(MethodState::Enabled(enrolment)),
        "disabled" => Some(MethodState::Disabled(enrolment, None)),
        _ => None,
    }
}

/// Records the ids of the master keys that the account needs.
pub(crate) fn see_keys(account: &Account, key_ids: &mut KeyIds) {
    let mut columns = serde_json::Map::new();
    let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    let secret = account.two_factor.app.enrolment().map(|app| hex(app.secret.as_bytes()));
    columns.insert("app_secret".to_owned(), secret.into());
    columns.insert("password_hash".to_owned(), account.password_hash.as_ref().map(PasswordHash::as_phc).into());
    let codes: Vec<&str> = account.two_factor.recovery_codes.iter().map(RecoveryCodeHash::as_str).collect();
    columns.insert("recovery_codes".to_owned(), codes.join(" ").into());
    key_ids.see("accounts", &Row(columns));
}
