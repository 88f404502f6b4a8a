//! `GET /auth/admin/audit`

use actix_web::http::Method;
use actix_web::web::{self, Data};
use actix_web::{HttpRequest, HttpResponse};
use auth_domain::audit::{Actor, AuditFilter, AuditRecord, Outcome};
use auth_domain::error_code::{FieldError, FieldReason, Refusal};
use auth_domain::internal::{AuditRead, Scope};
use auth_domain::use_cases::{ReadAuditTrail, UseCases};
use auth_domain::{AccountId, AuditRecordId, Timestamp};
use serde_json::json;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use uuid::Uuid;

use crate::admin_views::{AuditRecordView, AuditRecordsData};
use crate::answer::{ApiError, success};
use crate::caller::Admin;
use crate::codes::SuccessCode;
use crate::endpoint::{Endpoint, Permission};
use crate::query::{parse_uuid, query_limit, query_parameter};
use crate::tag::Tag;

use super::admin_users::{limit_of, query};

const DEFAULT_LIMIT: u32 = 100;

pub(super) fn endpoint() -> Endpoint {
    let text = || json!({ "type": "string" });
    let time = || json!({ "type": "string", "format": "date-time" });
    Endpoint::new(Method::GET, "/auth/admin/audit", || web::to(list))
        .operation("readAuditTrail", Tag::Admin, "Read the audit trail, newest first")
        .permission(Permission::Admin(Scope::AuditRead))
        .parameter(query("user", "What happened to this user.", json!({ "type": "string", "format": "uuid" })))
        .parameter(query("actor", "What this `actor` did.", text()))
        .parameter(query("action", "This `action`.", text()))
        .parameter(query("outcome", "This `outcome`.", json!({ "type": "string", "enum": ["done", "refused"] })))
        .parameter(query("from", "At this time or later.", time()))
        .parameter(query("until", "Before this time.", time()))
        .parameter(query("after", "The `next` of the page before.", text()))
        .parameter(query("limit", "At most so many; 100 unless said.", limit_of(ReadAuditTrail::MAX_PAGE)))
        .answers::<AuditRecordsData>(SuccessCode::AuditFetched)
}

/// *Permissions:* admin, `audit:read`.
async fn list(
    use_cases: Data<UseCases>,
    Admin(caller): Admin<AuditRead>,
    request: HttpRequest,
) -> Result<HttpResponse, ApiError> {
    let filter = filter_of(&request)?;
    let limit = query_limit(&request, ReadAuditTrail::MAX_PAGE)?.unwrap_or(DEFAULT_LIMIT);
    let page = use_cases.read_audit_trail.execute(&caller, &filter, limit).await?;
    let next = page.records.last().filter(|_| page.more).map(cursor);
    let records = page.records.iter().map(AuditRecordView::from).collect();
    Ok(success(SuccessCode::AuditFetched, AuditRecordsData { records, next }))
}

fn filter_of(request: &HttpRequest) -> Result<AuditFilter, Refusal> {
    let text = |name| query_parameter(request, name);
    let every = AuditFilter::newest();
    Ok(AuditFilter {
        account_id: text("user")?.map(|id| parse_uuid("user", &id)).transpose()?.map(AccountId::from),
        action: parsed("action", text("action")?, "must be an action, such as password.changed", plain)?,
        actor: parsed("actor", text("actor")?, "must be an actor, such as service:users", |text| {
            Actor::parse(&plain(text)?)
        })?,
        outcome: parsed("outcome", text("outcome")?, "must be done or refused", Outcome::parse)?,
        from: parsed("from", text("from")?, TIME, timestamp)?.unwrap_or(every.from),
        until: parsed("until", text("until")?, TIME, timestamp)?,
        after: parsed("after", text("after")?, "must be the next of a page before", place)?,
        ..every
    })
}

fn plain(text: &str) -> Option<String> {
    (text.len() <= 128 && !text.contains(char::is_control)).then(|| text.to_owned())
}

const TIME: &str = "must be a time (RFC 3339)";

fn parsed<T>(
    name: &str,
    text: Option<String>,
    message: &str,
    parse: impl FnOnce(&str) -> Option<T>,
) -> Result<Option<T>, Refusal> {
    let malformed = || Refusal::invalid(vec![FieldError::new(&format!("/{name}"), FieldReason::Format, message)]);
    text.map(|text| parse(&text).ok_or_else(malformed)).transpose()
}

fn timestamp(text: &str) -> Option<Timestamp> {
    let nanoseconds = OffsetDateTime::parse(text, &Rfc3339).ok()?.unix_timestamp_nanos();
    i64::try_from(nanoseconds / 1_000).ok().map(Timestamp::from_micros)
}

/// A place in the trail: time and id.
fn cursor(record: &AuditRecord) -> String {
    format!("{}.{}", record.occurred_at.as_micros(), record.id)
}

fn place(text: &str) -> Option<(Timestamp, AuditRecordId)> {
    let (at, id) = text.split_once('.')?;
    Some((Timestamp::from_micros(at.parse().ok()?), AuditRecordId::from(Uuid::try_parse(id).ok()?)))
}
