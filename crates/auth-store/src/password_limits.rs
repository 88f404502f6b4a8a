//! Password limits: storing, reading and counting.

use auth_domain::Timestamp;
use auth_domain::account::Account;
use auth_domain::password_limit::{DailyMisses, NetworkAttempts, PasswordLimit};
use auth_domain::rate_limit::AttemptSubject;
use auth_domain::session::Network;
use auth_domain::version::RowVersion;
use diesel::prelude::*;
use diesel::sql_types::Nullable;

use crate::connection::{Connection, Done, columns};
use crate::fixed::fixed;
use crate::identities::accounts_of;
use crate::names::{self, Name};
use crate::schema::{password_daily_misses, password_network_attempts};
use crate::types::{DbUuid, SqlUuid};

#[derive(Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = password_network_attempts, primary_key(subject, network), treat_none_as_null = true)]
pub(super) struct NetworkAttemptsRow {
    subject: DbUuid,
    network: String,
    misses: i64,
    last_miss_at: Option<i64>,
    last_success_at: Option<i64>,
    version: i64,
}

impl From<&PasswordLimit> for NetworkAttemptsRow {
    fn from(limit: &PasswordLimit) -> Self {
        Self {
            subject: DbUuid(limit.subject.as_uuid()),
            network: limit.network.as_str().to_owned(),
            misses: limit.attempts.misses.into(),
            last_miss_at: limit.attempts.last_miss_at.map(Timestamp::as_micros),
            last_success_at: limit.attempts.last_success_at.map(Timestamp::as_micros),
            version: limit.attempts.version.as_number(),
        }
    }
}

impl From<NetworkAttemptsRow> for NetworkAttempts {
    fn from(row: NetworkAttemptsRow) -> Self {
        Self {
            misses: u32::try_from(row.misses).unwrap_or(u32::MAX),
            last_miss_at: row.last_miss_at.map(Timestamp::from_micros),
            last_success_at: row.last_success_at.map(Timestamp::from_micros),
            version: RowVersion::from_number(row.version),
        }
    }
}

#[derive(Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = password_daily_misses, primary_key(subject), treat_none_as_null = true)]
pub(super) struct DailyMissesRow {
    subject: DbUuid,
    misses: i64,
    day_began_at: Option<i64>,
    version: i64,
}

impl From<&PasswordLimit> for DailyMissesRow {
    fn from(limit: &PasswordLimit) -> Self {
        Self {
            subject: DbUuid(limit.subject.as_uuid()),
            misses: limit.daily.misses.into(),
            day_began_at: limit.daily.day_began_at.map(Timestamp::as_micros),
            version: limit.daily.version.as_number(),
        }
    }
}

impl From<DailyMissesRow> for DailyMisses {
    fn from(row: DailyMissesRow) -> Self {
        Self {
            misses: u32::try_from(row.misses).unwrap_or(u32::MAX),
            day_began_at: row.day_began_at.map(Timestamp::from_micros),
            version: RowVersion::from_number(row.version),
        }
    }
}

/// Selects the two parts of a limit. They have their own versions as guards, so they need not be of one instant.
macro_rules! parts {
    ($subject:expr, $network:expr) => {
        (
            password_network_attempts::table
                .filter(password_network_attempts::subject.eq($subject))
                .filter(password_network_attempts::network.eq($network.as_str()))
                .select(columns::<NetworkAttemptsRow, _>()),
            password_daily_misses::table
                .filter(password_daily_misses::subject.eq($subject))
                .select(columns::<DailyMissesRow, _>()),
        )
    };
}

type Parts = (Option<NetworkAttemptsRow>, Option<DailyMissesRow>);

fn limit((attempts, daily): Parts, subject: AttemptSubject, network: &Network) -> PasswordLimit {
    PasswordLimit {
        subject,
        network: network.clone(),
        attempts: attempts.map(Into::into).unwrap_or_default(),
        daily: daily.map(Into::into).unwrap_or_default(),
    }
}

pub(crate) async fn find(conn: &mut Connection, subject: AttemptSubject, network: &Network) -> Done<PasswordLimit> {
    let (attempts, daily) = parts!(DbUuid(subject.as_uuid()), network);
    Ok(limit(conn.find_both(attempts, daily).await?, subject, network))
}

diesel::define_sql_function! {
    /// The value, or the other one if it is `NULL`.
    fn coalesce(value: Nullable<SqlUuid>, otherwise: SqlUuid) -> SqlUuid;
}

/// Finds the account that has the name, and its limit; without an account, the limit of `nobody`. The same statements run in
/// both cases. If the name changes hands between them, the limit looks empty, and its guards notice that at the commit.
pub(crate) async fn find_by_name(
    conn: &mut Connection,
    name: &Name<'_>,
    nobody: AttemptSubject,
    network: &Network,
) -> Done<(Option<Account>, PasswordLimit)> {
    let subject_of =
        |account: &Option<Account>| account.as_ref().map_or(nobody, |account| AttemptSubject::Account(account.id));
    if conn.is_spread() {
        // One statement would query every server.
        let account = names::find_account(conn, name).await?;
        let limit = find(conn, subject_of(&account), network).await?;
        return Ok((account, limit));
    }
    let subject = || coalesce(names::owner_of(name).single_value(), DbUuid(nobody.as_uuid()));
    let (attempts, daily) = parts!(subject(), network);
    let (rows, attempts, daily): (_, Option<NetworkAttemptsRow>, Option<DailyMissesRow>) =
        conn.load_and_find_both(names::account_of(name), fixed!(attempts), fixed!(daily)).await?;
    let account = accounts_of(rows)?.pop();
    let subject = subject_of(&account);
    let key = DbUuid(subject.as_uuid());
    let parts = (attempts.filter(|row| row.subject == key), daily.filter(|row| row.subject == key));
    Ok((account, limit(parts, subject, network)))
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = password_network_attempts)]
struct LoginRow {
    network: String,
    last_success_at: Option<i64>,
}

/// Lists networks by the index, backwards, and so reads no more rows than it returns.
pub(crate) async fn list_login_networks(
    conn: &mut Connection,
    since: Timestamp,
    limit: u32,
) -> Done<Vec<(Network, Timestamp)>> {
    let logins = password_network_attempts::table
        .filter(password_network_attempts::last_success_at.ge(since.as_micros()))
        .order(password_network_attempts::last_success_at.desc())
        .limit(limit.into())
        .select(columns::<LoginRow, _>());
    let rows: Vec<LoginRow> = conn.load(logins).await?;
    let login = |LoginRow { network, last_success_at }: LoginRow| {
        Some((Network::from_stored(network), Timestamp::from_micros(last_success_at?)))
    };
    Ok(rows.into_iter().filter_map(login).collect())
}

/// Writes the network's part. The first write finds no row; any other replaces the version before it.
pub(crate) async fn put_network_attempts(conn: &mut Connection, limit: &PasswordLimit) -> Done<usize> {
    let (row, version) = (NetworkAttemptsRow::from(limit), limit.attempts.version);
    if version == RowVersion::FIRST {
        let insert = diesel::insert_into(password_network_attempts::table).values(row);
        return conn.execute(insert.on_conflict_do_nothing()).await;
    }
    let before = password_network_attempts::table
        .filter(password_network_attempts::subject.eq(DbUuid(limit.subject.as_uuid())))
        .filter(password_network_attempts::network.eq(limit.network.as_str()))
        .filter(password_network_attempts::version.eq(version.previous().as_number()));
    conn.execute(fixed!(diesel::update(before).set(row))).await
}

/// Writes the day's part, like [`put_network_attempts`].
pub(crate) async fn put_daily_misses(conn: &mut Connection, limit: &PasswordLimit) -> Done<usize> {
    let (row, version) = (DailyMissesRow::from(limit), limit.daily.version);
    if version == RowVersion::FIRST {
        let insert = diesel::insert_into(password_daily_misses::table).values(row);
        return conn.execute(insert.on_conflict_do_nothing()).await;
    }
    let before = password_daily_misses::table
        .filter(password_daily_misses::subject.eq(DbUuid(limit.subject.as_uuid())))
        .filter(password_daily_misses::version.eq(version.previous().as_number()));
    conn.execute(diesel::update(before).set(row)).await
}

pub(crate) async fn forget_network_attempts(conn: &mut Connection, subject: AttemptSubject) -> Done<usize> {
    let subject = DbUuid(subject.as_uuid());
    let rows = password_network_attempts::table.filter(password_network_attempts::subject.eq(subject));
    conn.execute(diesel::delete(rows)).await
}

pub(crate) async fn forget_daily_misses(conn: &mut Connection, subject: AttemptSubject) -> Done<usize> {
    let subject = DbUuid(subject.as_uuid());
    conn.execute(diesel::delete(password_daily_misses::table.filter(password_daily_misses::subject.eq(subject)))).await
}
