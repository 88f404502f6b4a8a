//! Moves secrets from older master keys to the newest, and creates what is kept of the older ones.

use auth_domain::account::{Account, PasswordHash};
use auth_domain::ports::{NoKeyOpensIt, Resealing};
use auth_domain::retired_key::RetiredKey;
use auth_domain::session::KeyId;
use auth_domain::signing_key::SigningKey;
use auth_domain::two_factor::{RecoveryCodeHash, SealedSecret};
use auth_domain::{AccountId, Randomness, RetiredKeyId, Timestamp};
use uuid::Uuid;

use crate::hashing_lane::key_id_of;
use crate::key_ring::KeyRing;
use crate::sealing::{Purpose, is_sealed_with_newest, open, seal};

/// Reseals with the newest key of a ring.
#[derive(Debug)]
pub struct RingResealing(KeyRing);

impl RingResealing {
    /// Moves secrets from the older keys of `ring` to its newest.
    pub const fn new(ring: KeyRing) -> Self {
        Self(ring)
    }

    fn reseal(
        &self,
        purpose: Purpose,
        row: Uuid,
        sealed: &[u8],
        nonce: Randomness,
    ) -> Result<Option<Vec<u8>>, NoKeyOpensIt> {
        let plain = open(&self.0, purpose, row, sealed).ok_or(NoKeyOpensIt)?;
        Ok((!is_sealed_with_newest(&self.0, sealed)).then(|| seal(&self.0, purpose, row, &nonce, &plain)))
    }
}

impl Resealing for RingResealing {
    fn app_secret(
        &self,
        account_id: AccountId,
        secret: &SealedSecret,
        nonce: Randomness,
    ) -> Result<Option<SealedSecret>, NoKeyOpensIt> {
        let sealed = self.reseal(Purpose::TotpSecret, account_id.as_uuid(), secret.as_bytes(), nonce)?;
        Ok(sealed.map(SealedSecret::new))
    }

    fn foreign_hash(
        &self,
        account_id: AccountId,
        hash: &PasswordHash,
        nonce: Randomness,
    ) -> Result<Option<PasswordHash>, NoKeyOpensIt> {
        if !hash.is_imported() {
            return Ok(None);
        }
        let sealed = hash.sealed_foreign().ok_or(NoKeyOpensIt)?;
        let resealed = self.reseal(Purpose::ForeignHash, account_id.as_uuid(), &sealed, nonce)?;
        Ok(resealed.map(|sealed| PasswordHash::imported(&sealed)))
    }

    fn signing_key(&self, key: &SigningKey, nonce: Randomness) -> Result<Option<Vec<u8>>, NoKeyOpensIt> {
        self.reseal(Purpose::SigningKey, key.id.as_uuid(), &key.sealed_private_key, nonce)
    }

    fn retired_key(&self, key: &RetiredKey, nonce: Randomness) -> Result<Option<Vec<u8>>, NoKeyOpensIt> {
        self.reseal(Purpose::RetiredKey, key.id.as_uuid(), &key.sealed_keys, nonce)
    }

    fn newest(&self) -> KeyId {
        self.0.newest().id.clone()
    }

    fn older(&self) -> Vec<KeyId> {
        self.0.older().map(|key| key.id.clone()).collect()
    }

    fn retire(&self, key_id: &KeyId, id: RetiredKeyId, at: Timestamp, nonce: Randomness) -> Option<RetiredKey> {
        let key = self.0.older().find(|key| key.id == *key_id)?;
        let sealed_keys = seal(&self.0, Purpose::RetiredKey, id.as_uuid(), &nonce, &key.remainder());
        Some(RetiredKey { id, key_id: key_id.clone(), sealed_keys, retired_at: at })
    }

    fn needed_by(&self, account: &Account) -> Vec<KeyId> {
        // A sealed foreign hash is resealed, and then needs none.
        let own = account.password_hash.as_ref().filter(|hash| !hash.is_imported());
        let password = own.map(PasswordHash::as_phc).and_then(key_id_of);
        let codes = account.two_factor.recovery_codes.iter().map(RecoveryCodeHash::as_str);
        let codes = codes.filter_map(|code| Some(KeyId::new(code.split_once(':')?.0.to_owned())));
        let mut needed: Vec<KeyId> = password.into_iter().chain(codes).collect();
        needed.sort_by(|one, other| one.as_str().cmp(other.as_str()));
        needed.dedup();
        needed.retain(|key_id| *key_id != self.0.newest().id);
        needed
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::key_ring::MasterKey;
    use crate::sealing::seal;

    const NOW: Timestamp = Timestamp::from_seconds(1_800_000_000);

    #[test]
    fn what_is_left_of_a_key_verifies_but_opens_nothing() {
        let (old, new) = (MasterKey::new([1; 32]), MasterKey::new([2; 32]));
        let before = KeyRing::new(&old, &[]);
        let both = KeyRing::new(&new, std::slice::from_ref(&old));
        let resealing = RingResealing::new(both.clone());
        let [old_id] = resealing.older().try_into().unwrap();
        let id = RetiredKeyId::generate(NOW, [3; 32]);
        let retired = resealing.retire(&old_id, id, NOW, [4; 32]).unwrap();
        assert!(resealing.retire(&both.newest().id, id, NOW, [4; 32]).is_none(), "never the newest");

        let day = Duration::from_secs(86_400);
        let alone = KeyRing::new(&new, &[]);
        let after = alone.with_retired(std::slice::from_ref(&retired), 90 * day).unwrap();
        let sealed = seal(&before, Purpose::TotpSecret, id.as_uuid(), &[9; 32], b"secret");
        assert!(open(&both, Purpose::TotpSecret, id.as_uuid(), &sealed).is_some());
        assert!(open(&after, Purpose::TotpSecret, id.as_uuid(), &sealed).is_none());
        let kept = after.all().find(|key| key.id == old_id).unwrap();
        assert_eq!((kept.pepper, kept.recovery_codes), (before.newest().pepper, before.newest().recovery_codes));

        let count = |keys: &mut dyn Iterator<Item = &crate::key_ring::DerivedKeys>| keys.count();
        assert_eq!(count(&mut after.good_for_steps(NOW + day)), 2);
        assert_eq!(count(&mut after.good_for_steps(NOW + day + Duration::from_micros(1))), 1);
        assert_eq!(count(&mut after.good_for_sessions(NOW + 90 * day)), 2);
        assert_eq!(count(&mut after.good_for_sessions(NOW + 91 * day)), 1);

        let third = KeyRing::new(&MasterKey::new([5; 32]), &[new]);
        let again = RingResealing::new(third.clone()).retired_key(&retired, [6; 32]).unwrap().unwrap();
        let moved = RetiredKey { sealed_keys: again, ..retired.clone() };
        let alone = KeyRing::new(&MasterKey::new([5; 32]), &[]);
        assert!(alone.clone().with_retired(std::slice::from_ref(&moved), day).is_ok());
        assert!(alone.with_retired(&[retired], day).is_err(), "its key is gone");
    }
}
