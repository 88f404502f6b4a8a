//! The one place that builds the use cases of a server, from ports and policy. Those of the command line are in
//! `operator.rs`.

use std::sync::Arc;
use std::time::Duration;

use crate::Language;
use crate::account::PasswordPolicy;
use crate::audience::Audiences;
use crate::audit::Auditor;
use crate::challenge::ChallengeLifetimes;
use crate::data_export::UploadAddress;
use crate::disclosure::Disclosure;
use crate::event::Subscription;
use crate::ports::{
    AccessTokens, AuditContextSource, AuthorizationStates, Clock, Codes, Entropy, EventSink, HashingGauge,
    InternalTokens, InvitationTokens, KeptSessions, KnownNetworks, Mailer, NameDigest, PasswordHasher, RecoveryCodes,
    RefreshTokens, SigningKeyMaker, Store, TempTokens, Totp,
};
use crate::registration::RegistrationPolicy;
use crate::services::{
    Admission, Announcements, Challenges, Environment, PasswordCheck, SecondFactors, SessionTokens, StepUp,
};
use crate::session::SessionLifetimes;
use crate::token_exchange::ExchangeRules;

use super::{
    Authenticate, AuthenticateAdmin, AuthenticateService, AuthenticateStep, BeginAuthorization, CheckReadiness,
    ConfirmCredentials, CorrectEmail, CreateAccount, DeleteAccount, DeliverEvents, DeliverMails, EndSessions,
    ExchangeToken, ExportOwnData, FinishAuthorization, FinishLogin, FollowClock, IdentityProviders, Introspect,
    LearnNetworks, ListCredentials, ListEvents, Login, Logout, LostPassword, ManageInvitations, ManageSecondFactors,
    MeasureLoad, PublishSigningKeys, PurgeExpired, ReadAuditTrail, ReadDeletion, ReadStatus, Reauthenticate,
    RefreshSession, Register, RequestExport, RequireFreshLogin, RequireNewPassword, ResetSecondFactors, RestoreAccount,
    SearchAccounts, Sessions, SetRoles, SetUpSecondFactor, SignInByToken, SuspendAccount, UnlinkIdentity,
    UpdateCredentials, UpdatePassword, VerifyCode, VerifyEmail,
};

/// What the use cases of a server need from the outside. With the feature `mocks`, `Ports::mocked` fills every place
/// with a double.
#[derive(Clone)]
#[expect(missing_docs, reason = "each field is a port under its own name")]
pub struct Ports {
    pub store: Arc<dyn Store>,
    /// The cache of sessions; with `None`, every request asks the store.
    pub kept_sessions: Option<Arc<dyn KeptSessions>>,
    pub clock: Arc<dyn Clock>,
    pub entropy: Arc<dyn Entropy>,
    pub password_hasher: Arc<dyn PasswordHasher>,
    pub hashing_gauge: Arc<dyn HashingGauge>,
    pub known_networks: Arc<dyn KnownNetworks>,
    pub name_digest: Arc<dyn NameDigest>,
    pub access_tokens: Arc<dyn AccessTokens>,
    pub refresh_tokens: Arc<dyn RefreshTokens>,
    pub temp_tokens: Arc<dyn TempTokens>,
    pub internal_tokens: Arc<dyn InternalTokens>,
    pub codes: Arc<dyn Codes>,
    pub invitation_tokens: Arc<dyn InvitationTokens>,
    pub totp: Arc<dyn Totp>,
    pub recovery_codes: Arc<dyn RecoveryCodes>,
    pub authorization_states: Arc<dyn AuthorizationStates>,
    pub signing_key_maker: Arc<dyn SigningKeyMaker>,
    pub audit_context: Arc<dyn AuditContextSource>,
    pub mailer: Arc<dyn Mailer>,
    pub event_sink: Arc<dyn EventSink>,
    pub identity_providers: IdentityProviders,
}

/// Whether an address must be verified before its owner may log in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum EmailVerification {
    /// A login does not require it.
    #[default]
    Optional,
    /// A login waits until the address is verified.
    BeforeLogin,
}

/// What happens to a session that two clients seem to share.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SuspiciousSession {
    /// It continues, and its owner is notified.
    #[default]
    GoesOn,
    /// It ends, and its owner is notified.
    Ends,
}

/// What the operator decides.
#[derive(Clone, Debug)]
pub struct Policy {
    /// For whom access tokens are issued.
    pub audiences: Audiences,
    /// Which service may exchange a user's token for one of which other service.
    pub exchange: ExchangeRules,
    /// How long sessions and their tokens live.
    pub session_lifetimes: SessionLifetimes,
    /// What happens to a session that two clients seem to share.
    pub suspicious_session: SuspiciousSession,
    /// How long codes and temp tokens live.
    pub challenge_lifetimes: ChallengeLifetimes,
    /// The rules for new passwords.
    pub password: PasswordPolicy,
    /// Whether strangers may find out who has an account.
    pub disclosure: Disclosure,
    /// Who may register.
    pub registration: RegistrationPolicy,
    /// Whether an address must be verified before its owner may log in.
    pub email_verification: EmailVerification,
    /// How old a login may be for changes that weaken an account.
    pub step_up: StepUp,
    /// How long a deletion that the owner or an administrator requested can be undone; zero: not at all.
    pub deletion_grace: Duration,
    /// The language of mails to users whose own is not known.
    pub default_language: Language,
    /// Where services upload what they store of a user who asks for it; with `None`, nobody can ask.
    pub export_upload: Option<UploadAddress>,
    /// Which services receive which events.
    pub subscriptions: Vec<Subscription>,
}

/// Every use case of a server.
#[expect(missing_docs, reason = "each field is a use case under its own name")]
pub struct UseCases {
    /// For whom access tokens can be requested.
    pub audiences: Audiences,
    /// How long the codes and temp tokens that they issue are valid.
    pub challenge_lifetimes: ChallengeLifetimes,
    pub authenticate: Arc<Authenticate>,
    pub authenticate_admin: Arc<AuthenticateAdmin>,
    pub authenticate_service: AuthenticateService,
    pub authenticate_step: AuthenticateStep,
    pub begin_authorization: BeginAuthorization,
    pub check_readiness: CheckReadiness,
    pub confirm_credentials: ConfirmCredentials,
    pub correct_email: CorrectEmail,
    pub create_account: CreateAccount,
    pub delete_account: DeleteAccount,
    /// One for each service, so that none waits for another.
    pub deliver_events: Vec<Arc<DeliverEvents>>,
    pub deliver_mails: Arc<DeliverMails>,
    pub end_sessions: EndSessions,
    pub exchange_token: ExchangeToken,
    pub finish_authorization: FinishAuthorization,
    pub finish_login: FinishLogin,
    pub follow_clock: Arc<FollowClock>,
    pub introspect: Introspect,
    pub learn_networks: Arc<LearnNetworks>,
    pub list_credentials: ListCredentials,
    pub list_events: ListEvents,
    pub login: Login,
    pub logout: Logout,
    pub lost_password: LostPassword,
    pub manage_invitations: ManageInvitations,
    pub manage_second_factors: ManageSecondFactors,
    pub measure_load: MeasureLoad,
    pub publish_signing_keys: Arc<PublishSigningKeys>,
    pub purge_expired: Arc<PurgeExpired>,
    pub read_audit_trail: ReadAuditTrail,
    pub read_deletion: ReadDeletion,
    pub read_status: ReadStatus,
    pub reauthenticate: Reauthenticate,
    pub refresh_session: RefreshSession,
    pub register: Register,
    pub request_export: RequestExport,
    pub require_fresh_login: RequireFreshLogin,
    pub export_own_data: ExportOwnData,
    /// Where services upload what users ask for.
    pub export_upload: Option<UploadAddress>,
    pub require_new_password: RequireNewPassword,
    pub reset_second_factors: ResetSecondFactors,
    pub restore_account: RestoreAccount,
    pub search_accounts: SearchAccounts,
    pub sessions: Sessions,
    pub set_roles: SetRoles,
    pub set_up_second_factor: SetUpSecondFactor,
    pub sign_in_by_token: SignInByToken,
    pub suspend_account: SuspendAccount,
    pub unlink_identity: UnlinkIdentity,
    pub update_credentials: Arc<UpdateCredentials>,
    pub update_password: UpdatePassword,
    pub verify_code: VerifyCode,
    pub verify_email: VerifyEmail,
}

/// The ports and the policy, and what several use cases share.
pub(super) struct Parts {
    pub(super) ports: Ports,
    pub(super) policy: Policy,
    pub(super) env: Environment,
    pub(super) identity_providers: Arc<IdentityProviders>,
    pub(super) admission: Arc<Admission>,
    pub(super) announcements: Arc<Announcements>,
    pub(super) auditor: Arc<Auditor>,
    pub(super) challenges: Arc<Challenges>,
    pub(super) password_check: Arc<PasswordCheck>,
    pub(super) second_factors: Arc<SecondFactors>,
    pub(super) session_tokens: Arc<SessionTokens>,
}

impl Parts {
    fn new(ports: Ports, policy: Policy) -> Self {
        let env = Environment::new(ports.store.clone(), ports.clock.clone(), ports.entropy.clone());
        let challenges = Arc::new(Challenges {
            env: env.clone(),
            codes: ports.codes.clone(),
            temp_tokens: ports.temp_tokens.clone(),
            name_digest: ports.name_digest.clone(),
            lifetimes: policy.challenge_lifetimes,
            disclosure: policy.disclosure,
        });
        Self {
            identity_providers: Arc::new(ports.identity_providers.clone()),
            admission: Arc::new(Admission {
                env: env.clone(),
                tokens: ports.invitation_tokens.clone(),
                policy: policy.registration.clone(),
                disclosure: policy.disclosure,
            }),
            announcements: Arc::new(Announcements {
                subscriptions: policy.subscriptions.clone(),
                entropy: ports.entropy.clone(),
            }),
            auditor: Arc::new(Auditor {
                context: ports.audit_context.clone(),
                clock: ports.clock.clone(),
                entropy: ports.entropy.clone(),
            }),
            password_check: Arc::new(PasswordCheck {
                env: env.clone(),
                hasher: ports.password_hasher.clone(),
                name_digest: ports.name_digest.clone(),
            }),
            second_factors: Arc::new(SecondFactors {
                env: env.clone(),
                challenges: challenges.clone(),
                totp: ports.totp.clone(),
                recovery_codes: ports.recovery_codes.clone(),
            }),
            session_tokens: Arc::new(SessionTokens {
                access: ports.access_tokens.clone(),
                refresh: ports.refresh_tokens.clone(),
                entropy: ports.entropy.clone(),
                known_networks: ports.known_networks.clone(),
                lifetimes: policy.session_lifetimes,
            }),
            challenges,
            env,
            ports,
            policy,
        }
    }
}

impl UseCases {
    /// Builds every use case of a server.
    pub fn new(ports: Ports, policy: Policy) -> Self {
        let parts = Parts::new(ports, policy);
        let authenticate = Arc::new(Authenticate::new(&parts));
        let update_credentials = Arc::new(UpdateCredentials::new(&parts));
        Self {
            audiences: parts.policy.audiences.clone(),
            challenge_lifetimes: parts.policy.challenge_lifetimes,
            authenticate_admin: Arc::new(AuthenticateAdmin::new(&parts, authenticate.clone())),
            authenticate_service: AuthenticateService::new(&parts),
            authenticate_step: AuthenticateStep::new(&parts),
            begin_authorization: BeginAuthorization::new(&parts),
            check_readiness: CheckReadiness::new(&parts),
            confirm_credentials: ConfirmCredentials::new(&parts, update_credentials.clone()),
            correct_email: CorrectEmail::new(parts.env.clone(), parts.announcements.clone()),
            create_account: CreateAccount::new(
                parts.env.clone(),
                parts.ports.password_hasher.clone(),
                parts.announcements.clone(),
                parts.policy.password,
            ),
            delete_account: DeleteAccount::new(
                parts.env.clone(),
                parts.announcements.clone(),
                parts.policy.deletion_grace,
            ),
            deliver_events: DeliverEvents::for_each_subscription(&parts),
            deliver_mails: Arc::new(DeliverMails::new(&parts)),
            end_sessions: EndSessions::new(parts.env.clone()),
            exchange_token: ExchangeToken::new(&parts, authenticate.clone()),
            finish_authorization: FinishAuthorization::new(&parts),
            finish_login: FinishLogin::new(&parts),
            follow_clock: Arc::new(FollowClock::new(&parts)),
            introspect: Introspect::new(&parts, authenticate.clone()),
            learn_networks: Arc::new(LearnNetworks::new(&parts)),
            list_credentials: ListCredentials::new(&parts),
            list_events: ListEvents::new(&parts),
            login: Login::new(&parts),
            logout: Logout::new(&parts),
            lost_password: LostPassword::new(&parts),
            manage_invitations: ManageInvitations::new(
                parts.env.clone(),
                parts.ports.invitation_tokens.clone(),
                parts.ports.name_digest.clone(),
                parts.policy.registration.clone(),
            ),
            manage_second_factors: ManageSecondFactors::new(&parts),
            measure_load: MeasureLoad::new(&parts),
            publish_signing_keys: Arc::new(PublishSigningKeys::new(
                parts.env.clone(),
                parts.ports.signing_key_maker.clone(),
            )),
            purge_expired: Arc::new(PurgeExpired::new(&parts)),
            read_audit_trail: ReadAuditTrail::new(parts.env.clone()),
            read_deletion: ReadDeletion::new(&parts),
            read_status: ReadStatus::new(parts.env.clone()),
            reauthenticate: Reauthenticate::new(&parts),
            refresh_session: RefreshSession::new(&parts),
            register: Register::new(&parts),
            request_export: RequestExport::new(&parts),
            require_fresh_login: RequireFreshLogin::new(&parts),
            export_own_data: ExportOwnData::new(&parts),
            export_upload: parts.policy.export_upload.clone(),
            require_new_password: RequireNewPassword::new(parts.env.clone()),
            reset_second_factors: ResetSecondFactors::new(parts.env.clone()),
            restore_account: RestoreAccount::new(parts.env.clone(), parts.announcements.clone()),
            search_accounts: SearchAccounts::new(parts.env.clone()),
            sessions: Sessions::new(&parts),
            set_roles: SetRoles::new(parts.env.clone(), parts.announcements.clone()),
            set_up_second_factor: SetUpSecondFactor::new(&parts),
            sign_in_by_token: SignInByToken::new(&parts),
            suspend_account: SuspendAccount::new(parts.env.clone(), parts.announcements.clone()),
            unlink_identity: UnlinkIdentity::new(&parts),
            update_password: UpdatePassword::new(&parts),
            verify_code: VerifyCode::new(&parts),
            verify_email: VerifyEmail::new(&parts),
            authenticate,
            update_credentials,
        }
    }
}
