//! Events and their acknowledgements: storing, leasing and listing them.

use auth_domain::data_export::DataExport;
use auth_domain::deletion::{Deletion, DeletionProgress};
use auth_domain::event::{Event, EventKind, LeasedEvent};
use auth_domain::ports::CommitError;
use auth_domain::{AccountId, DeletionId, EventId, Timestamp};
use diesel::dsl::{exists, not, sql};
use diesel::prelude::*;
use diesel::sql_types::Bool;

use crate::connection::{Connection, Done, columns};
use crate::corrupt;
use crate::schema::{deletions, event_deliveries, events};
use crate::types::DbUuid;

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = events)]
struct EventRow {
    id: DbUuid,
    kind: String,
    account_id: DbUuid,
    related_id: Option<DbUuid>,
    occurred_at: i64,
}

impl From<&Event> for EventRow {
    fn from(event: &Event) -> Self {
        Self {
            id: DbUuid(event.id.as_uuid()),
            kind: event.kind.as_str().to_owned(),
            account_id: DbUuid(event.account_id.as_uuid()),
            related_id: event.kind.related_id().map(DbUuid),
            occurred_at: event.occurred_at.as_micros(),
        }
    }
}

impl TryFrom<EventRow> for Event {
    type Error = CommitError;

    fn try_from(row: EventRow) -> Done<Self> {
        let kind = EventKind::parse(&row.kind, row.related_id.map(|id| id.0));
        Ok(Self {
            id: EventId::from(row.id.0),
            kind: kind.ok_or_else(|| corrupt("events", "kind"))?,
            account_id: AccountId::from(row.account_id.0),
            occurred_at: Timestamp::from_micros(row.occurred_at),
        })
    }
}

pub(crate) async fn insert(conn: &mut Connection, event: &Event, services: &[String]) -> Done<usize> {
    let inserted = conn.execute(diesel::insert_into(events::table).values(EventRow::from(event))).await?;
    let delivery = |service: &String| {
        (
            event_deliveries::event_id.eq(key(event.id)),
            event_deliveries::service.eq(service.clone()),
            event_deliveries::account_id.eq(DbUuid(event.account_id.as_uuid())),
            event_deliveries::occurred_at.eq(event.occurred_at.as_micros()),
            event_deliveries::attempt.eq(0_i64),
            event_deliveries::next_attempt_at.eq(event.occurred_at.as_micros()),
            event_deliveries::stamped_at.eq(event.occurred_at.as_micros()),
        )
    };
    for service in services {
        conn.execute(diesel::insert_into(event_deliveries::table).values(delivery(service))).await?;
    }
    Ok(inserted)
}

/// Tells whether anything for `service` is due, with one statement that locks nothing, for callers that look
/// repeatedly. It may still have to wait for what comes before it.
pub(crate) async fn may_be_due(conn: &mut Connection, service: &str, now: Timestamp) -> Done<bool> {
    let due = event_deliveries::table
        .filter(event_deliveries::service.eq(service))
        .filter(event_deliveries::acknowledged_at.is_null())
        .filter(event_deliveries::next_attempt_at.le(now.as_micros()))
        .limit(1)
        .select(event_deliveries::event_id);
    let one: Vec<DbUuid> = conn.load(due).await?;
    Ok(!one.is_empty())
}

/// Leases events. An event that cannot be read, because only a newer node knows its kind, is skipped; its lease
/// expires.
pub(crate) async fn lease(
    conn: &mut Connection,
    service: &str,
    now: Timestamp,
    until: Timestamp,
    limit: u32,
) -> Done<Vec<LeasedEvent>> {
    let begun = conn.begin().await?;
    let done = take_due(conn, service, now, until, limit).await;
    let rows = conn.end(begun, done).await?;
    let leased = |(row, attempt): (EventRow, i64)| {
        Some(LeasedEvent { event: Event::try_from(row).ok()?, attempt: u32::try_from(attempt).ok()? })
    };
    Ok(rows.into_iter().filter_map(leased).collect())
}

/// Takes the events that are due. A lease is a due time in the future and another attempt, as for mails.
async fn take_due(
    conn: &mut Connection,
    service: &str,
    now: Timestamp,
    until: Timestamp,
    limit: u32,
) -> Done<Vec<(EventRow, i64)>> {
    let earlier = diesel::alias!(event_deliveries as earlier);
    let field_occurred_at = earlier.field(event_deliveries::occurred_at);
    let comes_before = field_occurred_at.lt(event_deliveries::occurred_at).or(field_occurred_at
        .eq(event_deliveries::occurred_at)
        .and(earlier.field(event_deliveries::event_id).lt(event_deliveries::event_id)));
    let one_before = earlier
        .filter(earlier.field(event_deliveries::service).eq(event_deliveries::service))
        .filter(earlier.field(event_deliveries::account_id).eq(event_deliveries::account_id))
        .filter(earlier.field(event_deliveries::acknowledged_at).is_null())
        .filter(comes_before);
    let due = event_deliveries::table
        .filter(event_deliveries::service.eq(service))
        .filter(event_deliveries::acknowledged_at.is_null())
        .filter(event_deliveries::next_attempt_at.le(now.as_micros()))
        .filter(not(exists(one_before)))
        .order(event_deliveries::next_attempt_at)
        .limit(limit.into())
        .select(event_deliveries::event_id);
    let ids: Vec<DbUuid> = conn.load_locked(due.for_update().skip_locked(), due).await?;
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let leased = event_deliveries::table
        .filter(event_deliveries::service.eq(service))
        .filter(event_deliveries::event_id.eq_any(ids.clone()));
    let lease = (
        event_deliveries::next_attempt_at.eq(until.as_micros()),
        event_deliveries::stamped_at.eq(now.as_micros()),
        event_deliveries::attempt.eq(event_deliveries::attempt + 1),
    );
    conn.execute(diesel::update(leased).set(lease)).await?;
    let taken = event_deliveries::table
        .inner_join(events::table)
        .filter(event_deliveries::service.eq(service))
        .filter(event_deliveries::event_id.eq_any(ids))
        .order((event_deliveries::occurred_at, event_deliveries::event_id))
        .select((columns::<EventRow, _>(), event_deliveries::attempt));
    conn.load(taken).await
}

/// Records an acknowledgement, or postpones the delivery until `retry_at`.
pub(crate) async fn delivered(
    conn: &mut Connection,
    (event_id, service, attempt): (EventId, &str, u32),
    acknowledged_at: Option<Timestamp>,
    retry_at: Option<Timestamp>,
    error: Option<&str>,
) -> Done<usize> {
    let row = event_deliveries::table
        .filter(event_deliveries::event_id.eq(key(event_id)))
        .filter(event_deliveries::service.eq(service))
        .filter(event_deliveries::attempt.eq(i64::from(attempt)))
        .filter(event_deliveries::acknowledged_at.is_null());
    let set = (
        acknowledged_at.map(|at| event_deliveries::acknowledged_at.eq(at.as_micros())),
        retry_at.map(|at| event_deliveries::next_attempt_at.eq(at.as_micros())),
        error.map(|error| event_deliveries::last_error.eq(error)),
    );
    conn.execute(diesel::update(row).set(set)).await
}

/// How many events get their position at a time.
const PLACED_AT_ONCE: usize = 1_000;

pub(crate) async fn list(conn: &mut Connection, after: Option<EventId>, limit: u32) -> Done<Option<Vec<Event>>> {
    // A reader that has seen everything writes nothing.
    let mut unplaced = has_unplaced(conn).await?;
    while unplaced {
        let begun = conn.begin().await?;
        let placed = place(conn).await;
        unplaced = conn.end(begun, placed).await? == PLACED_AT_ONCE;
    }
    let mut after_position = 0_i64;
    if let Some(after) = after {
        let query = events::table.filter(events::id.eq(key(after))).select(events::position);
        let found: Option<Option<i64>> = conn.find(query).await?;
        let Some(position) = found.flatten() else { return Ok(None) };
        after_position = position;
    }
    let query = events::table
        .filter(events::position.gt(after_position))
        .order(events::position)
        .limit(limit.into())
        .select(columns::<EventRow, _>());
    let rows: Vec<EventRow> = conn.load(query).await?;
    // One of a kind that only a newer node knows is skipped.
    Ok(Some(rows.into_iter().filter_map(|row| Event::try_from(row).ok()).collect()))
}

async fn has_unplaced(conn: &mut Connection) -> Done<bool> {
    conn.one(diesel::select(exists(events::table.filter(events::position.is_null())))).await
}

/// Assigns positions to up to a thousand events without one. The lock of the single row keeps others from doing so at
/// the same time; the statement after it sees what they committed before.
async fn place(conn: &mut Connection) -> Done<usize> {
    conn.execute(diesel::sql_query("UPDATE event_positions SET last = last")).await?;
    let place = diesel::sql_query(
        "UPDATE events SET position = placed.position FROM (\
         SELECT unplaced.id AS id, \
         event_positions.last + row_number() OVER (ORDER BY unplaced.occurred_at, unplaced.id) AS position \
         FROM events AS unplaced, event_positions WHERE unplaced.position IS NULL \
         ORDER BY unplaced.occurred_at, unplaced.id LIMIT 1000) AS placed WHERE events.id = placed.id",
    );
    let placed = conn.execute(place).await?;
    let moved_on = diesel::sql_query("UPDATE event_positions SET last = last + $1")
        .bind::<diesel::sql_types::BigInt, _>(i64::try_from(placed).unwrap_or(0));
    conn.execute(moved_on).await?;
    Ok(placed)
}

pub(crate) async fn record_deletion(conn: &mut Connection, deletion: &Deletion) -> Done<usize> {
    let row = (
        deletions::id.eq(DbUuid(deletion.id.as_uuid())),
        deletions::account_id.eq(DbUuid(deletion.account_id.as_uuid())),
        deletions::requested_by.eq(&deletion.requested_by),
        deletions::deleted_at.eq(deletion.deleted_at.as_micros()),
    );
    conn.execute(diesel::insert_into(deletions::table).values(row)).await
}

pub(crate) async fn find_deletion(conn: &mut Connection, id: DeletionId) -> Done<Option<DeletionProgress>> {
    let query = deletions::table.find(DbUuid(id.as_uuid())).select((
        deletions::account_id,
        deletions::requested_by,
        deletions::deleted_at,
    ));
    let found: Option<(DbUuid, String, i64)> = conn.find(query).await?;
    let Some((account_id, requested_by, deleted_at)) = found else { return Ok(None) };
    let services = event_deliveries::table
        .inner_join(events::table)
        .filter(events::related_id.eq(DbUuid(id.as_uuid())))
        .order(event_deliveries::service)
        .select((event_deliveries::service, event_deliveries::acknowledged_at));
    let services = acknowledged(conn.load(services).await?);
    let account_id = AccountId::from(account_id.0);
    Ok(Some(DeletionProgress {
        deletion: Deletion { id, account_id, requested_by, deleted_at: Timestamp::from_micros(deleted_at) },
        services,
    }))
}

/// Returns the newest request for all data of the account.
pub(crate) async fn find_export(conn: &mut Connection, account_id: AccountId) -> Done<Option<DataExport>> {
    // Spelled out, and not bound: only then is it known to be in the index of these events.
    let requested = sql::<Bool>("events.kind = 'user.export_requested'");
    let newest = events::table
        .filter(events::account_id.eq(DbUuid(account_id.as_uuid())))
        .filter(requested)
        .order((events::occurred_at.desc(), events::id.desc()))
        .limit(1)
        .select((events::id, events::occurred_at));
    let found: Option<(DbUuid, i64)> = conn.find(newest).await?;
    let Some((id, requested_at)) = found else { return Ok(None) };
    let services = event_deliveries::table
        .filter(event_deliveries::event_id.eq(id))
        .order(event_deliveries::service)
        .select((event_deliveries::service, event_deliveries::acknowledged_at));
    let services = acknowledged(conn.load(services).await?);
    Ok(Some(DataExport { id: EventId::from(id.0), requested_at: Timestamp::from_micros(requested_at), services }))
}

fn acknowledged(services: Vec<(String, Option<i64>)>) -> Vec<(String, Option<Timestamp>)> {
    services.into_iter().map(|(name, at)| (name, at.map(Timestamp::from_micros))).collect()
}

fn key(id: EventId) -> DbUuid {
    DbUuid(id.as_uuid())
}
