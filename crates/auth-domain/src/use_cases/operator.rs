//! What an operator does on the command line, with access to the database and the master key. No token identifies
//! operators, so these use cases take an [`Operator`], which only this file creates. No server builds them.

use std::sync::Arc;
use std::time::Duration;

use crate::account::PasswordPolicy;
use crate::event::Subscription;
use crate::internal::Granted;
use crate::ports::{
    Clock, Entropy, ImportSealing, InvitationTokens, NameDigest, PasswordHasher, Resealing, SigningKeyMaker, Store,
};
use crate::registration::RegistrationPolicy;
use crate::services::{Announcements, Environment};

use super::{
    AdminCaller, Administrator, CorrectEmail, CreateAccount, DeleteAccount, EndSessions, ImportAccounts,
    ManageInvitations, PublishSigningKeys, RequireNewPassword, ResealSecrets, ResetSecondFactors, RestoreAccount,
    SearchAccounts, SetRoles, SuspendAccount, UnlockAccount,
};

/// Proof that an operator is calling, who has the settings of the service. Only [`OperatorUseCases::new`] creates it.
#[derive(Debug)]
pub struct Operator(());

impl Operator {
    /// The operator's name in the record of a deletion.
    pub(super) const NAME: &'static str = "auth-server";

    /// Returns the operator as an administrator.
    pub const fn as_admin<S: Granted>(&self) -> AdminCaller<S> {
        AdminCaller::new(Administrator::Operator)
    }
}

/// What the operator's use cases need from the outside.
#[expect(missing_docs, reason = "each field is a port under its own name")]
pub struct OperatorPorts {
    pub store: Arc<dyn Store>,
    pub clock: Arc<dyn Clock>,
    pub entropy: Arc<dyn Entropy>,
    pub name_digest: Arc<dyn NameDigest>,
    pub invitation_tokens: Arc<dyn InvitationTokens>,
    pub password_hasher: Arc<dyn PasswordHasher>,
    pub signing_key_maker: Arc<dyn SigningKeyMaker>,
    pub resealing: Arc<dyn Resealing>,
    pub import_sealing: Arc<dyn ImportSealing>,
}

/// Every use case of the command line.
#[expect(missing_docs, reason = "each field is a use case under its own name")]
pub struct OperatorUseCases {
    /// The proof that the other use cases take.
    pub operator: Operator,
    pub correct_email: CorrectEmail,
    pub create_account: CreateAccount,
    pub delete_account: DeleteAccount,
    pub end_sessions: EndSessions,
    pub import_accounts: ImportAccounts,
    pub manage_invitations: ManageInvitations,
    pub publish_signing_keys: PublishSigningKeys,
    pub require_new_password: RequireNewPassword,
    pub reseal_secrets: ResealSecrets,
    pub reset_second_factors: ResetSecondFactors,
    pub restore_account: RestoreAccount,
    pub search_accounts: SearchAccounts,
    pub set_roles: SetRoles,
    pub suspend_account: SuspendAccount,
    pub unlock_account: UnlockAccount,
}

impl OperatorUseCases {
    /// Builds the use cases. `subscriptions` says which services receive which events, `longest_session` the maximum
    /// age of a session, `registration` who may register, `policy` what a password must be, and
    /// `deletion_grace` how long a deletion can be undone.
    pub fn new(
        ports: OperatorPorts,
        subscriptions: Vec<Subscription>,
        longest_session: Duration,
        registration: RegistrationPolicy,
        policy: PasswordPolicy,
        deletion_grace: Duration,
    ) -> Self {
        let OperatorPorts {
            store,
            clock,
            entropy,
            name_digest,
            invitation_tokens,
            password_hasher,
            signing_key_maker,
            resealing,
            import_sealing,
        } = ports;
        let env = Environment::new(store, clock, entropy.clone());
        let announcements = Arc::new(Announcements { subscriptions, entropy });
        Self {
            operator: Operator(()),
            correct_email: CorrectEmail::new(env.clone(), announcements.clone()),
            create_account: CreateAccount::new(env.clone(), password_hasher, announcements.clone(), policy),
            delete_account: DeleteAccount::new(env.clone(), announcements.clone(), deletion_grace),
            end_sessions: EndSessions::new(env.clone()),
            import_accounts: ImportAccounts::new(env.clone(), import_sealing),
            manage_invitations: ManageInvitations::new(
                env.clone(),
                invitation_tokens,
                name_digest.clone(),
                registration,
            ),
            publish_signing_keys: PublishSigningKeys::new(env.clone(), signing_key_maker),
            reseal_secrets: ResealSecrets::new(env.clone(), resealing, longest_session),
            require_new_password: RequireNewPassword::new(env.clone()),
            reset_second_factors: ResetSecondFactors::new(env.clone()),
            restore_account: RestoreAccount::new(env.clone(), announcements.clone()),
            search_accounts: SearchAccounts::new(env.clone()),
            set_roles: SetRoles::new(env.clone(), announcements.clone()),
            suspend_account: SuspendAccount::new(env.clone(), announcements),
            unlock_account: UnlockAccount::new(env, name_digest),
        }
    }
}
