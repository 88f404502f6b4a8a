//! Which rows many requests change at once. A change that is left out here is no less safe, only slower when many make it at
//! the same time.

use super::{Change, Guard};
use crate::rate_limit::AttemptSubject;
use crate::{AccountId, ChallengeId, SessionId};

/// A row, or the rows of one subject, that requests often change at the same time: of those that read the same state, only
/// one can commit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "named after what is written")]
pub enum Contended {
    Limits(AttemptSubject),
    Challenge(ChallengeId),
    Session(SessionId),
    Account(AccountId),
}

impl Contended {
    /// Returns what a commit of `changes` contends for, if anything, and the guard that it loses to others there. Of several
    /// rows it is the one that most requests share.
    pub fn of(changes: &[Change]) -> Option<(Self, Guard)> {
        let all = changes.iter().filter_map(|change| Some((change.contended()?, change.guard()?)));
        all.min_by_key(|(row, _)| match row {
            Self::Limits(_) => 0,
            Self::Challenge(_) => 1,
            Self::Session(_) => 2,
            Self::Account(_) => 3,
        })
    }
}

impl Change {
    fn contended(&self) -> Option<Contended> {
        Some(match self {
            Self::PutNetworkAttempts(limit) | Self::PutDailyMisses(limit) => Contended::Limits(limit.subject),
            Self::PutRateLimit { rate_limit, .. } => Contended::Limits(rate_limit.subject),
            Self::PutChallenge(challenge) => Contended::Challenge(challenge.id),
            Self::UseChallenge { challenge_id, .. } => Contended::Challenge(*challenge_id),
            Self::AdvanceSession { session_id, .. } | Self::NoteServedAgain { session_id, .. } => {
                Contended::Session(*session_id)
            }
            Self::DeleteAccount { account_id, .. }
            | Self::SetRoles { account_id, .. }
            | Self::SetLocale { account_id, .. }
            | Self::ScheduleDeletion { account_id, .. }
            | Self::ChangePassword { account_id, .. }
            | Self::ChangeEmail { account_id, .. }
            | Self::PutPendingEmail { account_id, .. }
            | Self::ProveEmail { account_id, .. }
            | Self::TouchAccount { account_id, .. }
            | Self::PutTwoFactor { account_id, .. } => Contended::Account(*account_id),
            _ => return None,
        })
    }
}
