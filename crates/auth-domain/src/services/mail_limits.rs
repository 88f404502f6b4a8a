//! Where the limits for mails are read; what they allow is in [`crate::rate_limit`].

use crate::AccountId;
use crate::ports::StoreError;
use crate::rate_limit::{AttemptSubject, MailLimit, RateLimit, RateLimitKind};
use crate::session::Network;

use super::Challenges;

impl Challenges {
    /// Returns the limit for mails to an address that a stranger can ask for; `owner` is whose that is, if anybody's.
    pub(crate) async fn mails_for_strangers(
        &self,
        subject: AttemptSubject,
        owner: Option<AccountId>,
        network: &Network,
    ) -> Result<MailLimit, StoreError> {
        let store = &self.env.store;
        let near = store.find_rate_limit(subject, &RateLimitKind::MailsFrom(network.clone())).await?;
        // Read in either case, so that a known network takes as long.
        let strangers = store.find_rate_limit(subject, &RateLimitKind::MailsFromStrangers).await?;
        let attempts = owner.map_or(subject, AttemptSubject::Account);
        let known = store.find_password_limit(attempts, network).await?.attempts.last_success_at.is_some();
        Ok(MailLimit { near, strangers: (!known).then_some(strangers) })
    }

    /// Returns the limit for mails that somebody asked for who had proved to be the owner.
    pub(crate) async fn mails_for_owner(&self, subject: AttemptSubject) -> Result<RateLimit, StoreError> {
        self.env.store.find_rate_limit(subject, &RateLimitKind::MailsForOwner).await
    }

    /// Returns the limit for mails to an address that somebody merely named as theirs. It hangs on the address, so that
    /// no number of accounts buries it in mail.
    pub(crate) async fn mails_to_named_address(&self, address: AttemptSubject) -> Result<RateLimit, StoreError> {
        self.env.store.find_rate_limit(address, &RateLimitKind::MailsToNamedAddress).await
    }
}
