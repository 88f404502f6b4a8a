//! Links an identity to an account whose owner is logged in.

use crate::SessionId;
use crate::account::Account;
use crate::identity::ProviderIdentity;
use crate::ports::{Change, UniqueKey};
use crate::services::{Decision, Environment, Lost, StepUp, link};
use crate::session::Client;

use super::all::Parts;
use super::finish_authorization::FinishAuthorizationError;

/// Links identities to accounts.
pub(super) struct LinkIdentity {
    env: Environment,
    step_up: StepUp,
}

impl LinkIdentity {
    pub(super) fn new(parts: &Parts) -> Self {
        Self { env: parts.env.clone(), step_up: parts.policy.step_up }
    }

    /// Links the identity to the account of a session that has not ended and whose login is still fresh. An identity
    /// that is already linked to it stays linked.
    pub(super) async fn execute(
        &self,
        session_id: SessionId,
        identity: &ProviderIdentity,
        client: &Client,
    ) -> Result<Account, FinishAuthorizationError> {
        self.env
            .decide(async |lost| {
                if lost == Some(Lost::Duplicate(UniqueKey::Identity)) {
                    return Err(FinishAuthorizationError::AlreadyLinked);
                }
                let now = self.env.now();
                let found = self.env.store.find_session_by_id(session_id).await?;
                let alive = found.filter(|(session, _)| session.is_alive(now));
                let (session, account) = alive.ok_or(FinishAuthorizationError::SessionGone)?;
                self.step_up.require(session.authenticated_at, &session, &account, now)?;
                match account.identity_at(&identity.provider) {
                    Some(linked) if linked.subject == identity.subject => return Ok(Decision::nothing(account)),
                    Some(_) => return Err(FinishAuthorizationError::AlreadyLinked),
                    None => {}
                }
                let (account, mut changes) = link(&*self.env.entropy, account, identity, client, now);
                changes.push(Change::RequireSession { account_id: account.id, session_id });
                Ok(Decision::commit(account, changes))
            })
            .await
    }
}
