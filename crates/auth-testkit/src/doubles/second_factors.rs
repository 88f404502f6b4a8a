//! Authenticator apps and recovery codes.

use std::sync::Arc;

use auth_domain::challenge::OneTimeCode;
use auth_domain::ports::{Provisioning, RecoveryCode, RecoveryCodes, Totp};
use auth_domain::two_factor::{RecoveryCodeHash, SealedSecret, TotpStep};
use auth_domain::{AccountId, Randomness, Timestamp};

use super::keys::{open, seal};
use super::{TestKeys, hex, number_of};

/// An app: a code is a number made of its secret and the step, of 30 seconds as in RFC 6238.
#[derive(Debug)]
pub struct TestTotp(pub Arc<TestKeys>);

impl TestTotp {
    /// Returns the step of a time.
    pub const fn step(at: Timestamp) -> TotpStep {
        TotpStep::from_number(at.as_seconds().div_euclid(30))
    }

    /// Returns what the app of that account shows in a step; `None` when the secret does not open.
    pub fn code(&self, account_id: AccountId, secret: &SealedSecret, step: TotpStep) -> Option<OneTimeCode> {
        let (seed, _) = open(&self.0, &account_id.to_string(), secret.as_bytes())?;
        Some(OneTimeCode::from_number(number_of(&format!("{seed} {}", step.as_number()))))
    }
}

impl Totp for TestTotp {
    fn make(&self, account_id: AccountId, seed: Randomness, _nonce: Randomness) -> SealedSecret {
        SealedSecret::new(seal(&self.0, &account_id.to_string(), &hex(&seed)))
    }

    fn provision(&self, account_id: AccountId, secret: &SealedSecret, name: &str) -> Option<Provisioning> {
        let (seed, _) = open(&self.0, &account_id.to_string(), secret.as_bytes())?;
        let uri = format!("otpauth://totp/{name}?secret={seed}");
        Some(Provisioning { qr_code: format!("data:,{uri}").into(), uri: uri.into(), secret: seed.into() })
    }

    fn matching_step(
        &self,
        account_id: AccountId,
        secret: &SealedSecret,
        code: &OneTimeCode,
        now: Timestamp,
    ) -> Option<TotpStep> {
        let current = Self::step(now).as_number();
        let steps = [current, current - 1, current + 1].map(TotpStep::from_number);
        let shows = |step: &TotpStep| self.code(account_id, secret, *step).is_some_and(|shown| shown.matches(code));
        steps.into_iter().find(shows)
    }
}

/// A code is `<8 digits>-<8 digits>`, its "hash" `<key>:<account>:<the code without its dash>`.
#[derive(Debug)]
pub struct TestRecoveryCodes(pub Arc<TestKeys>);

impl RecoveryCodes for TestRecoveryCodes {
    fn make(&self, account_id: AccountId, randomness: Randomness) -> (RecoveryCode, RecoveryCodeHash) {
        let digits = hex(&randomness[4..12]);
        let hash = format!("{}:{account_id}:{digits}", self.0.newest().as_str());
        (RecoveryCode::new(format!("{}-{}", &digits[..8], &digits[8..])), RecoveryCodeHash::new(hash))
    }

    fn hashes(&self, account_id: AccountId, typed: &str) -> Vec<RecoveryCodeHash> {
        let digits: String = typed.to_lowercase().chars().filter(char::is_ascii_alphanumeric).collect();
        let hash = |key: auth_domain::session::KeyId| format!("{}:{account_id}:{digits}", key.as_str());
        self.0.all().into_iter().map(hash).map(RecoveryCodeHash::new).collect()
    }
}
