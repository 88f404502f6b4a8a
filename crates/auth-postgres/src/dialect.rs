//! Where PostgreSQL differs: its own UUID type, row locks, plain transactions.

use auth_domain::ports::StoreUnavailable;
use diesel::backend::Backend;
use diesel::deserialize::{self, FromSql, FromSqlRow};
use diesel::expression::AsExpression;
use diesel::pg::Pg;
use diesel::serialize::{self, Output, ToSql};
use diesel_async::pooled_connection::deadpool::Object;
use diesel_async::{AnsiTransactionManager, AsyncPgConnection, TransactionManager as _};
use uuid::Uuid;

use crate::queries::reads::unavailable;

pub(crate) type Connection = AsyncPgConnection;
pub(crate) type Transactions = AnsiTransactionManager;

/// A UUID column.
pub(crate) type SqlUuid = diesel::sql_types::Uuid;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, AsExpression, FromSqlRow)]
#[diesel(sql_type = SqlUuid)]
pub(crate) struct DbUuid(pub(crate) Uuid);

impl ToSql<SqlUuid, Pg> for DbUuid {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
        <Uuid as ToSql<SqlUuid, Pg>>::to_sql(&self.0, out)
    }
}

impl FromSql<SqlUuid, Pg> for DbUuid {
    fn from_sql(value: <Pg as Backend>::RawValue<'_>) -> deserialize::Result<Self> {
        <Uuid as FromSql<SqlUuid, Pg>>::from_sql(value).map(Self)
    }
}

/// `FOR SHARE`: the rows stay as they were read until the commit.
macro_rules! lock_shared {
    ($query:expr) => {
        $query.for_share()
    };
}
pub(crate) use lock_shared;

/// `FOR UPDATE SKIP LOCKED`: workers take different rows and do not wait for each other.
macro_rules! lock_and_skip {
    ($query:expr) => {
        $query.for_update().skip_locked()
    };
}
pub(crate) use lock_and_skip;

/// READ COMMITTED: every change carries its own guard.
macro_rules! in_transaction {
    ($conn:expr, |$inner:ident| $work:expr) => {
        diesel_async::AsyncConnection::transaction($conn, async move |$inner| $work).await
    };
}
pub(crate) use in_transaction;

/// What `work` does on a connection that `lender` lends. Behind a transaction pooler that is one transaction.
macro_rules! on_connection {
    ($lender:expr, |$conn:ident| $work:expr) => {{
        let mut lent = $lender.await?;
        let $conn = &mut *lent;
        let done = $work.await;
        $crate::dialect::give_back(lent, done).await
    }};
}
pub(crate) use on_connection;

/// Ends the transaction that was begun when `lent` was lent, if any.
pub(crate) async fn give_back<T, E: From<StoreUnavailable> + PartialEq>(
    mut lent: Object<Connection>,
    done: Result<T, E>,
) -> Result<T, E> {
    if done.as_ref().is_err_and(|error| *error == E::from(StoreUnavailable)) {
        // Whatever is wrong may be wrong with the server at the other end, one that became read-only say: neither this
        // connection nor those that wait beside it are used again.
        if let Some(pool) = Object::pool(&lent) {
            pool.retain(|_, _| false);
        }
        drop(Object::take(lent));
        return done;
    }
    let begun = Transactions::transaction_manager_status_mut(&mut *lent).transaction_depth();
    if begun.map_err(unavailable)?.is_some() {
        let ended = match done {
            Ok(_) => Transactions::commit_transaction(&mut *lent).await,
            Err(_) => Transactions::rollback_transaction(&mut *lent).await,
        };
        ended.map_err(unavailable)?;
    }
    done
}

/// The channel of [`wake_other_nodes`].
pub(crate) const OUTBOX: &str = "auth_outbox";

/// Tells every node that there is something to send, once this transaction is committed.
pub(crate) async fn wake_other_nodes(conn: &mut Connection) -> diesel::QueryResult<()> {
    diesel_async::SimpleAsyncConnection::batch_execute(conn, "NOTIFY auth_outbox").await
}
