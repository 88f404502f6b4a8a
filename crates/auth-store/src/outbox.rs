//! What is owed, counted; and whether the database answers at all.

use auth_domain::Timestamp;
use auth_domain::load::OutboxDepth;
use diesel::dsl::{case_when, count_star, min, sql};
use diesel::prelude::*;
use diesel::sql_types::Integer;

use crate::connection::{Connection, Done};
use crate::schema::{event_deliveries, mails};

pub(crate) async fn ping(conn: &mut Connection) -> Done<()> {
    let _: i32 = conn.one(diesel::select(sql::<Integer>("1"))).await?;
    Ok(())
}

/// Of three instants: nobody adds these numbers up.
pub(crate) async fn depth(conn: &mut Connection) -> Done<OutboxDepth> {
    // A notice that is kept back counts since it could go.
    let since = case_when(mails::attempt.eq(0), mails::next_attempt_at).otherwise(mails::happened_at);
    let owed =
        mails::table.filter(mails::parked_at.is_null()).filter(mails::times.gt(0)).select((count_star(), min(since)));
    let owed: (i64, Option<i64>) = conn.one(owed).await?;
    let parked = mails::table.filter(mails::parked_at.is_not_null()).select(count_star());
    let parked: i64 = conn.one(parked).await?;
    let open = event_deliveries::table
        .filter(event_deliveries::acknowledged_at.is_null())
        .select((count_star(), min(event_deliveries::occurred_at)));
    let open: (i64, Option<i64>) = conn.one(open).await?;
    let number = |count: i64| u64::try_from(count).unwrap_or_default();
    Ok(OutboxDepth {
        mails: number(owed.0),
        oldest_mail: owed.1.map(Timestamp::from_micros),
        parked_mails: number(parked),
        deliveries: number(open.0),
        oldest_delivery: open.1.map(Timestamp::from_micros),
    })
}
