//! When something was last done to this database.

use auth_domain::Timestamp;
use auth_domain::mark::Mark;
use auth_domain::ports::StoreUnavailable;
use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use super::reads::unavailable;
use super::schema::marks;
use crate::dialect::Connection;

pub(crate) async fn find(conn: &mut Connection, mark: Mark) -> Result<Option<Timestamp>, StoreUnavailable> {
    let row = marks::table.filter(marks::name.eq(mark.as_str())).select(marks::at);
    let at: Option<i64> = row.first(conn).await.optional().map_err(unavailable)?;
    Ok(at.map(Timestamp::from_micros))
}

pub(super) async fn put(conn: &mut Connection, mark: Mark, at: Timestamp) -> QueryResult<usize> {
    diesel::insert_into(marks::table)
        .values((marks::name.eq(mark.as_str()), marks::at.eq(at.as_micros())))
        .on_conflict(marks::name)
        .do_update()
        .set(marks::at.eq(at.as_micros()))
        .execute(conn)
        .await
}

pub(super) async fn delete(conn: &mut Connection, mark: Mark) -> QueryResult<usize> {
    diesel::delete(marks::table.filter(marks::name.eq(mark.as_str()))).execute(conn).await
}
