//! Somebody who has logged in. What a file wants to know of her besides, it says in an `impl` of its own.

use auth_domain::access_token::BearerToken;
use auth_domain::account::Account;
use auth_domain::audience::Audience;
use auth_domain::session::{Client, Session};
use auth_domain::use_cases::{IssuedTokens, LoggedIn, Policy};
use auth_testkit::test_service::TestService;

pub const ANN: &str = "ann@example.org";

/// Ann, and the tokens of her login, which nobody has used yet.
pub struct Ann {
    pub service: TestService,
    pub account: Account,
    pub tokens: IssuedTokens,
}

impl Ann {
    pub async fn logged_in() -> Self {
        Self::logged_in_under(Policy::for_tests()).await
    }

    pub async fn logged_in_under(policy: Policy) -> Self {
        let service = TestService::with_policy(policy);
        service.register(ANN).await;
        let LoggedIn { account, tokens } = service.log_in(ANN).await;
        Self { service, account, tokens }
    }

    /// The same beside her service, for calls that fail.
    pub async fn prepared() -> (TestService, Self) {
        let ann = Self::logged_in().await;
        (ann.service.clone(), ann)
    }

    pub async fn refresh(&self, token: &BearerToken, client: &Client) -> IssuedTokens {
        self.service
            .use_cases
            .refresh_session
            .execute(token.reveal(), &Audience::Default, client)
            .await
            .expect("tokens")
    }

    /// Her one session.
    pub fn session(&self) -> Session {
        let [session] = &self.service.store.sessions()[..] else { panic!("one session") };
        session.clone()
    }

    /// How many commits there were so far.
    pub fn commits(&self) -> usize {
        self.service.store.commits().len()
    }
}
