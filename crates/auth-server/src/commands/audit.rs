//! `audit`: lists the audit trail.

use std::collections::BTreeSet;
use std::time::Duration;

use auth_crypto::SystemClock;
use auth_domain::account::LoginName;
use auth_domain::audit::{AuditFilter, AuditRecord};
use auth_domain::ports::{Clock as _, Store};
use auth_domain::{AccountId, Timestamp};
use serde_json::json;
use uuid::Uuid;

use crate::Failure;
use crate::output::{print, rfc3339};
use crate::settings::Settings;

const PAGE: u32 = 1_000;
const POLL: Duration = Duration::from_secs(1);
/// How much later than its time a record may be committed, because a node's clock is behind or the node was slow.
const LATE: Duration = Duration::from_secs(30);

/// Which records, and how to show them.
#[derive(clap::Args)]
pub(crate) struct AuditOptions {
    /// Show only what happened to this user: id (also of a deleted user), e-mail address or username
    #[arg(long)]
    user: Option<String>,
    /// How many hours to look back
    #[arg(long, default_value_t = 24)]
    hours: u32,
    /// Keep running and print new records as they appear
    #[arg(long)]
    follow: bool,
    /// Print one JSON object per line
    #[arg(long)]
    json: bool,
}

pub(crate) async fn run(settings: &Settings, options: &AuditOptions) -> Result<(), Failure> {
    let store = settings.database.open().await?.store;
    let account_id = match &options.user {
        Some(user) => Some(find(&*store, user).await?),
        None => None,
    };
    let from = SystemClock.now() - Duration::from_secs(3_600 * u64::from(options.hours));
    let mut filter = AuditFilter { account_id, ..AuditFilter::since(from) };
    let mut shown = BTreeSet::new();
    loop {
        let page = store.list_audit_records(&filter, PAGE).await?;
        for record in &page {
            // Remembers only records that are read again.
            let recent = record.occurred_at + 2 * LATE > SystemClock.now();
            if !(options.follow && recent) || shown.insert(record.id) {
                print(&if options.json { as_json(record)? } else { as_line(record)? })?;
            }
        }
        if let Some(last) = page.last().filter(|_| page.len() == PAGE as usize) {
            filter.after = Some((last.occurred_at, last.id));
        } else if options.follow {
            tokio::time::sleep(POLL).await;
            // Reads the last moments again and again, because late commits appear among them.
            filter.from = filter.from.max(SystemClock.now() - LATE);
            filter.after = None;
            shown = shown.split_off(&earliest(filter.from));
        } else {
            return Ok(());
        }
    }
}

/// Returns the smallest id of a record at this time; ids are in the order of time.
fn earliest(at: Timestamp) -> auth_domain::AuditRecordId {
    auth_domain::AuditRecordId::generate(at, [0; 32])
}

/// Finds the account of a user. A deleted user has no name any more, only an id.
async fn find(store: &dyn Store, user: &str) -> Result<AccountId, Failure> {
    if let Ok(id) = Uuid::parse_str(user) {
        return Ok(AccountId::from(id));
    }
    let account = store.find_account_by_name(&LoginName::parse(user)).await?;
    Ok(account
        .ok_or_else(|| format!("no user has the e-mail address or username {user:?}; look up a deleted user by id"))?
        .id)
}

/// Formats a record: time, action, outcome, actor, network, account, request and details.
fn as_line(record: &AuditRecord) -> Result<String, Failure> {
    let AuditRecord { occurred_at, account_id, action, outcome, actor, network, request_id, detail, .. } = record;
    let network = network.as_ref().map_or("-", |network| network.as_str());
    let account = account_id.map_or_else(|| "-".to_owned(), |id| id.to_string());
    let detail = detail.as_deref().unwrap_or("-");
    let request = request_id.as_ref().map_or_else(|| "-".to_owned(), ToString::to_string);
    let (at, outcome) = (rfc3339(*occurred_at)?, outcome.as_str());
    Ok(format!("{at}  {action:<26}  {outcome:<7}  {actor}  {network}  {account}  request {request}  {detail}"))
}

fn as_json(record: &AuditRecord) -> Result<String, Failure> {
    let AuditRecord { id, occurred_at, account_id, action, outcome, actor, network, request_id, detail } = record;
    let value = json!({
        "id": id.to_string(),
        "occurredAt": rfc3339(*occurred_at)?,
        "userId": account_id.map(|id| id.to_string()),
        "action": action,
        "outcome": outcome.as_str(),
        "actor": actor.to_string(),
        "network": network.as_ref().map(|network| network.as_str()),
        "requestId": request_id.as_ref().map(ToString::to_string),
        "detail": detail,
    });
    Ok(value.to_string())
}
