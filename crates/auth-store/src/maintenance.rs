//! When maintenance was last done on the database as a whole.

use auth_domain::Timestamp;
use auth_domain::maintenance::Maintenance;
use diesel::prelude::*;

use crate::connection::{Connection, Done};
use crate::schema::maintenance;

pub(crate) async fn find(conn: &mut Connection, kind: Maintenance) -> Done<Option<Timestamp>> {
    let row = maintenance::table.filter(maintenance::name.eq(kind.as_str())).select(maintenance::at);
    let at: Option<i64> = conn.find(row).await?;
    Ok(at.map(Timestamp::from_micros))
}

pub(crate) async fn put(conn: &mut Connection, kind: Maintenance, at: Timestamp) -> Done<usize> {
    conn.execute(
        diesel::insert_into(maintenance::table)
            .values((maintenance::name.eq(kind.as_str()), maintenance::at.eq(at.as_micros())))
            .on_conflict(maintenance::name)
            .do_update()
            .set(maintenance::at.eq(at.as_micros())),
    )
    .await
}

pub(crate) async fn delete(conn: &mut Connection, kind: Maintenance) -> Done<usize> {
    conn.execute(diesel::delete(maintenance::table.filter(maintenance::name.eq(kind.as_str())))).await
}
