//! The owner of an account, logged in: what several files try something with.

use std::fmt::Debug;

use auth_domain::account::Account;
use auth_domain::event::EventKind;
use auth_domain::mail::NoticeKind;
use auth_domain::use_cases::{Authenticated, Policy};
use auth_testkit::test_service::TestService;

use crate::ann::ANN;

/// Ann, registered and logged in, on a service of her own. No mail is owed.
#[derive(Clone)]
pub struct Owner {
    pub service: TestService,
    /// As it was when she logged in.
    pub account: Account,
    pub caller: Authenticated,
}

impl Owner {
    pub async fn new() -> Self {
        Self::with(|_, account| account.clone()).await
    }

    /// Her account is prepared before she logs in.
    pub async fn with(prepare: impl Fn(&TestService, &Account) -> Account) -> Self {
        Self::under(Policy::for_tests(), prepare).await
    }

    /// The same on a service that somebody configured.
    pub async fn under(policy: Policy, prepare: impl Fn(&TestService, &Account) -> Account) -> Self {
        let service = TestService::with_policy(policy);
        let account = prepare(&service, &service.register(ANN).await);
        Self::on(service, account).await
    }

    /// The same with an account that is there already.
    pub async fn on(service: TestService, account: Account) -> Self {
        service.deliver_mails().await;
        Self { caller: service.caller(&account).await, service, account }
    }

    /// Returns her account as it is now.
    pub fn now(&self) -> Account {
        self.service.account(&self.account)
    }

    /// Returns the notices that are owed to the address that she logged in with.
    pub fn notices(&self) -> Vec<NoticeKind> {
        self.service.store.notices_to(&self.account.email)
    }

    /// Returns what was announced, in that order.
    pub fn events(&self) -> Vec<EventKind> {
        self.service.store.events().into_iter().map(|event| event.kind).collect()
    }

    /// Returns how an attempt of hers was refused, which has changed no account, opened and ended no session, and owes no
    /// mail.
    pub async fn refused<T: Debug, E>(&self, attempt: impl Future<Output = Result<T, E>>) -> E {
        let store = &self.service.store;
        let rows = || (store.accounts(), store.sessions(), store.owed_mails(), store.pending_credentials());
        let before = rows();
        let answer = attempt.await;
        assert_eq!(rows(), before);
        answer.expect_err("a refusal")
    }
}
