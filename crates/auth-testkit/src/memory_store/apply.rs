//! Every write: what each change does to the rows, under its guard.

mod accounts;
mod challenges;
mod keys;
mod limits;
mod outbox;
mod sessions;

use std::collections::BTreeMap;

use auth_domain::account::AccountState;
use auth_domain::ports::{Change, CommitError, Guard, UniqueKey};

use super::tables::Tables;

/// Why a change cannot be made.
pub(super) enum Refused {
    /// A unique key is taken.
    Duplicate(UniqueKey),
    /// The row that the new one belongs to does not exist.
    NoParent,
}

/// Whether a change touched a row.
type Applied = Result<bool, Refused>;

/// Makes all of `changes` in their lock order. After an error, `tables` must not be used any more.
pub(super) fn apply_all(tables: &mut Tables, changes: &[Change]) -> Result<(), CommitError> {
    let mut sorted: Vec<&Change> = changes.iter().collect();
    sorted.sort_by_key(|change| change.lock_order());
    for change in sorted {
        let touched = apply(tables, change).map_err(|refused| match refused {
            Refused::Duplicate(key) => CommitError::Duplicate(key),
            Refused::NoParent => CommitError::Conflict(Guard::ParentThere),
        })?;
        if let (false, Some(guard)) = (touched, change.guard()) {
            return Err(CommitError::Conflict(guard));
        }
    }
    Ok(())
}

/// Matches without a wildcard, so that adding a change means saying here what it does.
fn apply(tables: &mut Tables, change: &Change) -> Applied {
    match change {
        Change::InsertAccount(account) => accounts::insert(tables, account),
        Change::DeleteAccount { account_id, revision } => accounts::delete(tables, *account_id, *revision),
        Change::SetRoles { account_id, revision, roles, at } => {
            accounts::change(tables, *account_id, *revision, *at, |account| account.roles = roles.clone())
        }
        Change::SetLocale { account_id, revision, locale, at } => {
            accounts::change(tables, *account_id, *revision, *at, |account| account.locale = locale.clone())
        }
        Change::SetState { account_id, revision, state, at } => {
            accounts::change(tables, *account_id, *revision, *at, |account| {
                account.state = *state;
                if account.state != AccountState::Active {
                    account.credential_version = account.credential_version.next();
                }
            })
        }
        Change::ScheduleDeletion { account_id, revision, deletion, at } => {
            accounts::change(tables, *account_id, *revision, *at, |account| {
                account.deletion = deletion.clone().map(Box::new);
                if account.deletion.is_some() {
                    account.credential_version = account.credential_version.next();
                }
            })
        }
        Change::RequireNewPassword { account_id, revision, at } => {
            accounts::change(tables, *account_id, *revision, *at, |account| {
                account.new_password_required = true;
                account.credential_version = account.credential_version.next();
            })
        }
        Change::LoseAdmin { from, at } => {
            let unchanged = tables.admin_lost_at == *from;
            if unchanged {
                tables.admin_lost_at = Some(*at);
            }
            Ok(unchanged)
        }
        Change::RehashPassword { account_id, credential_version, password_hash } => {
            accounts::rehash(tables, *account_id, *credential_version, password_hash)
        }
        Change::ResealPassword { account_id, from, to } => accounts::reseal_password(tables, *account_id, from, to),
        Change::ChangePassword { account_id, from_version, revision, password_hash, at } => {
            accounts::change_password(tables, *account_id, *from_version, (*revision, *at), password_hash)
        }
        Change::ChangeEmail { account_id, from, revision, to, verified, at } => {
            accounts::change_email(tables, *account_id, from, (*revision, *at), (to, *verified))
        }
        Change::PutPendingEmail { account_id, revision, pending, at } => {
            accounts::put_pending_email(tables, *account_id, (*revision, *at), pending.as_ref())
        }
        Change::ProveEmail { account_id, email, revision, at } => {
            accounts::prove_email(tables, *account_id, email, (*revision, *at))
        }
        Change::TouchAccount { account_id, revision, at } => {
            accounts::change(tables, *account_id, *revision, *at, |_| {})
        }
        Change::PutTwoFactor { account_id, two_factor } | Change::ResealTwoFactor { account_id, two_factor } => {
            accounts::put_two_factor(tables, *account_id, two_factor)
        }
        Change::ForgetTotpSteps(account_id) => {
            tables.totp_steps.retain(|(id, _), _| id != account_id);
            Ok(true)
        }
        Change::UseTotpStep { account_id, step, at } => accounts::use_totp_step(tables, *account_id, *step, *at),
        Change::LinkIdentity { account_id, identity } => accounts::link(tables, *account_id, identity),
        Change::UnlinkIdentity { account_id, provider } => accounts::unlink(tables, *account_id, provider),
        Change::RequireIdentity { account_id, provider, subject } => {
            Ok(accounts::is_linked(tables, *account_id, provider, subject))
        }
        Change::UnlinkIdentitiesOf(account_id) => accounts::unlink_all(tables, *account_id),
        Change::UseAuthorization { id, expires_at } => {
            Ok(insert_once(&mut tables.used_authorizations, *id, *expires_at))
        }
        Change::InsertSession { session, credential_version, two_factor_version } => {
            sessions::insert(tables, session, *credential_version, *two_factor_version)
        }
        Change::AdvanceSession { account_id, revision, session_id, from, rotation, key_id, idle_expires_at } => {
            let moved = (rotation, key_id, *idle_expires_at);
            sessions::advance(tables, (*session_id, *from), (*account_id, *revision), moved)
        }
        Change::NoteServedAgain { account_id, revision, session_id, from, rotation, suspicious: _ } => {
            sessions::serve_again(tables, (*session_id, *from), (*account_id, *revision), rotation)
        }
        Change::ProveSession { account_id, session_id, generation } => {
            sessions::prove(tables, (*account_id, *session_id), *generation)
        }
        Change::RevokeSession { account_id, session_id, revocation } => {
            sessions::revoke(tables, *revocation, |one| one.id == *session_id && one.account_id == *account_id)
        }
        Change::RevokeSessionsOf { account_id, except, revocation } => {
            sessions::revoke(tables, *revocation, |one| one.account_id == *account_id && Some(one.id) != *except)
        }
        Change::RevokeSessionsWithoutSecondFactor { account_id, except, revocation } => {
            sessions::revoke(tables, *revocation, |one| {
                one.account_id == *account_id && one.id != *except && !one.method.passed_second_factor()
            })
        }
        Change::ReauthenticateSession {
            account_id,
            session_id,
            method,
            authenticated_at,
            credential_version,
            two_factor_version,
        } => {
            let versions = (*credential_version, *two_factor_version);
            sessions::reauthenticate(tables, (*account_id, *session_id), (*method, *authenticated_at), versions)
        }
        Change::RequireSession { account_id, session_id } => Ok(sessions::is_alive(tables, *account_id, *session_id)),
        Change::InsertChallenge(challenge) => challenges::insert(tables, challenge),
        Change::PutChallenge(challenge) => challenges::put(tables, challenge),
        Change::UseChallenge { challenge_id, version } => challenges::use_up(tables, *challenge_id, *version),
        Change::ReplaceChallenges { subject, purpose, network, by } => {
            challenges::replace(tables, *subject, *purpose, network, *by)
        }
        Change::ForgetChallengesOf(account_id) => challenges::forget(tables, *account_id, None),
        Change::ForgetChallengesFor { account_id, purpose } => challenges::forget(tables, *account_id, Some(*purpose)),
        Change::KeepPendingCredentials(pending) => challenges::keep_pending(tables, pending),
        Change::PutNetworkAttempts(limit) => limits::put_network_attempts(tables, limit),
        Change::PutDailyMisses(limit) => limits::put_daily_misses(tables, limit),
        Change::ForgetNetworkAttempts(subject) => limits::forget_network_attempts(tables, *subject),
        Change::ForgetDailyMisses(subject) => Ok(tables.daily_misses.remove(&subject.as_uuid()).is_some()),
        Change::PutRateLimit { rate_limit, counted: _ } => limits::put_rate_limit(tables, rate_limit),
        Change::ForgetRateLimits(subject) => limits::forget_rate_limits(tables, *subject),
        Change::InsertInvitation(invitation) => {
            insert_row(&mut tables.invitations, invitation.id, invitation.clone(), UniqueKey::Id)
        }
        Change::UseInvitation { id, account_id: _, at } => {
            let invitation = tables.invitations.get_mut(id);
            Ok(update(invitation, |invitation| invitation.is_usable(*at), |invitation| invitation.uses_left -= 1))
        }
        Change::WithdrawInvitation(id) => Ok(tables.invitations.remove(id).is_some()),
        Change::RecordDeletion(deletion) => {
            insert_row(&mut tables.deletions, deletion.id, deletion.clone(), UniqueKey::Id)
        }
        Change::Announce { event, services } => outbox::announce(tables, event, services),
        Change::EventAcknowledged { event_id, service, attempt, at } => {
            outbox::delivered(tables, (*event_id, service, *attempt), |row| row.acknowledged_at = Some(*at))
        }
        Change::RetryEvent { event_id, service, attempt, at, error: _ } => {
            outbox::delivered(tables, (*event_id, service, *attempt), |row| row.next_attempt_at = *at)
        }
        Change::Mail(request) => outbox::owe(tables, request),
        Change::ForgetMail { mail_id, attempt } => outbox::forget(tables, *mail_id, *attempt),
        Change::RetryMail { mail_id, attempt, at, error } => {
            outbox::fail(tables, (*mail_id, *attempt), error, |row| row.next_attempt_at = *at)
        }
        Change::ParkMail { mail_id, attempt, at, error } => {
            outbox::fail(tables, (*mail_id, *attempt), error, |row| row.parked_at = Some(*at))
        }
        Change::HoldNotice { mail_id, attempt, told, next_id, until } => {
            outbox::hold(tables, (*mail_id, *attempt), *told, (*next_id, *until))
        }
        Change::ForgetCodesOwedTo(account_id) => outbox::forget_codes_of(tables, *account_id),
        Change::UnparkMails { at } => outbox::unpark(tables, *at),
        Change::InsertSigningKey(key) => keys::insert_signing(tables, key),
        Change::DeleteSigningKey(id) => Ok(tables.signing_keys.remove(id).is_some()),
        Change::ResealSigningKey { id, from, to } => {
            let sealed = tables.signing_keys.get_mut(id).map(|key| &mut key.sealed_private_key);
            Ok(keys::reseal(sealed, from, to))
        }
        Change::RetireKey(key) => keys::retire(tables, key),
        Change::ResealRetiredKey { id, from, to } => {
            Ok(keys::reseal(tables.retired_keys.get_mut(id).map(|key| &mut key.sealed_keys), from, to))
        }
        Change::ForgetRetiredKey(id) => Ok(tables.retired_keys.remove(id).is_some()),
        Change::RecordMaintenance { kind, at } => {
            tables.maintenance.insert(kind.as_str(), *at);
            Ok(true)
        }
        Change::ForgetMaintenance(kind) => Ok(tables.maintenance.remove(kind.as_str()).is_some()),
        Change::Audit(record) => insert_row(&mut tables.audit_records, record.id, record.clone(), UniqueKey::Id),
    }
}

/// Inserts as `INSERT` does: an existing key is a duplicate.
fn insert_row<K: Ord, V>(rows: &mut BTreeMap<K, V>, key: K, row: V, unique: UniqueKey) -> Applied {
    if insert_once(rows, key, row) { Ok(true) } else { Err(Refused::Duplicate(unique)) }
}

/// Inserts as `INSERT … ON CONFLICT DO NOTHING` does.
fn insert_once<K: Ord, V>(rows: &mut BTreeMap<K, V>, key: K, row: V) -> bool {
    match rows.entry(key) {
        std::collections::btree_map::Entry::Vacant(place) => {
            place.insert(row);
            true
        }
        std::collections::btree_map::Entry::Occupied(_) => false,
    }
}

/// Updates as `UPDATE` does the row that passes the guard.
fn update<V>(row: Option<&mut V>, guard: impl FnOnce(&V) -> bool, change: impl FnOnce(&mut V)) -> bool {
    match row {
        Some(row) if guard(row) => {
            change(row);
            true
        }
        _ => false,
    }
}
