//! Unlinks an identity, so that it can no longer be used to log in.

use std::sync::Arc;

use crate::account::Account;
use crate::challenge::ChallengePurpose;
use crate::error_code::{ErrorCode, Refusal};
use crate::identity::ProviderName;
use crate::mail::{About, NoticeKind};
use crate::ports::{Change, StoreError};
use crate::services::{Decision, Environment, FreshLogin, FreshLoginError, notice_about, touched};
use crate::session::{Client, Revocation, RevocationReason};

use super::all::Parts;
use super::begin_authorization::IdentityProviders;

/// Why nothing was unlinked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UnlinkIdentityError {
    /// No identity of this provider is linked.
    #[error("no identity of that provider is linked")]
    NotLinked,
    /// The account would have no way to log in any more.
    #[error("it is the only way to log in")]
    LastWayIn,
    /// The login is no longer fresh, or its session has ended.
    #[error(transparent)]
    Login(#[from] FreshLoginError),
    /// The database did not answer, or failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<UnlinkIdentityError> for Refusal {
    fn from(error: UnlinkIdentityError) -> Self {
        match error {
            UnlinkIdentityError::NotLinked => ErrorCode::ProviderNotLinked.into(),
            UnlinkIdentityError::LastWayIn => ErrorCode::LastWayIn.into(),
            UnlinkIdentityError::Login(error) => error.into(),
            UnlinkIdentityError::Store(error) => error.into(),
        }
    }
}

/// Unlinks identities.
pub struct UnlinkIdentity {
    env: Environment,
    /// The configured providers: the others are no way to log in.
    providers: Arc<IdentityProviders>,
}

impl UnlinkIdentity {
    pub(super) fn new(parts: &Parts) -> Self {
        Self { env: parts.env.clone(), providers: parts.identity_providers.clone() }
    }

    /// Unlinks the account's identity at this provider, whether or not that is still configured, and ends every other
    /// session, which may belong to whoever linked it.
    pub async fn execute(
        &self,
        caller: &FreshLogin,
        provider: &ProviderName,
        client: &Client,
    ) -> Result<Account, UnlinkIdentityError> {
        let session_id = caller.caller().session().id;
        self.env
            .decide(async |_| {
                let account = caller.account_now::<UnlinkIdentityError>(&self.env).await?;
                self.check(&account, provider)?;
                let now = self.env.now();
                let (mut account, touch) = touched(account, now);
                account.identities.retain(|identity| identity.provider != *provider);
                let (account_id, about) = (account.id, About::Provider(provider.clone()));
                let revocation = Revocation { at: now, reason: RevocationReason::IdentityUnlinked };
                let changes = vec![
                    touch,
                    Change::UnlinkIdentity { account_id, provider: provider.clone() },
                    // Logins that began at the provider and wait for a second factor.
                    Change::ForgetChallengesFor { account_id, purpose: ChallengePurpose::TwoFactorLogin },
                    Change::RequireSession { account_id, session_id },
                    Change::RevokeSessionsOf { account_id, except: Some(session_id), revocation },
                    notice_about(&*self.env.entropy, &account, (NoticeKind::IdentityUnlinked, about), client, now),
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
