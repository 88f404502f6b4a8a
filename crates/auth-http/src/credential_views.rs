//! The JSON of credentials: all that a service needs to know of an account to bring it back.

use auth_domain::Timestamp;
use auth_domain::account::Account;
use auth_domain::deletion::ScheduledDeletion;
use auth_domain::identity::LinkedIdentity;
use auth_domain::two_factor::{Method, TwoFactor};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::wire::{TwoFactorMethod, locale, pending_email, rfc3339};

/// One credential as the backups service reads it.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Credential)]
pub(crate) struct CredentialView {
    id: Uuid,
    #[schema(required = true)]
    username: Option<String>,
    email: String,
    email_verified: bool,
    /// Whether an address of this account was ever verified, this one or an earlier one.
    ever_proved: bool,
    /// Whether that address came from an identity provider.
    email_told: bool,
    /// The address that replaces `email` once it is verified.
    #[schema(required = true)]
    pending_email: Option<String>,
    /// Argon2id as a PHC string, or `$imported$` and a sealed hash of another system; of no use without the master key.
    #[schema(required = true)]
    password_hash: Option<String>,
    new_password_required: bool,
    #[schema(required = true, format = DateTime)]
    suspended_at: Option<String>,
    /// The deletion that is to come, until when the account can be restored.
    #[schema(required = true)]
    scheduled_deletion: Option<ScheduledDeletionView>,
    #[schema(required = true)]
    locale: Option<String>,
    roles: Vec<String>,
    identities: Vec<CredentialIdentityView>,
    two_fa: Vec<CredentialFactorView>,
    /// Keyed hashes, of no use without the master key.
    recovery_codes: Vec<String>,
    #[schema(format = DateTime)]
    created_at: String,
    #[schema(format = DateTime)]
    updated_at: String,
}

impl From<&Account> for CredentialView {
    fn from(account: &Account) -> Self {
        Self {
            id: account.id.as_uuid(),
            username: account.username.as_ref().map(|name| name.as_str().to_owned()),
            email: account.email.as_str().to_owned(),
            email_verified: account.email_verified,
            ever_proved: account.ever_proved,
            email_told: account.email_told,
            pending_email: pending_email(account),
            password_hash: account.password_hash.as_ref().map(|hash| hash.as_phc().to_owned()),
            new_password_required: account.new_password_required,
            suspended_at: account.state.suspended_since().map(rfc3339),
            scheduled_deletion: account.deletion.as_deref().map(ScheduledDeletionView::from),
            locale: locale(account),
            roles: account.roles.iter().map(str::to_owned).collect(),
            identities: account.identities.iter().map(CredentialIdentityView::from).collect(),
            two_fa: CredentialFactorView::of(&account.two_factor),
            recovery_codes: account.two_factor.recovery_codes.iter().map(|code| code.as_str().to_owned()).collect(),
            created_at: rfc3339(account.created_at),
            updated_at: rfc3339(account.updated_at),
        }
    }
}

/// A deletion that is to come, as the backups service reads it.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ScheduledDeletion)]
struct ScheduledDeletionView {
    id: Uuid,
    #[schema(format = DateTime)]
    due_at: String,
    requested_by: String,
}

impl From<&ScheduledDeletion> for ScheduledDeletionView {
    fn from(deletion: &ScheduledDeletion) -> Self {
        let ScheduledDeletion { id, due, requested_by } = deletion;
        Self { id: id.as_uuid(), due_at: rfc3339(*due), requested_by: requested_by.clone() }
    }
}

/// An identity of a provider as the backups service reads it.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = CredentialIdentity)]
pub(crate) struct CredentialIdentityView {
    provider: String,
    subject: String,
    #[schema(format = DateTime)]
    linked_at: String,
}

impl From<&LinkedIdentity> for CredentialIdentityView {
    fn from(identity: &LinkedIdentity) -> Self {
        Self {
            provider: identity.provider.to_string(),
            subject: identity.subject.as_str().to_owned(),
            linked_at: rfc3339(identity.linked_at),
        }
    }
}

/// A second factor as the backups service reads it: one that is enrolled. A pending setup is not kept.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = CredentialFactor)]
struct CredentialFactorView {
    #[schema(value_type = TwoFactorMethod)]
    method: &'static str,
    #[schema(pattern = "^(enabled|disabled)$")]
    status: &'static str,
    primary: bool,
    /// Base64 of the sealed secret, of no use without the master key; null for e-mail.
    #[schema(required = true)]
    secret: Option<String>,
    #[schema(format = DateTime)]
    enrolled_at: String,
}

impl CredentialFactorView {
    fn of(two_factor: &TwoFactor) -> Vec<Self> {
        let app = two_factor.app.enrolment().map(|app| (Method::App, app.since, Some(app.secret.as_bytes())));
        let email = two_factor.email.enrolment().map(|email| (Method::Email, email.since, None));
        let view = |(method, since, secret): (Method, Timestamp, Option<&[u8]>)| Self {
            method: method.as_str(),
            status: if two_factor.is_enabled(method) { "enabled" } else { "disabled" },
            primary: two_factor.primary() == Some(method),
            secret: secret.map(|bytes| STANDARD.encode(bytes)),
            enrolled_at: rfc3339(since),
        };
        [app, email].into_iter().flatten().map(view).collect()
    }
}

/// `data` with credentials.
#[derive(Serialize, ToSchema)]
pub(crate) struct CredentialsData {
    pub(crate) credentials: Vec<CredentialView>,
    /// What to pass as `after` for the next page; null at the end.
    #[schema(required = true)]
    pub(crate) next: Option<Uuid>,
}
