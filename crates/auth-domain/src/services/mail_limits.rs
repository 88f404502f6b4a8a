//! Where the limits for mails and for wrong codes are read; what they allow is in [`crate::rate_limit`].

use crate::AccountId;
use crate::account::Account;
use crate::challenge::Challenge;
use crate::password_limit::PasswordLimit;
use crate::ports::StoreError;
use crate::rate_limit::{AttemptSubject, MailLimit, RateLimit, RateLimitKind};
use crate::session::Network;

use super::{Challenges, Environment, SecondFactor};

impl Environment {
    /// Whether the owner has finished a login from there before. The limit is read in either case, so that it takes as long;
    /// no network is known for an address that was not proved, whose owner may be another one than who logs in.
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

    /// Returns the limit for wrong codes of second factors of the account that `passwords` is of, from there. Networks
    /// where its owner has finished a login before have one of their own, so nobody elsewhere keeps them out; so have
    /// recovery codes.
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

    /// Returns the limit for passwords of an account from there.
    pub(crate) async fn password_limit(
        &self,
        account_id: AccountId,
        network: &Network,
    ) -> Result<PasswordLimit, StoreError> {
        self.store.find_password_limit(AttemptSubject::Account(account_id), network).await
    }
}

impl Challenges {
    /// Returns the limit for wrong codes of a challenge for recovery or for proving an address, from `network`.
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

    /// Returns the limit for mails to an address that a stranger can ask for; `owner` is whose that is, if anybody's.
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

    /// Returns the limit for mails that somebody asked for who had proved to be the owner.
    pub(crate) async fn mails_for_owner(&self, subject: AttemptSubject) -> Result<RateLimit, StoreError> {
        self.env.store.find_rate_limit(subject, &RateLimitKind::MailsForOwner).await
    }

    /// Returns the limit for codes to an address that is to replace a proved one. It hangs on the address too.
    pub(crate) async fn mails_to_pending_address(&self, address: AttemptSubject) -> Result<RateLimit, StoreError> {
        self.env.store.find_rate_limit(address, &RateLimitKind::MailsToPendingAddress).await
    }

    /// Returns the limit for mails other than codes to an address that was never proved.
    pub(crate) async fn notices_to_unproved_address(&self, address: AttemptSubject) -> Result<RateLimit, StoreError> {
        self.env.store.find_rate_limit(address, &RateLimitKind::NoticesToUnprovedAddress).await
    }

    /// Returns the limit for mails to an address that somebody merely named as theirs. It hangs on the address, so that
    /// no number of accounts buries it in mail.
    pub(crate) async fn mails_to_named_address(&self, address: AttemptSubject) -> Result<RateLimit, StoreError> {
        self.env.store.find_rate_limit(address, &RateLimitKind::MailsToNamedAddress).await
    }
}
