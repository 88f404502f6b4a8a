//! Calls a URL as a provider would be called, so that `doctor` can check whether it is reachable.

use std::time::Duration;

use reqwest::Client;

use outbound_http::{client, with_causes};

const DEADLINE: Duration = Duration::from_secs(5);
const MAX_BYTES: usize = 64 * 1024;

/// Calls URLs: without redirects, within a deadline, and reading a bounded amount.
pub struct Probe(Client);

impl Probe {
    /// Creates a probe. Fails with the library's error if the HTTP client cannot be built.
    pub fn new() -> Result<Self, String> {
        client(DEADLINE).map(Self)
    }

    /// Sends `GET url` with these headers and returns the status and up to 64 KiB of the body. The error says what went
    /// wrong.
    pub async fn get(&self, url: &str, headers: &[(&str, &str)]) -> Result<(u16, String), String> {
        let mut request = self.0.get(url);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let failed = |error: reqwest::Error| with_causes(&error);
        let mut response = request.send().await.map_err(failed)?;
        let (status, mut body) = (response.status().as_u16(), Vec::new());
        while let Some(chunk) = response.chunk().await.map_err(failed)? {
            body.extend_from_slice(&chunk);
            if body.len() > MAX_BYTES {
                break;
            }
        }
        Ok((status, String::from_utf8_lossy(&body).into_owned()))
    }
}
