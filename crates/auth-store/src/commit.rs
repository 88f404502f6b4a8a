//! Every write: one guarded statement per change, in the order of [`Change::lock_order`].

use auth_domain::ports::{Change, CommitError, Guard};
use futures_util::FutureExt as _;

use crate::connection::{Connection, Done};
use crate::steps::{Step, account_to_lock, steps_of};
use crate::{
    accounts, admins, audit, challenges, events, identities, invitations, keys, mails, maintenance, names,
    password_limits, rate_limits, sessions, two_factor,
};

/// Commits the changes: one by itself, several in one transaction.
pub(crate) async fn commit(conn: &mut Connection, mut changes: Vec<Change>) -> Done<()> {
    // The sort is stable: changes with the same position keep their order.
    changes.sort_by_key(Change::lock_order);
    let spread = conn.is_spread();
    let steps = changes.iter().flat_map(|change| steps_of(change, spread));
    let lock = account_to_lock(&changes).filter(|_| changes.len() > 1).map(Step::LockAccount);
    let steps: Vec<Step<'_>> = lock.into_iter().chain(steps).collect();
    match steps.as_slice() {
        [] => Ok(()),
        [Step::Change(one)] if is_one_statement(one) => make(conn, one).await,
        _ => conn.all_or_nothing(&steps, |conn, step| take(conn, step).boxed()).await,
    }
}

/// Tells whether a change is one statement. An event and its deliveries are several rows in two tables, and mails are
/// retried for two reasons.
const fn is_one_statement(change: &Change) -> bool {
    !matches!(change, Change::Announce { .. } | Change::UnparkMails { .. })
}

async fn take(conn: &mut Connection, step: &Step<'_>) -> Done<()> {
    match step {
        Step::Change(change) => make(conn, change).await,
        Step::Claim(account_id, name) => names::claim(conn, name, *account_id).await,
        Step::Release(account_id, released) => names::release(conn, *account_id, released).await,
        Step::RequireAccount(account_id) => match accounts::require(conn, *account_id).await? {
            0 => Err(CommitError::Conflict(Guard::ParentThere)),
            _ => Ok(()),
        },
        Step::LockAccount(account_id) => accounts::lock(conn, *account_id).await,
        Step::ForgetChallengesOf(account_id) => challenges::delete_all_of(conn, *account_id).await.map(drop),
    }
}

async fn make(conn: &mut Connection, change: &Change) -> Done<()> {
    let rows = apply(conn, change).await?;
    match change.guard() {
        Some(guard) if rows == 0 => Err(CommitError::Conflict(guard)),
        _ => Ok(()),
    }
}

/// Runs the statement of a change, and returns how many rows it touched.
async fn apply(conn: &mut Connection, change: &Change) -> Done<usize> {
    match change {
        Change::InsertAccount(account) => accounts::insert(conn, account).await,
        Change::DeleteAccount { account_id, revision } => accounts::delete(conn, *account_id, *revision).await,
        Change::TouchAccount { account_id, revision, at } => accounts::touch(conn, *account_id, *revision, *at).await,
        Change::SetRoles { account_id, revision, roles, at } => {
            accounts::set_roles(conn, *account_id, *revision, roles, *at).await
        }
        Change::SetLocale { account_id, revision, locale, at } => {
            accounts::set_locale(conn, *account_id, *revision, locale.as_ref(), *at).await
        }
        Change::SetState { account_id, revision, state, at } => {
            accounts::set_state(conn, *account_id, *revision, *state, *at).await
        }
        Change::ScheduleDeletion { account_id, revision, deletion, at } => {
            accounts::schedule_deletion(conn, *account_id, *revision, deletion.as_ref(), *at).await
        }
        Change::RequireNewPassword { account_id, revision, at } => {
            accounts::require_new_password(conn, *account_id, *revision, *at).await
        }
        Change::LoseAdmin { from, at } => admins::lose(conn, *from, *at).await,
        Change::RehashPassword { account_id, credential_version, password_hash } => {
            accounts::rehash_password(conn, *account_id, *credential_version, password_hash).await
        }
        Change::ResealPassword { account_id, from, to } => accounts::reseal_password(conn, *account_id, from, to).await,
        Change::ChangePassword { account_id, from_version, revision, password_hash, at } => {
            accounts::change_password(conn, *account_id, (*from_version, *revision), password_hash, *at).await
        }
        Change::ChangeEmail { account_id, from, revision, to, verified, at } => {
            accounts::change_email(conn, *account_id, (from, *revision), (to, *verified), *at).await
        }
        Change::PutPendingEmail { account_id, revision, pending, at } => {
            accounts::put_pending_email(conn, *account_id, *revision, pending.as_ref(), *at).await
        }
        Change::ProveEmail { account_id, email, revision, at } => {
            accounts::prove_email(conn, *account_id, email, *revision, *at).await
        }
        Change::PutTwoFactor { account_id, two_factor: state }
        | Change::ResealTwoFactor { account_id, two_factor: state } => two_factor::put(conn, *account_id, state).await,
        Change::ForgetTotpSteps(account_id) => two_factor::forget_steps_of(conn, *account_id).await,
        Change::UseTotpStep { account_id, step, at } => two_factor::use_step(conn, *account_id, *step, *at).await,
        Change::KeepPendingCredentials(pending) => two_factor::keep_pending(conn, pending).await,
        Change::LinkIdentity { account_id, identity } => identities::insert(conn, *account_id, identity).await,
        Change::UnlinkIdentity { account_id, provider } => identities::delete(conn, *account_id, provider).await,
        Change::RequireIdentity { account_id, provider, subject } => {
            identities::require(conn, *account_id, provider, subject).await
        }
        Change::UnlinkIdentitiesOf(account_id) => identities::delete_all_of(conn, *account_id).await,
        Change::UseAuthorization { id, expires_at } => identities::use_authorization(conn, *id, *expires_at).await,
        Change::InsertSession { session, credential_version, two_factor_version } => {
            sessions::insert(conn, session, *credential_version, *two_factor_version).await
        }
        Change::AdvanceSession { account_id, revision, session_id, from, rotation, key_id, idle_expires_at } => {
            let account = (*account_id, *revision);
            sessions::advance(conn, (*session_id, *from), account, (rotation, key_id, *idle_expires_at)).await
        }
        Change::NoteServedAgain { account_id, revision, session_id, from, rotation, suspicious: _ } => {
            sessions::note_served_again(conn, (*session_id, *from), (*account_id, *revision), rotation).await
        }
        Change::ProveSession { account_id, session_id, generation } => {
            sessions::prove(conn, (*account_id, *session_id), *generation).await
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
            sessions::reauthenticate(conn, (*account_id, *session_id), (*method, *authenticated_at), versions).await
        }
        Change::RequireSession { account_id, session_id } => sessions::require(conn, *account_id, *session_id).await,
        Change::RevokeSession { account_id, session_id, revocation } => {
            sessions::revoke(conn, *account_id, *session_id, revocation).await
        }
        Change::RevokeSessionsOf { account_id, except, revocation } => {
            sessions::revoke_all_of(conn, *account_id, *except, revocation).await
        }
        Change::RevokeSessionsWithoutSecondFactor { account_id, except, revocation } => {
            sessions::revoke_without_second_factor(conn, *account_id, *except, revocation).await
        }
        Change::PutNetworkAttempts(limit) => password_limits::put_network_attempts(conn, limit).await,
        Change::PutDailyMisses(limit) => password_limits::put_daily_misses(conn, limit).await,
        Change::ForgetNetworkAttempts(subject) => password_limits::forget_network_attempts(conn, *subject).await,
        Change::ForgetDailyMisses(subject) => password_limits::forget_daily_misses(conn, *subject).await,
        Change::PutRateLimit { rate_limit, counted: _ } => rate_limits::put(conn, rate_limit).await,
        Change::ForgetRateLimits(subject) => rate_limits::delete_all_of(conn, *subject).await,
        Change::InsertChallenge(challenge) => challenges::insert(conn, challenge).await,
        Change::PutChallenge(challenge) => challenges::put(conn, challenge).await,
        Change::UseChallenge { challenge_id, version } => challenges::delete(conn, *challenge_id, *version).await,
        Change::ReplaceChallenges { subject, purpose, network, by } => {
            challenges::replace(conn, *subject, *purpose, network, *by).await
        }
        Change::ForgetChallengesOf(account_id) => challenges::delete_all_of(conn, *account_id).await,
        Change::ForgetChallengesFor { account_id, purpose } => {
            challenges::delete_all_for(conn, *account_id, *purpose).await
        }
        Change::InsertInvitation(invitation) => invitations::insert(conn, invitation).await,
        Change::UseInvitation { id, account_id: _, at } => invitations::use_once(conn, *id, *at).await,
        Change::WithdrawInvitation(id) => invitations::delete(conn, *id).await,
        Change::RecordDeletion(deletion) => events::record_deletion(conn, deletion).await,
        Change::Announce { event, services } => events::insert(conn, event, services).await,
        Change::EventAcknowledged { event_id, service, attempt, at } => {
            events::delivered(conn, (*event_id, service, *attempt), Some(*at), None, None).await
        }
        Change::RetryEvent { event_id, service, attempt, at, error } => {
            events::delivered(conn, (*event_id, service, *attempt), None, Some(*at), Some(error)).await
        }
        Change::Mail(request) => mails::owe(conn, request).await,
        Change::ForgetCodesOwedTo(account_id) => mails::delete_codes_of(conn, *account_id).await,
        Change::HoldNotice { mail_id, attempt, told, next_id, until } => {
            mails::hold(conn, (*mail_id, *attempt), *told, *next_id, *until).await
        }
        Change::UnparkMails { at } => mails::unpark(conn, *at).await,
        Change::ForgetMail { mail_id, attempt } => mails::delete(conn, *mail_id, *attempt).await,
        Change::RetryMail { mail_id, attempt, at, error } => {
            mails::fail(conn, (*mail_id, *attempt), Some(*at), None, error).await
        }
        Change::ParkMail { mail_id, attempt, at, error } => {
            mails::fail(conn, (*mail_id, *attempt), None, Some(*at), error).await
        }
        Change::InsertSigningKey(key) => keys::insert_signing(conn, key).await,
        Change::DeleteSigningKey(id) => keys::delete_signing(conn, *id).await,
        Change::ResealSigningKey { id, from, to } => keys::reseal_signing(conn, *id, from, to).await,
        Change::RetireKey(key) => keys::retire(conn, key).await,
        Change::ResealRetiredKey { id, from, to } => keys::reseal_retired(conn, *id, from, to).await,
        Change::ForgetRetiredKey(id) => keys::forget_retired(conn, *id).await,
        Change::Audit(record) => audit::insert(conn, record).await,
        Change::RecordMaintenance { kind, at } => maintenance::put(conn, *kind, *at).await,
        Change::ForgetMaintenance(kind) => maintenance::delete(conn, *kind).await,
    }
}
