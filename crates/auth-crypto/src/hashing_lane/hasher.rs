//! Argon2id (RFC 9106) in memory that it keeps, with the newest key of the ring as pepper; and comparing with the hashes
//! of other systems.

use argon2::password_hash::phc::{Output, ParamsString, PasswordHash as Phc, Salt};
use argon2::{ARGON2ID_IDENT, Algorithm, Argon2, Block, KeyId as PhcKeyId, Params, ParamsBuilder, Version};
use auth_domain::account::{Argon2Variant, ForeignHash, HashCost, Password, PasswordHash};
use auth_domain::ports::{HashingError, PasswordVerdict, StoredHash};
use auth_domain::session::KeyId;
use zeroize::Zeroizing;

use super::{HashParameters, LaneError};
use crate::foreign_hashes::{matches, open_foreign, same};
use crate::key_ring::KeyRing;

const OUTPUT: usize = 32;
/// The reserved memory of a hash, in blocks of 1 KiB; pages that are not written cost nothing. glibc always takes an
/// allocation of more than 32 MiB from the system and returns it when it is freed. A smaller one it may keep.
const RESERVED: usize = 33 * 1024;

/// What to do with a password.
pub(super) enum Work {
    Hash { salt: [u8; 16] },
    Verify { hash: Option<StoredHash> },
}

/// The result.
pub(super) enum Done {
    Hashed(PasswordHash),
    Compared(PasswordVerdict),
}

/// What one thread needs: the ring, the current parameters, and the memory for them while there is work.
pub(super) struct Hasher {
    ring: KeyRing,
    params: Params,
    memory: Vec<Block>,
}

impl Hasher {
    /// Creates a hasher that holds no memory yet.
    pub(super) fn new(ring: KeyRing, parameters: HashParameters) -> Result<Self, LaneError> {
        let key_id = PhcKeyId::new(&ring.newest().id_bytes).map_err(|_| LaneError::Parameters)?;
        let mut builder = ParamsBuilder::new();
        builder.m_cost(parameters.memory_kib).t_cost(parameters.passes).p_cost(1).output_len(OUTPUT).keyid(key_id);
        let params = builder.build().map_err(|_| LaneError::Parameters)?;
        Ok(Self { ring, params, memory: Vec::new() })
    }

    /// Tells whether it holds the memory of a hash.
    pub(super) fn holds_memory(&self) -> bool {
        self.memory.capacity() > 0
    }

    /// Returns the memory to the system. The next hash allocates it again.
    pub(super) fn release_memory(&mut self) {
        self.memory = Vec::new();
    }

    /// Does the work, however long it takes.
    pub(super) fn work(&mut self, password: &Password, work: Work) -> Result<Done, HashingError> {
        match work {
            Work::Hash { salt } => self.hash(password, salt).map(Done::Hashed),
            Work::Verify { hash: Some(stored) } if stored.hash.is_imported() => {
                self.verify_foreign(password, &stored).map(Done::Compared)
            }
            Work::Verify { hash: Some(stored) } => self.verify(password, &stored.hash).map(Done::Compared),
            Work::Verify { hash: None } => self.hash(password, [0; 16]).map(|_| Done::Compared(PasswordVerdict::Miss)),
        }
    }

    fn hash(&mut self, password: &Password, salt: [u8; 16]) -> Result<PasswordHash, HashingError> {
        let broken = |_| HashingError::Broken("the hash cannot be written");
        let pepper = self.ring.newest().pepper;
        let output = self.argon2(self.params.clone(), &pepper, password, &salt)?;
        let phc = Phc {
            algorithm: ARGON2ID_IDENT,
            version: Some(Version::V0x13.into()),
            params: ParamsString::try_from(&self.params)
                .map_err(|_| HashingError::Broken("the parameters cannot be written"))?,
            salt: Some(Salt::new(&salt).map_err(broken)?),
            hash: Some(Output::new(&output).map_err(broken)?),
        };
        Ok(PasswordHash::from_phc(phc.to_string()))
    }

    fn verify(&mut self, password: &Password, stored: &PasswordHash) -> Result<PasswordVerdict, HashingError> {
        let phc = Phc::new(stored.as_phc()).map_err(|_| HashingError::Broken("it is not a PHC string"))?;
        let params = Params::try_from(&phc).map_err(|_| HashingError::Broken("its parameters are unknown"))?;
        let cost = HashCost { memory_kib: params.m_cost(), passes: params.t_cost() };
        if !cost.is_bearable(HashCost { memory_kib: self.params.m_cost(), passes: self.params.t_cost() }) {
            return Err(HashingError::Broken(
                "it costs far more than configured (AUTH_HASH_MEMORY_KIB, AUTH_HASH_PASSES)",
            ));
        }
        let known = phc.algorithm == ARGON2ID_IDENT && phc.version == Some(Version::V0x13.into());
        let (Some(salt), Some(expected), true) = (phc.salt, phc.hash, known) else {
            return Err(HashingError::Broken("it is not an Argon2id hash of version 19"));
        };
        let key = self.ring.all().find(|key| key.id_bytes == params.keyid());
        let pepper = key.ok_or(HashingError::Broken("its master key is not configured"))?.pepper;
        let output = self.argon2(params.clone(), &pepper, password, &salt)?;
        // `Output` compares in constant time.
        let same = Output::new(&output).is_ok_and(|output| output == expected);
        Ok(match (same, self.is_current(&params)) {
            (false, _) => PasswordVerdict::Miss,
            (true, true) => PasswordVerdict::Match,
            (true, false) => PasswordVerdict::MatchOutdated,
        })
    }

    /// Compares a password with the hash of another system. The bounds of the import are checked again: they may have
    /// been wider when it was imported.
    fn verify_foreign(&mut self, password: &Password, stored: &StoredHash) -> Result<PasswordVerdict, HashingError> {
        let foreign = open_foreign(&self.ring, stored.account_id, &stored.hash)
            .ok_or(HashingError::Broken("the imported hash cannot be decrypted with the configured master keys"))?;
        let own = HashCost { memory_kib: self.params.m_cost(), passes: self.params.t_cost() };
        foreign.check(own).map_err(|_| HashingError::Broken("the imported hash costs more than is allowed"))?;
        let matched = match &foreign {
            ForeignHash::Argon2 { .. } => self.matches_argon2(password, &foreign),
            _ => matches(password, &foreign),
        };
        match matched {
            Some(true) => Ok(PasswordVerdict::MatchOutdated),
            Some(false) => Ok(PasswordVerdict::Miss),
            None => Err(HashingError::Broken("the parameters of the imported hash are refused")),
        }
    }

    fn matches_argon2(&mut self, password: &Password, foreign: &ForeignHash) -> Option<bool> {
        let ForeignHash::Argon2 { variant, version, memory_kib, passes, lanes, salt, hash } = foreign else {
            return None;
        };
        let algorithm = match variant {
            Argon2Variant::I => Algorithm::Argon2i,
            Argon2Variant::D => Algorithm::Argon2d,
            Argon2Variant::Id => Algorithm::Argon2id,
        };
        let params = Params::new(*memory_kib, *passes, *lanes, Some(hash.len())).ok()?;
        self.provide(params.block_count());
        let argon2 = Argon2::new(algorithm, Version::try_from(*version).ok()?, params);
        let mut output = Zeroizing::new(vec![0; hash.len()]);
        let text = password.reveal().as_bytes();
        let hashed = argon2.hash_password_into_with_memory(text, salt, &mut output, &mut self.memory);
        self.release_excess();
        hashed.ok().map(|()| same(&output, hash))
    }

    fn is_current(&self, params: &Params) -> bool {
        let parts = |params: &Params| (params.m_cost(), params.t_cost(), params.p_cost(), params.keyid().to_vec());
        parts(params) == parts(&self.params)
    }

    fn argon2(
        &mut self,
        params: Params,
        pepper: &[u8],
        password: &Password,
        salt: &[u8],
    ) -> Result<[u8; OUTPUT], HashingError> {
        let broken = |_| HashingError::Broken("Argon2 refuses its parameters");
        self.provide(params.block_count());
        let argon2 = Argon2::new_with_secret(pepper, Algorithm::Argon2id, Version::V0x13, params).map_err(broken)?;
        let mut output = [0; OUTPUT];
        let text = password.reveal().as_bytes();
        let hashed = argon2.hash_password_into_with_memory(text, salt, &mut output, &mut self.memory);
        self.release_excess();
        hashed.map_err(broken)?;
        Ok(output)
    }

    /// A more expensive hash, for example from before the settings were lowered, must not keep its memory for good.
    fn release_excess(&mut self) {
        if self.memory.len() > self.params.block_count() {
            self.release_memory();
        }
    }

    /// Makes sure that there are this many blocks.
    fn provide(&mut self, blocks: usize) {
        if self.memory.len() >= blocks {
            return;
        }
        // Not grown in place: the current content is not needed.
        let capacity = blocks.max(self.params.block_count()).max(RESERVED);
        if self.memory.capacity() < capacity {
            self.release_memory();
            self.memory.reserve_exact(capacity);
        }
        self.memory.resize(blocks.max(self.params.block_count()), Block::default());
    }
}

/// Returns the id of the master key with which a stored password was hashed; `None` if the hash does not say.
pub(crate) fn key_id_of(phc: &str) -> Option<KeyId> {
    let phc = Phc::new(phc).ok()?;
    let params = Params::try_from(&phc).ok()?;
    Some(KeyId::new(params.keyid().iter().map(|byte| format!("{byte:02x}")).collect()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::key_ring::MasterKey;

    #[test]
    fn memory_is_held_from_a_hash_until_it_is_released_and_that_of_a_dearer_hash_at_once() {
        let ring = KeyRing::new(&MasterKey::new([1; 32]), &[]);
        let hasher = |passes, memory_kib| {
            let parameters = HashParameters { memory_kib, passes, threads: 1, queue_per_thread: 0 };
            Hasher::new(ring.clone(), parameters).unwrap()
        };
        let mut hashing = hasher(1, 64);
        assert!(!hashing.holds_memory());
        let hash = |hashing: &mut Hasher| hashing.hash(&Password::new("right"), [5; 16]).unwrap();
        let first = hash(&mut hashing);
        let held = hashing.memory.as_ptr();
        assert!(hashing.holds_memory());
        assert_eq!(hash(&mut hashing), first);
        assert_eq!(hashing.memory.as_ptr(), held, "a further hash allocates nothing");
        hashing.release_memory();
        assert!(!hashing.holds_memory());
        assert_eq!(hash(&mut hashing), first);

        let dearer = hash(&mut hasher(1, 128));
        for _ in 0..2 {
            let verdict = hashing.verify(&Password::new("right"), &dearer);
            assert_eq!(verdict, Ok(PasswordVerdict::MatchOutdated));
            assert!(!hashing.holds_memory());
        }
        assert_eq!(hash(&mut hashing), first);
    }
}
