//! Linking an identity to an account whose owner is logged in.

use crate::SessionId;
use crate::account::Account;
use crate::identity::ProviderIdentity;
use crate::ports::{Change, UniqueKey};
use crate::services::{Decision, Environment, Lost, link};
use crate::session::Client;

use super::all::Parts;
use super::finish_authorization::FinishAuthorizationError;

/// The use case.
pub(super) struct LinkIdentity {
    env: Environment,
}

impl LinkIdentity {
    pub(super) fn new(parts: &Parts) -> Self {
        Self { env: parts.env.clone() }
    }

    /// Links the identity to the account of a session that has not ended. One that is linked to it already stays so.
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
                let found = self.env.store.find_session(session_id).await?;
                let (_, account) =
                    found.filter(|(session, _)| session.is_alive(now)).ok_or(FinishAuthorizationError::SessionGone)?;
                match account.identity_at(&identity.provider) {
                    Some(linked) if linked.subject == identity.subject => return Ok(Decision::nothing(account)),
                    Some(_) => return Err(FinishAuthorizationError::AlreadyLinked),
                    None => {}
                }
                let (account, mut changes) = link(&*self.env.entropy, account, identity, client, now);
                changes.push(Change::RequireSession(session_id));
                Ok(Decision::commit(account, changes))
            })
            .await
    }
}
