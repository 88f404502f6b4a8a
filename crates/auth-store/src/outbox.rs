//! Counts what is queued, and checks that the database answers.

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

/// Tells whether anything in the queue was leased, postponed or queued in the future.
pub(crate) async fn has_stamps_ahead(conn: &mut Connection, now: Timestamp) -> Done<bool> {
    let latest = now.latest_believed().as_micros();
    let mail = mails::table
        .filter(mails::parked_at.is_null())
        .filter(mails::stamped_at.gt(latest))
        .limit(1)
        .select(mails::stamped_at);
    let mail: Vec<i64> = conn.load(mail).await?;
    let delivery = event_deliveries::table
        .filter(event_deliveries::acknowledged_at.is_null())
        .filter(event_deliveries::stamped_at.gt(latest))
        .limit(1)
        .select(event_deliveries::stamped_at);
    let delivery: Vec<i64> = conn.load(delivery).await?;
    Ok(!mail.is_empty() || !delivery.is_empty())
}

/// Restarts these at `now`, for the same length of time.
pub(crate) async fn restamp(conn: &mut Connection, now: Timestamp) -> Done<usize> {
    let begun = conn.begin().await?;
    let done = restamp_both(conn, now.latest_believed().as_micros(), now.as_micros()).await;
    conn.end(begun, done).await
}

async fn restamp_both(conn: &mut Connection, latest: i64, now: i64) -> Done<usize> {
    let ahead = mails::table.filter(mails::parked_at.is_null()).filter(mails::stamped_at.gt(latest));
    let waits = mails::next_attempt_at - mails::stamped_at;
    let anew = (mails::next_attempt_at.eq(waits + now), mails::stamped_at.eq(now));
    let moved = conn.execute(diesel::update(ahead).set(anew)).await?;
    let ahead = event_deliveries::table
        .filter(event_deliveries::acknowledged_at.is_null())
        .filter(event_deliveries::stamped_at.gt(latest));
    let waits = event_deliveries::next_attempt_at - event_deliveries::stamped_at;
    let anew = (event_deliveries::next_attempt_at.eq(waits + now), event_deliveries::stamped_at.eq(now));
    Ok(moved + conn.execute(diesel::update(ahead).set(anew)).await?)
}

/// Counts at three instants, since nobody adds these numbers up.
pub(crate) async fn depth(conn: &mut Connection) -> Done<OutboxDepth> {
    // A notice that is held back counts from when it could be sent.
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
