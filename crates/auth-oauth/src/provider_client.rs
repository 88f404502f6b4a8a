//! Calls to one provider, limited in time, in bytes and in number, and suspended while it is down.

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

/// How long all requests of one sign-in may take together, including the wait for a turn.
pub(crate) const DEADLINE: Duration = Duration::from_millis(4_500);

/// Why a call failed. The texts are for the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failure {
    /// The provider works but refuses, or its answer failed a check.
    Refused(String),
    /// The provider works but does not accept us, for example because this service is registered incorrectly.
    Misunderstood(String),
    /// The provider works but receives too many requests; it can be asked again after this time.
    Busy(Duration),
    /// The provider does not answer, or not as it should.
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
    /// Creates a client that sends at most `rate` requests a second; `None` means no limit. Fails when the HTTP client
    /// cannot be built.
    pub fn new(provider: ProviderName, clock: Arc<dyn Clock>, rate: Option<NonZeroU32>) -> Result<Self, String> {
        let http = client(DEADLINE)?;
        Ok(Self { provider, http, breaker: Breaker::new(), pace: Pace::new(rate), clock })
    }

    /// Returns the HTTP client for building requests, to be sent with [`Conversation::answer`].
    pub const fn http(&self) -> &Client {
        &self.http
    }

    /// Returns the clock by which tokens are judged.
    pub fn clock(&self) -> &dyn Clock {
        &*self.clock
    }

    /// Reserves a place in the line for a sign-in that sends this many requests.
    pub fn turn(&self, requests: u32) -> Result<Turn, ProviderBusy> {
        match self.pace.take(requests, Instant::now()) {
            Ok(place) => Ok(Turn::new(place)),
            Err(retry_after) => {
                let provider = self.provider.as_str();
                tracing::info!(
                    provider,
                    ?retry_after,
                    "too many sign-ins are waiting for the provider: a user was asked to try again later"
                );
                Err(ProviderBusy { retry_after })
            }
        }
    }

    /// Begins a conversation, in that turn.
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

    /// Logs why a call failed and returns the error for the caller.
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
                    "the provider limits our requests: a user was asked to try again later"
                );
                return ProviderBusy { retry_after }.into();
            }
            Failure::Misunderstood(reason) => {
                tracing::error!(
                    provider,
                    reason,
                    "the provider rejected this service: check how it is registered there"
                );
            }
            Failure::Away(reason) => tracing::warn!(provider, reason, "the provider did not answer as expected"),
        }
        ProviderUnavailable.into()
    }

    /// Notes that the provider accepted a request.
    pub(crate) fn has_answered(&self) {
        self.pace.answered(Instant::now());
    }

    /// Sends the provider no requests for this long.
    pub(crate) fn pause(&self, wait: Duration) {
        self.pace.pause(wait, Instant::now());
    }
}
