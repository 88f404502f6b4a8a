//! How much of a limit is used.

use auth_domain::account::Account;
use auth_domain::rate_limit::{AttemptSubject, RateLimitKind};

use super::{TestService, by_address, client};

impl TestService {
    /// Returns how many wrong codes were counted for the second factors of an account, under all limits together: that
    /// of unknown networks, that of the [`client`]'s if it is known, and that of recovery codes.
    pub fn second_factor_misses(&self, account: &Account) -> u32 {
        let known = RateLimitKind::SecondFactorMissesFrom(client().network().clone());
        let kinds = [RateLimitKind::SecondFactorMisses, known, RateLimitKind::RecoveryCodeMisses];
        let subject = AttemptSubject::Account(account.id);
        kinds.iter().map(|kind| self.store.rate_limit(subject, kind).count).sum()
    }

    /// Returns how many mails were counted that the owner of an account requested.
    pub fn mails_for_owner(&self, account: &Account) -> u32 {
        self.store.rate_limit(AttemptSubject::Account(account.id), &RateLimitKind::MailsForOwner).count
    }

    /// Returns how many mails were counted to an address that someone claimed.
    pub fn mails_to_named(&self, address: &str) -> u32 {
        self.store.rate_limit(by_address(address), &RateLimitKind::MailsToNamedAddress).count
    }
}
