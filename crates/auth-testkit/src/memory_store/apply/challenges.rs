//! Challenges, and the changes of credentials that wait for one.

use auth_domain::challenge::{Challenge, ChallengePurpose, ChallengeState};
use auth_domain::pending_credentials::PendingCredentials;
use auth_domain::ports::UniqueKey;
use auth_domain::rate_limit::AttemptSubject;
use auth_domain::session::Network;
use auth_domain::version::RowVersion;
use auth_domain::{AccountId, ChallengeId};

use super::accounts::require_account;
use super::{Applied, Refused, insert_row, update};
use crate::memory_store::tables::Tables;

pub(super) fn insert(tables: &mut Tables, challenge: &Challenge) -> Applied {
    insert_row(&mut tables.challenges, challenge.id, challenge.clone(), UniqueKey::Id)?;
    challenge.challenged.account_id().map_or(Ok(true), |id| require_account(tables, id))
}

pub(super) fn put(tables: &mut Tables, challenge: &Challenge) -> Applied {
    let guard = |stored: &Challenge| stored.version == challenge.version.previous();
    Ok(update(tables.challenges.get_mut(&challenge.id), guard, |stored| *stored = challenge.clone()))
}

pub(super) fn use_up(tables: &mut Tables, id: ChallengeId, version: RowVersion) -> Applied {
    delete(tables, |challenge| challenge.id == id && challenge.version == version)
}

/// Deletes the challenges that a new one replaces, except those whose code was given.
pub(super) fn replace(
    tables: &mut Tables,
    subject: AttemptSubject,
    purpose: ChallengePurpose,
    network: &Network,
    by: ChallengeId,
) -> Applied {
    delete(tables, |challenge| {
        challenge.subject.as_uuid() == subject.as_uuid()
            && challenge.purpose == purpose
            && challenge.network == *network
            && challenge.state != ChallengeState::CodeGiven
            && challenge.id != by
    })
}

/// Deletes the challenges of an account, for one purpose or for any.
pub(super) fn forget(tables: &mut Tables, account_id: AccountId, purpose: Option<ChallengePurpose>) -> Applied {
    delete(tables, |challenge| {
        challenge.challenged.account_id() == Some(account_id) && purpose.is_none_or(|one| one == challenge.purpose)
    })
}

fn delete(tables: &mut Tables, goes: impl Fn(&Challenge) -> bool) -> Applied {
    let before = tables.challenges.len();
    tables.delete_challenges(goes);
    Ok(tables.challenges.len() < before)
}

pub(super) fn keep_pending(tables: &mut Tables, pending: &PendingCredentials) -> Applied {
    insert_row(&mut tables.pending_credentials, pending.challenge_id, pending.clone(), UniqueKey::Id)?;
    if tables.challenges.contains_key(&pending.challenge_id) { Ok(true) } else { Err(Refused::NoParent) }
}
