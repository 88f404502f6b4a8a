//! Looks up accounts, for an administrator.

use crate::account::{Account, AccountFilter, LoginName, SearchText};
use crate::audit::{AuditFilter, AuditRecord};
use crate::internal::UsersRead;
use crate::ports::StoreError;
use crate::services::Environment;
use crate::session::Session;
use crate::{AccountId, Timestamp};

use super::{AdminCaller, AdministerError, Sessions};

/// A page of accounts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountsPage {
    /// By ascending id.
    pub accounts: Vec<Account>,
    /// Whether there are more.
    pub more: bool,
}

/// Which accounts to look for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AccountQuery {
    /// The one with this id, if it matches the filter.
    Id(AccountId),
    /// The one with exactly this e-mail address or username, if it matches the filter.
    Name(LoginName),
    /// Every one that matches the filter, after this one.
    After(Option<AccountId>),
}

/// An account with what belongs to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountShown {
    /// The account.
    pub account: Account,
    /// Its live sessions, newest first, at most [`Sessions::LISTED`].
    pub sessions: Vec<Session>,
    /// The records of its latest logins, newest first, at most [`SearchAccounts::LOGINS`], as far as the audit trail
    /// reaches back.
    pub logins: Vec<AuditRecord>,
    /// When this was read.
    pub at: Timestamp,
}

/// Looks up accounts.
pub struct SearchAccounts {
    env: Environment,
}

impl SearchAccounts {
    /// The maximum number of accounts in a page.
    pub const MAX_PAGE: u32 = 200;
    /// The maximum number of logins that are shown.
    pub const LOGINS: u32 = 20;

    pub(super) const fn new(env: Environment) -> Self {
        Self { env }
    }

    /// Returns the accounts that match, at most `limit`. A text that is an id finds the account with that id.
    pub async fn search(
        &self,
        _: &AdminCaller<UsersRead>,
        query: &AccountQuery,
        filter: &AccountFilter,
        limit: u32,
    ) -> Result<AccountsPage, StoreError> {
        let now = self.env.now();
        let found = match query {
            AccountQuery::Id(id) => self.env.store.find_account(*id).await?,
            AccountQuery::Name(name) => self.env.store.find_account_by_name(name).await?,
            AccountQuery::After(after) => {
                let mut accounts = self.env.store.search_accounts(filter, *after, limit.saturating_add(1)).await?;
                let more = accounts.len() > usize::try_from(limit).unwrap_or(usize::MAX);
                accounts.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
                return Ok(AccountsPage { accounts: accounts.into_iter().map(|one| one.as_of(now)).collect(), more });
            }
        };
        let accounts = found.filter(|account| filter.matches(account)).map(|account| account.as_of(now));
        Ok(AccountsPage { accounts: accounts.into_iter().collect(), more: false })
    }

    /// Returns an account with its sessions and latest logins.
    pub async fn show(
        &self,
        _: &AdminCaller<UsersRead>,
        account_id: AccountId,
    ) -> Result<AccountShown, AdministerError> {
        let store = &*self.env.store;
        let at = self.env.now();
        let account = store.find_account(account_id).await?.ok_or(AdministerError::NotFound)?;
        let sessions = store.list_sessions(account_id, at, Sessions::LISTED).await?;
        let action = Some("session.opened".to_owned());
        let filter = AuditFilter { account_id: Some(account_id), action, ..AuditFilter::newest() };
        let logins = store.list_audit_records(&filter, Self::LOGINS).await?;
        Ok(AccountShown { account: account.as_of(at), sessions, logins, at })
    }

    /// Returns the query for a text that somebody typed: an id, or a part of a name.
    pub fn parse(text: &str) -> Option<(AccountQuery, Option<SearchText>)> {
        match uuid::Uuid::try_parse(text.trim()) {
            Ok(id) => Some((AccountQuery::Id(AccountId::from(id)), None)),
            Err(_) => Some((AccountQuery::After(None), Some(SearchText::parse(text)?))),
        }
    }
}
