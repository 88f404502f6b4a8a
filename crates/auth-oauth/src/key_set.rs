//! The signing keys of a provider (RFC 7517 section 5), cached for a while.

use std::time::Duration;

use jsonwebtoken::jwk::{Jwk, KeyAlgorithm, PublicKeyUse};
use jsonwebtoken::{Algorithm, DecodingKey, Header};
use reqwest::Url;
use serde::Deserialize;
use serde_json::Value;
use tokio::sync::Mutex;
use tokio::time::Instant;

use crate::conversation::Conversation;
use crate::id_token::{self, Claims, Expected};
use crate::provider_client::Failure;

/// How long a key is accepted at most after the provider has withdrawn it.
const LIFETIME: Duration = Duration::from_secs(3_600);
/// The minimum time between two fetches because of an unknown key id.
const REFETCHES_APART: Duration = Duration::from_secs(60);

/// Keys of unknown kinds are ignored.
#[derive(Deserialize)]
struct WireKeys {
    keys: Vec<Value>,
}

#[derive(Default)]
struct Cached {
    keys: Vec<Jwk>,
    fetched_at: Option<Instant>,
    refetched_at: Option<Instant>,
}

/// The keys of one provider.
pub(crate) struct KeySet(Mutex<Cached>);

impl KeySet {
    pub(crate) fn new() -> Self {
        Self(Mutex::new(Cached::default()))
    }

    /// Returns the claims of an id_token whose signature and claims are valid.
    pub(crate) async fn verify(
        &self,
        talk: &Conversation<'_>,
        url: &Url,
        token: &str,
        expected: &Expected<'_>,
    ) -> Result<Claims, Failure> {
        let header = id_token::header(token)?;
        let key = self.key(talk, url, &header).await?;
        id_token::verify(token, header.alg, &key, expected)
    }

    /// Returns the key that the header names, if it is cached.
    pub(crate) async fn known(&self, header: &Header) -> Option<DecodingKey> {
        let cached = self.0.lock().await;
        cached.fetched_at.filter(|at| at.elapsed() < LIFETIME)?;
        cached.find(header).and_then(|key| DecodingKey::from_jwk(key).ok())
    }

    /// Returns the key of a header. While one caller fetches the keys, the others wait, so that the provider is asked
    /// once.
    async fn key(&self, talk: &Conversation<'_>, url: &Url, header: &Header) -> Result<DecodingKey, Failure> {
        let mut cached = self.0.lock().await;
        if cached.fetched_at.is_none_or(|at| at.elapsed() >= LIFETIME) {
            cached.fetch(talk, url).await?;
        }
        if cached.find(header).is_none() && cached.refetched_at.is_none_or(|at| at.elapsed() >= REFETCHES_APART) {
            cached.fetch(talk, url).await?;
            cached.refetched_at = Some(Instant::now());
        }
        let unknown =
            || Failure::Refused("the id_token is signed with a key that the provider does not publish".to_owned());
        DecodingKey::from_jwk(cached.find(header).ok_or_else(unknown)?)
            .map_err(|error| Failure::Away(format!("a key of the provider cannot be used: {error}")))
    }
}

impl Cached {
    async fn fetch(&mut self, talk: &Conversation<'_>, url: &Url) -> Result<(), Failure> {
        let request = talk.http().get(url.clone());
        let WireKeys { keys } = talk.json("key set", request).await?;
        self.keys = keys.into_iter().filter_map(|key| serde_json::from_value(key).ok()).collect();
        self.fetched_at = Some(Instant::now());
        Ok(())
    }

    /// Returns the key that the header names; if it names none, the only key for the algorithm.
    fn find(&self, header: &Header) -> Option<&Jwk> {
        let mut fitting = self.keys.iter().filter(|key| fits(key, header.alg));
        match &header.kid {
            Some(kid) => fitting.find(|key| key.common.key_id.as_ref() == Some(kid)),
            None => fitting.next().filter(|_| fitting.next().is_none()),
        }
    }
}

fn fits(key: &Jwk, algorithm: Algorithm) -> bool {
    let for_signatures = matches!(key.common.public_key_use, None | Some(PublicKeyUse::Signature));
    let declared = key.common.key_algorithm.is_none_or(|declared| declared == KeyAlgorithm::from(algorithm));
    let family = DecodingKey::from_jwk(key).is_ok_and(|key| key.family() == algorithm.family());
    for_signatures && declared && family
}
