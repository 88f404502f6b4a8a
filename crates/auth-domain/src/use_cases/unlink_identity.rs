//! Unlinking an identity: a provider logs in to the account no more.

use std::sync::Arc;

use crate::account::Account;
use crate::challenge::ChallengePurpose;
use crate::error_code::{ErrorCode, Refusal};
use crate::identity::ProviderName;
use crate::mail::NoticeKind;
use crate::ports::{Change, Clock, CommitError, Entropy, Store, StoreUnavailable};
use crate::session::{Client, Revocation, RevocationReason};

use super::MAX_ATTEMPTS;
use super::authenticate::Authenticated;
use super::begin_authorization::IdentityProviders;
use super::link_identity::touched;
use super::notices::notice;
use super::step_up::{ReauthenticationRequired, StepUp};

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
    /// The database is away.
    #[error(transparent)]
    Unavailable(#[from] StoreUnavailable),
}

impl From<UnlinkIdentityError> for Refusal {
    fn from(error: UnlinkIdentityError) -> Self {
        match error {
            UnlinkIdentityError::NotLinked => ErrorCode::ProviderNotLinked.into(),
            UnlinkIdentityError::LastWayIn => ErrorCode::LastWayIn.into(),
            UnlinkIdentityError::Stale(error) => error.into(),
            UnlinkIdentityError::SessionGone => ErrorCode::Unauthorized.into(),
            UnlinkIdentityError::Unavailable(error) => error.into(),
        }
    }
}

/// The use case.
pub struct UnlinkIdentity {
    /// Those that are configured: no other one is a way in.
    pub providers: Arc<IdentityProviders>,
    /// Where accounts and sessions are kept.
    pub store: Arc<dyn Store>,
    /// Dates it.
    pub clock: Arc<dyn Clock>,
    /// Names the notice.
    pub entropy: Arc<dyn Entropy>,
    /// It needs a fresh login.
    pub step_up: StepUp,
}

impl UnlinkIdentity {
    /// Unlinks the account's identity at that provider, whether or not that is still configured, and ends every other
    /// session: one of them may be of whoever linked it.
    pub async fn execute(
        &self,
        caller: &Authenticated,
        provider: &ProviderName,
        client: &Client,
    ) -> Result<Account, UnlinkIdentityError> {
        self.step_up.require(caller, self.clock.now())?;
        let session_id = caller.session().id;
        for _ in 0..MAX_ATTEMPTS {
            let now = self.clock.now();
            let account = caller.still_there(&*self.store, now).await?.ok_or(UnlinkIdentityError::SessionGone)?;
            if account.identity_at(provider).is_none() {
                return Err(UnlinkIdentityError::NotLinked);
            }
            let works = |other: &ProviderName| other != provider && self.providers.contains_key(other);
            if account.password_hash.is_none() && !account.identities.iter().any(|own| works(&own.provider)) {
                return Err(UnlinkIdentityError::LastWayIn);
            }
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
                notice(&*self.entropy, &account.email, NoticeKind::IdentityUnlinked, client, now),
            ];
            match self.store.commit(changes).await {
                Ok(()) => return Ok(account),
                Err(CommitError::Conflict { .. }) => {}
                Err(_) => break,
            }
        }
        Err(StoreUnavailable.into())
    }
}
