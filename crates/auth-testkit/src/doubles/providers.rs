//! Identity providers that answer what a test tells them to.

use std::sync::{Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use auth_domain::account::EmailAddress;
use auth_domain::authorization::AuthorizationCode;
use auth_domain::identity::{ProviderEmail, ProviderIdentity, ProviderName, Subject};
use auth_domain::ports::{
    AuthorizationRequest, AuthorizationSecrets, IdentifyError, IdentityProvider, ProviderUnavailable,
};

/// A provider, which initially refuses every code.
#[derive(Debug)]
pub struct TestProvider {
    name: ProviderName,
    answer: Mutex<Result<ProviderIdentity, IdentifyError>>,
    asked: Mutex<Vec<(AuthorizationCode, AuthorizationSecrets)>>,
}

impl TestProvider {
    /// Returns a provider of that name.
    pub fn new(name: ProviderName) -> Self {
        Self { name, answer: Mutex::new(Err(IdentifyError::CodeRefused)), asked: Mutex::default() }
    }

    /// Returns its name.
    pub const fn name(&self) -> &ProviderName {
        &self.name
    }

    /// Identifies the owner of any code as `subject` from now on, with this address, verified or not.
    pub fn identifies(&self, subject: &str, email: Option<(&str, bool)>) {
        let email = email.map(|(address, proved)| {
            let address = EmailAddress::parse(address).expect("an address");
            ProviderEmail { address, proved }
        });
        let subject = Subject::parse(subject).expect("a subject");
        self.answers(Ok(ProviderIdentity { provider: self.name.clone(), subject, email }));
    }

    /// Answers with this from now on. If it is [`IdentifyError::Unavailable`], it returns no authorization URL either.
    pub fn answers(&self, answer: Result<ProviderIdentity, IdentifyError>) {
        *self.answer() = answer;
    }

    /// Returns the `state` in an authorization URL.
    pub fn state_in(url: &str) -> &str {
        url.split_once("?state=").expect("an address with a state").1
    }

    /// Returns the codes that were exchanged, with their secrets.
    pub fn asked(&self) -> Vec<(AuthorizationCode, AuthorizationSecrets)> {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn answer(&self) -> MutexGuard<'_, Result<ProviderIdentity, IdentifyError>> {
        self.answer.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl IdentityProvider for TestProvider {
    async fn authorization_url(&self, request: &AuthorizationRequest) -> Result<String, ProviderUnavailable> {
        match *self.answer() {
            Err(IdentifyError::Unavailable(away)) => Err(away),
            _ => Ok(format!("https://{}.example/authorize?state={}", self.name, request.state.reveal())),
        }
    }

    async fn identify(
        &self,
        code: &AuthorizationCode,
        secrets: &AuthorizationSecrets,
    ) -> Result<ProviderIdentity, IdentifyError> {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner).push((code.clone(), secrets.clone()));
        self.answer().clone()
    }
}
