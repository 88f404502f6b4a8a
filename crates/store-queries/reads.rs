//! Every read.

use auth_domain::account::{Account, LoginName};
use auth_domain::budget::{AttemptSubject, PasswordBudget};
use auth_domain::ports::StoreUnavailable;
use auth_domain::session::{Network, Session};
use auth_domain::signing_key::SigningKey;
use auth_domain::{AccountId, SessionId, Timestamp};
use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::Integer;
use diesel_async::RunQueryDsl;

use super::identities::{IdentityRow, JoinedRow, accounts_of};
use super::rows::{AccountRow, DailyMissesRow, NetworkAttemptsRow, SessionRow, SigningKeyRow};
use super::schema::{accounts, identities, password_daily_misses, password_network_attempts, sessions, signing_keys};
use crate::dialect::{Connection, DbUuid};

/// The driver's error goes to the log; the domain only learns that the database is unavailable.
pub(crate) fn unavailable(error: impl std::fmt::Display) -> StoreUnavailable {
    tracing::error!(%error, "the database failed");
    StoreUnavailable
}

pub(crate) async fn ping(conn: &mut Connection) -> Result<(), StoreUnavailable> {
    let one: Result<i32, _> = diesel::select(sql::<Integer>("1")).get_result(conn).await;
    one.map(drop).map_err(unavailable)
}

pub(crate) async fn find_account(conn: &mut Connection, id: AccountId) -> Result<Option<Account>, StoreUnavailable> {
    let query = accounts::table.left_join(identities::table).filter(accounts::id.eq(DbUuid(id.as_uuid())));
    let query = query.select((AccountRow::as_select(), Option::<IdentityRow>::as_select()));
    let rows: Vec<JoinedRow> = query.load(conn).await.map_err(unavailable)?;
    Ok(accounts_of(rows)?.pop())
}

pub(crate) async fn find_account_by_name(
    conn: &mut Connection,
    name: &LoginName,
) -> Result<Option<Account>, StoreUnavailable> {
    let query = accounts::table.left_join(identities::table);
    let query = query.select((AccountRow::as_select(), Option::<IdentityRow>::as_select()));
    let rows: QueryResult<Vec<JoinedRow>> = match name {
        LoginName::Email(email) => query.filter(accounts::email_key.eq(email.key())).load(conn).await,
        LoginName::Username(username) => query.filter(accounts::username_key.eq(username.key())).load(conn).await,
        // Asks the database all the same, so that it takes as long.
        LoginName::Impossible(_) => query.filter(accounts::email_key.eq("")).load(conn).await,
    };
    Ok(accounts_of(rows.map_err(unavailable)?)?.pop())
}

pub(crate) async fn list_accounts(
    conn: &mut Connection,
    after: Option<AccountId>,
    limit: u32,
) -> Result<Vec<Account>, StoreUnavailable> {
    let after = DbUuid(after.map_or_else(uuid::Uuid::nil, AccountId::as_uuid));
    let page = diesel::alias!(accounts as page);
    let id = page.field(accounts::id);
    let ids = page.filter(id.gt(after)).order(id).limit(limit.into()).select(id);
    let query = accounts::table.left_join(identities::table).filter(accounts::id.eq_any(ids));
    let query = query.select((AccountRow::as_select(), Option::<IdentityRow>::as_select()));
    let rows: Vec<JoinedRow> = query.load(conn).await.map_err(unavailable)?;
    accounts_of(rows)
}

pub(crate) async fn find_session(
    conn: &mut Connection,
    id: SessionId,
) -> Result<Option<(Session, Account)>, StoreUnavailable> {
    let query = sessions::table
        .inner_join(accounts::table.left_join(identities::table))
        .filter(sessions::id.eq(DbUuid(id.as_uuid())))
        .select((SessionRow::as_select(), (AccountRow::as_select(), Option::<IdentityRow>::as_select())));
    let rows: Vec<(SessionRow, JoinedRow)> = query.load(conn).await.map_err(unavailable)?;
    let (mut sessions, accounts): (Vec<_>, Vec<_>) = rows.into_iter().unzip();
    let session = sessions.pop().map(Session::try_from).transpose()?;
    Ok(session.zip(accounts_of(accounts)?.pop()))
}

pub(crate) async fn list_sessions(
    conn: &mut Connection,
    account_id: AccountId,
    now: Timestamp,
    limit: u32,
) -> Result<Vec<Session>, StoreUnavailable> {
    let query = sessions::table
        .filter(sessions::account_id.eq(DbUuid(account_id.as_uuid())))
        .filter(sessions::revoked_at.is_null())
        .filter(sessions::idle_expires_at.gt(now.as_micros()))
        .filter(sessions::absolute_expires_at.gt(now.as_micros()))
        .order(sessions::id.desc())
        .limit(limit.into());
    let rows: Vec<SessionRow> = query.select(SessionRow::as_select()).load(conn).await.map_err(unavailable)?;
    rows.into_iter().map(Session::try_from).collect()
}

/// Two statements, not one: the parts are guarded each by its own version, so they need not be of one
/// instant.
pub(crate) async fn find_password_budget(
    conn: &mut Connection,
    subject: AttemptSubject,
    network: &Network,
) -> Result<PasswordBudget, StoreUnavailable> {
    let key = DbUuid(subject.as_uuid());
    let attempts: Option<NetworkAttemptsRow> = password_network_attempts::table
        .filter(password_network_attempts::subject.eq(key))
        .filter(password_network_attempts::network.eq(network.as_str()))
        .select(NetworkAttemptsRow::as_select())
        .first(conn)
        .await
        .optional()
        .map_err(unavailable)?;
    let daily: Option<DailyMissesRow> = password_daily_misses::table
        .filter(password_daily_misses::subject.eq(key))
        .select(DailyMissesRow::as_select())
        .first(conn)
        .await
        .optional()
        .map_err(unavailable)?;
    Ok(PasswordBudget {
        subject,
        network: network.clone(),
        attempts: attempts.map(Into::into).unwrap_or_default(),
        daily: daily.map(Into::into).unwrap_or_default(),
    })
}

pub(crate) async fn list_signing_keys(conn: &mut Connection) -> Result<Vec<SigningKey>, StoreUnavailable> {
    let query = signing_keys::table.order(signing_keys::sequence).select(SigningKeyRow::as_select());
    let rows: Vec<SigningKeyRow> = query.load(conn).await.map_err(unavailable)?;
    Ok(rows.into_iter().map(SigningKey::from).collect())
}
