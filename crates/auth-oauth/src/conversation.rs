//! One conversation with a provider: all requests of one sign-in.

use std::future::Future;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use auth_domain::ports::{Clock, IdentifyError, ProviderUnavailable};
use outbound_http::with_causes;
use reqwest::header::{HeaderMap, RETRY_AFTER};
use reqwest::{Client, RequestBuilder, Response, StatusCode};
use serde::de::DeserializeOwned;
use tokio::sync::Mutex;
use tokio::time::Instant;

use crate::pace::Place;
use crate::provider_client::{DEADLINE, Failure, ProviderClient};

/// Discovery documents and key sets have a few kilobytes; the profile of a diligent student at 42 has some hundred.
const MAX_BYTES: usize = 2 * 1024 * 1024;
/// After a wait for turns of this length, a timeout no longer shows that the provider is down.
const LONG_IN_LINE: Duration = Duration::from_millis(500);
/// When to try again if there was no time left for the provider to answer, or if it does not say when.
const SOON: Duration = Duration::from_secs(1);
/// The minimum wait after a 429.
const LEAST_WAIT: Duration = Duration::from_millis(250);

/// A conversation: all requests share one deadline, and each is sent in its turn.
pub struct Conversation<'a> {
    client: &'a ProviderClient,
    place: Mutex<Place>,
    deadline: Instant,
    /// How long it has waited for turns, in milliseconds.
    in_line: AtomicU64,
    /// Whether a request was sent.
    has_asked: AtomicBool,
}

impl<'a> Conversation<'a> {
    pub(crate) fn new(client: &'a ProviderClient, place: Place) -> Self {
        let deadline = Instant::now() + DEADLINE;
        Self {
            client,
            place: Mutex::new(place),
            deadline,
            in_line: AtomicU64::new(0),
            has_asked: AtomicBool::new(false),
        }
    }

    /// Returns the HTTP client for building requests, to be sent with [`Self::answer`].
    pub const fn http(&self) -> &Client {
        self.client.http()
    }

    /// Returns the clock by which tokens are judged.
    pub fn clock(&self) -> &dyn Clock {
        self.client.clock()
    }

    /// Runs `work`, which uses this conversation, unless the provider is being left alone, and logs why it failed.
    pub async fn hold<T>(&self, work: impl Future<Output = Result<T, Failure>> + Send) -> Result<T, IdentifyError> {
        let Some(attempt) = self.client.breaker().admit(Instant::now()) else {
            let provider = self.client.provider();
            tracing::warn!(provider, "the provider failed too often: sign-ins are paused for a while");
            return Err(ProviderUnavailable.into());
        };
        let in_time = tokio::time::timeout_at(self.deadline, work).await;
        let done = in_time.unwrap_or_else(|_| Err(self.too_late()));
        match &done {
            Err(Failure::Away(_)) => attempt.failed(Instant::now()),
            // A result without any request says nothing about the provider: a stranger could cause it.
            _ if !self.has_asked.load(Ordering::Relaxed) => drop(attempt),
            _ => attempt.succeeded(),
        }
        done.map_err(|failure| self.client.refusal(failure))
    }

    fn too_late(&self) -> Failure {
        match Duration::from_millis(self.in_line.load(Ordering::Relaxed)) {
            waited if waited >= LONG_IN_LINE => Failure::Busy(SOON),
            _ => Failure::Away(format!("no answer within {DEADLINE:?}")),
        }
    }

    /// Waits until a request may be sent.
    async fn turn(&self) -> Result<(), Failure> {
        let waited = self.place.lock().await.turn(self.deadline).await.map_err(Failure::Busy)?;
        self.in_line.fetch_add(u64::try_from(waited.as_millis()).unwrap_or(u64::MAX), Ordering::Relaxed);
        Ok(())
    }

    /// Returns status and body of the answer to a request: at most 2 MiB, without following redirects. If the provider
    /// answers 429, the request is sent again when the provider allows it, if that is before the deadline.
    pub async fn answer(&self, request: RequestBuilder) -> Result<(StatusCode, Vec<u8>), Failure> {
        let (mut request, mut default) = (request, SOON);
        loop {
            self.turn().await?;
            self.has_asked.store(true, Ordering::Relaxed);
            let again = request.try_clone();
            let response = request.send().await.map_err(away)?;
            if response.status() != StatusCode::TOO_MANY_REQUESTS {
                self.client.has_answered();
                return Ok((response.status(), body(response).await?));
            }
            let wait = retry_after(response.headers(), self.clock()).unwrap_or(default).max(LEAST_WAIT);
            default *= 2;
            self.client.pause(wait);
            request = match again {
                Some(again) if Instant::now() + wait < self.deadline => again,
                _ => return Err(Failure::Busy(wait.max(SOON))),
            };
        }
    }

    /// Returns the JSON of an answer with status 200.
    pub async fn json<T: DeserializeOwned>(&self, what: &str, request: RequestBuilder) -> Result<T, Failure> {
        match self.answer(request).await? {
            (StatusCode::OK, body) => parse(what, &body),
            (status, _) => Err(failed(status, format!("the {what} answered {status}"))),
        }
    }
}

fn away(error: reqwest::Error) -> Failure {
    Failure::Away(with_causes(&error.without_url()))
}

async fn body(mut response: Response) -> Result<Vec<u8>, Failure> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(away)? {
        if body.len() + chunk.len() > MAX_BYTES {
            return Err(Failure::Away(format!("the answer is larger than {MAX_BYTES} bytes")));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

/// Returns how long to wait before the next request (RFC 9110 section 10.2.3, in seconds or as a date).
fn retry_after(headers: &HeaderMap, clock: &dyn Clock) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = text.parse::<u32>() {
        return Some(Duration::from_secs(seconds.into()));
    }
    let at = httpdate::parse_http_date(text).ok()?.duration_since(std::time::UNIX_EPOCH).ok()?;
    let now = Duration::from_secs(u64::try_from(clock.now().as_seconds()).ok()?);
    Some(at.saturating_sub(now))
}

/// Classifies a status: 4xx is a mistake of ours, anything else a failure of the provider.
pub(crate) fn failed(status: StatusCode, reason: String) -> Failure {
    if status.is_client_error() { Failure::Misunderstood(reason) } else { Failure::Away(reason) }
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
    use std::sync::Arc;

    use auth_domain::Timestamp;
    use auth_domain::identity::ProviderName;
    use auth_domain::ports::{MockClock, ProviderBusy};

    use super::*;
    use crate::pace::AT_ONCE;

    const AWAY: IdentifyError = IdentifyError::Unavailable(ProviderUnavailable);
    const NOW: i64 = 1_800_000_000;

    fn clock() -> MockClock {
        let mut clock = MockClock::new();
        clock.expect_now().return_const(Timestamp::from_seconds(NOW));
        clock
    }

    fn client() -> ProviderClient {
        ProviderClient::new(ProviderName::parse("google").unwrap(), Arc::new(clock()), None).unwrap()
    }

    async fn hold<T>(
        client: &ProviderClient,
        work: impl Future<Output = Result<T, Failure>> + Send,
    ) -> Result<T, IdentifyError> {
        client.conversation(client.turn(1)?)?.hold(work).await
    }

    #[tokio::test(start_paused = true)]
    async fn a_conversation_takes_less_than_five_seconds() {
        let (client, began) = (client(), Instant::now());
        assert_eq!(hold(&client, pending::<Result<(), Failure>>()).await, Err(AWAY));
        assert_eq!(began.elapsed(), DEADLINE);
        assert!(DEADLINE < Duration::from_secs(5));
    }

    #[tokio::test(start_paused = true)]
    async fn a_bounded_number_of_sign_ins_wait_at_once() {
        let client = client();
        let all: Vec<_> = (0..AT_ONCE).map(|_| client.turn(1).unwrap()).collect();
        let busy = ProviderBusy { retry_after: SOON };
        assert_eq!(hold(&client, async { Ok(()) }).await, Err(busy.into()));
        drop(all);
        assert_eq!(hold(&client, async { Ok(()) }).await, Ok(()));
    }

    /// Otherwise a stranger who provokes refusals could block the provider for everyone.
    #[tokio::test]
    async fn only_a_provider_that_is_away_is_left_alone() {
        let client = client();
        let reason = || "x".to_owned();
        let busy = ProviderBusy { retry_after: SOON };
        for _ in 0..20 {
            let refused = hold(&client, async { Err::<(), _>(Failure::Refused(reason())) }).await;
            assert_eq!(refused, Err(IdentifyError::CodeRefused));
            assert_eq!(hold(&client, async { Err::<(), _>(Failure::Misunderstood(reason())) }).await, Err(AWAY));
            assert_eq!(hold(&client, async { Err::<(), _>(Failure::Busy(SOON)) }).await, Err(busy.into()));
        }
        for _ in 0..5 {
            assert_eq!(hold(&client, async { Err::<(), _>(Failure::Away(reason())) }).await, Err(AWAY));
        }
        let unasked = async { unreachable!("the provider is left alone") };
        assert_eq!(hold::<()>(&client, unasked).await, Err(AWAY));
    }

    /// A provider that is slow while many wait for their turn is not one that is down.
    #[tokio::test(start_paused = true)]
    async fn a_timeout_after_a_wait_in_line_is_not_a_failure_of_the_provider() {
        let client = client();
        client.pause(SOON);
        let talk = client.conversation(client.turn(1).unwrap()).unwrap();
        let silent = async {
            talk.turn().await?;
            pending::<Result<(), Failure>>().await
        };
        assert_eq!(talk.hold(silent).await, Err(ProviderBusy { retry_after: SOON }.into()));
    }

    #[test]
    fn retry_after_is_read_in_seconds_or_as_a_date() {
        let said = |text: &str| retry_after(&HeaderMap::from_iter([(RETRY_AFTER, text.parse().unwrap())]), &clock());
        assert_eq!(said("3"), Some(Duration::from_secs(3)));
        assert_eq!(said("Fri, 15 Jan 2027 08:00:07 GMT"), Some(Duration::from_secs(7)));
        assert_eq!(said("Thu, 15 Jan 2026 08:00:07 GMT"), Some(Duration::ZERO));
        for bad in ["", "soon", "-1", "1.5"] {
            assert_eq!(said(bad), None, "{bad:?}");
        }
        assert_eq!(retry_after(&HeaderMap::new(), &clock()), None);
    }
}
