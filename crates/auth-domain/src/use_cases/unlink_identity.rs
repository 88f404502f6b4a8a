//! Unlinking an identity: a provider logs in to the account no more.

use std::sync::Arc;

use crate::account::Account;
use crate::challenge::ChallengePurpose;
use crate::error_code::{ErrorCode, Refusal};
use crate::identity::ProviderName;
use crate::mail::NoticeKind;
use crate::ports::{Change, StoreError};
use crate::services::{Decision, Environment, ReauthenticationRequired, StepUp, notice, touched};
use crate::session::{Client, Revocation, RevocationReason};

use super::all::Parts;
use super::authenticate::Authenticated;
use super::begin_authorization::IdentityProviders;

/// Why nothing was unlinked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UnlinkIdentityError {
    /// No identity of that provider is linked.
    #[error("no identity of that provider is linked")]
    NotLinked,
    /// Nobody could log in to the account any more.
    #[error("it is the last way in")]
    LastWayIn,
    /// The login is too long ago.
    #[error(transparent)]
    Stale(#[from] ReauthenticationRequired),
    /// The session has ended, or its account is gone.
    #[error("the session has ended")]
    SessionGone,
    /// The database did not do it.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<UnlinkIdentityError> for Refusal {
    fn from(error: UnlinkIdentityError) -> Self {
        match error {
            UnlinkIdentityError::NotLinked => ErrorCode::ProviderNotLinked.into(),
            UnlinkIdentityError::LastWayIn => ErrorCode::LastWayIn.into(),
            UnlinkIdentityError::Stale(error) => error.into(),
            UnlinkIdentityError::SessionGone => ErrorCode::Unauthorized.into(),
            UnlinkIdentityError::Store(error) => error.into(),
        }
    }
}

/// The use case.
pub struct UnlinkIdentity {
    env: Environment,
    /// Those that are configured: no other one is a way in.
    providers: Arc<IdentityProviders>,
    step_up: StepUp,
}

impl UnlinkIdentity {
    pub(super) fn new(parts: &Parts) -> Self {
        let (env, providers) = (parts.env.clone(), parts.identity_providers.clone());
        Self { env, providers, step_up: parts.policy.step_up }
    }

    /// Unlinks the account's identity at that provider, whether or not that is still configured, and ends every other
    /// session: one of them may be of whoever linked it.
    pub async fn execute(
        &self,
        caller: &Authenticated,
        provider: &ProviderName,
        client: &Client,
    ) -> Result<Account, UnlinkIdentityError> {
        self.step_up.require(caller, self.env.now())?;
        let session_id = caller.session().id;
        self.env
            .decide(async |_| {
                let account = caller.still_there(&self.env).await?.ok_or(UnlinkIdentityError::SessionGone)?;
                self.check(&account, provider)?;
                let now = self.env.now();
                let (mut account, touch) = touched(account, now);
                account.identities.retain(|identity| identity.provider != *provider);
                let account_id = account.id;
                let revocation = Revocation { at: now, reason: RevocationReason::IdentityUnlinked };
                let changes = vec![
                    touch,
                    Change::UnlinkIdentity { account_id, provider: provider.clone() },
                    // Logins that the provider began and that wait for a second factor.
                    Change::ForgetChallengesFor { account_id, purpose: ChallengePurpose::TwoFactorLogin },
                    Change::RequireSession(session_id),
                    Change::RevokeSessionsOf { account_id, except: Some(session_id), revocation },
                    notice(&*self.env.entropy, &account.email, NoticeKind::IdentityUnlinked, client, now),
                ];
                Ok(Decision::commit(account, changes))
            })
            .await
    }

    fn check(&self, account: &Account, provider: &ProviderName) -> Result<(), UnlinkIdentityError> {
        if account.identity_at(provider).is_none() {
            return Err(UnlinkIdentityError::NotLinked);
        }
        let works = |other: &ProviderName| other != provider && self.providers.contains_key(other);
        if account.password_hash.is_none() && !account.identities.iter().any(|own| works(&own.provider)) {
            return Err(UnlinkIdentityError::LastWayIn);
        }
        Ok(())
    }
}
