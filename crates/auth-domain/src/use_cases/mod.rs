//! The use cases, one per file. Each reads what it needs, decides in pure code and passes the store one list of
//! changes. [`UseCases::new`] builds them all.
//!
//! `services` contains what several of them share.

mod all;
mod authenticate;
mod authenticate_admin;
mod authenticate_service;
mod authenticate_step;
mod begin_authorization;
mod check_readiness;
mod confirm_credentials;
mod correct_email;
mod create_account;
mod delete_account;
mod deliver_events;
mod deliver_mails;
mod end_sessions;
mod exchange_token;
mod export_own_data;
mod finish_authorization;
mod finish_login;
mod follow_clock;
mod import_accounts;
mod introspect;
mod learn_networks;
mod link_identity;
mod list_credentials;
mod list_events;
mod login;
mod logout;
mod lost_password;
mod manage_invitations;
mod manage_second_factors;
mod measure_load;
#[cfg(feature = "mocks")]
mod mocked;
mod operator;
mod provider_sign_in;
mod publish_signing_keys;
mod purge_expired;
mod read_audit_trail;
mod read_deletion;
mod read_status;
mod reauthenticate;
mod refresh_session;
mod register;
mod request_export;
mod require_fresh_login;
mod require_new_password;
mod reseal_secrets;
mod reset_second_factors;
mod restore_account;
mod search_accounts;
mod sessions;
mod set_roles;
mod set_up_second_factor;
mod sign_in_by_token;
mod suspend_account;
mod unlink_identity;
mod unlock_account;
mod update_credentials;
mod update_password;
mod verify_code;
mod verify_email;

pub use crate::services::{
    FreshLogin, FreshLoginError, GiveCodeError, IssuedAccessToken, IssuedTokens, LastAdmin, LoggedIn, MethodUnusable,
    PasswordAccepted, PasswordCheckError, ReauthenticationRequired, SecondFactor, SecondFactorRequired, StepUp,
};
pub use all::{EmailVerification, Policy, Ports, SuspiciousSession, UseCases};
pub use authenticate::{Authenticate, AuthenticateError, Authenticated, CheckedToken};
pub use authenticate_admin::{AdminCaller, Administrator, AuthenticateAdmin, AuthenticateAdminError};
pub use authenticate_service::{AuthenticateService, AuthenticateServiceError};
pub use authenticate_step::{AuthenticateStep, PendingStep};
pub use begin_authorization::{BeginAuthorization, BeginAuthorizationError, BrowserContext, IdentityProviders};
pub use check_readiness::CheckReadiness;
pub use confirm_credentials::{ConfirmCredentials, ConfirmCredentialsError};
pub use correct_email::{CorrectEmail, CorrectEmailError};
pub use create_account::{CreateAccount, CreateAccountError, CreateAccountRequest};
pub use delete_account::{DeleteAccount, DeleteAccountError, Deleted};
pub use deliver_events::{DeliverEvents, EventsDelivered};
pub use deliver_mails::{DeliverMails, Delivered, MailNotSent};
pub use end_sessions::{AdministerError, EndSessions};
pub use exchange_token::{ExchangeToken, ExchangeTokenError, ExchangedToken};
pub use export_own_data::{ExportOwnData, ExportOwnDataError, OwnData};
pub use finish_authorization::{
    AuthorizationOutcome, FinishAuthorization, FinishAuthorizationError, Opened, OpenedAuthorization,
    UnconfirmedAuthorization,
};
pub use finish_login::{FinishLogin, FinishLoginError, LoginFinished};
pub use follow_clock::FollowClock;
pub use import_accounts::{ImportAccounts, ImportOutcome, SeenNames};
pub use introspect::{ActiveToken, Introspect};
pub use learn_networks::LearnNetworks;
pub use list_credentials::{CredentialsPage, ListCredentials};
pub use list_events::{EventsPage, ListEvents};
pub use login::{Login, LoginError, LoginOutcome, LoginRequest};
pub use logout::{Logout, LogoutError};
pub use lost_password::{LostPassword, LostPasswordError};
pub use manage_invitations::{InvitationRequest, InvitationsPage, InviteError, Invited, ManageInvitations};
pub use manage_second_factors::{ManageError, ManageSecondFactors, SecondFactorsListed};
pub use measure_load::MeasureLoad;
pub use operator::{Operator, OperatorPorts, OperatorUseCases};
pub use publish_signing_keys::{PublishSigningKeys, WithdrawError};
pub use purge_expired::{PurgeExpired, Purged};
pub use read_audit_trail::{AuditPage, ReadAuditTrail};
pub use read_deletion::ReadDeletion;
pub use read_status::ReadStatus;
pub use reauthenticate::{Reauthenticate, ReauthenticateError, ReauthenticationOutcome};
pub use refresh_session::{RefreshError, RefreshSession};
pub use register::{Register, RegisterError, RegisterRequest, Registered};
pub use request_export::{RequestExport, RequestExportError};
pub use require_fresh_login::RequireFreshLogin;
pub use require_new_password::RequireNewPassword;
pub use reseal_secrets::{ResealError, ResealSecrets, Resealed};
pub use reset_second_factors::ResetSecondFactors;
pub use restore_account::RestoreAccount;
pub use search_accounts::{AccountQuery, AccountShown, AccountsPage, SearchAccounts};
pub use sessions::{RevokeSessionError, Sessions};
pub use set_roles::{SetRoles, SetRolesError};
pub use set_up_second_factor::{SetUp, SetUpError, SetUpSecondFactor};
pub use sign_in_by_token::SignInByToken;
pub use suspend_account::{SuspendAccount, SuspendAccountError};
pub use unlink_identity::{UnlinkIdentity, UnlinkIdentityError};
pub use unlock_account::UnlockAccount;
pub use update_credentials::{CredentialsOutcome, UpdateCredentials, UpdateCredentialsError, UpdateCredentialsRequest};
pub use update_password::{PasswordUpdated, UpdatePassword, UpdatePasswordError, UpdatePasswordRequest};
pub use verify_code::{VerifyCode, VerifyCodeError};
pub use verify_email::{AddressOwner, Resent, VerifyEmail, VerifyEmailError};

use crate::error_code::{ErrorCode, Refusal};
use crate::ports::{HashingError, IdentifyError, NoSigningKey, ProviderError, SnapshotError, StoreError};

/// How long a caller should wait after the database failed.
const UNAVAILABLE_RETRY: std::time::Duration = std::time::Duration::from_secs(2);

impl From<StoreError> for Refusal {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Unavailable | StoreError::Refused => {
                Self::retry_after(ErrorCode::Unavailable, UNAVAILABLE_RETRY)
            }
            // Asking again would not help.
            StoreError::Corrupt { .. } | StoreError::Failed => ErrorCode::InternalServerError.into(),
        }
    }
}

impl From<SnapshotError> for Refusal {
    fn from(error: SnapshotError) -> Self {
        match error {
            SnapshotError::TooMany => Self::retry_after(ErrorCode::Overloaded, UNAVAILABLE_RETRY),
            SnapshotError::Store(error) => error.into(),
        }
    }
}

impl From<NoSigningKey> for Refusal {
    fn from(_: NoSigningKey) -> Self {
        Self::retry_after(ErrorCode::Unavailable, UNAVAILABLE_RETRY)
    }
}

impl From<HashingError> for Refusal {
    fn from(error: HashingError) -> Self {
        match error {
            HashingError::Overloaded { retry_after } => Self::retry_after(ErrorCode::Overloaded, retry_after),
            HashingError::Broken(_) => ErrorCode::InternalServerError.into(),
        }
    }
}

impl From<ProviderError> for Refusal {
    fn from(error: ProviderError) -> Self {
        IdentifyError::from(error).into()
    }
}

impl From<IdentifyError> for Refusal {
    fn from(error: IdentifyError) -> Self {
        match error {
            IdentifyError::CodeRefused => ErrorCode::OauthCodeInvalid.into(),
            IdentifyError::Unavailable(_) => ErrorCode::ProviderUnavailable.into(),
            IdentifyError::Busy(busy) => Self::retry_after(ErrorCode::Overloaded, busy.retry_after),
        }
    }
}
