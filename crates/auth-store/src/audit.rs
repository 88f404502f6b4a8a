//! The audit trail.

use auth_domain::audit::{Actor, AuditFilter, AuditOrder, AuditRecord, Outcome, RequestId};
use auth_domain::ports::CommitError;
use auth_domain::session::Network;
use auth_domain::{AccountId, AuditRecordId, Timestamp};
use diesel::prelude::*;
use diesel::sql_types::Bool;

use crate::connection::{Connection, Done, columns};
use crate::corrupt;
use crate::schema::audit_records;
use crate::types::DbUuid;

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
            request_id: record.request_id.as_ref().map(ToString::to_string),
            detail: record.detail.clone(),
        }
    }
}

impl TryFrom<AuditRow> for AuditRecord {
    type Error = CommitError;

    fn try_from(row: AuditRow) -> Done<Self> {
        Ok(Self {
            id: AuditRecordId::from(row.id.0),
            occurred_at: Timestamp::from_micros(row.occurred_at),
            account_id: row.account_id.map(|id| AccountId::from(id.0)),
            action: row.action,
            outcome: Outcome::parse(&row.outcome).ok_or_else(|| corrupt("audit_records", "outcome"))?,
            actor: Actor::parse(&row.actor).ok_or_else(|| corrupt("audit_records", "actor"))?,
            network: row.network.map(Network::from_stored),
            request_id: row.request_id.as_deref().map(RequestId::parse),
            detail: row.detail,
        })
    }
}

pub(crate) async fn insert(conn: &mut Connection, record: &AuditRecord) -> Done<usize> {
    conn.execute(diesel::insert_into(audit_records::table).values(AuditRow::from(record))).await
}

/// Lists in either order, of one account, for which there is an index, or of all.
pub(crate) async fn list(conn: &mut Connection, filter: AuditFilter, limit: u32) -> Done<Vec<AuditRecord>> {
    let AuditFilter { account_id, action, actor, outcome, from, until, after, order } = filter;
    let all = |is_none: bool| is_none.into_sql::<Bool>();
    let (actor, outcome) = (actor.map(|actor| actor.to_string()), outcome.map(Outcome::as_str));
    let query = audit_records::table
        .filter(audit_records::occurred_at.ge(from.as_micros()))
        .filter(audit_records::occurred_at.lt(until.map_or(i64::MAX, Timestamp::as_micros)))
        .filter(all(action.is_none()).or(audit_records::action.eq(action.unwrap_or_default())))
        .filter(all(actor.is_none()).or(audit_records::actor.eq(actor.unwrap_or_default())))
        .filter(all(outcome.is_none()).or(audit_records::outcome.eq(outcome.unwrap_or_default())))
        .limit(limit.into())
        .select(columns::<AuditRow, _>());
    let of = account_id.map(|id| audit_records::account_id.eq(DbUuid(id.as_uuid())));
    // Those behind the record that was listed last; before there is one, all.
    let (at, id) = after.unwrap_or_else(|| {
        let end = if order == AuditOrder::Ascending { from } else { Timestamp::from_micros(i64::MAX) };
        (end, AuditRecordId::from(uuid::Uuid::nil()))
    });
    let (at, id) = (at.as_micros(), DbUuid(id.as_uuid()));
    let same_time = audit_records::occurred_at.eq(at);
    let rows: Vec<AuditRow> = match order {
        AuditOrder::Ascending => {
            let later = audit_records::occurred_at.gt(at).or(same_time.and(audit_records::id.gt(id)));
            let query = query.filter(later).order((audit_records::occurred_at, audit_records::id));
            match of {
                Some(of) => conn.load(query.filter(of)).await?,
                None => conn.load(query).await?,
            }
        }
        AuditOrder::Descending => {
            let earlier = audit_records::occurred_at.lt(at).or(same_time.and(audit_records::id.lt(id)));
            let query = query.filter(earlier).order((audit_records::occurred_at.desc(), audit_records::id.desc()));
            match of {
                Some(of) => conn.load(query.filter(of)).await?,
                None => conn.load(query).await?,
            }
        }
    };
    rows.into_iter().map(AuditRecord::try_from).collect()
}
