//! Names: what is unique over all accounts and leads to one. Rows of their own, so that everything else can be kept by
//! account, on several servers even; they change in the commit that changes the account.

use std::borrow::Cow;
use std::fmt;

use auth_domain::AccountId;
use auth_domain::account::{Account, EmailAddress, LoginName, Username};
use auth_domain::identity::{LinkedIdentity, ProviderName, Subject};
use auth_domain::ports::{CommitError, UniqueKey};
use diesel::prelude::*;
use diesel::upsert::excluded;

use crate::accounts::{self, AccountRow};
use crate::connection::{Connection, Done, Statement, columns};
use crate::identities::{IdentityRow, JoinedRow, accounts_of};
use crate::schema::{accounts as accounts_table, identities, names};
use crate::types::DbUuid;

const EMAIL: &str = "email";
const USERNAME: &str = "username";
/// Followed by the name of the provider.
const IDENTITY: &str = "identity:";

/// A name, as it is kept.
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
            // Nobody has it. The database is asked all the same, so that it takes as long.
            LoginName::Impossible(_) => Self { kind: EMAIL.into(), text: "" },
        }
    }

    /// Those of an account but for its identities, which are linked by themselves.
    pub(crate) fn all_of(account: &'n Account) -> impl Iterator<Item = Self> {
        std::iter::once(Self::email(&account.email)).chain(account.username.as_ref().map(Self::username))
    }

    /// What is taken when another account has it.
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
    /// What it is, not which.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.kind)
    }
}

/// Which names of an account are free again.
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

/// A statement that gives the account a name which nobody has, or which it has already, and touches one row then. It may
/// have got it a moment before, from the trigger that keeps the names of older versions.
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

/// Gives the account a name, until the commit for nobody else to have.
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

/// The account that has the name, in one statement: a name that is given up in this moment is not taken for one that it has.
pub(crate) async fn find_account(conn: &mut Connection, name: &Name<'_>) -> Done<Option<Account>> {
    let named = names::table.filter(names::kind.eq(name.kind.to_string())).filter(names::name.eq(name.text));
    let owner = named.select(names::account_id);
    if conn.is_spread() {
        // One statement would ask every server. Nobody is looked for as well, so that it takes as long.
        let id: Option<DbUuid> = conn.find(owner).await?;
        let found = accounts::find(conn, AccountId::from(id.map_or_else(uuid::Uuid::nil, |id| id.0))).await?;
        return Ok(found.filter(|account| name.is_of(account)));
    }
    let query = accounts_table::table.left_join(identities::table).filter(accounts_table::id.eq_any(owner));
    let query = query.select((columns::<AccountRow, _>(), columns::<IdentityRow, _>().nullable()));
    let rows: Vec<JoinedRow> = conn.load(query).await?;
    Ok(accounts_of(rows)?.pop())
}
