//! Names: addresses, usernames and identities, which are unique over all accounts and lead to one. They have rows of their
//! own, so that everything else can be stored by account, even on several servers. They change in the commit that changes
//! the account.

use std::borrow::Cow;
use std::fmt;

use auth_domain::AccountId;
use auth_domain::account::{Account, EmailAddress, LoginName, Username};
use auth_domain::identity::{LinkedIdentity, ProviderName, Subject};
use auth_domain::ports::{CommitError, UniqueKey};
use diesel::prelude::*;
use diesel::upsert::excluded;

use crate::accounts::{self, AccountRow};
use crate::connection::{Connection, Done, Query, Statement, columns};
use crate::fixed::fixed;
use crate::identities::{IdentityRow, JoinedRow, accounts_of};
use crate::schema::{accounts as accounts_table, identities, names};
use crate::types::DbUuid;

const EMAIL: &str = "email";
const USERNAME: &str = "username";
/// Followed by the name of the provider.
const IDENTITY: &str = "identity:";

/// A name, as it is stored.
#[derive(Clone, Debug)]
pub(crate) struct Name<'n> {
    kind: Cow<'static, str>,
    text: &'n str,
}

impl<'n> Name<'n> {
    pub(crate) fn email(email: &'n EmailAddress) -> Self {
        Self { kind: EMAIL.into(), text: email.key() }
    }

    pub(crate) fn username(username: &'n Username) -> Self {
        Self { kind: USERNAME.into(), text: username.key() }
    }

    pub(crate) fn identity(provider: &ProviderName, subject: &'n Subject) -> Self {
        Self { kind: kind_of(provider).into(), text: subject.as_str() }
    }

    pub(crate) fn of(name: &'n LoginName) -> Self {
        match name {
            LoginName::Email(email) => Self::email(email),
            LoginName::Username(username) => Self::username(username),
            // No account has it. The database is queried anyway, so that it takes as long.
            LoginName::Impossible(_) => Self { kind: EMAIL.into(), text: "" },
        }
    }

    /// Returns those of an account, except its identities, which are linked separately. The username comes first: if both
    /// are taken, that is the one that a refusal names.
    pub(crate) fn all_of(account: &'n Account) -> impl Iterator<Item = Self> {
        account.username.as_ref().map(Self::username).into_iter().chain(std::iter::once(Self::email(&account.email)))
    }

    /// Returns the unique key that is taken if another account has the name.
    fn unique_key(&self) -> UniqueKey {
        match &*self.kind {
            EMAIL => UniqueKey::Email,
            USERNAME => UniqueKey::Username,
            _ => UniqueKey::Identity,
        }
    }

    fn is_of(&self, account: &Account) -> bool {
        let is_it = |own: Name<'_>| own.kind == self.kind && own.text == self.text;
        let identity = |own: &LinkedIdentity| is_it(Name::identity(&own.provider, &own.subject));
        Name::all_of(account).any(is_it) || account.identities.iter().any(identity)
    }
}

impl fmt::Display for Name<'_> {
    /// Writes the kind of the name, not the name.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.kind)
    }
}

/// The names that an account gives up.
#[derive(Clone, Debug)]
pub(crate) enum Released<'n> {
    All,
    One(Name<'n>),
    IdentityAt(&'n ProviderName),
    Identities,
}

fn kind_of(provider: &ProviderName) -> String {
    format!("{IDENTITY}{provider}")
}

fn owner(id: AccountId) -> DbUuid {
    DbUuid(id.as_uuid())
}

/// Returns a statement that gives the account a name and touches one row, if the name is free or already the account's own:
/// the trigger for older versions may have claimed it a moment before.
pub(crate) fn claim_statement(name: &Name<'_>, account_id: AccountId) -> impl Statement + use<> {
    let row = (
        names::kind.eq(name.kind.to_string()),
        names::name.eq(name.text.to_owned()),
        names::account_id.eq(owner(account_id)),
    );
    let claimed = diesel::insert_into(names::table)
        .values(row)
        .on_conflict((names::kind, names::name))
        .do_update()
        .set(names::account_id.eq(excluded(names::account_id)));
    diesel::query_dsl::methods::FilterDsl::filter(claimed, names::account_id.eq(excluded(names::account_id)))
}

/// Gives the account a name, which no other account can claim before the commit.
pub(crate) async fn claim(conn: &mut Connection, name: &Name<'_>, account_id: AccountId) -> Done<()> {
    match conn.execute(claim_statement(name, account_id)).await? {
        0 => Err(CommitError::Duplicate(name.unique_key())),
        _ => Ok(()),
    }
}

pub(crate) async fn release(conn: &mut Connection, account_id: AccountId, released: &Released<'_>) -> Done<()> {
    let own = names::table.filter(names::account_id.eq(owner(account_id)));
    match released {
        Released::All => conn.execute(diesel::delete(own)).await,
        Released::One(name) => {
            let one = own.filter(names::kind.eq(name.kind.to_string())).filter(names::name.eq(name.text));
            conn.execute(diesel::delete(one)).await
        }
        Released::IdentityAt(provider) => {
            conn.execute(diesel::delete(own.filter(names::kind.eq(kind_of(provider))))).await
        }
        Released::Identities => {
            let identities = own.filter(names::kind.ne_all([EMAIL, USERNAME]));
            conn.execute(diesel::delete(identities)).await
        }
    }?;
    Ok(())
}

/// Selects the id of the account that has the name.
#[diesel::dsl::auto_type(no_type_alias)]
pub(crate) fn owner_of<'n>(name: &'n Name<'n>) -> _ {
    let kind: &'n str = &name.kind;
    let text: &'n str = name.text;
    names::table.filter(names::kind.eq(kind)).filter(names::name.eq(text)).select(names::account_id)
}

/// Selects the account that has the name.
pub(crate) fn account_of<'n>(name: &'n Name<'n>) -> impl Query<'n, JoinedRow> {
    let query = accounts_table::table.left_join(identities::table).filter(accounts_table::id.eq_any(owner_of(name)));
    fixed!(query.select((columns::<AccountRow, _>(), columns::<IdentityRow, _>().nullable())))
}

/// Finds the account that has the name, in one statement, so that a name that is given up at this moment does not count.
pub(crate) async fn find_account(conn: &mut Connection, name: &Name<'_>) -> Done<Option<Account>> {
    if conn.is_spread() {
        // One statement would query every server. If no account has the name, none is looked up, too, so that it takes as long.
        let id: Option<DbUuid> = conn.find(owner_of(name)).await?;
        let found = accounts::find(conn, AccountId::from(id.map_or_else(uuid::Uuid::nil, |id| id.0))).await?;
        return Ok(found.filter(|account| name.is_of(account)));
    }
    let rows: Vec<JoinedRow> = conn.load(account_of(name)).await?;
    Ok(accounts_of(rows)?.pop())
}
