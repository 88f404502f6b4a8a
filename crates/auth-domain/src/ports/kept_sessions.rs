//! Sessions that a node keeps in memory, and how it hears what others do to them.

use std::time::{Duration, Instant};

use async_trait::async_trait;

use super::Change;
use crate::account::Account;
use crate::session::Session;
use crate::{AccountId, SessionId};

/// Sessions that were read, with their accounts, and are kept beside the store.
///
/// What has to be seen everywhere ([`SessionsTouched::Of`]) is obeyed at once on the node that commits it, and at most
/// [`STALENESS`] after its commit was answered on every other one. How far a session has moved on elsewhere
/// is not: a kept one may stand where it stood hours ago. So what is kept may say yes to a token, since any later
/// generation was handed out for this one or told of; whatever it would refuse is asked of the store, and so is every
/// change of more than one generation to the next, whose guard finds out.
#[cfg_attr(feature = "mocks", mockall::automock)]
pub trait KeptSessions: Send + Sync {
    /// Returns a session with its account as they were kept; `None` where the store is to be asked. Does not wait.
    fn recall(&self, id: SessionId) -> Option<(Session, Account)>;
}

/// How long after a commit was answered on another node this one may still go by what was before it.
pub const STALENESS: Duration = Duration::from_secs(1);

/// Where an engine tells what others did to sessions that are kept.
#[async_trait]
pub trait SessionNews: Send + Sync {
    /// Another node, or this one, changed what hangs on that account.
    fn account_changed(&self, account_id: AccountId);

    /// Something may have been missed: nothing that was read before counts.
    fn start_anew(&self);

    /// Every commit that was answered before `since` has been told.
    fn in_step(&self, since: Instant);

    /// Waits until somebody asks for a session, if nobody has since the last time.
    async fn wanted(&self);
}

/// What a change does to sessions that are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SessionsTouched {
    /// Nothing: it is about something else, or about what nobody can have kept.
    Nothing,
    /// It moves that session on. Other nodes are not told: see [`KeptSessions`].
    Moved(SessionId),
    /// Nothing that is kept of that account counts any more, on any node. On PostgreSQL triggers tell the others.
    Of(AccountId),
}

impl Change {
    /// Returns what it does to sessions that are kept. No wildcard: whoever adds a change decides, and when in doubt that
    /// it is [`SessionsTouched::Of`].
    pub fn sessions_touched(&self) -> SessionsTouched {
        match self {
            Self::DeleteAccount { account_id, .. }
            | Self::SetRoles { account_id, .. }
            | Self::RehashPassword { account_id, .. }
            | Self::ChangePassword { account_id, .. }
            | Self::ChangeEmail { account_id, .. }
            | Self::PutPendingEmail { account_id, .. }
            | Self::ProveEmail { account_id, .. }
            | Self::TouchAccount { account_id, .. }
            | Self::LinkIdentity { account_id, .. }
            | Self::UnlinkIdentity { account_id, .. }
            | Self::UnlinkIdentitiesOf(account_id)
            | Self::PutTwoFactor { account_id, .. }
            | Self::ResealTwoFactor { account_id, .. }
            | Self::ReauthenticateSession { account_id, .. }
            | Self::RevokeSession { account_id, .. }
            | Self::RevokeSessionsOf { account_id, .. }
            | Self::RevokeSessionsWithoutSecondFactor { account_id, .. } => SessionsTouched::Of(*account_id),
            // A fork: the generation that it leaves behind is dead, and so are its access tokens.
            Self::AdvanceSession { account_id, from, rotation, .. } if rotation.parent != Some(from.generation) => {
                SessionsTouched::Of(*account_id)
            }
            Self::AdvanceSession { session_id, .. }
            | Self::NoteServedAgain { session_id, .. }
            | Self::ProveSession { session_id, .. } => SessionsTouched::Moved(*session_id),
            // Of these nobody can have read the session or the account before.
            Self::InsertAccount(_)
            | Self::InsertSession { .. }
            // These change nothing, or nothing that is read with a session.
            | Self::RequireSession { .. }
            | Self::RequireIdentity { .. }
            | Self::RecordDeletion(_)
            | Self::UseAuthorization { .. }
            | Self::ForgetTotpSteps(_)
            | Self::UseTotpStep { .. }
            | Self::KeepPendingCredentials(_)
            | Self::ForgetChallengesFor { .. }
            | Self::PutNetworkAttempts(_)
            | Self::PutDailyMisses(_)
            | Self::ForgetNetworkAttempts(_)
            | Self::ForgetDailyMisses(_)
            | Self::PutRateLimit { .. }
            | Self::ForgetRateLimits(_)
            | Self::InsertChallenge(_)
            | Self::PutChallenge(_)
            | Self::UseChallenge { .. }
            | Self::ReplaceChallenges { .. }
            | Self::ForgetChallengesOf(_)
            | Self::Announce { .. }
            | Self::EventAcknowledged { .. }
            | Self::RetryEvent { .. }
            | Self::Mail(_)
            | Self::HoldNotice { .. }
            | Self::ForgetMail { .. }
            | Self::RetryMail { .. }
            | Self::ParkMail { .. }
            | Self::ForgetCodesOwedTo(_)
            | Self::UnparkMails { .. }
            | Self::InsertSigningKey(_)
            | Self::RetireKey(_)
            | Self::ResealRetiredKey { .. }
            | Self::ForgetRetiredKey(_)
            | Self::ResealSigningKey { .. }
            | Self::DeleteSigningKey(_)
            | Self::Audit(_)
            | Self::RecordMaintenance { .. }
            | Self::ForgetMaintenance(_) => SessionsTouched::Nothing,
        }
    }
}
