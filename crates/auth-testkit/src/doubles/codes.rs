//! Mailed codes and temp tokens.

use std::sync::{Arc, Mutex, PoisonError};

use auth_domain::Timestamp;
use auth_domain::access_token::{BearerToken, TokenRejection};
use auth_domain::challenge::OneTimeCode;
use auth_domain::ports::{CodeClaims, Codes, TempTokens};
use auth_domain::session::KeyId;
use auth_domain::temp_token::{TempClaims, TempStep};

use super::tokens::until;
use super::{TestKeys, id, join, micros, number_of, split, timestamp};

/// A code is a number made of its claims and its key.
#[derive(Debug)]
pub struct TestCodes(pub Arc<TestKeys>);

impl Codes for TestCodes {
    fn current_key(&self) -> KeyId {
        self.0.newest()
    }

    fn derive(&self, claims: &CodeClaims, key_id: &KeyId) -> Option<OneTimeCode> {
        let (challenge, send_number) = (claims.challenge_id.to_string(), claims.send_number.to_string());
        let text = join(&["code", key_id.as_str(), &challenge, claims.purpose.as_str(), &send_number]);
        self.0.has(key_id.as_str()).then(|| OneTimeCode::from_number(number_of(&text)))
    }
}

/// `temp|<challenge>|<purpose>|<stage>|<iat>|<exp>`.
#[derive(Debug, Default)]
pub struct TestTempTokens {
    latest: Mutex<Option<BearerToken>>,
}

impl TestTempTokens {
    /// Returns the token that was issued last.
    pub fn latest(&self) -> Option<BearerToken> {
        self.latest.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl TempTokens for TestTempTokens {
    fn issue(&self, claims: &TempClaims) -> BearerToken {
        let (purpose, stage) = claims.step.claims();
        let challenge = claims.challenge_id.to_string();
        let stage = match claims.step.session_id() {
            Some(session) => format!("{stage}@{session}"),
            None => stage.to_owned(),
        };
        let (issued_at, expires_at) = (micros(claims.issued_at), micros(claims.expires_at));
        let parts = ["temp", &challenge, purpose, &stage, &issued_at, &expires_at];
        let token = BearerToken::new(join(&parts));
        *self.latest.lock().unwrap_or_else(PoisonError::into_inner) = Some(token.clone());
        token
    }

    fn verify(&self, token: &str, now: Timestamp) -> Result<TempClaims, TokenRejection> {
        until(temp_claims(token).map(|claims| (claims, claims.expires_at)), now)
    }
}

fn temp_claims(token: &str) -> Option<TempClaims> {
    let [challenge, purpose, stage, issued_at, expires_at] = split("temp", token)?;
    let (stage, session_id) = match stage.split_once('@') {
        Some((stage, session)) => (stage, Some(id(session)?)),
        None => (stage, None),
    };
    Some(TempClaims {
        challenge_id: id(challenge)?,
        step: TempStep::parse(purpose, stage, session_id)?,
        issued_at: timestamp(issued_at)?,
        expires_at: timestamp(expires_at)?,
    })
}
