//! Accounts, and what is kept with them: second factors and identities.

use std::time::Duration;

use auth_domain::account::{Account, CredentialVersion, EmailAddress, PasswordHash, PendingEmail};
use auth_domain::identity::{LinkedIdentity, ProviderName, Subject};
use auth_domain::ports::UniqueKey;
use auth_domain::two_factor::{TotpStep, TwoFactor};
use auth_domain::version::AccountRevision;
use auth_domain::{AccountId, Timestamp};

use super::{Applied, Refused, insert_once, update};
use crate::memory_store::tables::{IdentityRow, Tables};

/// The revision that was read, and when it is changed.
type Revised = (AccountRevision, Timestamp);

pub(super) fn insert(tables: &mut Tables, account: &Account) -> Applied {
    let key = |account: &Account| account.username.as_ref().map(|name| name.key().to_owned());
    let taken = if tables.accounts.contains_key(&account.id) {
        Some(UniqueKey::Id)
    } else if has_email(tables, &account.email) {
        Some(UniqueKey::Email)
    } else if account.username.is_some() && tables.accounts.values().any(|other| key(other) == key(account)) {
        Some(UniqueKey::Username)
    } else {
        None
    };
    if let Some(taken) = taken {
        return Err(Refused::Duplicate(taken));
    }
    // As in the database, identities are separate rows, which another change links.
    tables.accounts.insert(account.id, Account { identities: Vec::new(), ..account.clone() });
    Ok(true)
}

fn has_email(tables: &Tables, email: &EmailAddress) -> bool {
    tables.accounts.values().any(|account| account.email.key() == email.key())
}

pub(super) fn delete(tables: &mut Tables, id: AccountId, revision: AccountRevision) -> Applied {
    let unchanged = tables.accounts.get(&id).is_some_and(|account| account.revision() == revision);
    if unchanged {
        tables.delete_account(id);
    }
    Ok(unchanged)
}

/// Makes any change that only the account's revision guards.
pub(super) fn change(
    tables: &mut Tables,
    id: AccountId,
    revision: AccountRevision,
    at: Timestamp,
    change: impl FnOnce(&mut Account),
) -> Applied {
    change_where(tables, id, (revision, at), |_| true, change)
}

/// Makes a change with a further guard.
fn change_where(
    tables: &mut Tables,
    id: AccountId,
    (revision, at): Revised,
    guard: impl FnOnce(&Account) -> bool,
    change: impl FnOnce(&mut Account),
) -> Applied {
    let guard = |account: &Account| account.revision() == revision && guard(account);
    Ok(update(tables.accounts.get_mut(&id), guard, |account| {
        change(account);
        account.updated_at = at;
    }))
}

pub(super) fn rehash(
    tables: &mut Tables,
    id: AccountId,
    version: CredentialVersion,
    password_hash: &PasswordHash,
) -> Applied {
    let guard = |account: &Account| account.credential_version == version;
    let rehash = |account: &mut Account| account.password_hash = Some(password_hash.clone());
    Ok(update(tables.accounts.get_mut(&id), guard, rehash))
}

pub(super) fn reseal_password(tables: &mut Tables, id: AccountId, from: &PasswordHash, to: &PasswordHash) -> Applied {
    let guard = |account: &Account| account.password_hash.as_ref() == Some(from);
    Ok(update(tables.accounts.get_mut(&id), guard, |account| account.password_hash = Some(to.clone())))
}

pub(super) fn change_password(
    tables: &mut Tables,
    id: AccountId,
    from: CredentialVersion,
    revised: Revised,
    password_hash: &PasswordHash,
) -> Applied {
    change_where(
        tables,
        id,
        revised,
        |account| account.credential_version == from,
        |account| {
            account.password_hash = Some(password_hash.clone());
            account.new_password_required = false;
            account.credential_version = from.next();
        },
    )
}

pub(super) fn change_email(
    tables: &mut Tables,
    id: AccountId,
    from: &EmailAddress,
    revised: Revised,
    (to, verified): (&EmailAddress, bool),
) -> Applied {
    let taken = to.key() != from.key() && has_email(tables, to);
    let is_from = |account: &Account| account.email.key() == from.key();
    let changed = change_where(tables, id, revised, is_from, |account| {
        account.email_told &= account.email.key() == to.key();
        account.email = to.clone();
        account.email_verified = verified;
        account.pending_email = None;
    })?;
    // Only a row that is written can violate a unique key.
    if changed && taken { Err(Refused::Duplicate(UniqueKey::Email)) } else { Ok(changed) }
}

pub(super) fn put_pending_email(
    tables: &mut Tables,
    id: AccountId,
    revised: Revised,
    pending: Option<&PendingEmail>,
) -> Applied {
    change_where(tables, id, revised, |_| true, |account| account.pending_email = pending.cloned())
}

pub(super) fn prove_email(tables: &mut Tables, id: AccountId, email: &EmailAddress, revised: Revised) -> Applied {
    let is_that = |account: &Account| account.email.key() == email.key();
    change_where(tables, id, revised, is_that, |account| {
        account.email_verified = true;
        account.ever_proved = true;
    })
}

/// Writes the second factors, which counts as a change of the account and voids what else was decided on it.
pub(super) fn put_two_factor(tables: &mut Tables, id: AccountId, two_factor: &TwoFactor) -> Applied {
    let guard = |account: &Account| account.two_factor.version == two_factor.version.previous();
    Ok(update(tables.accounts.get_mut(&id), guard, |account| {
        account.two_factor = two_factor.clone();
        account.updated_at = account.updated_at + Duration::from_micros(1);
    }))
}

pub(super) fn use_totp_step(tables: &mut Tables, id: AccountId, step: TotpStep, at: Timestamp) -> Applied {
    require_account(tables, id)?;
    Ok(insert_once(&mut tables.totp_steps, (id, step), at))
}

pub(super) fn link(tables: &mut Tables, id: AccountId, identity: &LinkedIdentity) -> Applied {
    let LinkedIdentity { provider, subject, linked_at } = identity;
    let has_one = tables.identities.iter().any(|((at, _), row)| row.account_id == id && at == provider);
    let row = IdentityRow { account_id: id, linked_at: *linked_at };
    if has_one || !insert_once(&mut tables.identities, (provider.clone(), subject.clone()), row) {
        return Err(Refused::Duplicate(UniqueKey::Identity));
    }
    require_account(tables, id)
}

pub(super) fn unlink(tables: &mut Tables, id: AccountId, provider: &ProviderName) -> Applied {
    unlink_where(tables, |at, row| row.account_id == id && at == provider)
}

pub(super) fn unlink_all(tables: &mut Tables, id: AccountId) -> Applied {
    unlink_where(tables, |_, row| row.account_id == id)
}

fn unlink_where(tables: &mut Tables, goes: impl Fn(&ProviderName, &IdentityRow) -> bool) -> Applied {
    let before = tables.identities.len();
    tables.identities.retain(|(provider, _), row| !goes(provider, row));
    Ok(tables.identities.len() < before)
}

pub(super) fn is_linked(tables: &Tables, id: AccountId, provider: &ProviderName, subject: &Subject) -> bool {
    let row = tables.identities.get(&(provider.clone(), subject.clone()));
    row.is_some_and(|row| row.account_id == id)
}

pub(super) fn require_account(tables: &Tables, id: AccountId) -> Applied {
    if tables.accounts.contains_key(&id) { Ok(true) } else { Err(Refused::NoParent) }
}
