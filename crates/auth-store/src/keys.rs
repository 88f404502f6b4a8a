//! Signing keys, and what is kept of master keys.

use auth_domain::retired_key::RetiredKey;
use auth_domain::session::KeyId;
use auth_domain::signing_key::SigningKey;
use auth_domain::{RetiredKeyId, SigningKeyId, Timestamp};
use diesel::prelude::*;

use crate::connection::{Connection, Done, columns};
use crate::schema::{retired_keys, signing_keys};
use crate::types::DbUuid;

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = signing_keys)]
pub(crate) struct SigningKeyRow {
    id: DbUuid,
    sequence: i64,
    active_from: i64,
    public_key: Vec<u8>,
    sealed_private_key: Vec<u8>,
}

impl From<&SigningKey> for SigningKeyRow {
    fn from(key: &SigningKey) -> Self {
        Self {
            id: DbUuid(key.id.as_uuid()),
            sequence: key.sequence,
            active_from: key.active_from.as_micros(),
            public_key: key.public_key.clone(),
            sealed_private_key: key.sealed_private_key.clone(),
        }
    }
}

impl From<SigningKeyRow> for SigningKey {
    fn from(row: SigningKeyRow) -> Self {
        Self {
            id: SigningKeyId::from(row.id.0),
            sequence: row.sequence,
            active_from: Timestamp::from_micros(row.active_from),
            public_key: row.public_key,
            sealed_private_key: row.sealed_private_key,
        }
    }
}

pub(crate) async fn list_signing(conn: &mut Connection) -> Done<Vec<SigningKey>> {
    let query = signing_keys::table.order(signing_keys::sequence).select(columns::<SigningKeyRow, _>());
    let rows: Vec<SigningKeyRow> = conn.load(query).await?;
    Ok(rows.into_iter().map(SigningKey::from).collect())
}

pub(crate) async fn insert_signing(conn: &mut Connection, key: &SigningKey) -> Done<usize> {
    conn.execute(diesel::insert_into(signing_keys::table).values(SigningKeyRow::from(key))).await
}

pub(crate) async fn delete_signing(conn: &mut Connection, id: SigningKeyId) -> Done<usize> {
    conn.execute(diesel::delete(signing_keys::table.filter(signing_keys::id.eq(DbUuid(id.as_uuid()))))).await
}

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = retired_keys)]
struct RetiredKeyRow {
    id: DbUuid,
    key_id: String,
    sealed_keys: Vec<u8>,
    retired_at: i64,
}

pub(crate) async fn list_retired(conn: &mut Connection) -> Done<Vec<RetiredKey>> {
    let query = retired_keys::table.order(retired_keys::id).select(columns::<RetiredKeyRow, _>());
    let rows: Vec<RetiredKeyRow> = conn.load(query).await?;
    let key = |row: RetiredKeyRow| RetiredKey {
        id: RetiredKeyId::from(row.id.0),
        key_id: KeyId::new(row.key_id),
        sealed_keys: row.sealed_keys,
        retired_at: Timestamp::from_micros(row.retired_at),
    };
    Ok(rows.into_iter().map(key).collect())
}

pub(crate) async fn retire(conn: &mut Connection, key: &RetiredKey) -> Done<usize> {
    let row = RetiredKeyRow {
        id: DbUuid(key.id.as_uuid()),
        key_id: key.key_id.as_str().to_owned(),
        sealed_keys: key.sealed_keys.clone(),
        retired_at: key.retired_at.as_micros(),
    };
    let again = (retired_keys::sealed_keys.eq(&row.sealed_keys), retired_keys::retired_at.eq(row.retired_at));
    let insert = diesel::insert_into(retired_keys::table).values(&row);
    conn.execute(insert.on_conflict(retired_keys::id).do_update().set(again)).await
}

pub(crate) async fn reseal_retired(conn: &mut Connection, id: RetiredKeyId, from: &[u8], to: &[u8]) -> Done<usize> {
    let row = retired_keys::table.filter(retired_keys::id.eq(DbUuid(id.as_uuid())));
    let row = row.filter(retired_keys::sealed_keys.eq(from));
    conn.execute(diesel::update(row).set(retired_keys::sealed_keys.eq(to))).await
}

pub(crate) async fn forget_retired(conn: &mut Connection, id: RetiredKeyId) -> Done<usize> {
    conn.execute(diesel::delete(retired_keys::table.filter(retired_keys::id.eq(DbUuid(id.as_uuid()))))).await
}

pub(crate) async fn reseal_signing(conn: &mut Connection, id: SigningKeyId, from: &[u8], to: &[u8]) -> Done<usize> {
    let row = signing_keys::table.filter(signing_keys::id.eq(DbUuid(id.as_uuid())));
    let row = row.filter(signing_keys::sealed_private_key.eq(from));
    conn.execute(diesel::update(row).set(signing_keys::sealed_private_key.eq(to))).await
}
