//! Sessions.

use auth_domain::account::CredentialVersion;
use auth_domain::ports::UniqueKey;
use auth_domain::session::{AuthenticationMethod, Generation, KeyId, Revocation, Rotation, RotationVersion, Session};
use auth_domain::version::{AccountRevision, RowVersion};
use auth_domain::{AccountId, SessionId, Timestamp};

use super::{Applied, insert_row, update};
use crate::memory_store::tables::Tables;

pub(super) fn insert(
    tables: &mut Tables,
    session: &Session,
    version: CredentialVersion,
    two_factor_version: RowVersion,
) -> Applied {
    let unchanged = tables.accounts.get(&session.account_id).is_some_and(|account| {
        account.credential_version == version && account.two_factor.version == two_factor_version
    });
    if !unchanged {
        return Ok(false);
    }
    insert_row(&mut tables.sessions, session.id, session.clone(), UniqueKey::Id)
}

pub(super) fn advance(
    tables: &mut Tables,
    (id, from): (SessionId, RotationVersion),
    account: (AccountId, AccountRevision),
    (rotation, key_id, idle_expires_at): (&Rotation, &KeyId, Timestamp),
) -> Applied {
    let unmoved = unmoved(tables, from, account);
    Ok(update(tables.sessions.get_mut(&id), unmoved, |session| {
        session.rotation = rotation.clone();
        session.key_id = key_id.clone();
        session.idle_expires_at = idle_expires_at;
    }))
}

/// Returns the session if it has not ended, its rotation is the one that was read, and so is its account.
fn unmoved(
    tables: &Tables,
    from: RotationVersion,
    (account_id, revision): (AccountId, AccountRevision),
) -> impl Fn(&Session) -> bool + use<> {
    let unchanged = tables.accounts.get(&account_id).is_some_and(|account| account.revision() == revision);
    move |session| {
        let same = session.account_id == account_id && session.rotation.version() == from;
        unchanged && same && session.revocation.is_none()
    }
}

pub(super) fn serve_again(
    tables: &mut Tables,
    (id, from): (SessionId, RotationVersion),
    account: (AccountId, AccountRevision),
    now: &Rotation,
) -> Applied {
    let (served_at, joins, late, notes) = (now.served_at, now.joins.clone(), now.late, now.notes);
    let unmoved = unmoved(tables, from, account);
    Ok(update(tables.sessions.get_mut(&id), unmoved, |session| {
        session.rotation = Rotation { served_at, joins, late, notes, ..session.rotation.clone() };
    }))
}

pub(super) fn prove(tables: &mut Tables, (account_id, id): (AccountId, SessionId), generation: Generation) -> Applied {
    let guard = |session: &Session| {
        session.account_id == account_id && session.rotation.generation == generation && !session.rotation.proved
    };
    Ok(update(tables.sessions.get_mut(&id), guard, |session| session.rotation.proved = true))
}

/// Returns whether it belongs to that account and has not ended.
pub(super) fn is_alive(tables: &Tables, account_id: AccountId, id: SessionId) -> bool {
    let session = tables.sessions.get(&id);
    session.is_some_and(|session| session.account_id == account_id && session.revocation.is_none())
}

/// Records a reauthentication, guarded by the credentials and second factors that were checked.
pub(super) fn reauthenticate(
    tables: &mut Tables,
    (account_id, id): (AccountId, SessionId),
    (method, at): (AuthenticationMethod, Timestamp),
    versions: (CredentialVersion, RowVersion),
) -> Applied {
    let unchanged = tables
        .accounts
        .get(&account_id)
        .is_some_and(|account| (account.credential_version, account.two_factor.version) == versions);
    let guard = |session: &Session| unchanged && session.account_id == account_id && session.revocation.is_none();
    Ok(update(tables.sessions.get_mut(&id), guard, |session| {
        session.method = method;
        session.authenticated_at = at;
    }))
}

/// Ends those that have not ended yet.
pub(super) fn revoke(tables: &mut Tables, revocation: Revocation, ends: impl Fn(&Session) -> bool) -> Applied {
    let mut ended = false;
    for session in tables.sessions.values_mut() {
        if session.revocation.is_none() && ends(session) {
            session.revocation = Some(revocation);
            ended = true;
        }
    }
    Ok(ended)
}
