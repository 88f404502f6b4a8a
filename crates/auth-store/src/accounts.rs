//! Accounts: storing, reading and changing them. Their identities are separate rows, in `identities.rs`.

use auth_domain::account::{
    Account, AccountFilter, AccountState, CredentialVersion, EmailAddress, PasswordHash, PendingEmail, Role, Roles,
    SearchText, Username,
};
use auth_domain::deletion::ScheduledDeletion;
use auth_domain::ports::CommitError;
use auth_domain::version::AccountRevision;
use auth_domain::{AccountId, DeletionId, Locale, Timestamp};
use diesel::prelude::*;
use diesel::sql_types::{Bool, Text};

use crate::connection::{Connection, Done, columns};
use crate::corrupt;
use crate::identities::{IdentityRow, JoinedRow, accounts_of};
use crate::schema::{accounts, identities};
use crate::two_factor::TwoFactorRow;
use crate::types::DbUuid;

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = accounts)]
pub(super) struct AccountRow {
    pub(super) id: DbUuid,
    username: Option<String>,
    username_key: Option<String>,
    email: String,
    email_key: String,
    email_verified: bool,
    password_hash: Option<String>,
    credential_version: i64,
    roles: String,
    created_at: i64,
    updated_at: i64,
    ever_proved: bool,
    email_told: bool,
    pending_email: Option<String>,
    pending_email_until: Option<i64>,
    suspended_at: Option<i64>,
    new_password_required: bool,
    deletion_id: Option<DbUuid>,
    deletion_due_at: Option<i64>,
    deletion_requested_by: Option<String>,
    locale: Option<String>,
    #[diesel(embed)]
    two_factor: TwoFactorRow,
}

impl From<&Account> for AccountRow {
    fn from(account: &Account) -> Self {
        Self {
            id: DbUuid(account.id.as_uuid()),
            username: account.username.as_ref().map(|name| name.as_str().to_owned()),
            username_key: account.username.as_ref().map(|name| name.key().to_owned()),
            email: account.email.as_str().to_owned(),
            email_key: account.email.key().to_owned(),
            email_verified: account.email_verified,
            password_hash: account.password_hash.as_ref().map(|hash| hash.as_phc().to_owned()),
            credential_version: account.credential_version.as_number(),
            roles: account.roles.to_string(),
            created_at: account.created_at.as_micros(),
            updated_at: account.updated_at.as_micros(),
            ever_proved: account.ever_proved,
            email_told: account.email_told,
            pending_email: account.pending_email.as_ref().map(|pending| pending.email.as_str().to_owned()),
            pending_email_until: account.pending_email.as_ref().map(|pending| pending.until.as_micros()),
            suspended_at: account.state.suspended_since().map(Timestamp::as_micros),
            new_password_required: account.new_password_required,
            deletion_id: account.deletion.as_ref().map(|deletion| DbUuid(deletion.id.as_uuid())),
            deletion_due_at: account.deletion.as_ref().map(|deletion| deletion.due.as_micros()),
            deletion_requested_by: account.deletion.as_ref().map(|deletion| deletion.requested_by.clone()),
            locale: account.locale.as_ref().map(|locale| locale.as_str().to_owned()),
            two_factor: TwoFactorRow::from(&account.two_factor),
        }
    }
}

/// Without its identities, which are rows of their own.
impl TryFrom<AccountRow> for Account {
    type Error = CommitError;

    fn try_from(row: AccountRow) -> Result<Self, CommitError> {
        let username = row.username.as_deref().map(Username::parse).transpose();
        let locale = row.locale.as_deref().map(Locale::parse).transpose();
        let roles: Vec<String> = row.roles.split_whitespace().map(str::to_owned).collect();
        Ok(Self {
            id: AccountId::from(row.id.0),
            username: username.map_err(|_| corrupt("accounts", "username"))?,
            email: EmailAddress::parse(&row.email).map_err(|_| corrupt("accounts", "email"))?,
            email_verified: row.email_verified,
            password_hash: row.password_hash.map(PasswordHash::from_phc),
            credential_version: CredentialVersion::from_number(row.credential_version),
            roles: Roles::parse(&roles).map_err(|_| corrupt("accounts", "roles"))?,
            ever_proved: row.ever_proved,
            email_told: row.email_told,
            pending_email: pending(row.pending_email, row.pending_email_until)?,
            two_factor: row.two_factor.try_into()?,
            identities: Vec::new(),
            locale: locale.map_err(|_| corrupt("accounts", "locale"))?,
            state: row
                .suspended_at
                .map_or(AccountState::Active, |at| AccountState::Suspended { since: Timestamp::from_micros(at) }),
            new_password_required: row.new_password_required,
            deletion: scheduled((row.deletion_id, row.deletion_due_at, row.deletion_requested_by)),
            created_at: Timestamp::from_micros(row.created_at),
            updated_at: Timestamp::from_micros(row.updated_at),
        })
    }
}

type DeletionColumns = (Option<DbUuid>, Option<i64>, Option<String>);

fn scheduled((id, due, requested_by): DeletionColumns) -> Option<Box<ScheduledDeletion>> {
    let (id, due) = (DeletionId::from(id?.0), Timestamp::from_micros(due?));
    Some(Box::new(ScheduledDeletion { id, due, requested_by: requested_by? }))
}

fn pending(email: Option<String>, until: Option<i64>) -> Result<Option<PendingEmail>, CommitError> {
    let Some((email, until)) = email.zip(until) else { return Ok(None) };
    let email = EmailAddress::parse(&email).map_err(|_| corrupt("accounts", "pending_email"))?;
    Ok(Some(PendingEmail { email, until: Timestamp::from_micros(until) }))
}

fn key(id: AccountId) -> DbUuid {
    DbUuid(id.as_uuid())
}

pub(crate) async fn find(conn: &mut Connection, id: AccountId) -> Done<Option<Account>> {
    let query = accounts::table.left_join(identities::table).filter(accounts::id.eq(key(id)));
    let rows: Vec<JoinedRow> =
        conn.load(query.select((columns::<AccountRow, _>(), columns::<IdentityRow, _>().nullable()))).await?;
    Ok(accounts_of(rows)?.pop())
}

pub(crate) async fn list(conn: &mut Connection, after: Option<AccountId>, limit: u32) -> Done<Vec<Account>> {
    let mut page = accounts_of(page(conn, after, limit).await?)?;
    // Another one may have been created in between.
    page.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
    Ok(page)
}

/// Returns the rows of a page, in any order. Finds the end of the page first: with both ends known, PostgreSQL reads only
/// the page, however many accounts and identities there are.
pub(crate) async fn page(conn: &mut Connection, after: Option<AccountId>, limit: u32) -> Done<Vec<JoinedRow>> {
    let after = DbUuid(after.map_or_else(uuid::Uuid::nil, AccountId::as_uuid));
    let ids = accounts::table.filter(accounts::id.gt(after)).order(accounts::id).select(accounts::id);
    let last =
        conn.find(ids.offset(limit.saturating_sub(1).into()).limit(1)).await?.unwrap_or(DbUuid(uuid::Uuid::max()));
    let linked = identities::account_id.eq(accounts::id);
    let linked = linked.and(identities::account_id.gt(after)).and(identities::account_id.le(last));
    let query = accounts::table.left_join(identities::table.on(linked));
    let query = query.filter(accounts::id.gt(after)).filter(accounts::id.le(last));
    conn.load(query.select((columns::<AccountRow, _>(), columns::<IdentityRow, _>().nullable()))).await
}

/// Returns the pattern of `LIKE` that finds `text` anywhere, with `\\` as its escape character; without a text, anything.
fn containing(text: Option<&str>) -> String {
    let mut pattern = "%".to_owned();
    for letter in text.unwrap_or_default().chars() {
        if matches!(letter, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(letter);
    }
    pattern.push('%');
    pattern
}

/// Searches by reading accounts in the order of their ids until the page is full.
pub(crate) async fn search(
    conn: &mut Connection,
    filter: AccountFilter,
    after: Option<AccountId>,
    limit: u32,
) -> Done<Vec<Account>> {
    let after = DbUuid(after.map_or_else(uuid::Uuid::nil, AccountId::as_uuid));
    let name = containing(filter.text.as_ref().map(SearchText::as_str));
    let named = accounts::email_key.like(name.clone()).escape('\\').nullable();
    let named = named.or(accounts::username_key.like(name).escape('\\'));
    let role = containing(filter.role.as_ref().map(Role::as_str).map(|role| format!(" {role} ")).as_deref());
    let roles = " ".into_sql::<Text>().concat(accounts::roles).concat(" ");
    let provider = filter.provider.as_ref().map(ToString::to_string);
    let anywhere = provider.is_none().into_sql::<Bool>();
    let linked = identities::table.filter(identities::provider.eq(provider.unwrap_or_default()));
    let active = (filter.suspended != Some(true)).into_sql::<Bool>();
    let suspended = (filter.suspended != Some(false)).into_sql::<Bool>();
    let staying = (filter.deletion_scheduled != Some(true)).into_sql::<Bool>();
    let leaving = (filter.deletion_scheduled != Some(false)).into_sql::<Bool>();
    let due = accounts::deletion_due_at;
    let ids = accounts::table
        .filter(accounts::id.gt(after))
        .filter(due.is_null().and(staying).or(due.is_not_null().and(leaving)))
        .filter(named)
        .filter(roles.like(role).escape('\\'))
        .filter(anywhere.or(accounts::id.eq_any(linked.select(identities::account_id))))
        .filter(accounts::suspended_at.is_null().and(active).or(accounts::suspended_at.is_not_null().and(suspended)))
        .order(accounts::id)
        .limit(limit.into())
        .select(accounts::id);
    let ids: Vec<DbUuid> = conn.load(ids).await?;
    let query = accounts::table.left_join(identities::table).filter(accounts::id.eq_any(ids));
    let rows: Vec<JoinedRow> =
        conn.load(query.select((columns::<AccountRow, _>(), columns::<IdentityRow, _>().nullable()))).await?;
    accounts_of(rows)
}

/// Requires that the account exists, and stays until the commit.
pub(crate) async fn require(conn: &mut Connection, id: AccountId) -> Done<usize> {
    let row = accounts::table.filter(accounts::id.eq(key(id))).select(accounts::id);
    let rows: Vec<DbUuid> = conn.load_locked(row.for_share(), row).await?;
    Ok(rows.len())
}

/// Makes others that change the account wait until the commit. On SQLite nobody else writes in that time.
pub(crate) async fn lock(conn: &mut Connection, id: AccountId) -> Done<()> {
    let row = accounts::table.filter(accounts::id.eq(key(id))).select(accounts::id);
    let _rows: Vec<DbUuid> = conn.load_locked(row.for_no_key_update(), row).await?;
    Ok(())
}

pub(crate) async fn insert(conn: &mut Connection, account: &Account) -> Done<usize> {
    conn.execute(diesel::insert_into(accounts::table).values(AccountRow::from(account))).await
}

/// Selects the account as it was read.
macro_rules! unchanged {
    ($id:expr, $revision:expr) => {
        accounts::table.filter(accounts::id.eq(key($id))).filter(accounts::updated_at.eq($revision.as_micros()))
    };
}

pub(crate) async fn delete(conn: &mut Connection, id: AccountId, revision: AccountRevision) -> Done<usize> {
    conn.execute(diesel::delete(unchanged!(id, revision))).await
}

pub(crate) async fn touch(
    conn: &mut Connection,
    id: AccountId,
    revision: AccountRevision,
    at: Timestamp,
) -> Done<usize> {
    conn.execute(diesel::update(unchanged!(id, revision)).set(accounts::updated_at.eq(at.as_micros()))).await
}

pub(crate) async fn set_roles(
    conn: &mut Connection,
    id: AccountId,
    revision: AccountRevision,
    roles: &Roles,
    at: Timestamp,
) -> Done<usize> {
    let set = (accounts::roles.eq(roles.to_string()), accounts::updated_at.eq(at.as_micros()));
    conn.execute(diesel::update(unchanged!(id, revision)).set(set)).await
}

pub(crate) async fn set_locale(
    conn: &mut Connection,
    id: AccountId,
    revision: AccountRevision,
    locale: Option<&Locale>,
    at: Timestamp,
) -> Done<usize> {
    let set = (accounts::locale.eq(locale.map(Locale::as_str)), accounts::updated_at.eq(at.as_micros()));
    conn.execute(diesel::update(unchanged!(id, revision)).set(set)).await
}

/// A suspension also voids every login that is under way.
pub(crate) async fn set_state(
    conn: &mut Connection,
    id: AccountId,
    revision: AccountRevision,
    state: AccountState,
    at: Timestamp,
) -> Done<usize> {
    let suspended_at = state.suspended_since().map(Timestamp::as_micros);
    let set = (
        accounts::suspended_at.eq(suspended_at),
        accounts::credential_version.eq(accounts::credential_version + i64::from(suspended_at.is_some())),
        accounts::updated_at.eq(at.as_micros()),
    );
    conn.execute(diesel::update(unchanged!(id, revision)).set(set)).await
}

/// Schedules a deletion, which also voids every login that is under way, or forgets it.
pub(crate) async fn schedule_deletion(
    conn: &mut Connection,
    id: AccountId,
    revision: AccountRevision,
    deletion: Option<&ScheduledDeletion>,
    at: Timestamp,
) -> Done<usize> {
    let set = (
        accounts::deletion_id.eq(deletion.map(|deletion| DbUuid(deletion.id.as_uuid()))),
        accounts::deletion_due_at.eq(deletion.map(|deletion| deletion.due.as_micros())),
        accounts::deletion_requested_by.eq(deletion.map(|deletion| deletion.requested_by.clone())),
        accounts::credential_version.eq(accounts::credential_version + i64::from(deletion.is_some())),
        accounts::updated_at.eq(at.as_micros()),
    );
    conn.execute(diesel::update(unchanged!(id, revision)).set(set)).await
}

pub(crate) async fn list_due_deletions(conn: &mut Connection, until: Timestamp, limit: u32) -> Done<Vec<AccountId>> {
    let due = accounts::table
        .filter(accounts::deletion_due_at.is_not_null())
        .filter(accounts::deletion_due_at.le(until.as_micros()))
        .order((accounts::deletion_due_at, accounts::id))
        .limit(limit.into())
        .select(accounts::id);
    let ids: Vec<DbUuid> = conn.load(due).await?;
    Ok(ids.into_iter().map(|id| AccountId::from(id.0)).collect())
}

pub(crate) async fn require_new_password(
    conn: &mut Connection,
    id: AccountId,
    revision: AccountRevision,
    at: Timestamp,
) -> Done<usize> {
    let set = (
        accounts::new_password_required.eq(true),
        accounts::credential_version.eq(accounts::credential_version + 1),
        accounts::updated_at.eq(at.as_micros()),
    );
    conn.execute(diesel::update(unchanged!(id, revision)).set(set)).await
}

pub(crate) async fn rehash_password(
    conn: &mut Connection,
    id: AccountId,
    version: CredentialVersion,
    hash: &PasswordHash,
) -> Done<usize> {
    let row = accounts::table.filter(accounts::id.eq(key(id)));
    let row = row.filter(accounts::credential_version.eq(version.as_number()));
    conn.execute(diesel::update(row).set(accounts::password_hash.eq(hash.as_phc()))).await
}

pub(crate) async fn reseal_password(
    conn: &mut Connection,
    id: AccountId,
    from: &PasswordHash,
    to: &PasswordHash,
) -> Done<usize> {
    let row = accounts::table.filter(accounts::id.eq(key(id))).filter(accounts::password_hash.eq(from.as_phc()));
    conn.execute(diesel::update(row).set(accounts::password_hash.eq(to.as_phc()))).await
}

pub(crate) async fn change_password(
    conn: &mut Connection,
    id: AccountId,
    from: (CredentialVersion, AccountRevision),
    hash: &PasswordHash,
    at: Timestamp,
) -> Done<usize> {
    let (version, revision) = from;
    let row = unchanged!(id, revision).filter(accounts::credential_version.eq(version.as_number()));
    let set = (
        accounts::password_hash.eq(hash.as_phc()),
        accounts::new_password_required.eq(false),
        accounts::credential_version.eq(version.next().as_number()),
        accounts::updated_at.eq(at.as_micros()),
    );
    conn.execute(diesel::update(row).set(set)).await
}

pub(crate) async fn change_email(
    conn: &mut Connection,
    id: AccountId,
    from: (&EmailAddress, AccountRevision),
    to: (&EmailAddress, bool),
    at: Timestamp,
) -> Done<usize> {
    let ((from, revision), (to, verified)) = (from, to);
    let row = unchanged!(id, revision).filter(accounts::email_key.eq(from.key()));
    let set = (
        accounts::email.eq(to.as_str()),
        accounts::email_key.eq(to.key()),
        accounts::email_verified.eq(verified),
        // A user typed it, unless it is another spelling of the same address.
        (to.key() != from.key()).then_some(accounts::email_told.eq(false)),
        accounts::pending_email.eq(None::<String>),
        accounts::pending_email_until.eq(None::<i64>),
        accounts::updated_at.eq(at.as_micros()),
    );
    conn.execute(diesel::update(row).set(set)).await
}

pub(crate) async fn put_pending_email(
    conn: &mut Connection,
    id: AccountId,
    revision: AccountRevision,
    pending: Option<&PendingEmail>,
    at: Timestamp,
) -> Done<usize> {
    let set = (
        accounts::pending_email.eq(pending.map(|pending| pending.email.as_str().to_owned())),
        accounts::pending_email_until.eq(pending.map(|pending| pending.until.as_micros())),
        accounts::updated_at.eq(at.as_micros()),
    );
    conn.execute(diesel::update(unchanged!(id, revision)).set(set)).await
}

pub(crate) async fn prove_email(
    conn: &mut Connection,
    id: AccountId,
    email: &EmailAddress,
    revision: AccountRevision,
    at: Timestamp,
) -> Done<usize> {
    let row = unchanged!(id, revision).filter(accounts::email_key.eq(email.key()));
    let set =
        (accounts::email_verified.eq(true), accounts::ever_proved.eq(true), accounts::updated_at.eq(at.as_micros()));
    conn.execute(diesel::update(row).set(set)).await
}
