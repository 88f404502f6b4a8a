//! Identities of providers, and the authorization requests that were used.

use auth_domain::account::Account;
use auth_domain::identity::{LinkedIdentity, ProviderName, Subject};
use auth_domain::ports::CommitError;
use auth_domain::{AccountId, AuthorizationId, Timestamp};
use diesel::prelude::*;

use crate::accounts::AccountRow;
use crate::connection::{Connection, Done};
use crate::corrupt;
use crate::schema::{identities, used_authorizations};
use crate::types::DbUuid;

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = identities)]
pub(crate) struct IdentityRow {
    provider: String,
    subject: String,
    account_id: DbUuid,
    linked_at: i64,
}

impl IdentityRow {
    pub(crate) fn new(account_id: DbUuid, identity: &LinkedIdentity) -> Self {
        Self {
            provider: identity.provider.as_str().to_owned(),
            subject: identity.subject.as_str().to_owned(),
            account_id,
            linked_at: identity.linked_at.as_micros(),
        }
    }
}

impl TryFrom<IdentityRow> for LinkedIdentity {
    type Error = CommitError;

    fn try_from(row: IdentityRow) -> Done<Self> {
        Ok(Self {
            provider: ProviderName::parse(&row.provider).ok_or_else(|| corrupt("identities", "provider"))?,
            subject: Subject::parse(&row.subject).ok_or_else(|| corrupt("identities", "subject"))?,
            linked_at: Timestamp::from_micros(row.linked_at),
        })
    }
}

/// An account joined with its identities: one row each, or one row without.
pub(crate) type JoinedRow = (AccountRow, Option<IdentityRow>);

/// Returns the accounts of joined rows, by ascending id.
pub(crate) fn accounts_of(mut rows: Vec<JoinedRow>) -> Done<Vec<Account>> {
    rows.sort_by_key(|(row, _)| row.id.0);
    let mut accounts: Vec<Account> = Vec::with_capacity(rows.len());
    for (row, identity) in rows {
        let mut account = match accounts.pop_if(|last| last.id.as_uuid() == row.id.0) {
            Some(account) => account,
            None => row.try_into()?,
        };
        if let Some(identity) = identity {
            account = account.with_identity(identity.try_into()?);
        }
        accounts.push(account);
    }
    Ok(accounts)
}

pub(crate) async fn insert(conn: &mut Connection, id: AccountId, identity: &LinkedIdentity) -> Done<usize> {
    let row = IdentityRow::new(DbUuid(id.as_uuid()), identity);
    conn.execute(diesel::insert_into(identities::table).values(row)).await
}

pub(crate) async fn delete(conn: &mut Connection, id: AccountId, provider: &ProviderName) -> Done<usize> {
    let rows = identities::table.filter(identities::account_id.eq(DbUuid(id.as_uuid())));
    conn.execute(diesel::delete(rows.filter(identities::provider.eq(provider.as_str())))).await
}

/// Requires that the identity is linked, and stays linked until the commit.
pub(crate) async fn require(
    conn: &mut Connection,
    id: AccountId,
    provider: &ProviderName,
    subject: &Subject,
) -> Done<usize> {
    let row = identities::table
        .filter(identities::provider.eq(provider.as_str()))
        .filter(identities::subject.eq(subject.as_str()))
        .filter(identities::account_id.eq(DbUuid(id.as_uuid())));
    let row = row.select(identities::account_id);
    let rows: Vec<DbUuid> = conn.load_locked(row.for_share(), row).await?;
    Ok(rows.len())
}

pub(crate) async fn delete_all_of(conn: &mut Connection, id: AccountId) -> Done<usize> {
    conn.execute(diesel::delete(identities::table.filter(identities::account_id.eq(DbUuid(id.as_uuid()))))).await
}

pub(crate) async fn use_authorization(
    conn: &mut Connection,
    id: AuthorizationId,
    expires_at: Timestamp,
) -> Done<usize> {
    let row =
        (used_authorizations::id.eq(DbUuid(id.as_uuid())), used_authorizations::expires_at.eq(expires_at.as_micros()));
    conn.execute(diesel::insert_into(used_authorizations::table).values(row).on_conflict_do_nothing()).await
}
