//! Where SQLite differs: how identifiers are stored and how a transaction begins.

use auth_domain::Timestamp;
use auth_domain::ports::Change;
use diesel::QueryResult;
use diesel::backend::Backend;
use diesel::deserialize::{self, FromSql, FromSqlRow};
use diesel::expression::AsExpression;
use diesel::serialize::{self, IsNull, Output, ToSql};
use diesel::sqlite::{Sqlite, SqliteConnection};
use diesel_async::sync_connection_wrapper::SyncConnectionWrapper;
use uuid::Uuid;

use crate::queries::commit::{Abort, apply_all};
use crate::queries::mails::{MailRow, lease};

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

/// Leases in one transaction.
pub(crate) async fn lease_mails(
    conn: &mut Connection,
    now: Timestamp,
    until: Timestamp,
    limit: u32,
) -> QueryResult<Vec<MailRow>> {
    conn.immediate_transaction(async move |conn| lease(conn, now, until, limit).await).await
}

/// `BEGIN IMMEDIATE`: a deferred transaction that turns into a writer fails at once when another one
/// is writing.
pub(crate) async fn transaction(conn: &mut Connection, changes: Vec<Change>) -> Result<(), Abort> {
    conn.immediate_transaction(async move |conn| apply_all(conn, &changes).await).await
}
