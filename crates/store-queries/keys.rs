//! Signing keys, and what is left of master keys.

use auth_domain::ports::StoreUnavailable;
use auth_domain::retired_key::RetiredKey;
use auth_domain::session::KeyId;
use auth_domain::{RetiredKeyId, SigningKeyId, Timestamp};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use super::reads::unavailable;
use super::schema::{retired_keys, signing_keys};
use crate::dialect::{Connection, DbUuid};

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = retired_keys)]
struct RetiredKeyRow {
    id: DbUuid,
    key_id: String,
    sealed_keys: Vec<u8>,
    retired_at: i64,
}

pub(crate) async fn list_retired(conn: &mut Connection) -> Result<Vec<RetiredKey>, StoreUnavailable> {
    let query = retired_keys::table.order(retired_keys::id).select(RetiredKeyRow::as_select());
    let rows: Vec<RetiredKeyRow> = query.load(conn).await.map_err(unavailable)?;
    let key = |row: RetiredKeyRow| RetiredKey {
        id: RetiredKeyId::from(row.id.0),
        key_id: KeyId::new(row.key_id),
        sealed_keys: row.sealed_keys,
        retired_at: Timestamp::from_micros(row.retired_at),
    };
    Ok(rows.into_iter().map(key).collect())
}

pub(super) async fn retire(conn: &mut Connection, key: &RetiredKey) -> QueryResult<usize> {
    let row = RetiredKeyRow {
        id: DbUuid(key.id.as_uuid()),
        key_id: key.key_id.as_str().to_owned(),
        sealed_keys: key.sealed_keys.clone(),
        retired_at: key.retired_at.as_micros(),
    };
    diesel::insert_into(retired_keys::table)
        .values(&row)
        .on_conflict(retired_keys::id)
        .do_update()
        .set((retired_keys::sealed_keys.eq(&row.sealed_keys), retired_keys::retired_at.eq(row.retired_at)))
        .execute(conn)
        .await
}

pub(super) async fn reseal_retired(
    conn: &mut Connection,
    id: RetiredKeyId,
    from: &[u8],
    to: &[u8],
) -> QueryResult<usize> {
    let row = retired_keys::table.filter(retired_keys::id.eq(DbUuid(id.as_uuid())));
    diesel::update(row.filter(retired_keys::sealed_keys.eq(from)))
        .set(retired_keys::sealed_keys.eq(to))
        .execute(conn)
        .await
}

pub(super) async fn forget_retired(conn: &mut Connection, id: RetiredKeyId) -> QueryResult<usize> {
    diesel::delete(retired_keys::table.filter(retired_keys::id.eq(DbUuid(id.as_uuid())))).execute(conn).await
}

pub(super) async fn reseal_signing(
    conn: &mut Connection,
    id: SigningKeyId,
    from: &[u8],
    to: &[u8],
) -> QueryResult<usize> {
    let row = signing_keys::table.filter(signing_keys::id.eq(DbUuid(id.as_uuid())));
    diesel::update(row.filter(signing_keys::sealed_private_key.eq(from)))
        .set(signing_keys::sealed_private_key.eq(to))
        .execute(conn)
        .await
}
