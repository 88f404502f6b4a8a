//! Where SQLite differs: how identifiers are stored and how a transaction begins.

use diesel::backend::Backend;
use diesel::deserialize::{self, FromSql, FromSqlRow};
use diesel::expression::AsExpression;
use diesel::serialize::{self, IsNull, Output, ToSql};
use diesel::sqlite::{Sqlite, SqliteConnection};
use diesel_async::sync_connection_wrapper::SyncConnectionWrapper;
use uuid::Uuid;

pub(crate) type Connection = SyncConnectionWrapper<SqliteConnection>;

/// A UUID column: 16 bytes, which SQLite sorts as PostgreSQL sorts its `uuid`.
pub(crate) type SqlUuid = diesel::sql_types::Binary;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, AsExpression, FromSqlRow)]
#[diesel(sql_type = SqlUuid)]
pub(crate) struct DbUuid(pub(crate) Uuid);

impl ToSql<SqlUuid, Sqlite> for DbUuid {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Sqlite>) -> serialize::Result {
        out.set_value(self.0.as_bytes().as_slice());
        Ok(IsNull::No)
    }
}

impl FromSql<SqlUuid, Sqlite> for DbUuid {
    fn from_sql(value: <Sqlite as Backend>::RawValue<'_>) -> deserialize::Result<Self> {
        let bytes = <Vec<u8> as FromSql<SqlUuid, Sqlite>>::from_sql(value)?;
        Ok(Self(Uuid::from_slice(&bytes)?))
    }
}

/// SQLite has one writer at a time, so what a statement reads is locked already.
macro_rules! lock_shared {
    ($query:expr) => {
        $query
    };
}
pub(crate) use lock_shared;

/// SQLite has one writer at a time, so nobody else leases meanwhile.
macro_rules! lock_and_skip {
    ($query:expr) => {
        $query
    };
}
pub(crate) use lock_and_skip;

/// `BEGIN IMMEDIATE`: a deferred transaction that turns into a writer fails at once when another one
/// is writing.
macro_rules! in_transaction {
    ($conn:expr, |$inner:ident| $work:expr) => {
        $conn.immediate_transaction(async move |$inner| $work).await
    };
}
pub(crate) use in_transaction;

/// What `work` does on a connection that `lender` lends.
macro_rules! on_connection {
    ($lender:expr, |$conn:ident| $work:expr) => {{
        let mut lent = $lender.await?;
        let $conn = &mut *lent;
        $work.await
    }};
}
pub(crate) use on_connection;

/// There are none.
pub(crate) async fn wake_other_nodes(_conn: &mut Connection) -> diesel::QueryResult<()> {
    Ok(())
}
