//! The steps of a commit: its changes, and what they require in other tables.

use auth_domain::AccountId;
use auth_domain::ports::Change;

use crate::names::{Name, Released};

/// A part of a commit, usually one statement.
pub(crate) enum Step<'c> {
    Change(&'c Change),
    /// Gives an account a name that is unique over all accounts.
    Claim(AccountId, Name<'c>),
    /// Releases names of an account.
    Release(AccountId, Released<'c>),
    /// Requires an account to exist until the commit, if no foreign key does.
    RequireAccount(AccountId),
    /// Makes others that change the account wait until the commit.
    LockAccount(AccountId),
    /// Deletes the challenges of a deleted account, if no foreign key does.
    ForgetChallengesOf(AccountId),
}

/// Returns the steps of a change. With `spread`, rows are stored on several servers by account, and rows that are not have
/// no foreign key to it.
pub(crate) fn steps_of(change: &Change, spread: bool) -> Vec<Step<'_>> {
    let this = Step::Change(change);
    match change {
        // First, so that the trigger for older versions finds the names.
        Change::InsertAccount(account) => {
            let names = Name::all_of(account).map(|name| Step::Claim(account.id, name));
            names.chain([this]).collect()
        }
        Change::ChangeEmail { account_id, from, to, .. } if from.key() != to.key() => vec![
            this,
            Step::Claim(*account_id, Name::email(to)),
            Step::Release(*account_id, Released::One(Name::email(from))),
        ],
        Change::DeleteAccount { account_id, .. } => {
            let challenges = spread.then_some(Step::ForgetChallengesOf(*account_id));
            [this, Step::Release(*account_id, Released::All)].into_iter().chain(challenges).collect()
        }
        Change::LinkIdentity { account_id, identity } => {
            vec![this, Step::Claim(*account_id, Name::identity(&identity.provider, &identity.subject))]
        }
        Change::UnlinkIdentity { account_id, provider } => {
            vec![this, Step::Release(*account_id, Released::IdentityAt(provider))]
        }
        Change::UnlinkIdentitiesOf(account_id) => vec![this, Step::Release(*account_id, Released::Identities)],
        Change::InsertChallenge(challenge) if spread => {
            let account = challenge.challenged.account_id().map(Step::RequireAccount);
            account.into_iter().chain([this]).collect()
        }
        _ => vec![this],
    }
}

/// Returns the account to lock before anything else. The statement that changes an account locks its row only if its guard
/// holds. One that lost would go on to lock sessions and then wait for the account, while the winner has locked the account
/// and waits for the sessions.
pub(crate) fn account_to_lock(changes: &[Change]) -> Option<AccountId> {
    changes.iter().find_map(|change| match change {
        Change::RevokeSessionsOf { account_id, .. } | Change::RevokeSessionsWithoutSecondFactor { account_id, .. } => {
            Some(*account_id)
        }
        _ => None,
    })
}
