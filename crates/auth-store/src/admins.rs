//! Admins: the accounts with the role `admin` that are not blocked, and when there was last one fewer.

use auth_domain::account::Admins;
use auth_domain::{AccountId, Timestamp};
use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::Bool;

use crate::connection::{Connection, Done};
use crate::schema::{accounts, maintenance};
use crate::types::DbUuid;

/// The row of `marks` that each loss moves on.
const LOST: &str = "admin_lost";

/// The condition of the partial index `accounts_admins`, word for word: the engines use it for nothing else.
const IS_ADMIN: &str = "(' ' || accounts.roles || ' ') LIKE '% admin %'";

/// Reads when one was last lost before it reads who there is.
pub(crate) async fn find(conn: &mut Connection) -> Done<Admins> {
    let row = maintenance::table.filter(maintenance::name.eq(LOST)).select(maintenance::at);
    let lost_at: Option<i64> = conn.find(row).await?;
    let some = accounts::table
        .filter(sql::<Bool>(IS_ADMIN))
        .filter(accounts::suspended_at.is_null())
        .filter(accounts::deletion_due_at.is_null())
        .order(accounts::id)
        .limit(2)
        .select(accounts::id);
    let some: Vec<DbUuid> = conn.load(some).await?;
    let some = some.into_iter().map(|id| AccountId::from(id.0)).collect();
    Ok(Admins { lost_at: lost_at.map(Timestamp::from_micros), some })
}

/// Records a loss. The first finds no row; any other replaces the one before.
pub(crate) async fn lose(conn: &mut Connection, from: Option<Timestamp>, at: Timestamp) -> Done<usize> {
    let Some(from) = from else {
        let row = (maintenance::name.eq(LOST), maintenance::at.eq(at.as_micros()));
        return conn.execute(diesel::insert_into(maintenance::table).values(row).on_conflict_do_nothing()).await;
    };
    let before = maintenance::table.filter(maintenance::name.eq(LOST)).filter(maintenance::at.eq(from.as_micros()));
    conn.execute(diesel::update(before).set(maintenance::at.eq(at.as_micros()))).await
}
