//! Linking an identity to an account whose owner is logged in.

use std::sync::Arc;

use crate::account::Account;
use crate::identity::{LinkedIdentity, ProviderIdentity};
use crate::mail::NoticeKind;
use crate::ports::{Change, Clock, CommitError, Entropy, Store, StoreUnavailable, UniqueKey};
use crate::session::Client;
use crate::{SessionId, Timestamp};

use super::MAX_ATTEMPTS;
use super::finish_authorization::FinishAuthorizationError;
use super::notices::notice;

/// The account with one more identity, and the changes that link it and tell its owner.
pub(super) fn link(
    entropy: &dyn Entropy,
    account: Account,
    identity: &ProviderIdentity,
    client: &Client,
    now: Timestamp,
) -> (Account, Vec<Change>) {
    let identity = LinkedIdentity::new(identity, now);
    let (account, touch) = touched(account, now);
    let changes = vec![
        touch,
        Change::LinkIdentity { account_id: account.id, identity: identity.clone() },
        notice(entropy, &account.email, NoticeKind::IdentityLinked, client, now),
    ];
    (account.with_identity(identity), changes)
}

/// The account as changed now, and the change that says so, which whoever changes it at once meets.
pub(super) fn touched(account: Account, now: Timestamp) -> (Account, Change) {
    let (as_of, at) = (account.updated_at, account.next_change_at(now));
    let touch = Change::TouchAccount { account_id: account.id, as_of, at };
    (Account { updated_at: at, ..account }, touch)
}

/// The use case.
pub struct LinkIdentity {
    /// Where accounts and sessions are kept.
    pub store: Arc<dyn Store>,
    /// Dates the link.
    pub clock: Arc<dyn Clock>,
    /// Names the notice.
    pub entropy: Arc<dyn Entropy>,
}

impl LinkIdentity {
    /// Links the identity to the account of a session that has not ended. One that is linked to it already stays so.
    pub(super) async fn execute(
        &self,
        session_id: SessionId,
        identity: &ProviderIdentity,
        client: &Client,
    ) -> Result<Account, FinishAuthorizationError> {
        for _ in 0..MAX_ATTEMPTS {
            let now = self.clock.now();
            let found = self.store.find_session(session_id).await?;
            let (_, account) =
                found.filter(|(session, _)| session.is_alive(now)).ok_or(FinishAuthorizationError::SessionGone)?;
            match account.identity_at(&identity.provider) {
                Some(linked) if linked.subject == identity.subject => return Ok(account),
                Some(_) => return Err(FinishAuthorizationError::AlreadyLinked),
                None => {}
            }
            let (account, mut changes) = link(&*self.entropy, account, identity, client, now);
            changes.push(Change::RequireSession(session_id));
            match self.store.commit(changes).await {
                Ok(()) => return Ok(account),
                Err(CommitError::Duplicate(UniqueKey::Identity)) => {
                    return Err(FinishAuthorizationError::AlreadyLinked);
                }
                Err(CommitError::Conflict { .. }) => {}
                Err(_) => break,
            }
        }
        Err(StoreUnavailable.into())
    }
}
