//! Talking to one provider: bounded in time, in bytes and in number, at its pace, and not at all while it is down.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use auth_domain::identity::ProviderName;
use auth_domain::ports::{Clock, IdentifyError, ProviderBusy, ProviderUnavailable, Turn};
use outbound_http::client;
use reqwest::Client;
use tokio::time::Instant;

use crate::breaker::Breaker;
use crate::conversation::Conversation;
use crate::pace::{Pace, Place};

/// A sign-in asks for several things; in all they may take so long, the wait for a turn included.
pub(crate) const DEADLINE: Duration = Duration::from_millis(4_500);
/// Why a conversation led to nothing. The texts are for the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failure {
    /// The provider works, and refuses; or what it says is not to be believed.
    Refused(String),
    /// It works, and does not want to talk to us: a mistake in how this service is registered, say.
    Misunderstood(String),
    /// It works, and is asked too often: in so long it may be asked again.
    Busy(Duration),
    /// It does not answer, or not what it should.
    Away(String),
}

/// Calls one provider, within its deadline, at its pace, and unless the breaker is open.
pub struct ProviderClient {
    provider: ProviderName,
    http: Client,
    breaker: Breaker,
    pace: Arc<Pace>,
    clock: Arc<dyn Clock>,
}

impl ProviderClient {
    /// For a provider that may be asked so many things a second; `None` is no limit. Fails when the HTTP client cannot be
    /// built.
    pub fn new(provider: ProviderName, clock: Arc<dyn Clock>, rate: Option<NonZeroU32>) -> Result<Self, String> {
        let http = client(DEADLINE)?;
        Ok(Self { provider, http, breaker: Breaker::new(), pace: Pace::new(rate), clock })
    }

    /// For requests, to be sent with [`Conversation::answer`].
    pub const fn http(&self) -> &Client {
        &self.http
    }

    /// Returns the clock that tokens are judged by.
    pub fn clock(&self) -> &dyn Clock {
        &*self.clock
    }

    /// Takes a place in the line for somebody who is to ask so many things.
    pub fn turn(&self, requests: u32) -> Result<Turn, ProviderBusy> {
        match self.pace.take(requests, Instant::now()) {
            Ok(place) => Ok(Turn::new(place)),
            Err(retry_after) => {
                let provider = self.provider.as_str();
                tracing::info!(provider, ?retry_after, "too many ask it at once: somebody is told to come back");
                Err(ProviderBusy { retry_after })
            }
        }
    }

    /// Begins to talk, in that turn.
    pub fn conversation(&self, turn: Turn) -> Result<Conversation<'_>, ProviderBusy> {
        let place = match turn.into_place::<Place>() {
            Some(place) => place,
            None => self.pace.take(0, Instant::now()).map_err(|retry_after| ProviderBusy { retry_after })?,
        };
        Ok(Conversation::new(self, place))
    }

    pub(crate) fn provider(&self) -> &str {
        self.provider.as_str()
    }

    pub(crate) const fn breaker(&self) -> &Breaker {
        &self.breaker
    }

    /// Logs how something failed, and says what whoever waits for it is told.
    pub(crate) fn refusal(&self, failure: Failure) -> IdentifyError {
        let provider = self.provider();
        match failure {
            Failure::Refused(reason) => {
                tracing::warn!(provider, reason, "a sign-in was refused");
                return IdentifyError::CodeRefused;
            }
            Failure::Busy(retry_after) => {
                tracing::warn!(
                    provider,
                    ?retry_after,
                    "it wants to be asked less often: somebody is told to come back"
                );
                return ProviderBusy { retry_after }.into();
            }
            Failure::Misunderstood(reason) => {
                tracing::error!(provider, reason, "it does not accept us: check how this service is registered there");
            }
            Failure::Away(reason) => tracing::warn!(provider, reason, "it does not answer as it should"),
        }
        ProviderUnavailable.into()
    }

    /// Notes that the provider took a request.
    pub(crate) fn has_answered(&self) {
        self.pace.answered(Instant::now());
    }

    /// Leaves the provider alone for so long.
    pub(crate) fn pause(&self, wait: Duration) {
        self.pace.pause(wait, Instant::now());
    }
}
