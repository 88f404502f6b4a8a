//! Reads the limits for mails and for wrong codes. [`crate::rate_limit`] says what they allow.

use crate::AccountId;
use crate::account::Account;
use crate::challenge::Challenge;
use crate::password_limit::PasswordLimit;
use crate::ports::StoreError;
use crate::rate_limit::{AttemptSubject, MailLimit, RateLimit, RateLimitKind};
use crate::session::Network;

use super::{Challenges, Environment, SecondFactor};

impl Environment {
    /// Tells whether the owner has logged in from this network before. The limit is read in either case, so that both
    /// take as long. No network is known for an unverified address, whose owner may not be the person who logs in.
    async fn is_known(
        &self,
        subject: AttemptSubject,
        owner: Option<&Account>,
        network: &Network,
    ) -> Result<bool, StoreError> {
        let subject = owner.map_or(subject, |owner| AttemptSubject::Account(owner.id));
        let limit = self.store.find_password_limit(subject, network).await?;
        Ok(limit.attempts.last_success_at.is_some() && owner.is_some_and(|owner| owner.email_verified))
    }

    /// Returns the limit for wrong second-factor codes from this network, for the account of `passwords`. Networks from
    /// which its owner has logged in before have a limit of their own, so that nobody else can lock the owner out; so
    /// do recovery codes.
    pub(crate) async fn second_factor_misses(
        &self,
        passwords: &PasswordLimit,
        given: Option<&SecondFactor>,
    ) -> Result<RateLimit, StoreError> {
        let kind = if matches!(given, Some(SecondFactor::RecoveryCode(_))) {
            RateLimitKind::RecoveryCodeMisses
        } else if passwords.attempts.last_success_at.is_some() {
            RateLimitKind::SecondFactorMissesFrom(passwords.network.clone())
        } else {
            RateLimitKind::SecondFactorMisses
        };
        self.store.find_rate_limit(passwords.subject, &kind).await
    }

    /// Returns the limit for passwords of an account from this network.
    pub(crate) async fn password_limit(
        &self,
        account_id: AccountId,
        network: &Network,
    ) -> Result<PasswordLimit, StoreError> {
        self.store.find_password_limit(AttemptSubject::Account(account_id), network).await
    }
}

impl Challenges {
    /// Returns the limit, from `network`, for wrong codes of a challenge for recovery or for verifying an address.
    pub(crate) async fn misses_of(
        &self,
        challenge: &Challenge,
        owner: Option<&Account>,
        network: &Network,
    ) -> Result<RateLimit, StoreError> {
        let kind = if self.env.is_known(challenge.subject, owner, network).await? {
            RateLimitKind::MailedCodeMissesFrom(network.clone())
        } else {
            RateLimitKind::MailedCodeMisses
        };
        self.env.store.find_rate_limit(challenge.subject, &kind).await
    }

    /// Returns the limit for mails to an address that a stranger can request; `owner` is the account that has the
    /// address, if any.
    pub(crate) async fn mails_for_strangers(
        &self,
        subject: AttemptSubject,
        owner: Option<&Account>,
        network: &Network,
    ) -> Result<MailLimit, StoreError> {
        let store = &self.env.store;
        let near = store.find_rate_limit(subject, &RateLimitKind::MailsFrom(network.clone())).await?;
        // Read in either case, so that a known network takes as long.
        let strangers = store.find_rate_limit(subject, &RateLimitKind::MailsFromStrangers).await?;
        let known = self.env.is_known(subject, owner, network).await?;
        Ok(MailLimit { near, strangers: (!known).then_some(strangers) })
    }

    /// Returns the limit for mails that someone requested after proving to be the owner.
    pub(crate) async fn mails_for_owner(&self, subject: AttemptSubject) -> Result<RateLimit, StoreError> {
        self.env.store.find_rate_limit(subject, &RateLimitKind::MailsForOwner).await
    }

    /// Returns the limit for codes to an address that is to replace a verified one, counted for the address as well.
    pub(crate) async fn mails_to_pending_address(&self, address: AttemptSubject) -> Result<RateLimit, StoreError> {
        self.env.store.find_rate_limit(address, &RateLimitKind::MailsToPendingAddress).await
    }

    /// Returns the limit for mails other than codes to an address that was never verified.
    pub(crate) async fn notices_to_unproved_address(&self, address: AttemptSubject) -> Result<RateLimit, StoreError> {
        self.env.store.find_rate_limit(address, &RateLimitKind::NoticesToUnprovedAddress).await
    }

    /// Returns the limit for mails to an address that someone merely claimed, counted for the address so that no number
    /// of accounts can flood it with mail.
    pub(crate) async fn mails_to_named_address(&self, address: AttemptSubject) -> Result<RateLimit, StoreError> {
        self.env.store.find_rate_limit(address, &RateLimitKind::MailsToNamedAddress).await
    }
}
