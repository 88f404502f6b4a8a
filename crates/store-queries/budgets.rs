//! The budgets for passwords, as they are written; `reads.rs` has how they are read.

use auth_domain::budget::{AttemptSubject, PasswordBudget};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use super::rows::{DailyMissesRow, NetworkAttemptsRow};
use super::schema::{password_daily_misses, password_network_attempts};
use crate::dialect::{Connection, DbUuid};

/// Version 1 is a first write and finds no row; any other replaces the version before it.
pub(super) async fn put_network_attempts(conn: &mut Connection, budget: &PasswordBudget) -> QueryResult<usize> {
    let row = NetworkAttemptsRow::from(budget);
    let version = budget.attempts.version;
    if version == 1 {
        let insert = diesel::insert_into(password_network_attempts::table).values(row);
        return insert.on_conflict_do_nothing().execute(conn).await;
    }
    diesel::update(password_network_attempts::table)
        .filter(password_network_attempts::subject.eq(DbUuid(budget.subject.as_uuid())))
        .filter(password_network_attempts::network.eq(budget.network.as_str()))
        .filter(password_network_attempts::version.eq(version - 1))
        .set(row)
        .execute(conn)
        .await
}

/// As [`put_network_attempts`].
pub(super) async fn put_daily_misses(conn: &mut Connection, budget: &PasswordBudget) -> QueryResult<usize> {
    let row = DailyMissesRow::from(budget);
    let version = budget.daily.version;
    if version == 1 {
        let insert = diesel::insert_into(password_daily_misses::table).values(row);
        return insert.on_conflict_do_nothing().execute(conn).await;
    }
    diesel::update(password_daily_misses::table)
        .filter(password_daily_misses::subject.eq(DbUuid(budget.subject.as_uuid())))
        .filter(password_daily_misses::version.eq(version - 1))
        .set(row)
        .execute(conn)
        .await
}

pub(super) async fn forget_network_attempts(conn: &mut Connection, subject: AttemptSubject) -> QueryResult<usize> {
    let subject = DbUuid(subject.as_uuid());
    let rows = password_network_attempts::table.filter(password_network_attempts::subject.eq(subject));
    diesel::delete(rows).execute(conn).await
}

pub(super) async fn forget_daily_misses(conn: &mut Connection, subject: AttemptSubject) -> QueryResult<usize> {
    let subject = DbUuid(subject.as_uuid());
    diesel::delete(password_daily_misses::table.filter(password_daily_misses::subject.eq(subject))).execute(conn).await
}
