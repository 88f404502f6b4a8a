//! Tallies, as they are kept.

use auth_domain::Timestamp;
use auth_domain::budget::AttemptSubject;
use auth_domain::ports::StoreUnavailable;
use auth_domain::tally::{Tally, TallyKind};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use super::reads::unavailable;
use super::schema::tallies;
use crate::dialect::{Connection, DbUuid};

#[derive(Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = tallies)]
struct TallyRow {
    subject: DbUuid,
    kind: String,
    network: String,
    count: i64,
    began_at: i64,
    last_at: i64,
    version: i64,
}

impl From<&Tally> for TallyRow {
    fn from(tally: &Tally) -> Self {
        let (kind, network) = tally.kind.as_stored();
        Self {
            subject: DbUuid(tally.subject.as_uuid()),
            kind: kind.to_owned(),
            network: network.to_owned(),
            count: tally.count.into(),
            began_at: tally.began_at.as_micros(),
            last_at: tally.last_at.as_micros(),
            version: tally.version,
        }
    }
}

pub(crate) async fn find(
    conn: &mut Connection,
    subject: AttemptSubject,
    kind: &TallyKind,
) -> Result<Tally, StoreUnavailable> {
    let (name, network) = kind.as_stored();
    let query = tallies::table.find((DbUuid(subject.as_uuid()), name, network)).select(TallyRow::as_select());
    let row: Option<TallyRow> = query.first(conn).await.optional().map_err(unavailable)?;
    Ok(match row {
        None => Tally::empty(subject, kind.clone()),
        Some(row) => Tally {
            subject,
            kind: kind.clone(),
            count: u32::try_from(row.count).unwrap_or(u32::MAX),
            began_at: Timestamp::from_micros(row.began_at),
            last_at: Timestamp::from_micros(row.last_at),
            version: row.version,
        },
    })
}

/// Version 1 is a first write and finds no row; any other replaces the version before it.
pub(super) async fn put(conn: &mut Connection, tally: &Tally) -> QueryResult<usize> {
    let row = TallyRow::from(tally);
    if tally.version == 1 {
        return diesel::insert_into(tallies::table).values(row).on_conflict_do_nothing().execute(conn).await;
    }
    let (name, network) = tally.kind.as_stored();
    let before = tallies::table
        .filter(tallies::subject.eq(DbUuid(tally.subject.as_uuid())))
        .filter(tallies::kind.eq(name))
        .filter(tallies::network.eq(network))
        .filter(tallies::version.eq(tally.version - 1));
    diesel::update(before).set(row).execute(conn).await
}

pub(super) async fn delete_all_of(conn: &mut Connection, subject: AttemptSubject) -> QueryResult<usize> {
    diesel::delete(tallies::table.filter(tallies::subject.eq(DbUuid(subject.as_uuid())))).execute(conn).await
}
