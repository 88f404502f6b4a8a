//! Identity providers that answer what a test tells them to.

use std::sync::{Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use auth_domain::Timestamp;
use auth_domain::account::EmailAddress;
use auth_domain::authorization::{AuthorizationCode, IdToken};
use auth_domain::identity::{ProviderEmail, ProviderIdentity, ProviderName, Subject};
use auth_domain::ports::{
    AuthorizationRequest, AuthorizationSecrets, IdentifyError, IdentityProvider, ProviderBusy, ProviderError, Turn,
    VouchedIdentity,
};

/// A provider, which initially refuses every code.
#[derive(Debug)]
pub struct TestProvider {
    name: ProviderName,
    answer: Mutex<Result<ProviderIdentity, IdentifyError>>,
    asked: Mutex<Vec<(AuthorizationCode, AuthorizationSecrets)>>,
    busy: Mutex<Option<ProviderBusy>>,
}

impl TestProvider {
    /// Returns a provider of that name.
    pub fn new(name: ProviderName) -> Self {
        Self {
            name,
            answer: Mutex::new(Err(IdentifyError::CodeRefused)),
            asked: Mutex::default(),
            busy: Mutex::default(),
        }
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

    /// Refuses turns from now on, or grants them again.
    pub fn is_busy(&self, busy: Option<ProviderBusy>) {
        *self.busy.lock().unwrap_or_else(PoisonError::into_inner) = busy;
    }

    /// Returns an id_token that is accepted until `expires_at`. Tokens with the same `number` are copies of each other.
    pub fn id_token(nonce: &str, number: u8, expires_at: Timestamp) -> IdToken {
        let text = format!("{nonce}|{number}|{}", expires_at.as_seconds());
        IdToken::parse(&text).expect("a token")
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
    async fn authorization_url(&self, request: &AuthorizationRequest) -> Result<String, ProviderError> {
        match *self.answer() {
            Err(IdentifyError::Unavailable(away)) => Err(away.into()),
            _ => Ok(format!("https://{}.example/authorize?state={}", self.name, request.state.reveal())),
        }
    }

    fn turn(&self) -> Result<Turn, ProviderBusy> {
        self.busy.lock().unwrap_or_else(PoisonError::into_inner).map_or_else(|| Ok(Turn::at_once()), Err)
    }

    async fn identify(
        &self,
        _turn: Turn,
        code: &AuthorizationCode,
        secrets: &AuthorizationSecrets,
    ) -> Result<ProviderIdentity, IdentifyError> {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner).push((code.clone(), secrets.clone()));
        self.answer().clone()
    }

    async fn identify_by_token(&self, token: &IdToken, nonce: &str) -> Result<VouchedIdentity, IdentifyError> {
        let identity = self.answer().clone()?;
        let [own, number, expires_at] = token.reveal().split('|').collect::<Vec<_>>()[..] else {
            return Err(IdentifyError::CodeRefused);
        };
        if own != nonce {
            return Err(IdentifyError::CodeRefused);
        }
        let number: u8 = number.parse().expect("a number");
        let expires_at = Timestamp::from_seconds(expires_at.parse().expect("seconds"));
        Ok(VouchedIdentity { identity, digest: [number; 16], expires_at })
    }
}
