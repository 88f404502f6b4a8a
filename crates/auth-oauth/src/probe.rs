//! Asks a URL as a provider would be asked, to find out whether it could be: for `doctor`.

use std::time::Duration;

use reqwest::Client;

use outbound_http::{client, with_causes};

const DEADLINE: Duration = Duration::from_secs(5);
const MAX_BYTES: usize = 64 * 1024;

/// Asks URLs: no redirects, a deadline, a bound on what is read.
pub struct Probe(Client);

impl Probe {
    /// Fails when the HTTP client cannot be built; the error is the library's.
    pub fn new() -> Result<Self, String> {
        client(DEADLINE).map(Self)
    }

    /// `GET url` with these headers: the status, and the body up to 64 KiB. The error says what went wrong on the way.
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
