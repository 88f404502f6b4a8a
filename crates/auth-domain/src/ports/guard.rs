//! Which guard a change can lose to another commit, and in which order a commit makes its changes. Both matches are
//! exhaustive, so that adding a change means deciding both.

use super::Change;

/// The state that a change relied on and no longer found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Guard {
    /// The account exists and has not changed since it was read.
    AccountUnchanged,
    /// No other commit has taken an admin away since the admins were read.
    AdminsUnchanged,
    /// The credential version and, where it was checked, the version of the second factors are unchanged.
    CredentialsUnchanged,
    /// The second factors have not been written since they were read.
    SecondFactorsUnchanged,
    /// The identity is linked to the account.
    IdentityLinked,
    /// The authorization request was not used before.
    AuthorizationUnused,
    /// The session has not ended and is at the generation that was read; for a refresh, its account is unchanged too.
    SessionUnmoved,
    /// The session has not ended.
    SessionAlive,
    /// The TOTP step was not used before.
    TotpStepUnused,
    /// The challenge has not been written or used up since it was read.
    ChallengeUnchanged,
    /// The invitation exists and can be used.
    InvitationUsable,
    /// Nothing has been counted since the limit was read.
    LimitUnchanged,
    /// This attempt still holds the lease of the event or mail.
    LeaseHeld,
    /// The key exists and is sealed as it was read.
    KeyUnchanged,
    /// The row exists to which the new one belongs.
    ParentThere,
    /// No other commit was in the way: the database could not serialise the two and undid this one.
    Alone,
}

/// The order of the changes in a commit. Commits that touch the same rows take their locks in this order, so that they
/// wait for each other without a deadlock. An account comes before what belongs to it, and removing rows before adding
/// new ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[expect(missing_docs, reason = "named after what is written")]
pub enum LockOrder {
    Account,
    Admins,
    SecondFactors,
    Session,
    NewSession,
    Identity,
    Authorization,
    Invitation,
    Challenge,
    ForgottenChallenges,
    NewChallenge,
    PendingCredentials,
    ForgottenTotpSteps,
    TotpStep,
    ForgottenPasswordAttempts,
    PasswordAttempts,
    ForgottenRateLimits,
    RateLimit,
    Deletion,
    Event,
    ForgottenMails,
    Mail,
    Key,
    Maintenance,
    Audit,
}

impl Change {
    /// Returns the guard that was lost if the change touched no row; `None` if that is fine.
    pub const fn guard(&self) -> Option<Guard> {
        Some(match self {
            Self::DeleteAccount { .. }
            | Self::SetRoles { .. }
            | Self::SetLocale { .. }
            | Self::SetState { .. }
            | Self::ScheduleDeletion { .. }
            | Self::RequireNewPassword { .. }
            | Self::ChangePassword { .. }
            | Self::ChangeEmail { .. }
            | Self::PutPendingEmail { .. }
            | Self::ProveEmail { .. }
            | Self::TouchAccount { .. } => Guard::AccountUnchanged,
            Self::LoseAdmin { .. } => Guard::AdminsUnchanged,
            Self::RehashPassword { .. } | Self::ResealPassword { .. } | Self::InsertSession { .. } => {
                Guard::CredentialsUnchanged
            }
            Self::PutTwoFactor { .. } | Self::ResealTwoFactor { .. } => Guard::SecondFactorsUnchanged,
            Self::UnlinkIdentity { .. } | Self::RequireIdentity { .. } => Guard::IdentityLinked,
            Self::UseAuthorization { .. } => Guard::AuthorizationUnused,
            Self::AdvanceSession { .. } | Self::NoteServedAgain { .. } | Self::ProveSession { .. } => {
                Guard::SessionUnmoved
            }
            Self::ReauthenticateSession { .. } | Self::RevokeSession { .. } | Self::RequireSession { .. } => {
                Guard::SessionAlive
            }
            Self::UseTotpStep { .. } => Guard::TotpStepUnused,
            Self::PutChallenge(_) | Self::UseChallenge { .. } => Guard::ChallengeUnchanged,
            Self::UseInvitation { .. } | Self::WithdrawInvitation(_) => Guard::InvitationUsable,
            Self::PutNetworkAttempts(_) | Self::PutDailyMisses(_) | Self::PutRateLimit { .. } => Guard::LimitUnchanged,
            Self::EventAcknowledged { .. }
            | Self::RetryEvent { .. }
            | Self::ForgetMail { .. }
            | Self::HoldNotice { .. }
            | Self::RetryMail { .. }
            | Self::ParkMail { .. } => Guard::LeaseHeld,
            Self::ResealRetiredKey { .. }
            | Self::ForgetRetiredKey(_)
            | Self::ResealSigningKey { .. }
            | Self::DeleteSigningKey(_) => Guard::KeyUnchanged,
            // These insert, or fail as a duplicate or because the row that they belong to is missing.
            Self::InsertAccount(_)
            | Self::RecordDeletion(_)
            | Self::LinkIdentity { .. }
            | Self::KeepPendingCredentials(_)
            | Self::InsertChallenge(_)
            | Self::InsertInvitation(_)
            | Self::Announce { .. }
            | Self::Mail(_)
            | Self::InsertSigningKey(_)
            | Self::RetireKey(_)
            | Self::Audit(_)
            | Self::RecordMaintenance { .. } => return None,
            // These may have nothing to do.
            Self::UnlinkIdentitiesOf(_)
            | Self::RevokeSessionsOf { .. }
            | Self::RevokeSessionsWithoutSecondFactor { .. }
            | Self::ForgetTotpSteps(_)
            | Self::ForgetNetworkAttempts(_)
            | Self::ForgetDailyMisses(_)
            | Self::ForgetRateLimits(_)
            | Self::ReplaceChallenges { .. }
            | Self::ForgetChallengesOf(_)
            | Self::ForgetChallengesFor { .. }
            | Self::ForgetCodesOwedTo(_)
            | Self::UnparkMails { .. }
            | Self::ForgetMaintenance(_) => return None,
        })
    }

    /// Returns the change's position in a commit. Changes with the same position are made in the order in which they
    /// were passed.
    pub const fn lock_order(&self) -> LockOrder {
        match self {
            Self::InsertAccount(_)
            | Self::DeleteAccount { .. }
            | Self::SetRoles { .. }
            | Self::SetLocale { .. }
            | Self::SetState { .. }
            | Self::ScheduleDeletion { .. }
            | Self::RequireNewPassword { .. }
            | Self::RehashPassword { .. }
            | Self::ResealPassword { .. }
            | Self::ChangePassword { .. }
            | Self::ChangeEmail { .. }
            | Self::PutPendingEmail { .. }
            | Self::ProveEmail { .. }
            | Self::TouchAccount { .. } => LockOrder::Account,
            Self::LoseAdmin { .. } => LockOrder::Admins,
            Self::PutTwoFactor { .. } | Self::ResealTwoFactor { .. } => LockOrder::SecondFactors,
            Self::AdvanceSession { .. }
            | Self::NoteServedAgain { .. }
            | Self::ProveSession { .. }
            | Self::ReauthenticateSession { .. }
            | Self::RevokeSessionsWithoutSecondFactor { .. }
            | Self::RevokeSession { .. }
            | Self::RequireSession { .. }
            | Self::RevokeSessionsOf { .. } => LockOrder::Session,
            // Locks its account, so it comes before an identity that someone unlinks with the account locked.
            Self::InsertSession { .. } => LockOrder::NewSession,
            Self::LinkIdentity { .. }
            | Self::UnlinkIdentity { .. }
            | Self::RequireIdentity { .. }
            | Self::UnlinkIdentitiesOf(_) => LockOrder::Identity,
            Self::UseAuthorization { .. } => LockOrder::Authorization,
            Self::InsertInvitation(_) | Self::UseInvitation { .. } | Self::WithdrawInvitation(_) => {
                LockOrder::Invitation
            }
            Self::PutChallenge(_) | Self::UseChallenge { .. } => LockOrder::Challenge,
            Self::ReplaceChallenges { .. } | Self::ForgetChallengesOf(_) | Self::ForgetChallengesFor { .. } => {
                LockOrder::ForgottenChallenges
            }
            Self::InsertChallenge(_) => LockOrder::NewChallenge,
            Self::KeepPendingCredentials(_) => LockOrder::PendingCredentials,
            Self::ForgetTotpSteps(_) => LockOrder::ForgottenTotpSteps,
            Self::UseTotpStep { .. } => LockOrder::TotpStep,
            Self::ForgetNetworkAttempts(_) | Self::ForgetDailyMisses(_) => LockOrder::ForgottenPasswordAttempts,
            Self::PutNetworkAttempts(_) | Self::PutDailyMisses(_) => LockOrder::PasswordAttempts,
            Self::ForgetRateLimits(_) => LockOrder::ForgottenRateLimits,
            Self::PutRateLimit { .. } => LockOrder::RateLimit,
            Self::RecordDeletion(_) => LockOrder::Deletion,
            Self::Announce { .. } | Self::EventAcknowledged { .. } | Self::RetryEvent { .. } => LockOrder::Event,
            Self::ForgetCodesOwedTo(_) => LockOrder::ForgottenMails,
            Self::Mail(_)
            | Self::ForgetMail { .. }
            | Self::HoldNotice { .. }
            | Self::RetryMail { .. }
            | Self::ParkMail { .. }
            | Self::UnparkMails { .. } => LockOrder::Mail,
            Self::InsertSigningKey(_)
            | Self::DeleteSigningKey(_)
            | Self::ResealSigningKey { .. }
            | Self::RetireKey(_)
            | Self::ResealRetiredKey { .. }
            | Self::ForgetRetiredKey(_) => LockOrder::Key,
            Self::RecordMaintenance { .. } | Self::ForgetMaintenance(_) => LockOrder::Maintenance,
            Self::Audit(_) => LockOrder::Audit,
        }
    }
}
