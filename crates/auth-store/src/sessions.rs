//! Sessions: storing, reading and advancing them.

use auth_domain::account::{Account, CredentialVersion};
use auth_domain::ports::CommitError;
use auth_domain::session::{
    AuthenticationMethod, Client, Generation, KeyId, LateRepeats, LeftBehind, Network, Revocation, RevocationReason,
    Rotation, RotationVersion, Session,
};
use auth_domain::version::{AccountRevision, RowVersion};
use auth_domain::{AccountId, SessionId, Timestamp};
use diesel::dsl::exists;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool, Nullable, Text};

use crate::accounts::AccountRow;
use crate::connection::{Connection, Done, columns};
use crate::corrupt;
use crate::fixed::fixed;
use crate::identities::{IdentityRow, JoinedRow, accounts_of};
use crate::joins;
use crate::schema::{accounts, identities, sessions};
use crate::types::{DbUuid, SqlUuid};

#[derive(Queryable, Selectable)]
#[diesel(table_name = sessions)]
pub(super) struct SessionRow {
    id: DbUuid,
    account_id: DbUuid,
    generation: i64,
    parent: Option<i64>,
    served_at: i64,
    proved: bool,
    network: String,
    user_agent: String,
    left_after: Option<i64>,
    left_before: Option<i64>,
    key_id: String,
    method: String,
    created_at: i64,
    idle_expires_at: i64,
    absolute_expires_at: i64,
    authenticated_at: Option<i64>,
    revoked_at: Option<i64>,
    revocation_reason: Option<String>,
    /// Absent in rows that are older than the column.
    rotated_at: Option<i64>,
    joins: String,
    late_generation: Option<i64>,
    late_running: i64,
    notes: i64,
}

impl SessionRow {
    fn rotation(&mut self) -> Result<Rotation, CommitError> {
        let gap: Option<Result<LeftBehind, CommitError>> = self
            .left_after
            .zip(self.left_before)
            .map(|(after, before)| Ok(LeftBehind { after: generation(after)?, before: generation(before)? }));
        let late: Option<Result<LateRepeats, CommitError>> = self.late_generation.map(|last| {
            let running = u32::try_from(self.late_running).map_err(|_| corrupt("sessions", "late_running"))?;
            Ok(LateRepeats { generation: generation(last)?, running })
        });
        let (network, user_agent) = (std::mem::take(&mut self.network), std::mem::take(&mut self.user_agent));
        Ok(Rotation {
            generation: generation(self.generation)?,
            parent: self.parent.map(generation).transpose()?,
            rotated_at: Timestamp::from_micros(self.rotated_at.unwrap_or(self.served_at)),
            served_at: Timestamp::from_micros(self.served_at),
            proved: self.proved,
            client: Client::from_stored(Network::from_stored(network), user_agent),
            left_behind: gap.transpose()?,
            joins: joins::read(&self.joins).ok_or_else(|| corrupt("sessions", "joins"))?,
            late: late.transpose()?,
            notes: RowVersion::from_number(self.notes),
        })
    }
}

impl TryFrom<SessionRow> for Session {
    type Error = CommitError;

    fn try_from(mut row: SessionRow) -> Result<Self, CommitError> {
        let rotation = row.rotation()?;
        let amr: Vec<&str> = row.method.split(' ').collect();
        let method = AuthenticationMethod::from_amr(&amr).ok_or_else(|| corrupt("sessions", "method"))?;
        let reason = row.revocation_reason.as_deref().and_then(RevocationReason::parse);
        let revocation = match (row.revoked_at, reason) {
            (None, _) => None,
            (Some(at), Some(reason)) => Some(Revocation { at: Timestamp::from_micros(at), reason }),
            (Some(_), None) => return Err(corrupt("sessions", "revocation_reason")),
        };
        Ok(Self {
            id: SessionId::from(row.id.0),
            account_id: AccountId::from(row.account_id.0),
            rotation,
            key_id: KeyId::new(row.key_id),
            method,
            created_at: Timestamp::from_micros(row.created_at),
            // A node of an older version records none.
            authenticated_at: Timestamp::from_micros(row.authenticated_at.unwrap_or(row.created_at)),
            idle_expires_at: Timestamp::from_micros(row.idle_expires_at),
            absolute_expires_at: Timestamp::from_micros(row.absolute_expires_at),
            revocation,
        })
    }
}

/// What a refresh changes.
#[derive(AsChangeset)]
#[diesel(table_name = sessions, treat_none_as_null = true)]
pub(super) struct AdvancedRow<'a> {
    generation: i64,
    parent: Option<i64>,
    served_at: i64,
    proved: bool,
    network: &'a str,
    user_agent: &'a str,
    left_after: Option<i64>,
    left_before: Option<i64>,
    key_id: &'a str,
    idle_expires_at: i64,
    rotated_at: i64,
    joins: String,
    late_generation: Option<i64>,
    late_running: i64,
    notes: i64,
}

/// What serving again changes.
#[derive(AsChangeset)]
#[diesel(table_name = sessions, treat_none_as_null = true)]
pub(super) struct ServedAgainRow {
    served_at: i64,
    joins: String,
    late_generation: Option<i64>,
    late_running: i64,
    notes: i64,
}

impl From<&Rotation> for ServedAgainRow {
    fn from(rotation: &Rotation) -> Self {
        Self {
            served_at: rotation.served_at.as_micros(),
            joins: joins::write(&rotation.joins),
            late_generation: rotation.late.map(|late| number(late.generation)),
            late_running: rotation.late.map_or(0, |late| late.running.into()),
            notes: rotation.notes.as_number(),
        }
    }
}

impl<'a> AdvancedRow<'a> {
    pub(super) fn new(rotation: &'a Rotation, key_id: &'a KeyId, idle_expires_at: Timestamp) -> Self {
        Self {
            generation: number(rotation.generation),
            parent: rotation.parent.map(number),
            served_at: rotation.served_at.as_micros(),
            proved: rotation.proved,
            network: rotation.client.network().as_str(),
            user_agent: rotation.client.user_agent(),
            left_after: rotation.left_behind.map(|gap| number(gap.after)),
            left_before: rotation.left_behind.map(|gap| number(gap.before)),
            key_id: key_id.as_str(),
            idle_expires_at: idle_expires_at.as_micros(),
            rotated_at: rotation.rotated_at.as_micros(),
            joins: joins::write(&rotation.joins),
            late_generation: rotation.late.map(|late| number(late.generation)),
            late_running: rotation.late.map_or(0, |late| late.running.into()),
            notes: rotation.notes.as_number(),
        }
    }
}

/// What an early end changes.
#[derive(AsChangeset)]
#[diesel(table_name = sessions)]
pub(super) struct RevokedRow {
    revoked_at: i64,
    revocation_reason: &'static str,
}

impl From<&Revocation> for RevokedRow {
    fn from(revocation: &Revocation) -> Self {
        Self { revoked_at: revocation.at.as_micros(), revocation_reason: revocation.reason.as_str() }
    }
}

fn generation(number: i64) -> Result<Generation, CommitError> {
    u32::try_from(number).map(Generation::from_number).map_err(|_| corrupt("sessions", "generation"))
}

fn number(generation: Generation) -> i64 {
    generation.as_number().into()
}

fn key(id: SessionId) -> DbUuid {
    DbUuid(id.as_uuid())
}

fn owner(id: AccountId) -> DbUuid {
    DbUuid(id.as_uuid())
}

/// Selects a session by its key.
macro_rules! session {
    ($account_id:expr, $id:expr) => {
        sessions::table.filter(sessions::account_id.eq(owner($account_id))).filter(sessions::id.eq(key($id)))
    };
}

/// Joins sessions with their accounts.
macro_rules! joined {
    ($sessions:expr) => {
        $sessions
            .inner_join(accounts::table.left_join(identities::table))
            .select((columns::<SessionRow, _>(), (columns::<AccountRow, _>(), columns::<IdentityRow, _>().nullable())))
    };
}

pub(crate) async fn find(
    conn: &mut Connection,
    account_id: AccountId,
    id: SessionId,
) -> Done<Option<(Session, Account)>> {
    one_of(conn.load(fixed!(joined!(session!(account_id, id)))).await?)
}

pub(crate) async fn find_by_id(conn: &mut Connection, id: SessionId) -> Done<Option<(Session, Account)>> {
    one_of(conn.load(joined!(sessions::table.filter(sessions::id.eq(key(id))))).await?)
}

fn one_of(rows: Vec<(SessionRow, JoinedRow)>) -> Done<Option<(Session, Account)>> {
    let (mut sessions, accounts): (Vec<_>, Vec<_>) = rows.into_iter().unzip();
    let session = sessions.pop().map(Session::try_from).transpose()?;
    Ok(session.zip(accounts_of(accounts)?.pop()))
}

pub(crate) async fn list(
    conn: &mut Connection,
    account_id: AccountId,
    now: Timestamp,
    limit: u32,
) -> Done<Vec<Session>> {
    let query = sessions::table
        .filter(sessions::account_id.eq(owner(account_id)))
        .filter(sessions::revoked_at.is_null())
        .filter(sessions::idle_expires_at.gt(now.as_micros()))
        .filter(sessions::absolute_expires_at.gt(now.as_micros()))
        .order(sessions::id.desc())
        .limit(limit.into())
        .select(columns::<SessionRow, _>());
    let rows: Vec<SessionRow> = conn.load(query).await?;
    rows.into_iter().map(Session::try_from).collect()
}

/// Inserts by selecting from the account, which stays locked against a change of credentials until the commit:
/// whichever comes second sees the other.
pub(crate) async fn insert(
    conn: &mut Connection,
    session: &Session,
    version: CredentialVersion,
    two_factor_version: RowVersion,
) -> Done<usize> {
    let rotation = &session.rotation;
    let micros = |at: Timestamp| at.as_micros().into_sql::<BigInt>();
    let text = |text: &str| text.to_owned().into_sql::<Text>();
    let network: &Network = rotation.client.network();
    let row = accounts::table
        .filter(accounts::id.eq(DbUuid(session.account_id.as_uuid())))
        .filter(accounts::credential_version.eq(version.as_number()))
        .filter(accounts::two_factor_version.eq(two_factor_version.as_number()))
        .select((
            key(session.id).into_sql::<SqlUuid>(),
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
            Some(session.authenticated_at.as_micros()).into_sql::<Nullable<BigInt>>(),
            Some(rotation.rotated_at.as_micros()).into_sql::<Nullable<BigInt>>(),
        ));
    let columns = (
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
        sessions::authenticated_at,
        sessions::rotated_at,
    );
    let postgres = diesel::insert_into(sessions::table).values(row.clone().for_share()).into_columns(columns);
    let sqlite = diesel::insert_into(sessions::table).values(row).into_columns(columns);
    conn.execute_locked(fixed!(postgres), fixed!(sqlite)).await
}

/// Selects the session as it was read, of the account as it was read. The account is not locked: a change of its roles
/// that is committed before this statement begins is seen, and tokens issued at the same time as a change count as
/// issued before it.
macro_rules! unmoved {
    ($session:expr, $account:expr) => {{
        let ((id, from), (account_id, revision)): ((SessionId, RotationVersion), (AccountId, AccountRevision)) =
            ($session, $account);
        let account = accounts::table
            .filter(accounts::id.eq(owner(account_id)))
            .filter(accounts::updated_at.eq(revision.as_micros()));
        session!(account_id, id)
            .filter(sessions::generation.eq(number(from.generation)))
            .filter(sessions::proved.eq(from.proved))
            .filter(sessions::notes.eq(from.notes.as_number()))
            .filter(sessions::revoked_at.is_null())
            .filter(exists(account))
    }};
}

pub(crate) async fn advance(
    conn: &mut Connection,
    session: (SessionId, RotationVersion),
    account: (AccountId, AccountRevision),
    (rotation, key_id, idle_expires_at): (&Rotation, &KeyId, Timestamp),
) -> Done<usize> {
    let row = unmoved!(session, account);
    conn.execute(fixed!(diesel::update(row).set(AdvancedRow::new(rotation, key_id, idle_expires_at)))).await
}

pub(crate) async fn note_served_again(
    conn: &mut Connection,
    session: (SessionId, RotationVersion),
    account: (AccountId, AccountRevision),
    rotation: &Rotation,
) -> Done<usize> {
    let row = unmoved!(session, account);
    conn.execute(diesel::update(row).set(ServedAgainRow::from(rotation))).await
}

pub(crate) async fn prove(
    conn: &mut Connection,
    (account_id, id): (AccountId, SessionId),
    generation: Generation,
) -> Done<usize> {
    let row =
        session!(account_id, id).filter(sessions::generation.eq(number(generation))).filter(sessions::proved.eq(false));
    conn.execute(fixed!(diesel::update(row).set(sessions::proved.eq(true)))).await
}

/// Records a reauthentication with the credentials and second factors that the account still has.
pub(crate) async fn reauthenticate(
    conn: &mut Connection,
    (account_id, id): (AccountId, SessionId),
    (method, at): (AuthenticationMethod, Timestamp),
    (credential_version, two_factor_version): (CredentialVersion, RowVersion),
) -> Done<usize> {
    let account = accounts::table
        .filter(accounts::id.eq(owner(account_id)))
        .filter(accounts::credential_version.eq(credential_version.as_number()))
        .filter(accounts::two_factor_version.eq(two_factor_version.as_number()));
    // Not locked: a change of the account conflicts on the session's row.
    let row = session!(account_id, id).filter(sessions::revoked_at.is_null()).filter(exists(account));
    let set = (sessions::method.eq(method.amr().join(" ")), sessions::authenticated_at.eq(at.as_micros()));
    conn.execute(diesel::update(row).set(set)).await
}

/// Requires that the session has not ended, and does not end before the commit.
pub(crate) async fn require(conn: &mut Connection, account_id: AccountId, id: SessionId) -> Done<usize> {
    let live = session!(account_id, id).filter(sessions::revoked_at.is_null());
    let live = live.select(sessions::id);
    let rows: Vec<DbUuid> = conn.load_locked(live.for_share(), live).await?;
    Ok(rows.len())
}

pub(crate) async fn revoke(
    conn: &mut Connection,
    account_id: AccountId,
    id: SessionId,
    revocation: &Revocation,
) -> Done<usize> {
    let live = session!(account_id, id).filter(sessions::revoked_at.is_null());
    conn.execute(diesel::update(live).set(RevokedRow::from(revocation))).await
}

pub(crate) async fn revoke_all_of(
    conn: &mut Connection,
    account_id: AccountId,
    except: Option<SessionId>,
    revocation: &Revocation,
) -> Done<usize> {
    let kept = except.map_or_else(uuid::Uuid::nil, SessionId::as_uuid);
    let live = sessions::table
        .filter(sessions::account_id.eq(owner(account_id)))
        .filter(sessions::revoked_at.is_null())
        .filter(sessions::id.ne(DbUuid(kept)));
    conn.execute(diesel::update(live).set(RevokedRow::from(revocation))).await
}

/// Ends the sessions that used no second factor: the `amr` of the others ends in `mfa`.
pub(crate) async fn revoke_without_second_factor(
    conn: &mut Connection,
    account_id: AccountId,
    except: SessionId,
    revocation: &Revocation,
) -> Done<usize> {
    let live = sessions::table
        .filter(sessions::account_id.eq(owner(account_id)))
        .filter(sessions::revoked_at.is_null())
        .filter(sessions::method.not_like("%mfa"))
        .filter(sessions::id.ne(key(except)));
    conn.execute(diesel::update(live).set(RevokedRow::from(revocation))).await
}
