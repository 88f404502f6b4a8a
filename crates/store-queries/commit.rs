//! Every write: one guarded statement a change.

use auth_domain::account::CredentialVersion;
use auth_domain::deletion::Deletion;
use auth_domain::ports::{Change, CommitError, UniqueKey};
use auth_domain::session::{Generation, Network, Session};
use auth_domain::{AccountId, SessionId, Timestamp};
use diesel::prelude::*;
use diesel::result::{DatabaseErrorKind, Error};
use diesel::sql_types::{BigInt, Bool, Nullable, Text};
use diesel_async::RunQueryDsl;

use super::reads::unavailable;
use super::rows::{AccountRow, AdvancedRow, RevokedRow, SigningKeyRow};
use super::schema::{accounts, deletions, sessions, signing_keys};
use super::{audit, budgets, challenges, events, identities, keys, mails, marks, tallies, two_factor};
use crate::dialect::{self, Connection, DbUuid, SqlUuid};

/// Why a transaction is rolled back.
pub(crate) enum Abort {
    /// The change at this index met another state than it was decided on.
    Conflict(usize),
    /// The driver's.
    Database(Error),
}

impl From<Error> for Abort {
    fn from(error: Error) -> Self {
        Self::Database(error)
    }
}

impl From<Abort> for CommitError {
    fn from(abort: Abort) -> Self {
        match abort {
            Abort::Conflict(change) => Self::Conflict { change },
            Abort::Database(Error::DatabaseError(DatabaseErrorKind::UniqueViolation, info)) => {
                Self::Duplicate(unique_key(info.constraint_name().unwrap_or_else(|| info.message())))
            }
            // Two commits that waited for each other: one was undone. It may try again.
            Abort::Database(Error::DatabaseError(_, info)) if info.message() == "deadlock detected" => {
                Self::Conflict { change: usize::MAX }
            }
            // What the row was to hang on is gone.
            Abort::Database(Error::DatabaseError(DatabaseErrorKind::ForeignKeyViolation, _)) => {
                Self::Conflict { change: 0 }
            }
            Abort::Database(error) => Self::Unavailable(unavailable(error)),
        }
    }
}

/// PostgreSQL names the constraint, SQLite the column; the migrations name one after the other.
fn unique_key(named: &str) -> UniqueKey {
    if named.contains("identities") {
        UniqueKey::Identity
    } else if named.contains("email_key") {
        UniqueKey::Email
    } else if named.contains("username_key") {
        UniqueKey::Username
    } else if named.contains("sequence") {
        UniqueKey::SigningKeySequence
    } else {
        UniqueKey::Id
    }
}

/// One change is sent by itself, several in one transaction.
pub(crate) async fn commit(conn: &mut Connection, changes: Vec<Change>) -> Result<(), CommitError> {
    let wakes = changes.iter().any(fills_outbox);
    let done = match changes.as_slice() {
        [] => Ok(()),
        [_one] if !wakes => apply_all(conn, &changes).await,
        _ => dialect::in_transaction!(conn, |conn| apply_all(conn, &changes).await),
    };
    done.map_err(CommitError::from)
}

/// Whether a worker should look at the outbox once this is committed.
pub(crate) fn fills_outbox(change: &Change) -> bool {
    matches!(change, Change::Mail(_) | Change::UnparkMails { .. })
        || matches!(change, Change::Announce { services, .. } if !services.is_empty())
}

pub(crate) async fn apply_all(conn: &mut Connection, changes: &[Change]) -> Result<(), Abort> {
    for (index, change) in changes.iter().enumerate() {
        let rows = apply(conn, change).await?;
        if rows == 0 && is_guarded(change) {
            return Err(Abort::Conflict(index));
        }
    }
    if changes.iter().any(fills_outbox) {
        dialect::wake_other_nodes(conn).await?;
    }
    Ok(())
}

/// Whether a change that touches no row met another state than it was decided on.
fn is_guarded(change: &Change) -> bool {
    !matches!(
        change,
        Change::RevokeSessionsOf { .. }
            | Change::ForgetNetworkAttempts(_)
            | Change::ForgetDailyMisses(_)
            | Change::ForgetTallies(_)
            | Change::ReplaceChallenges { .. }
            | Change::ForgetChallengesOf(_)
            | Change::ForgetChallengesFor { .. }
            | Change::UnparkMails { .. }
            | Change::ForgetMailsTo(_)
            | Change::UnlinkIdentitiesOf(_)
            | Change::ForgetMark(_)
    )
}

/// The statement of each change; answers how many rows it touched.
async fn apply(conn: &mut Connection, change: &Change) -> QueryResult<usize> {
    match change {
        Change::InsertAccount(account) => {
            diesel::insert_into(accounts::table).values(AccountRow::from(account)).execute(conn).await
        }
        Change::DeleteAccount { account_id, as_of } => {
            let row = accounts::table.filter(accounts::id.eq(account_key(*account_id)));
            diesel::delete(row.filter(accounts::updated_at.eq(as_of.as_micros()))).execute(conn).await
        }
        Change::RecordDeletion(deletion) => record_deletion(conn, deletion).await,
        Change::SetRoles { account_id, as_of, roles, at } => {
            let row = accounts::table.filter(accounts::id.eq(account_key(*account_id)));
            diesel::update(row.filter(accounts::updated_at.eq(as_of.as_micros())))
                .set((accounts::roles.eq(roles.to_string()), accounts::updated_at.eq(at.as_micros())))
                .execute(conn)
                .await
        }
        Change::RehashPassword { account_id, credential_version, password_hash } => {
            diesel::update(accounts::table)
                .filter(accounts::id.eq(account_key(*account_id)))
                .filter(accounts::credential_version.eq(credential_version.as_number()))
                .set(accounts::password_hash.eq(password_hash.as_phc()))
                .execute(conn)
                .await
        }
        Change::ChangePassword { account_id, from_version, as_of, password_hash, at } => {
            diesel::update(accounts::table)
                .filter(accounts::id.eq(account_key(*account_id)))
                .filter(accounts::credential_version.eq(from_version.as_number()))
                .filter(accounts::updated_at.eq(as_of.as_micros()))
                .set((
                    accounts::password_hash.eq(password_hash.as_phc()),
                    accounts::credential_version.eq(from_version.next().as_number()),
                    accounts::updated_at.eq(at.as_micros()),
                ))
                .execute(conn)
                .await
        }
        Change::ChangeEmail { account_id, from, as_of, to, verified, at } => {
            diesel::update(accounts::table)
                .filter(accounts::id.eq(account_key(*account_id)))
                .filter(accounts::email_key.eq(from.key()))
                .filter(accounts::updated_at.eq(as_of.as_micros()))
                .set((
                    accounts::email.eq(to.as_str()),
                    accounts::email_key.eq(to.key()),
                    accounts::email_verified.eq(*verified),
                    accounts::updated_at.eq(at.as_micros()),
                ))
                .execute(conn)
                .await
        }
        Change::ProveEmail { account_id, email, as_of, at } => {
            diesel::update(accounts::table)
                .filter(accounts::id.eq(account_key(*account_id)))
                .filter(accounts::email_key.eq(email.key()))
                .filter(accounts::updated_at.eq(as_of.as_micros()))
                .set((
                    accounts::email_verified.eq(true),
                    accounts::ever_proved.eq(true),
                    accounts::updated_at.eq(at.as_micros()),
                ))
                .execute(conn)
                .await
        }
        Change::TouchAccount { account_id, as_of, at } => {
            let row = accounts::table.filter(accounts::id.eq(account_key(*account_id)));
            diesel::update(row.filter(accounts::updated_at.eq(as_of.as_micros())))
                .set(accounts::updated_at.eq(at.as_micros()))
                .execute(conn)
                .await
        }
        Change::LinkIdentity { account_id, identity } => identities::insert(conn, *account_id, identity).await,
        Change::UnlinkIdentity { account_id, provider } => identities::delete(conn, *account_id, provider).await,
        Change::RequireIdentity { account_id, provider, subject } => {
            identities::require(conn, *account_id, provider, subject).await
        }
        Change::UnlinkIdentitiesOf(account_id) => identities::delete_all_of(conn, *account_id).await,
        Change::UseAuthorization { id, expires_at } => identities::use_authorization(conn, *id, *expires_at).await,
        Change::InsertSession { session, credential_version, two_factor_version } => {
            insert_session(conn, session, *credential_version, *two_factor_version).await
        }
        Change::PutTwoFactor { account_id, two_factor: state }
        | Change::ResealTwoFactor { account_id, two_factor: state } => two_factor::put(conn, *account_id, state).await,
        Change::UseTotpStep { account_id, step, at } => two_factor::use_step(conn, *account_id, *step, *at).await,
        Change::KeepPendingCredentials(pending) => two_factor::keep_pending(conn, pending).await,
        Change::ForgetChallengesFor { account_id, purpose } => {
            challenges::delete_all_for(conn, *account_id, *purpose).await
        }
        Change::AdvanceSession { session_id, from_generation, from_proved, rotation, key_id, idle_expires_at } => {
            let row = sessions::table
                .filter(sessions::id.eq(session_key(*session_id)))
                .filter(sessions::generation.eq(number(*from_generation)))
                .filter(sessions::proved.eq(*from_proved))
                .filter(sessions::revoked_at.is_null());
            let advanced = AdvancedRow::new(rotation, key_id, *idle_expires_at);
            diesel::update(row).set(advanced).execute(conn).await
        }
        Change::NoteServedAgain { session_id, generation, at } => {
            diesel::update(sessions::table)
                .filter(sessions::id.eq(session_key(*session_id)))
                .filter(sessions::generation.eq(number(*generation)))
                .filter(sessions::revoked_at.is_null())
                .set(sessions::served_at.eq(at.as_micros()))
                .execute(conn)
                .await
        }
        Change::ProveSession { session_id, generation } => {
            diesel::update(sessions::table)
                .filter(sessions::id.eq(session_key(*session_id)))
                .filter(sessions::generation.eq(number(*generation)))
                .filter(sessions::proved.eq(false))
                .set(sessions::proved.eq(true))
                .execute(conn)
                .await
        }
        Change::RevokeSession { account_id, session_id, revocation } => {
            let row = sessions::table
                .filter(sessions::id.eq(session_key(*session_id)))
                .filter(sessions::account_id.eq(account_key(*account_id)));
            let live = row.filter(sessions::revoked_at.is_null());
            diesel::update(live).set(RevokedRow::from(revocation)).execute(conn).await
        }
        Change::RequireSession(id) => {
            let live = sessions::table.filter(sessions::id.eq(session_key(*id))).filter(sessions::revoked_at.is_null());
            let rows: Vec<DbUuid> = dialect::lock_shared!(live.select(sessions::id)).load(conn).await?;
            Ok(rows.len())
        }
        Change::RevokeSessionsOf { account_id, except, revocation } => {
            let rows = sessions::table.filter(sessions::account_id.eq(account_key(*account_id)));
            let kept = except.map_or_else(uuid::Uuid::nil, SessionId::as_uuid);
            let live = rows.filter(sessions::revoked_at.is_null()).filter(sessions::id.ne(DbUuid(kept)));
            diesel::update(live).set(RevokedRow::from(revocation)).execute(conn).await
        }
        Change::PutNetworkAttempts(budget) => budgets::put_network_attempts(conn, budget).await,
        Change::PutDailyMisses(budget) => budgets::put_daily_misses(conn, budget).await,
        Change::ForgetNetworkAttempts(subject) => budgets::forget_network_attempts(conn, *subject).await,
        Change::ForgetDailyMisses(subject) => budgets::forget_daily_misses(conn, *subject).await,
        Change::PutTally(tally) => tallies::put(conn, tally).await,
        Change::ForgetTallies(subject) => tallies::delete_all_of(conn, *subject).await,
        Change::InsertChallenge(challenge) => challenges::insert(conn, challenge).await,
        Change::PutChallenge(challenge) => challenges::put(conn, challenge).await,
        Change::UseChallenge { challenge_id, version } => challenges::delete(conn, *challenge_id, *version).await,
        Change::ReplaceChallenges { subject, purpose, network, by } => {
            challenges::replace(conn, *subject, *purpose, network, *by).await
        }
        Change::ForgetChallengesOf(account_id) => challenges::delete_all_of(conn, *account_id).await,
        Change::Announce { event, services } => events::insert(conn, event, services).await,
        Change::EventAcknowledged { event_id, service, attempt, at } => {
            events::delivered(conn, (*event_id, service, *attempt), Some(*at), None, None).await
        }
        Change::RetryEvent { event_id, service, attempt, at, error } => {
            events::delivered(conn, (*event_id, service, *attempt), None, Some(*at), Some(error)).await
        }
        Change::Mail(request) => mails::insert(conn, request).await,
        Change::ForgetMailsTo(address) => mails::delete_all_to(conn, address).await,
        Change::UnparkMails { at } => mails::unpark(conn, *at).await,
        Change::ForgetMail { mail_id, attempt } => mails::delete(conn, *mail_id, *attempt).await,
        Change::RetryMail { mail_id, attempt, at, error } => {
            mails::fail(conn, (*mail_id, *attempt), Some(*at), None, error).await
        }
        Change::ParkMail { mail_id, attempt, at, error } => {
            mails::fail(conn, (*mail_id, *attempt), None, Some(*at), error).await
        }
        Change::InsertSigningKey(key) => {
            diesel::insert_into(signing_keys::table).values(SigningKeyRow::from(key)).execute(conn).await
        }
        Change::RetireKey(key) => keys::retire(conn, key).await,
        Change::ResealRetiredKey { id, from, to } => keys::reseal_retired(conn, *id, from, to).await,
        Change::ForgetRetiredKey(id) => keys::forget_retired(conn, *id).await,
        Change::ResealSigningKey { id, from, to } => keys::reseal_signing(conn, *id, from, to).await,
        Change::Audit(record) => audit::insert(conn, record).await,
        Change::PutMark { mark, at } => marks::put(conn, *mark, *at).await,
        Change::ForgetMark(mark) => marks::delete(conn, *mark).await,
        Change::DeleteSigningKey(id) => {
            let row = signing_keys::table.filter(signing_keys::id.eq(DbUuid(id.as_uuid())));
            diesel::delete(row).execute(conn).await
        }
    }
}

fn account_key(id: AccountId) -> DbUuid {
    DbUuid(id.as_uuid())
}

fn session_key(id: SessionId) -> DbUuid {
    DbUuid(id.as_uuid())
}

fn number(generation: Generation) -> i64 {
    generation.as_number().into()
}

async fn record_deletion(conn: &mut Connection, deletion: &Deletion) -> QueryResult<usize> {
    diesel::insert_into(deletions::table)
        .values((
            deletions::id.eq(DbUuid(deletion.id.as_uuid())),
            deletions::account_id.eq(account_key(deletion.account_id)),
            deletions::requested_by.eq(&deletion.requested_by),
            deletions::deleted_at.eq(deletion.deleted_at.as_micros()),
        ))
        .execute(conn)
        .await
}

/// Inserts from a select on the account, which stays locked against a change of credentials until
/// the commit: whichever comes second sees the other.
async fn insert_session(
    conn: &mut Connection,
    session: &Session,
    version: CredentialVersion,
    two_factor_version: i64,
) -> QueryResult<usize> {
    let rotation = &session.rotation;
    let micros = |at: Timestamp| at.as_micros().into_sql::<BigInt>();
    let text = |text: &str| text.to_owned().into_sql::<Text>();
    let network: &Network = rotation.client.network();
    let row = accounts::table
        .filter(accounts::id.eq(account_key(session.account_id)))
        .filter(accounts::credential_version.eq(version.as_number()))
        .filter(accounts::two_factor_version.eq(two_factor_version))
        .select((
            session_key(session.id).into_sql::<SqlUuid>(),
            accounts::id,
            number(rotation.generation).into_sql::<BigInt>(),
            rotation.parent.map(number).into_sql::<Nullable<BigInt>>(),
            micros(rotation.served_at),
            rotation.proved.into_sql::<Bool>(),
            text(network.as_str()),
            text(rotation.client.user_agent()),
            text(session.key_id.as_str()),
            text(&session.method.amr().join(" ")),
            micros(session.created_at),
            micros(session.idle_expires_at),
            micros(session.absolute_expires_at),
        ));
    diesel::insert_into(sessions::table)
        .values(dialect::lock_shared!(row))
        .into_columns((
            sessions::id,
            sessions::account_id,
            sessions::generation,
            sessions::parent,
            sessions::served_at,
            sessions::proved,
            sessions::network,
            sessions::user_agent,
            sessions::key_id,
            sessions::method,
            sessions::created_at,
            sessions::idle_expires_at,
            sessions::absolute_expires_at,
        ))
        .execute(conn)
        .await
}
