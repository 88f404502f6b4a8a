//! What is owed, counted.

use auth_domain::Timestamp;
use auth_domain::load::OutboxDepth;
use auth_domain::ports::StoreUnavailable;
use diesel::dsl::{count_star, min};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use super::reads::unavailable;
use super::schema::{event_deliveries, mails};
use crate::dialect::Connection;

/// Of three instants: nobody adds these numbers up.
pub(crate) async fn outbox_depth(conn: &mut Connection) -> Result<OutboxDepth, StoreUnavailable> {
    let owed = mails::table.filter(mails::parked_at.is_null()).select((count_star(), min(mails::happened_at)));
    let owed: (i64, Option<i64>) = owed.first(conn).await.map_err(unavailable)?;
    let parked = mails::table.filter(mails::parked_at.is_not_null()).select(count_star());
    let parked: i64 = parked.first(conn).await.map_err(unavailable)?;
    let open = event_deliveries::table
        .filter(event_deliveries::acknowledged_at.is_null())
        .select((count_star(), min(event_deliveries::occurred_at)));
    let open: (i64, Option<i64>) = open.first(conn).await.map_err(unavailable)?;
    let number = |count: i64| u64::try_from(count).unwrap_or_default();
    Ok(OutboxDepth {
        mails: number(owed.0),
        oldest_mail: owed.1.map(Timestamp::from_micros),
        parked_mails: number(parked),
        deliveries: number(open.0),
        oldest_delivery: open.1.map(Timestamp::from_micros),
    })
}
