//! What a commit does: its changes, and what goes with them in other tables.

use auth_domain::AccountId;
use auth_domain::ports::Change;

use crate::names::{Name, Released};

/// A part of a commit, of one statement as a rule.
pub(crate) enum Step<'c> {
    Change(&'c Change),
    /// Gives an account a name that is unique over all accounts.
    Claim(AccountId, Name<'c>),
    /// Gives names of an account up.
    Release(AccountId, Released<'c>),
    /// Needs an account to be there until the commit, where no foreign key says so.
    RequireAccount(AccountId),
    /// Forgets the challenges of a deleted account, where no foreign key does.
    ForgetChallengesOf(AccountId),
}

/// The steps of a change. With `spread` rows are kept on several servers by account: rows that are not have no foreign key to
/// it then.
pub(crate) fn steps_of(change: &Change, spread: bool) -> Vec<Step<'_>> {
    let this = Step::Change(change);
    match change {
        // First, so that the trigger for older versions finds the names there.
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
