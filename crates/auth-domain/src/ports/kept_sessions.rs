//! Sessions that a node caches in memory, and how it learns of changes made elsewhere.

use std::time::{Duration, Instant};

use async_trait::async_trait;

use super::Change;
use crate::account::Account;
use crate::session::Session;
use crate::{AccountId, SessionId};

/// A cache of sessions and their accounts beside the store.
///
/// What must be seen everywhere ([`SessionsTouched::Of`]) takes effect at once on the node that commits it, and on
/// every other node at most [`STALENESS`] after the commit was answered. How far a session has advanced elsewhere is
/// not announced, so a cached session may be hours behind. A cached session may therefore accept a token, because any
/// later generation was issued for this one or announced; but whatever it would refuse is decided by the store. So is
/// every change of more than one generation, whose guard detects a stale state.
#[cfg_attr(feature = "mocks", mockall::automock)]
pub trait KeptSessions: Send + Sync {
    /// Returns a session with its account as they were cached; `None` if the store must be asked. Does not wait.
    fn recall(&self, id: SessionId) -> Option<(Session, Account)>;
}

/// How long after a commit was answered on another node this node may still use the state before it.
pub const STALENESS: Duration = Duration::from_secs(1);

/// Receives from an engine what others did to sessions that are cached.
#[async_trait]
pub trait SessionNews: Send + Sync {
    /// Something that belongs to the account was changed, here or on another node.
    fn account_changed(&self, account_id: AccountId);

    /// Something may have been missed: nothing that was read before counts any more.
    fn start_anew(&self);

    /// Every commit that was answered before `since` has been reported.
    fn in_step(&self, since: Instant);

    /// Waits until someone asks for a session, unless someone has since the last call.
    async fn wanted(&self);
}

/// What a change does to cached sessions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SessionsTouched {
    /// Nothing: the change concerns something else, or something that cannot have been cached.
    Nothing,
    /// It advances this session. Other nodes are not told: see [`KeptSessions`].
    Moved(SessionId),
    /// Nothing that is cached of this account counts any more, on any node. On PostgreSQL, triggers tell the others.
    Of(AccountId),
}

impl Change {
    /// Returns what the change does to cached sessions. There is no wildcard, so that adding a change means deciding;
    /// in doubt it is [`SessionsTouched::Of`].
    pub fn sessions_touched(&self) -> SessionsTouched {
        match self {
            Self::DeleteAccount { account_id, .. }
            | Self::SetRoles { account_id, .. }
            | Self::SetLocale { account_id, .. }
            | Self::SetState { account_id, .. }
            | Self::ScheduleDeletion { account_id, .. }
            | Self::RequireNewPassword { account_id, .. }
            | Self::RehashPassword { account_id, .. }
            | Self::ResealPassword { account_id, .. }
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
            // Nobody can have read this session or account before.
            Self::InsertAccount(_)
            | Self::InsertSession { .. }
            // These change nothing, or nothing that is read with a session.
            | Self::RequireSession { .. }
            | Self::RequireIdentity { .. }
            | Self::RecordDeletion(_)
            | Self::LoseAdmin { .. }
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
            | Self::InsertInvitation(_)
            | Self::UseInvitation { .. }
            | Self::WithdrawInvitation(_)
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
