//! How rate limits are stored.

use auth_domain::Timestamp;
use auth_domain::rate_limit::{AttemptSubject, RateLimit, RateLimitKind};
use auth_domain::version::RowVersion;
use diesel::prelude::*;

use crate::connection::{Connection, Done, columns};
use crate::schema::rate_limits;
use crate::types::DbUuid;

#[derive(Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = rate_limits, primary_key(subject, kind, network))]
struct RateLimitRow {
    subject: DbUuid,
    kind: String,
    network: String,
    count: i64,
    began_at: i64,
    last_at: i64,
    version: i64,
}

impl From<&RateLimit> for RateLimitRow {
    fn from(rate_limit: &RateLimit) -> Self {
        let (kind, network) = rate_limit.kind.as_stored();
        Self {
            subject: DbUuid(rate_limit.subject.as_uuid()),
            kind: kind.to_owned(),
            network: network.to_owned(),
            count: rate_limit.count.into(),
            began_at: rate_limit.began_at.as_micros(),
            last_at: rate_limit.last_at.as_micros(),
            version: rate_limit.version.as_number(),
        }
    }
}

pub(crate) async fn find(conn: &mut Connection, subject: AttemptSubject, kind: &RateLimitKind) -> Done<RateLimit> {
    let (name, network) = kind.as_stored();
    let query =
        rate_limits::table.find((DbUuid(subject.as_uuid()), name, network)).select(columns::<RateLimitRow, _>());
    let row: Option<RateLimitRow> = conn.find(query).await?;
    Ok(match row {
        None => RateLimit::empty(subject, kind.clone()),
        Some(row) => RateLimit {
            subject,
            kind: kind.clone(),
            count: u32::try_from(row.count).unwrap_or(u32::MAX),
            began_at: Timestamp::from_micros(row.began_at),
            last_at: Timestamp::from_micros(row.last_at),
            version: RowVersion::from_number(row.version),
        },
    })
}

/// Writes a limit. The first write finds no row; any other replaces the version before it.
pub(crate) async fn put(conn: &mut Connection, rate_limit: &RateLimit) -> Done<usize> {
    let row = RateLimitRow::from(rate_limit);
    if rate_limit.version == RowVersion::FIRST {
        return conn.execute(diesel::insert_into(rate_limits::table).values(row).on_conflict_do_nothing()).await;
    }
    let (name, network) = rate_limit.kind.as_stored();
    let before = rate_limits::table
        .filter(rate_limits::subject.eq(DbUuid(rate_limit.subject.as_uuid())))
        .filter(rate_limits::kind.eq(name))
        .filter(rate_limits::network.eq(network))
        .filter(rate_limits::version.eq(rate_limit.version.previous().as_number()));
    conn.execute(diesel::update(before).set(row)).await
}

pub(crate) async fn delete_all_of(conn: &mut Connection, subject: AttemptSubject) -> Done<usize> {
    conn.execute(diesel::delete(rate_limits::table.filter(rate_limits::subject.eq(DbUuid(subject.as_uuid()))))).await
}
