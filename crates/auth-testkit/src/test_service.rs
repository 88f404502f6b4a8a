//! A whole service without anything around it: the use cases on a [`MemoryStore`](crate::memory_store::MemoryStore) and
//! [doubles](crate::doubles) of every other port. Time stands still until the test moves it, randomness counts, and
//! nothing waits, so a test takes microseconds and always ends the same way.
//!
//! ```
//! # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
//! use std::time::Duration;
//! use auth_domain::access_token::TokenRejection;
//! use auth_domain::use_cases::AuthenticateError;
//! use auth_testkit::test_service::TestService;
//!
//! let service = TestService::new();
//! service.register("ann@example.org").await;
//! let logged_in = service.log_in("ann@example.org").await;
//! service.clock.advance(Duration::from_secs(600));
//! let token = logged_in.tokens.access.reveal();
//! let late = service.use_cases.authenticate.execute(token).await;
//! assert_eq!(late, Err(AuthenticateError::Token(TokenRejection::Expired)));
//! # });
//! ```
//!
//! Another policy is a struct update: `TestService::with_policy(Policy { disclosure: Disclosure::Concealed,
//! ..Policy::for_tests() })`. A clone is the same service, for what is to happen [at the same
//! time](crate::memory_store::MemoryStore::before_next_commit).

mod callers;
mod flows;
mod limits;
mod states;
mod trouble;

use std::ops::Deref;
use std::sync::Arc;

use auth_domain::Timestamp;
use auth_domain::account::{LoginName, Password};
use auth_domain::audience::Audience;
use auth_domain::event::{EventName, Subscription};
use auth_domain::ports::{Clock as _, NameDigest as _};
use auth_domain::rate_limit::AttemptSubject;
use auth_domain::session::Client;
use auth_domain::use_cases::{LoginRequest, OperatorUseCases, Policy, RegisterRequest, UseCases};

use crate::doubles::{Doubles, PlainNameDigest};
use crate::fixtures;

pub use flows::another_code;
pub use trouble::with_each_call_failing;

/// The password of every account that [`TestService::register`] registers.
pub const PASSWORD: &str = "correct horse battery staple";

/// Returns the client that the requests of this module come from.
pub fn client() -> Client {
    fixtures::client(1)
}

/// Returns the subject for which mails to this address, and wrong codes that were mailed there, are counted.
pub fn by_address(email: &str) -> AttemptSubject {
    AttemptSubject::Address(PlainNameDigest.digest(&LoginName::parse(email)))
}

/// Returns subscriptions of these services to every event.
pub fn subscriptions(services: &[&str]) -> Vec<Subscription> {
    let subscription = |service: &&str| {
        let events = EventName::ALL.to_vec();
        Subscription { service: (*service).to_owned(), events }
    };
    services.iter().map(subscription).collect()
}

/// Returns a request to log in with [`PASSWORD`], to vary with a struct update.
pub fn login_request(name: &str) -> LoginRequest {
    let (name, password) = (LoginName::parse(name), Password::new(PASSWORD));
    LoginRequest { name, password, audience: Audience::Default, restore: false, client: client() }
}

/// Returns a request to register with [`PASSWORD`], to vary with a struct update.
pub fn register_request(email: &str) -> RegisterRequest {
    RegisterRequest {
        username: None,
        email: email.to_owned(),
        password: Password::new(PASSWORD),
        confirm_password: None,
        invitation: None,
        locale: None,
        accepted: None,
        client: client(),
    }
}

/// The service. It derefs to its [`Doubles`]: `service.clock`, `service.store`.
#[derive(Clone)]
pub struct TestService {
    /// The use cases under test.
    pub use_cases: Arc<UseCases>,
    /// The use cases of the command line.
    pub operator: Arc<OperatorUseCases>,
    /// The policy with which both are built.
    pub policy: Policy,
    doubles: Doubles,
}

impl Deref for TestService {
    type Target = Doubles;

    fn deref(&self) -> &Doubles {
        &self.doubles
    }
}

impl Default for TestService {
    fn default() -> Self {
        Self::new()
    }
}

impl TestService {
    /// Creates an empty service with the default policy.
    pub fn new() -> Self {
        Self::with_policy(Policy::for_tests())
    }

    /// Creates an empty service with this policy.
    pub fn with_policy(policy: Policy) -> Self {
        Self::on(Doubles::new(), policy)
    }

    /// Returns the same service, with its rows and its time, under another policy.
    #[must_use]
    pub fn under(&self, policy: Policy) -> Self {
        Self::on(self.doubles.clone(), policy)
    }

    fn on(doubles: Doubles, policy: Policy) -> Self {
        let (subscriptions, longest) = (policy.subscriptions.clone(), policy.session_lifetimes.absolute);
        let (registration, deletion_grace) = (policy.registration.clone(), policy.deletion_grace);
        Self {
            use_cases: Arc::new(UseCases::new(doubles.ports(), policy.clone())),
            operator: Arc::new(OperatorUseCases::new(
                doubles.operator_ports(),
                subscriptions,
                longest,
                registration,
                policy.password,
                deletion_grace,
            )),
            policy,
            doubles,
        }
    }

    /// Returns the time.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }
}
