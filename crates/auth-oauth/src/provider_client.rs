//! Calls to one provider, limited in time, in bytes and in number, and suspended while it is down.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use auth_domain::identity::ProviderName;
use auth_domain::ports::{Clock, IdentifyError, ProviderUnavailable};
use reqwest::{Client, RequestBuilder, StatusCode};
use serde::de::DeserializeOwned;
use tokio::sync::Semaphore;
use tokio::time::Instant;

use crate::breaker::Breaker;
use outbound_http::{client, with_causes};

/// A sign-in asks for several things; in all they may take so long.
const DEADLINE: Duration = Duration::from_millis(4_500);
/// So many sign-ins may wait for one provider at once.
const AT_ONCE: usize = 64;
/// The maximum size of an answer. Discovery documents and key sets have a few kilobytes; the profile of a diligent
/// student at 42 has a few hundred.
const MAX_BYTES: usize = 2 * 1024 * 1024;

/// Why a call failed. The texts are for the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failure {
    /// The provider works but refuses, or its answer failed a check.
    Refused(String),
    /// The provider works but does not accept us, for example because this service is registered incorrectly.
    Misunderstood(String),
    /// The provider does not answer, or not as it should.
    Away(String),
}

/// Calls one provider, within its deadline and unless the breaker is open.
pub struct ProviderClient {
    provider: ProviderName,
    http: Client,
    breaker: Breaker,
    slots: Semaphore,
    clock: Arc<dyn Clock>,
}

impl ProviderClient {
    /// Creates a client. Fails if the HTTP client cannot be built.
    pub fn new(provider: ProviderName, clock: Arc<dyn Clock>) -> Result<Self, String> {
        let http = client(DEADLINE)?;
        Ok(Self { provider, http, breaker: Breaker::new(), slots: Semaphore::new(AT_ONCE), clock })
    }

    /// Returns the HTTP client for building requests, to be sent with [`Self::answer`].
    pub const fn http(&self) -> &Client {
        &self.http
    }

    /// Returns the clock by which tokens are judged.
    pub fn clock(&self) -> &dyn Clock {
        &*self.clock
    }

    /// Runs a conversation with the provider, unless it is being left alone, and logs why it failed.
    pub async fn converse<T>(&self, work: impl Future<Output = Result<T, Failure>> + Send) -> Result<T, IdentifyError> {
        let unavailable = IdentifyError::Unavailable(ProviderUnavailable);
        let provider = self.provider.as_str();
        let Some(attempt) = self.breaker.admit(Instant::now()) else {
            tracing::warn!(provider, "the provider failed too often: sign-ins are paused for a while");
            return Err(unavailable);
        };
        let Ok(_slot) = self.slots.try_acquire() else {
            tracing::warn!(provider, "too many sign-ins are waiting for the provider");
            return Err(unavailable);
        };
        let in_time = tokio::time::timeout(DEADLINE, work).await;
        match in_time.unwrap_or_else(|_| Err(Failure::Away(format!("no answer within {DEADLINE:?}")))) {
            Ok(done) => {
                attempt.succeeded();
                Ok(done)
            }
            Err(Failure::Refused(reason)) => {
                attempt.succeeded();
                tracing::warn!(provider, reason, "a sign-in was refused");
                Err(IdentifyError::CodeRefused)
            }
            Err(Failure::Misunderstood(reason)) => {
                attempt.succeeded();
                tracing::error!(
                    provider,
                    reason,
                    "the provider rejected this service: check how it is registered there"
                );
                Err(unavailable)
            }
            Err(Failure::Away(reason)) => {
                attempt.failed(Instant::now());
                tracing::warn!(provider, reason, "the provider did not answer as expected");
                Err(unavailable)
            }
        }
    }

    /// Returns status and body of the answer to a request: at most 2 MiB, without following redirects.
    pub async fn answer(&self, request: RequestBuilder) -> Result<(StatusCode, Vec<u8>), Failure> {
        let away = |error: reqwest::Error| Failure::Away(with_causes(&error.without_url()));
        let mut response = request.send().await.map_err(away)?;
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(away)? {
            if body.len() + chunk.len() > MAX_BYTES {
                return Err(Failure::Away(format!("the answer is larger than {MAX_BYTES} bytes")));
            }
            body.extend_from_slice(&chunk);
        }
        Ok((response.status(), body))
    }

    /// Returns the JSON of an answer with status 200.
    pub async fn json<T: DeserializeOwned>(&self, what: &str, request: RequestBuilder) -> Result<T, Failure> {
        match self.answer(request).await? {
            (StatusCode::OK, body) => parse(what, &body),
            (status, _) => Err(failed(status, format!("the {what} answered {status}"))),
        }
    }
}

/// Classifies a failure by its status: a mistake of ours, or a temporary problem.
pub(crate) fn failed(status: StatusCode, reason: String) -> Failure {
    let ours = status.is_client_error() && status != StatusCode::TOO_MANY_REQUESTS;
    if ours { Failure::Misunderstood(reason) } else { Failure::Away(reason) }
}

/// Parses JSON. The text of a serde error may quote what it read, such as a token, so only the position is reported.
pub(crate) fn parse<T: DeserializeOwned>(what: &str, body: &[u8]) -> Result<T, Failure> {
    serde_json::from_slice(body).map_err(|error| {
        let (line, column) = (error.line(), error.column());
        Failure::Away(format!("the {what} is malformed at line {line}, column {column}"))
    })
}

#[cfg(test)]
mod tests {
    use std::future::pending;

    use auth_domain::Timestamp;
    use auth_domain::ports::MockClock;

    use super::*;

    fn client() -> ProviderClient {
        let mut clock = MockClock::new();
        clock.expect_now().return_const(Timestamp::from_seconds(1_800_000_000));
        ProviderClient::new(ProviderName::parse("google").unwrap(), Arc::new(clock)).unwrap()
    }

    const AWAY: IdentifyError = IdentifyError::Unavailable(ProviderUnavailable);

    #[tokio::test(start_paused = true)]
    async fn whatever_a_provider_does_takes_less_than_five_seconds() {
        let client = client();
        let began = Instant::now();
        assert_eq!(client.converse(pending::<Result<(), Failure>>()).await, Err(AWAY));
        assert_eq!(began.elapsed(), DEADLINE);
        assert!(DEADLINE < Duration::from_secs(5));
    }

    #[tokio::test(start_paused = true)]
    async fn so_many_wait_at_once_and_no_more() {
        let client = client();
        let began = Instant::now();
        let waiting = tokio::time::timeout(Duration::from_secs(1), async {
            let all = (0..AT_ONCE).map(|_| Box::pin(client.converse(pending::<Result<(), Failure>>())));
            let mut all: Vec<_> = all.collect();
            let polled = std::future::poll_fn(|context| {
                all.iter_mut().for_each(|one| assert!(one.as_mut().poll(context).is_pending()));
                std::task::Poll::Ready(())
            });
            polled.await;
            assert_eq!(client.converse(async { Ok(()) }).await, Err(AWAY));
            drop(all);
            assert_eq!(client.converse(async { Ok(()) }).await, Ok(()));
        });
        waiting.await.unwrap();
        assert_eq!(began.elapsed(), Duration::ZERO);
    }

    /// Otherwise anyone who can make a provider refuse could keep everyone from it.
    #[tokio::test]
    async fn only_a_provider_that_is_away_is_left_alone() {
        let client = client();
        let reason = || "x".to_owned();
        for _ in 0..20 {
            let refused = client.converse(async { Err::<(), _>(Failure::Refused(reason())) }).await;
            assert_eq!(refused, Err(IdentifyError::CodeRefused));
            assert_eq!(client.converse(async { Err::<(), _>(Failure::Misunderstood(reason())) }).await, Err(AWAY));
        }
        for _ in 0..5 {
            assert_eq!(client.converse(async { Err::<(), _>(Failure::Away(reason())) }).await, Err(AWAY));
        }
        let unasked = async { unreachable!("it is left alone") };
        assert_eq!(client.converse::<()>(unasked).await, Err(AWAY));
    }
}
