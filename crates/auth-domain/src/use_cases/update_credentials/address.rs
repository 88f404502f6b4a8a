//! What happens to a new e-mail address.

use crate::account::{Account, EmailAddress, LoginName, PendingEmail};
use crate::challenge::ChallengePurpose;
use crate::event::EventKind;
use crate::mail::NoticeKind;
use crate::ports::Change;
use crate::rate_limit::AttemptSubject;
use crate::services::{Decision, notice};
use crate::session::Client;
use crate::{AccountId, Timestamp};

use super::{UpdateCredentials, UpdateCredentialsError};

impl UpdateCredentials {
    /// Changes the address. The account's own address in another spelling withdraws a pending one; an unverified
    /// address is replaced at once; a verified one stays until the new one is verified.
    pub(super) async fn change_email(
        &self,
        account: &mut Account,
        to: &EmailAddress,
        client: &Client,
        now: Timestamp,
    ) -> Result<Vec<Change>, UpdateCredentialsError> {
        if account.email.key() == to.key() {
            let verified = account.email_verified;
            return Ok(vec![replaced(account, to, verified, now)]);
        }
        let counted = self.count_code_to(account, to, now).await?;
        let mut changes = if account.email_verified {
            self.begin_change(account, to, client, now)
        } else {
            self.replace_unproved(account, to, client, now)
        };
        changes.extend(counted);
        Ok(changes)
    }

    /// Begins a change: the verified address gets a notice, the new one a code. `verify_email.rs` makes the change.
    fn begin_change(&self, account: &mut Account, to: &EmailAddress, client: &Client, now: Timestamp) -> Vec<Change> {
        let (account_id, purpose) = (account.id, ChallengePurpose::VerifyEmail);
        let told = notice(&*self.env.entropy, account, NoticeKind::EmailChangeBegun, client, now);
        let (_, begun) = self.challenges.begin_for_pending(account, to, client, now);
        let (revision, at) = (account.revision(), account.next_change_at(now));
        account.updated_at = at;
        account.pending_email = Some(PendingEmail::named(to.clone(), now));
        let pending = account.pending_email.clone();
        let named = Change::PutPendingEmail { account_id, revision, pending, at };
        [named, Change::ForgetChallengesFor { account_id, purpose }, told].into_iter().chain(begun).collect()
    }

    /// Replaces an unverified address: the old one gets a notice, the new one a code, and codes that went to the old
    /// one are void.
    fn replace_unproved(
        &self,
        account: &mut Account,
        to: &EmailAddress,
        client: &Client,
        now: Timestamp,
    ) -> Vec<Change> {
        let told = notice(&*self.env.entropy, account, NoticeKind::EmailChanged, client, now);
        let change = replaced(account, to, false, now);
        let (account_id, at) = (account.id, account.updated_at);
        let (_, begun) = self.challenges.begin_for(account, ChallengePurpose::VerifyEmail, client, now);
        let announced = self.announcements.announce(EventKind::EmailChanged, account_id, at);
        [change, Change::ForgetChallengesOf(account_id), announced, told].into_iter().chain(begun).collect()
    }

    /// Returns the counts of a code to a free address, for the owner and for the address.
    async fn count_code_to(
        &self,
        account: &Account,
        to: &EmailAddress,
        now: Timestamp,
    ) -> Result<[Change; 2], UpdateCredentialsError> {
        let of_owner = self.count_address(account.id, to, now).await?;
        let address = self.challenges.subject(to);
        let of_address = if account.email_verified {
            self.challenges.mails_to_pending_address(address).await?
        } else {
            self.challenges.mails_to_named_address(address).await?
        };
        of_address.check(now).map_err(UpdateCredentialsError::RateLimited)?;
        Ok([of_owner, Change::count_mail(of_address, now)])
    }

    pub(super) async fn count_mail(
        &self,
        account_id: AccountId,
        now: Timestamp,
    ) -> Result<Change, UpdateCredentialsError> {
        let mails = self.challenges.mails_for_owner(AttemptSubject::Account(account_id)).await?;
        mails.check(now).map_err(UpdateCredentialsError::RateLimited)?;
        Ok(Change::count_mail(mails, now))
    }

    /// Returns the count of a mail to a free address. Whether it is taken is only told within the mail limit, and
    /// counted before it is told.
    pub(super) async fn count_address(
        &self,
        account_id: AccountId,
        to: &EmailAddress,
        now: Timestamp,
    ) -> Result<Change, UpdateCredentialsError> {
        let name = LoginName::Email(to.clone());
        if self.env.store.find_account_by_name(&name).await?.is_none() {
            return self.count_mail(account_id, now).await;
        }
        self.env
            .decide_within(async |_| {
                let counted = self.count_mail(account_id, now).await?;
                Ok(Decision::<Change, _>::refuse(UpdateCredentialsError::EmailTaken, vec![counted]))
            })
            .await
    }
}

/// Replaces the account's address.
fn replaced(account: &mut Account, to: &EmailAddress, verified: bool, now: Timestamp) -> Change {
    let (account_id, from) = (account.id, account.email.clone());
    let (revision, at) = (account.revision(), account.next_change_at(now));
    account.updated_at = at;
    account.email_told &= account.email.key() == to.key();
    account.email = to.clone();
    account.email_verified = verified;
    account.pending_email = None;
    Change::ChangeEmail { account_id, from, revision, to: to.clone(), verified, at }
}
