//! Identities of providers, and the authorization requests that were used.

use std::collections::BTreeMap;

use auth_domain::account::Account;
use auth_domain::identity::{LinkedIdentity, ProviderName, Subject};
use auth_domain::ports::StoreUnavailable;
use auth_domain::{AccountId, AuthorizationId, Timestamp};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use super::reads::unavailable;
use super::rows::{AccountRow, unreadable};
use super::schema::{accounts, identities, used_authorizations};
use crate::dialect::{self, Connection, DbUuid};

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = identities)]
pub(super) struct IdentityRow {
    provider: String,
    subject: String,
    account_id: DbUuid,
    linked_at: i64,
}

impl IdentityRow {
    pub(super) fn new(account_id: DbUuid, identity: &LinkedIdentity) -> Self {
        Self {
            provider: identity.provider.as_str().to_owned(),
            subject: identity.subject.as_str().to_owned(),
            account_id,
            linked_at: identity.linked_at.as_micros(),
        }
    }
}

impl TryFrom<IdentityRow> for LinkedIdentity {
    type Error = StoreUnavailable;

    fn try_from(row: IdentityRow) -> Result<Self, StoreUnavailable> {
        Ok(Self {
            provider: ProviderName::parse(&row.provider).ok_or_else(|| unreadable("identities", "provider"))?,
            subject: Subject::parse(&row.subject).ok_or_else(|| unreadable("identities", "subject"))?,
            linked_at: Timestamp::from_micros(row.linked_at),
        })
    }
}

/// An account joined with its identities: a row each, or one row without.
pub(super) type JoinedRow = (AccountRow, Option<IdentityRow>);

/// The accounts of joined rows, by ascending id.
pub(super) fn accounts_of(rows: impl IntoIterator<Item = JoinedRow>) -> Result<Vec<Account>, StoreUnavailable> {
    let mut accounts: BTreeMap<AccountId, Account> = BTreeMap::new();
    for (row, identity) in rows {
        let id = AccountId::from(row.id.0);
        let account = match accounts.remove(&id) {
            Some(account) => account,
            None => Account::try_from(row)?,
        };
        let account = match identity {
            Some(identity) => account.with_identity(identity.try_into()?),
            None => account,
        };
        accounts.insert(id, account);
    }
    Ok(accounts.into_values().collect())
}

/// In one statement: an identity that is unlinked in this moment is not taken for one that is linked.
pub(crate) async fn find_account(
    conn: &mut Connection,
    provider: &ProviderName,
    subject: &Subject,
) -> Result<Option<Account>, StoreUnavailable> {
    let presented = diesel::alias!(identities as presented);
    let owner = presented
        .filter(presented.field(identities::provider).eq(provider.as_str()))
        .filter(presented.field(identities::subject).eq(subject.as_str()))
        .select(presented.field(identities::account_id));
    let query = accounts::table.left_join(identities::table).filter(accounts::id.eq_any(owner));
    let query = query.select((AccountRow::as_select(), Option::<IdentityRow>::as_select()));
    let rows: Vec<JoinedRow> = query.load(conn).await.map_err(unavailable)?;
    Ok(accounts_of(rows)?.pop())
}

pub(super) async fn insert(conn: &mut Connection, id: AccountId, identity: &LinkedIdentity) -> QueryResult<usize> {
    let row = IdentityRow::new(DbUuid(id.as_uuid()), identity);
    diesel::insert_into(identities::table).values(row).execute(conn).await
}

pub(super) async fn delete(conn: &mut Connection, id: AccountId, provider: &ProviderName) -> QueryResult<usize> {
    let rows = identities::table.filter(identities::account_id.eq(DbUuid(id.as_uuid())));
    diesel::delete(rows.filter(identities::provider.eq(provider.as_str()))).execute(conn).await
}

/// It stays linked until the commit.
pub(super) async fn require(
    conn: &mut Connection,
    id: AccountId,
    provider: &ProviderName,
    subject: &Subject,
) -> QueryResult<usize> {
    let row = identities::table
        .filter(identities::provider.eq(provider.as_str()))
        .filter(identities::subject.eq(subject.as_str()))
        .filter(identities::account_id.eq(DbUuid(id.as_uuid())));
    let rows: Vec<DbUuid> = dialect::lock_shared!(row.select(identities::account_id)).load(conn).await?;
    Ok(rows.len())
}

pub(super) async fn delete_all_of(conn: &mut Connection, id: AccountId) -> QueryResult<usize> {
    diesel::delete(identities::table.filter(identities::account_id.eq(DbUuid(id.as_uuid())))).execute(conn).await
}

pub(super) async fn use_authorization(
    conn: &mut Connection,
    id: AuthorizationId,
    expires_at: Timestamp,
) -> QueryResult<usize> {
    diesel::insert_into(used_authorizations::table)
        .values((
            used_authorizations::id.eq(DbUuid(id.as_uuid())),
            used_authorizations::expires_at.eq(expires_at.as_micros()),
        ))
        .on_conflict_do_nothing()
        .execute(conn)
        .await
}
