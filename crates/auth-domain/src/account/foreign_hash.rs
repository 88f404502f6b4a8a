//! Password hashes that other systems made. They are imported sealed, compared once, and replaced by an own hash at the
//! first login. Their texts are read elsewhere; this says what they are, and how much work a comparison may take.

use std::fmt;

use super::HashCost;
use crate::named::named;

named! {
    /// A variant of Argon2 (RFC 9106).
    pub enum Argon2Variant {
        /// Data-independent.
        I = "argon2i",
        /// Data-dependent.
        D = "argon2d",
        /// Both.
        Id = "argon2id",
    }
}

named! {
    /// The hash function inside PBKDF2 (RFC 8018).
    pub enum Digest {
        /// SHA-1.
        Sha1 = "sha1",
        /// SHA-256.
        Sha256 = "sha256",
        /// SHA-512.
        Sha512 = "sha512",
    }
}

/// A password hash of another system, with everything that a comparison needs.
#[derive(Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "a field whose name says it needs no comment")]
pub enum ForeignHash {
    /// bcrypt, which reads only the first 72 bytes of a password.
    Bcrypt {
        /// The logarithm of the number of rounds.
        cost: u32,
        salt: [u8; 16],
        hash: [u8; 23],
        /// Whether bcrypt got the hexadecimal SHA-256 of the password, as Django's `bcrypt_sha256` does.
        of_sha256: bool,
    },
    /// Argon2 without a secret.
    Argon2 {
        variant: Argon2Variant,
        /// 16 or 19.
        version: u32,
        memory_kib: u32,
        passes: u32,
        lanes: u32,
        salt: Vec<u8>,
        hash: Vec<u8>,
    },
    /// scrypt (RFC 7914).
    Scrypt {
        /// The logarithm of the cost parameter N.
        log_n: u8,
        r: u32,
        p: u32,
        salt: Vec<u8>,
        hash: Vec<u8>,
        /// Whether the password was normalised to NFKC first, as better-auth does.
        of_nfkc: bool,
    },
    /// PBKDF2 (RFC 8018) with HMAC.
    Pbkdf2 { digest: Digest, iterations: u32, salt: Vec<u8>, hash: Vec<u8> },
    /// Firebase's scrypt: the derived key encrypts the signer key of the project.
    FirebaseScrypt {
        /// The logarithm of the cost parameter N, which Firebase calls the memory cost.
        log_n: u8,
        /// The block size r, which Firebase calls the rounds.
        rounds: u32,
        signer_key: Vec<u8>,
        salt_separator: Vec<u8>,
        salt: Vec<u8>,
        hash: Vec<u8>,
    },
}

impl fmt::Debug for ForeignHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ForeignHash({}, …)", self.scheme())
    }
}

/// Why a hash of another system is not imported.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UnusableHash {
    /// A parameter is outside the bounds of its scheme.
    #[error("the {scheme} hash has an invalid {parameter}")]
    OutOfRange {
        /// The scheme.
        scheme: &'static str,
        /// The parameter.
        parameter: &'static str,
    },
    /// A comparison would take more work than the service allows.
    #[error(
        "comparing a password with the {scheme} hash takes about {times} times the work of a new hash; at most {most} \
         times are allowed"
    )]
    TooDear {
        /// The scheme.
        scheme: &'static str,
        /// How many times the work of a new hash.
        times: u64,
        /// How many times are allowed.
        most: u64,
    },
    /// A comparison would take more memory than the service allows.
    #[error("comparing a password with the {scheme} hash takes {} MiB of memory; at most {} are allowed", .kib >> 10, .most >> 10)]
    TooLarge {
        /// The scheme.
        scheme: &'static str,
        /// The memory, in KiB.
        kib: u64,
        /// The allowed memory, in KiB.
        most: u64,
    },
}

/// What a comparison takes. The unit of work is that of Argon2: a KiB filled once.
struct Effort {
    memory_kib: u64,
    work: u64,
}

impl ForeignHash {
    /// How many times the work of an own hash a comparison may take. With the default cost of own hashes this admits
    /// Django's 1,200,000 iterations, bcrypt up to a cost of 14, and Keycloak's and passlib's defaults.
    pub const MOST_TIMES: u64 = 50;
    /// The most memory of a comparison, in KiB. passlib's scrypt takes 64 MiB, Django's Argon2 100 MiB.
    pub const MOST_MEMORY_KIB: u64 = 256 << 10;
    /// The work of an own hash of the default cost, below which no configured cost lowers the bound.
    const DEFAULT_WORK: u64 = 19_456 * 2;

    /// Returns the name of the scheme.
    pub const fn scheme(&self) -> &'static str {
        match self {
            Self::Bcrypt { .. } => "bcrypt",
            Self::Argon2 { .. } => "Argon2",
            Self::Scrypt { .. } => "scrypt",
            Self::Pbkdf2 { .. } => "PBKDF2",
            Self::FirebaseScrypt { .. } => "Firebase scrypt",
        }
    }

    /// Checks that the hash is well-formed and that a comparison stays within bounds, where `configured` is the cost of
    /// own hashes.
    pub fn check(&self, configured: HashCost) -> Result<(), UnusableHash> {
        let scheme = self.scheme();
        if let Some(parameter) = self.out_of_range() {
            return Err(UnusableHash::OutOfRange { scheme, parameter });
        }
        let Effort { memory_kib, work } = self.effort();
        if memory_kib > Self::MOST_MEMORY_KIB {
            return Err(UnusableHash::TooLarge { scheme, kib: memory_kib, most: Self::MOST_MEMORY_KIB });
        }
        let own = (u64::from(configured.memory_kib) * u64::from(configured.passes)).max(Self::DEFAULT_WORK);
        let times = work.div_ceil(own);
        if times > Self::MOST_TIMES {
            return Err(UnusableHash::TooDear { scheme, times, most: Self::MOST_TIMES });
        }
        Ok(())
    }

    /// Returns the first parameter that is outside the bounds of the scheme.
    fn out_of_range(&self) -> Option<&'static str> {
        let wrong = |salt: &[u8], hash: &[u8]| {
            let checks = [(salt.len() > 1024, "salt"), (!(16..=64).contains(&hash.len()), "length")];
            checks.into_iter().find_map(|(wrong, parameter)| wrong.then_some(parameter))
        };
        let zero = |value: u32, parameter| (value == 0 || value > 1 << 24).then_some(parameter);
        match self {
            Self::Bcrypt { cost, .. } => (!(4..=31).contains(cost)).then_some("cost"),
            Self::Argon2 { version, passes, lanes, memory_kib, salt, hash, .. } => {
                let wrong_memory = u64::from(*memory_kib) < 8 * u64::from(*lanes);
                (![16, 19].contains(version))
                    .then_some("version")
                    .or_else(|| zero(*passes, "number of passes"))
                    .or_else(|| zero(*lanes, "number of lanes"))
                    .or_else(|| wrong_memory.then_some("memory"))
                    .or_else(|| (salt.len() < 8).then_some("salt"))
                    .or_else(|| wrong(salt, hash))
            }
            Self::Scrypt { log_n, r, p, salt, hash, .. } => (!(1..=31).contains(log_n))
                .then_some("N")
                .or_else(|| zero(*r, "r"))
                .or_else(|| zero(*p, "p"))
                .or_else(|| wrong(salt, hash)),
            Self::Pbkdf2 { iterations, salt, hash, .. } => {
                (*iterations == 0).then_some("number of iterations").or_else(|| wrong(salt, hash))
            }
            Self::FirebaseScrypt { log_n, rounds, signer_key, salt_separator, salt, hash } => (!(1..=31)
                .contains(log_n))
            .then_some("memory cost")
            .or_else(|| zero(*rounds, "number of rounds"))
            .or_else(|| (signer_key.len() != hash.len()).then_some("signer key"))
            .or_else(|| (salt_separator.len() > 64).then_some("salt separator"))
            .or_else(|| wrong(salt, hash)),
        }
    }

    /// Estimates a comparison. The factors were measured against Argon2id on one core (`docs/import.md`).
    fn effort(&self) -> Effort {
        let scrypt = |log_n: u8, r: u32, p: u32| {
            let memory_kib = ((1_u64 << log_n).saturating_mul(u64::from(r)) / 8).max(1);
            Effort { memory_kib, work: memory_kib.saturating_mul(u64::from(p)).saturating_mul(6) }
        };
        match self {
            Self::Bcrypt { cost, .. } => Effort { memory_kib: 4, work: (1_u64 << cost).saturating_mul(100) },
            Self::Argon2 { memory_kib, passes, .. } => {
                let memory_kib = u64::from(*memory_kib);
                Effort { memory_kib, work: memory_kib.saturating_mul(u64::from(*passes)) }
            }
            Self::Scrypt { log_n, r, p, .. } => scrypt(*log_n, *r, *p),
            Self::FirebaseScrypt { log_n, rounds, .. } => scrypt(*log_n, *rounds, 1),
            Self::Pbkdf2 { digest, iterations, hash, .. } => {
                let block = match digest {
                    Digest::Sha1 => 20,
                    Digest::Sha256 => 32,
                    Digest::Sha512 => 64,
                };
                let blocks = hash.len().div_ceil(block) as u64;
                Effort { memory_kib: 1, work: u64::from(*iterations).saturating_mul(blocks).saturating_mul(3) / 2 }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DEFAULT: HashCost = HashCost { memory_kib: 19_456, passes: 2 };

    fn bcrypt(cost: u32) -> ForeignHash {
        ForeignHash::Bcrypt { cost, salt: [1; 16], hash: [2; 23], of_sha256: false }
    }

    fn pbkdf2(iterations: u32) -> ForeignHash {
        ForeignHash::Pbkdf2 { digest: Digest::Sha256, iterations, salt: vec![1; 12], hash: vec![2; 32] }
    }

    fn scrypt(log_n: u8, r: u32, p: u32) -> ForeignHash {
        ForeignHash::Scrypt { log_n, r, p, salt: vec![1; 16], hash: vec![2; 64], of_nfkc: false }
    }

    fn argon2(memory_kib: u32, passes: u32) -> ForeignHash {
        let (salt, hash) = (vec![1; 16], vec![2; 32]);
        ForeignHash::Argon2 { variant: Argon2Variant::Id, version: 19, memory_kib, passes, lanes: 4, salt, hash }
    }

    #[test]
    fn the_defaults_of_other_systems_are_affordable() {
        for hash in [bcrypt(10), bcrypt(14), pbkdf2(1_200_000), scrypt(14, 16, 1), scrypt(16, 8, 1), scrypt(14, 8, 5)] {
            assert_eq!(hash.check(DEFAULT), Ok(()), "{hash:?}");
        }
        for hash in [argon2(102_400, 2), argon2(65_536, 3), argon2(7_168, 5)] {
            assert_eq!(hash.check(DEFAULT), Ok(()), "{hash:?}");
        }
    }

    #[test]
    fn what_would_hold_a_thread_or_the_memory_is_not() {
        for hash in
            [bcrypt(15), bcrypt(31), pbkdf2(2_000_000), pbkdf2(u32::MAX), scrypt(14, 8, 1_000), argon2(200_000, 20)]
        {
            assert!(matches!(hash.check(DEFAULT), Err(UnusableHash::TooDear { most: 50, .. })), "{hash:?}");
        }
        for hash in [scrypt(31, 8, 1), scrypt(19, 8, 1), argon2(u32::MAX, 1)] {
            assert!(matches!(hash.check(DEFAULT), Err(UnusableHash::TooLarge { .. })), "{hash:?}");
        }
        let dear = HashCost { memory_kib: 1 << 18, passes: 4 };
        assert_eq!(bcrypt(15).check(dear), Ok(()), "dearer own hashes allow dearer foreign ones");
        let cheap = HashCost { memory_kib: 8, passes: 1 };
        assert_eq!(bcrypt(14).check(cheap), Ok(()), "cheaper ones do not forbid any");
    }

    #[test]
    fn malformed_parameters_are_named() {
        let short = ForeignHash::Pbkdf2 { digest: Digest::Sha1, iterations: 1, salt: vec![], hash: vec![1; 15] };
        for (hash, parameter) in [
            (bcrypt(3), "cost"),
            (pbkdf2(0), "number of iterations"),
            (short, "length"),
            (scrypt(0, 8, 1), "N"),
            (scrypt(40, 8, 1), "N"),
            (scrypt(14, 0, 1), "r"),
            (argon2(8, 1), "memory"),
            (argon2(1024, 0), "number of passes"),
        ] {
            let expected = UnusableHash::OutOfRange { scheme: hash.scheme(), parameter };
            assert_eq!(hash.check(DEFAULT), Err(expected), "{hash:?}");
        }
    }
}
