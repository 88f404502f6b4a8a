//! The JSON of users as administrators see them, and of the audit trail.

use auth_domain::account::Account;
use auth_domain::audit::AuditRecord;
use auth_domain::identity::LinkedIdentity;
use auth_domain::two_factor::MethodOverview;
use auth_domain::use_cases::AccountShown;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::wire::{SessionView, TwoFaView, UserView, rfc3339};

/// Whether a user can log in.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
#[expect(dead_code, reason = "describes the values of a field")]
enum UserState {
    Active,
    Suspended,
    DeletionScheduled,
}

/// A user as an administrator sees one.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ManagedUser)]
pub(crate) struct ManagedUserView {
    id: Uuid,
    #[schema(required = true)]
    username: Option<String>,
    email: String,
    email_verified: bool,
    #[schema(required = true)]
    pending_email: Option<String>,
    roles: Vec<String>,
    linked_providers: Vec<String>,
    has_password: bool,
    two_fa: TwoFaView,
    #[schema(required = true)]
    locale: Option<String>,
    #[schema(format = DateTime)]
    created_at: String,
    #[schema(value_type = UserState)]
    state: &'static str,
    #[schema(required = true, format = DateTime)]
    suspended_at: Option<String>,
    /// When the user is deleted, unless restored before.
    #[schema(required = true, format = DateTime)]
    deletion_due_at: Option<String>,
    /// Whether the password must be reset before the next login.
    new_password_required: bool,
    #[schema(format = DateTime)]
    updated_at: String,
}

impl From<&Account> for ManagedUserView {
    fn from(account: &Account) -> Self {
        let UserView {
            id,
            username,
            email,
            email_verified,
            pending_email,
            roles,
            linked_providers,
            has_password,
            two_fa,
            locale,
            created_at,
        } = account.into();
        Self {
            id,
            username,
            email,
            email_verified,
            pending_email,
            roles,
            linked_providers,
            has_password,
            two_fa,
            locale,
            created_at,
            state: account.state_name(),
            suspended_at: account.state.suspended_since().map(rfc3339),
            deletion_due_at: account.deletion.as_ref().map(|deletion| rfc3339(deletion.due)),
            new_password_required: account.new_password_required,
            updated_at: rfc3339(account.updated_at),
        }
    }
}

/// `data` with users.
#[derive(Serialize, ToSchema)]
pub(crate) struct ManagedUsersData {
    pub(crate) users: Vec<ManagedUserView>,
    /// What to pass as `after` for the next page; null at the end.
    #[schema(required = true)]
    pub(crate) next: Option<Uuid>,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Factor)]
struct FactorView {
    method: &'static str,
    status: &'static str,
    primary: bool,
    #[schema(required = true, format = DateTime)]
    enrolled_at: Option<String>,
}

impl From<&MethodOverview> for FactorView {
    fn from(factor: &MethodOverview) -> Self {
        Self {
            method: factor.method.as_str(),
            status: factor.status.as_str(),
            primary: factor.primary,
            enrolled_at: factor.enrolled_at.map(rfc3339),
        }
    }
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = UserIdentity)]
struct IdentityView {
    provider: String,
    subject: String,
    #[schema(format = DateTime)]
    linked_at: String,
}

impl From<&LinkedIdentity> for IdentityView {
    fn from(identity: &LinkedIdentity) -> Self {
        Self {
            provider: identity.provider.to_string(),
            subject: identity.subject.as_str().to_owned(),
            linked_at: rfc3339(identity.linked_at),
        }
    }
}

/// `data` with all that is known of a user.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct UserDetailsData {
    user: ManagedUserView,
    sessions: Vec<SessionView>,
    factors: Vec<FactorView>,
    recovery_codes_left: usize,
    identities: Vec<IdentityView>,
    /// Records `session.opened`, newest first, at most 20.
    logins: Vec<AuditRecordView>,
}

impl From<&AccountShown> for UserDetailsData {
    fn from(shown: &AccountShown) -> Self {
        let AccountShown { account, sessions, logins, at } = shown;
        Self {
            user: account.into(),
            sessions: sessions.iter().map(|session| SessionView::new(session, false)).collect(),
            factors: account.two_factor.overview(*at).iter().map(FactorView::from).collect(),
            recovery_codes_left: account.two_factor.recovery_codes.len(),
            identities: account.identities.iter().map(IdentityView::from).collect(),
            logins: logins.iter().map(AuditRecordView::from).collect(),
        }
    }
}

/// `data` with a user whom an administrator has changed.
#[derive(Serialize, ToSchema)]
pub(crate) struct ManagedUserData {
    user: ManagedUserView,
}

impl From<&Account> for ManagedUserData {
    fn from(account: &Account) -> Self {
        Self { user: account.into() }
    }
}

/// Something that happened.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = AuditRecord)]
pub(crate) struct AuditRecordView {
    id: Uuid,
    #[schema(format = DateTime)]
    occurred_at: String,
    #[schema(required = true)]
    user_id: Option<Uuid>,
    action: String,
    #[schema(pattern = "^(done|refused)$")]
    outcome: &'static str,
    /// `client` (the user), `service:<name>`, `admin:<user id>`, `operator` or `itself`.
    actor: String,
    #[schema(required = true)]
    network: Option<String>,
    #[schema(required = true)]
    request_id: Option<String>,
    #[schema(required = true)]
    detail: Option<String>,
}

impl From<&AuditRecord> for AuditRecordView {
    fn from(record: &AuditRecord) -> Self {
        Self {
            id: record.id.as_uuid(),
            occurred_at: rfc3339(record.occurred_at),
            user_id: record.account_id.map(|id| id.as_uuid()),
            action: record.action.clone(),
            outcome: record.outcome.as_str(),
            actor: record.actor.to_string(),
            network: record.network.as_ref().map(|network| network.as_str().to_owned()),
            request_id: record.request_id.as_ref().map(ToString::to_string),
            detail: record.detail.clone(),
        }
    }
}

/// `data` with audit records.
#[derive(Serialize, ToSchema)]
pub(crate) struct AuditRecordsData {
    pub(crate) records: Vec<AuditRecordView>,
    /// What to pass as `after` for the next page; null at the end.
    #[schema(required = true)]
    pub(crate) next: Option<String>,
}
