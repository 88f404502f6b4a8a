//! The mails that are owed: how they are kept, leased and done with.

use auth_domain::account::EmailAddress;
use auth_domain::mail::{LeasedMail, MailRequest, Notice, NoticeKind};
use auth_domain::ports::StoreUnavailable;
use auth_domain::session::{Client, Network};
use auth_domain::{MailId, Timestamp};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use super::reads::unavailable;
use super::rows::unreadable;
use super::schema::mails;
use crate::dialect::{self, Connection, DbUuid};

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = mails)]
struct MailRow {
    id: DbUuid,
    recipient: String,
    kind: String,
    happened_at: i64,
    network: String,
    user_agent: String,
    attempt: i64,
    next_attempt_at: i64,
}

impl TryFrom<MailRow> for LeasedMail {
    type Error = StoreUnavailable;

    fn try_from(row: MailRow) -> Result<Self, StoreUnavailable> {
        let notice = Notice {
            kind: NoticeKind::parse(&row.kind).ok_or_else(|| unreadable("mails", "kind"))?,
            at: Timestamp::from_micros(row.happened_at),
            client: Client::from_stored(Network::from_stored(row.network), row.user_agent),
        };
        let to = EmailAddress::parse(&row.recipient).map_err(|_| unreadable("mails", "recipient"))?;
        let attempt = u32::try_from(row.attempt).map_err(|_| unreadable("mails", "attempt"))?;
        Ok(Self { request: MailRequest { id: MailId::from(row.id.0), to, notice }, attempt })
    }
}

/// A row that cannot be read, a kind that only a newer node knows say, is passed over: its lease runs out
/// like any other, and it keeps no mail beside it from being sent.
pub(crate) async fn lease(
    conn: &mut Connection,
    now: Timestamp,
    until: Timestamp,
    limit: u32,
) -> Result<Vec<LeasedMail>, StoreUnavailable> {
    let rows: QueryResult<Vec<MailRow>> =
        dialect::in_transaction!(conn, |conn| take_due(conn, now, until, limit).await);
    Ok(rows.map_err(unavailable)?.into_iter().filter_map(|row| LeasedMail::try_from(row).ok()).collect())
}

/// A lease is a due time in the future and a further attempt: no clean-up after a worker that died.
async fn take_due(conn: &mut Connection, now: Timestamp, until: Timestamp, limit: u32) -> QueryResult<Vec<MailRow>> {
    let due = mails::table
        .filter(mails::parked_at.is_null())
        .filter(mails::next_attempt_at.le(now.as_micros()))
        .order(mails::next_attempt_at)
        .limit(limit.into())
        .select(mails::id);
    let ids: Vec<DbUuid> = dialect::lock_and_skip!(due).load(conn).await?;
    diesel::update(mails::table.filter(mails::id.eq_any(ids)))
        .set((mails::next_attempt_at.eq(until.as_micros()), mails::attempt.eq(mails::attempt + 1)))
        .returning(MailRow::as_returning())
        .get_results(conn)
        .await
}

pub(super) async fn insert(conn: &mut Connection, request: &MailRequest) -> QueryResult<usize> {
    let Notice { kind, at, client } = &request.notice;
    let row = MailRow {
        id: DbUuid(request.id.as_uuid()),
        recipient: request.to.as_str().to_owned(),
        kind: kind.as_str().to_owned(),
        happened_at: at.as_micros(),
        network: client.network().as_str().to_owned(),
        user_agent: client.user_agent().to_owned(),
        attempt: 0,
        next_attempt_at: at.as_micros(),
    };
    diesel::insert_into(mails::table).values(row).execute(conn).await
}

pub(super) async fn delete(conn: &mut Connection, id: MailId, attempt: u32) -> QueryResult<usize> {
    let row = mails::table.filter(mails::id.eq(DbUuid(id.as_uuid()))).filter(mails::attempt.eq(i64::from(attempt)));
    diesel::delete(row).execute(conn).await
}

/// Puts a mail off until `retry_at`, or parks it at `parked_at`.
pub(super) async fn fail(
    conn: &mut Connection,
    (id, attempt): (MailId, u32),
    retry_at: Option<Timestamp>,
    parked_at: Option<Timestamp>,
    error: &str,
) -> QueryResult<usize> {
    let row = mails::table.filter(mails::id.eq(DbUuid(id.as_uuid()))).filter(mails::attempt.eq(i64::from(attempt)));
    diesel::update(row)
        .set((
            retry_at.map(|at| mails::next_attempt_at.eq(at.as_micros())),
            parked_at.map(|at| mails::parked_at.eq(at.as_micros())),
            mails::last_error.eq(error),
        ))
        .execute(conn)
        .await
}
