//! The audit trail.

use auth_domain::audit::{Actor, AuditFilter, AuditRecord, Outcome};
use auth_domain::ports::StoreUnavailable;
use auth_domain::session::Network;
use auth_domain::{AccountId, AuditRecordId, Timestamp};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use super::reads::unavailable;
use super::rows::unreadable;
use super::schema::audit_records;
use crate::dialect::{Connection, DbUuid};

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = audit_records)]
struct AuditRow {
    id: DbUuid,
    occurred_at: i64,
    account_id: Option<DbUuid>,
    action: String,
    outcome: String,
    actor: String,
    network: Option<String>,
    request_id: Option<String>,
    detail: Option<String>,
}

impl From<&AuditRecord> for AuditRow {
    fn from(record: &AuditRecord) -> Self {
        Self {
            id: DbUuid(record.id.as_uuid()),
            occurred_at: record.occurred_at.as_micros(),
            account_id: record.account_id.map(|id| DbUuid(id.as_uuid())),
            action: record.action.clone(),
            outcome: record.outcome.as_str().to_owned(),
            actor: record.actor.to_string(),
            network: record.network.as_ref().map(|network| network.as_str().to_owned()),
            request_id: record.request_id.clone(),
            detail: record.detail.clone(),
        }
    }
}

impl TryFrom<AuditRow> for AuditRecord {
    type Error = StoreUnavailable;

    fn try_from(row: AuditRow) -> Result<Self, StoreUnavailable> {
        Ok(Self {
            id: AuditRecordId::from(row.id.0),
            occurred_at: Timestamp::from_micros(row.occurred_at),
            account_id: row.account_id.map(|id| AccountId::from(id.0)),
            action: row.action,
            outcome: Outcome::parse(&row.outcome).ok_or_else(|| unreadable("audit_records", "outcome"))?,
            actor: Actor::parse(&row.actor).ok_or_else(|| unreadable("audit_records", "actor"))?,
            network: row.network.map(Network::from_stored),
            request_id: row.request_id,
            detail: row.detail,
        })
    }
}

pub(super) async fn insert(conn: &mut Connection, record: &AuditRecord) -> QueryResult<usize> {
    diesel::insert_into(audit_records::table).values(AuditRow::from(record)).execute(conn).await
}

pub(crate) async fn list(
    conn: &mut Connection,
    filter: AuditFilter,
    limit: u32,
) -> Result<Vec<AuditRecord>, StoreUnavailable> {
    let mut query = audit_records::table
        .filter(audit_records::occurred_at.ge(filter.from.as_micros()))
        .order((audit_records::occurred_at, audit_records::id))
        .limit(limit.into())
        .select(AuditRow::as_select())
        .into_boxed();
    if let Some(account_id) = filter.account_id {
        query = query.filter(audit_records::account_id.eq(DbUuid(account_id.as_uuid())));
    }
    if let Some((at, id)) = filter.after {
        let (at, id) = (at.as_micros(), DbUuid(id.as_uuid()));
        let later = audit_records::occurred_at.eq(at).and(audit_records::id.gt(id));
        query = query.filter(audit_records::occurred_at.gt(at).or(later));
    }
    let rows: Vec<AuditRow> = query.load(conn).await.map_err(unavailable)?;
    rows.into_iter().map(AuditRecord::try_from).collect()
}
