//! Sets or proves the e-mail address of an account, for an administrator.

use std::sync::Arc;

use crate::account::{Account, EmailAddress};
use crate::error_code::{ErrorCode, FieldError, FieldReason, Refusal};
use crate::event::EventKind;
use crate::internal::UsersWrite;
use crate::mail::{Notice, NoticeKind};
use crate::ports::{Change, StoreError, UniqueKey};
use crate::services::{Announcements, Decision, Environment, Lost, notice_to};
use crate::session::Client;
use crate::{AccountId, Timestamp};

use super::AdminCaller;

/// Why an address was not set.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CorrectEmailError {
    /// The address is malformed.
    #[error("the e-mail address is malformed")]
    Malformed(FieldError),
    /// The present address is verified, and the administrator does not say that the new one is.
    #[error("a verified address is only replaced by a verified one")]
    NotVerified,
    /// Another account has the address.
    #[error("the e-mail address is taken")]
    Taken,
    /// No account has this id.
    #[error("no account has this id")]
    NotFound,
    /// The database did not answer, or failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<CorrectEmailError> for Refusal {
    fn from(error: CorrectEmailError) -> Self {
        match error {
            CorrectEmailError::Malformed(field) => Self::invalid(vec![field]),
            CorrectEmailError::NotVerified => {
                let message = "must be true, since the current address is verified";
                Self::invalid(vec![FieldError::new("/verified", FieldReason::NotAllowed, message)])
            }
            CorrectEmailError::Taken => Self::taken(ErrorCode::EmailExists, "/email"),
            CorrectEmailError::NotFound => ErrorCode::UserNotFound.into(),
            CorrectEmailError::Store(error) => error.into(),
        }
    }
}

/// Sets addresses.
pub struct CorrectEmail {
    env: Environment,
    announcements: Arc<Announcements>,
}

impl CorrectEmail {
    pub(super) const fn new(env: Environment, announcements: Arc<Announcements>) -> Self {
        Self { env, announcements }
    }

    /// Sets the address, which may be the present one in order to prove it. `verified` says that the administrator knows
    /// it to be the owner's. Both addresses are told of a change, and codes that went to the old one are void.
    pub async fn execute(
        &self,
        _: &AdminCaller<UsersWrite>,
        account_id: AccountId,
        (email, verified): (&str, bool),
        client: &Client,
    ) -> Result<Account, CorrectEmailError> {
        let email = EmailAddress::parse(email).map_err(|error| CorrectEmailError::Malformed(error.into()))?;
        self.env
            .decide(async |lost| {
                if lost == Some(Lost::Duplicate(UniqueKey::Email)) {
                    return Err(CorrectEmailError::Taken);
                }
                let found = self.env.store.find_account(account_id).await?;
                let account = found.ok_or(CorrectEmailError::NotFound)?;
                let same = account.email.key() == email.key();
                if account.email_verified && !verified && !same {
                    return Err(CorrectEmailError::NotVerified);
                }
                let now = self.env.now();
                let verified = verified || same && account.email_verified;
                let changes = self.changes(&account, &email, verified, client, now);
                Ok(Decision::commit(after(account, email.clone(), verified, &changes), changes))
            })
            .await
    }

    fn changes(
        &self,
        account: &Account,
        to: &EmailAddress,
        verified: bool,
        client: &Client,
        now: Timestamp,
    ) -> Vec<Change> {
        let (account_id, from, at) = (account.id, account.email.clone(), account.next_change_at(now));
        let (revision, proved_on) = (account.revision(), account_as_changed(account, at));
        let mut changes = Vec::new();
        if account.email != *to || account.pending_email.is_some() {
            changes.push(Change::ChangeEmail { account_id, from, revision, to: to.clone(), verified, at });
        }
        if verified && !(account.email_verified && account.email.key() == to.key()) {
            let revision = if changes.is_empty() { revision } else { proved_on.revision() };
            changes.push(Change::ProveEmail { account_id, email: to.clone(), revision, at });
        }
        if account.email.key() != to.key() {
            let told = |address, kind, proved| {
                let notice = Notice::new(kind, proved);
                notice_to(&*self.env.entropy, (account, address), notice, client, now)
            };
            changes.extend([
                Change::ForgetChallengesOf(account_id),
                self.announcements.announce(EventKind::EmailChanged, account_id, at),
                told(&account.email, NoticeKind::EmailChanged, account.email_verified),
                told(to, NoticeKind::EmailSetByAdmin, verified),
            ]);
        }
        changes
    }
}

fn account_as_changed(account: &Account, at: Timestamp) -> Account {
    Account { updated_at: at, ..account.clone() }
}

/// Returns the account as the changes leave it.
fn after(account: Account, email: EmailAddress, verified: bool, changes: &[Change]) -> Account {
    let at = changes.iter().find_map(|change| match change {
        Change::ChangeEmail { at, .. } | Change::ProveEmail { at, .. } => Some(*at),
        _ => None,
    });
    Account {
        email_told: account.email_told && account.email.key() == email.key(),
        email,
        email_verified: verified,
        ever_proved: account.ever_proved || verified,
        pending_email: None,
        updated_at: at.unwrap_or(account.updated_at),
        ..account
    }
}
