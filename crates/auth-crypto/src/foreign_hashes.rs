//! Password hashes of other systems: how they are sealed, and how a password is compared with one. Argon2 is in the
//! hasher of the lane, which has its memory.

use aes::Aes256;
use argon2::password_hash::phc::Output;
use auth_domain::AccountId;
use auth_domain::account::{Argon2Variant, Digest, ForeignHash, Password, PasswordHash};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use ctr::Ctr128BE;
use ctr::cipher::{KeyIvInit as _, StreamCipher as _};
use pbkdf2::pbkdf2_hmac;
use serde::{Deserialize, Serialize};
use sha1::Sha1;
use sha2::{Digest as _, Sha256, Sha512};
use unicode_normalization::UnicodeNormalization as _;
use zeroize::Zeroizing;

use crate::key_ring::KeyRing;
use crate::sealing::{Purpose, open, seal};

/// bcrypt reads no further byte of a password, including the zero that ends a shorter one.
const BCRYPT_BYTES: usize = 72;

/// What is sealed: the JSON of this, with bytes in Base64.
#[derive(Serialize, Deserialize)]
#[serde(tag = "scheme", rename_all = "snake_case")]
enum Sealed {
    Bcrypt { cost: u32, salt: Bytes, hash: Bytes, of_sha256: bool },
    Argon2 { variant: String, version: u32, memory_kib: u32, passes: u32, lanes: u32, salt: Bytes, hash: Bytes },
    Scrypt { log_n: u8, r: u32, p: u32, salt: Bytes, hash: Bytes, of_nfkc: bool },
    Pbkdf2 { digest: String, iterations: u32, salt: Bytes, hash: Bytes },
    FirebaseScrypt { log_n: u8, rounds: u32, signer_key: Bytes, salt_separator: Bytes, salt: Bytes, hash: Bytes },
}

#[derive(Serialize, Deserialize)]
struct Bytes(Zeroizing<String>);

impl Bytes {
    fn of(bytes: &[u8]) -> Self {
        Self(Zeroizing::new(STANDARD_NO_PAD.encode(bytes)))
    }

    fn decoded(&self) -> Option<Vec<u8>> {
        STANDARD_NO_PAD.decode(self.0.as_bytes()).ok()
    }

    fn array<const N: usize>(&self) -> Option<[u8; N]> {
        self.decoded()?.try_into().ok()
    }
}

impl From<&ForeignHash> for Sealed {
    fn from(hash: &ForeignHash) -> Self {
        let bytes = |bytes: &[u8]| Bytes::of(bytes);
        match hash {
            ForeignHash::Bcrypt { cost, salt, hash, of_sha256 } => {
                Self::Bcrypt { cost: *cost, salt: bytes(salt), hash: bytes(hash), of_sha256: *of_sha256 }
            }
            ForeignHash::Argon2 { variant, version, memory_kib, passes, lanes, salt, hash } => Self::Argon2 {
                variant: variant.as_str().to_owned(),
                version: *version,
                memory_kib: *memory_kib,
                passes: *passes,
                lanes: *lanes,
                salt: bytes(salt),
                hash: bytes(hash),
            },
            ForeignHash::Scrypt { log_n, r, p, salt, hash, of_nfkc } => {
                Self::Scrypt { log_n: *log_n, r: *r, p: *p, salt: bytes(salt), hash: bytes(hash), of_nfkc: *of_nfkc }
            }
            ForeignHash::Pbkdf2 { digest, iterations, salt, hash } => Self::Pbkdf2 {
                digest: digest.as_str().to_owned(),
                iterations: *iterations,
                salt: bytes(salt),
                hash: bytes(hash),
            },
            ForeignHash::FirebaseScrypt { log_n, rounds, signer_key, salt_separator, salt, hash } => {
                Self::FirebaseScrypt {
                    log_n: *log_n,
                    rounds: *rounds,
                    signer_key: bytes(signer_key),
                    salt_separator: bytes(salt_separator),
                    salt: bytes(salt),
                    hash: bytes(hash),
                }
            }
        }
    }
}

impl Sealed {
    fn opened(self) -> Option<ForeignHash> {
        Some(match self {
            Self::Bcrypt { cost, salt, hash, of_sha256 } => {
                ForeignHash::Bcrypt { cost, salt: salt.array()?, hash: hash.array()?, of_sha256 }
            }
            Self::Argon2 { variant, version, memory_kib, passes, lanes, salt, hash } => ForeignHash::Argon2 {
                variant: Argon2Variant::parse(&variant)?,
                version,
                memory_kib,
                passes,
                lanes,
                salt: salt.decoded()?,
                hash: hash.decoded()?,
            },
            Self::Scrypt { log_n, r, p, salt, hash, of_nfkc } => {
                ForeignHash::Scrypt { log_n, r, p, salt: salt.decoded()?, hash: hash.decoded()?, of_nfkc }
            }
            Self::Pbkdf2 { digest, iterations, salt, hash } => ForeignHash::Pbkdf2 {
                digest: Digest::parse(&digest)?,
                iterations,
                salt: salt.decoded()?,
                hash: hash.decoded()?,
            },
            Self::FirebaseScrypt { log_n, rounds, signer_key, salt_separator, salt, hash } => {
                ForeignHash::FirebaseScrypt {
                    log_n,
                    rounds,
                    signer_key: signer_key.decoded()?,
                    salt_separator: salt_separator.decoded()?,
                    salt: salt.decoded()?,
                    hash: hash.decoded()?,
                }
            }
        })
    }
}

/// Seals a foreign hash for its account with the newest key.
pub(crate) fn seal_foreign(
    ring: &KeyRing,
    account_id: AccountId,
    hash: &ForeignHash,
    nonce: &[u8; 32],
) -> PasswordHash {
    let written = serde_json::to_vec(&Sealed::from(hash));
    let plain = Zeroizing::new(written.unwrap_or_else(|_| unreachable!("texts and numbers are always written")));
    PasswordHash::imported(&seal(ring, Purpose::ForeignHash, account_id.as_uuid(), nonce, &plain))
}

/// Opens what [`seal_foreign`] made for the same account; `None` if it is something else, or its key is not in the ring.
pub(crate) fn open_foreign(ring: &KeyRing, account_id: AccountId, stored: &PasswordHash) -> Option<ForeignHash> {
    let plain = open(ring, Purpose::ForeignHash, account_id.as_uuid(), &stored.sealed_foreign()?)?;
    serde_json::from_slice::<Sealed>(&plain).ok()?.opened()
}

/// Compares in constant time; both have 16 to 64 bytes.
pub(crate) fn same(computed: &[u8], expected: &[u8]) -> bool {
    // `Output` compares in constant time.
    Output::new(computed).ok().zip(Output::new(expected).ok()).is_some_and(|(computed, expected)| computed == expected)
}

/// Compares a password with a hash that is not Argon2; `None` if its parameters are refused.
pub(crate) fn matches(password: &Password, hash: &ForeignHash) -> Option<bool> {
    let text = password.reveal();
    match hash {
        ForeignHash::Argon2 { .. } => None,
        ForeignHash::Bcrypt { cost, salt, hash, of_sha256 } => {
            let digest = of_sha256.then(|| hexadecimal(&Sha256::digest(text.as_bytes())));
            let given = digest.as_ref().map_or(text.as_bytes(), |digest| digest.as_bytes());
            Some(same(&bcrypt_of(given, *cost, *salt)[..], hash))
        }
        ForeignHash::Scrypt { log_n, r, p, salt, hash, of_nfkc } => {
            let normal = of_nfkc.then(|| Zeroizing::new(text.nfkc().collect::<String>()));
            let given = normal.as_ref().map_or(text, |normal| normal.as_str());
            Some(same(&scrypt_of(given, salt, (*log_n, *r, *p), hash.len())?, hash))
        }
        ForeignHash::Pbkdf2 { digest, iterations, salt, hash } => {
            let mut output = Zeroizing::new(vec![0; hash.len()]);
            let derive = match digest {
                Digest::Sha1 => pbkdf2_hmac::<Sha1>,
                Digest::Sha256 => pbkdf2_hmac::<Sha256>,
                Digest::Sha512 => pbkdf2_hmac::<Sha512>,
            };
            derive(text.as_bytes(), salt, *iterations, &mut output);
            Some(same(&output, hash))
        }
        ForeignHash::FirebaseScrypt { log_n, rounds, signer_key, salt_separator, salt, hash } => {
            let salt = [salt.as_slice(), salt_separator].concat();
            let key = scrypt_of(text, &salt, (*log_n, *rounds, 1), 32)?;
            let mut encrypted = Zeroizing::new(signer_key.clone());
            Ctr128BE::<Aes256>::new_from_slices(&key, &[0; 16]).ok()?.apply_keystream(&mut encrypted);
            Some(same(&encrypted, hash))
        }
    }
}

fn hexadecimal(bytes: &[u8]) -> Zeroizing<String> {
    Zeroizing::new(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

fn bcrypt_of(given: &[u8], cost: u32, salt: [u8; 16]) -> Zeroizing<[u8; 23]> {
    let mut text = Zeroizing::new([0; BCRYPT_BYTES]);
    let length = given.len().min(BCRYPT_BYTES);
    text[..length].copy_from_slice(&given[..length]);
    let output = Zeroizing::new(bcrypt::bcrypt(cost, salt, &text[..(length + 1).min(BCRYPT_BYTES)]));
    let mut hash = Zeroizing::new([0; 23]);
    hash.copy_from_slice(&output[..23]);
    hash
}

fn scrypt_of(given: &str, salt: &[u8], (log_n, r, p): (u8, u32, u32), length: usize) -> Option<Zeroizing<Vec<u8>>> {
    let mut output = Zeroizing::new(vec![0; length]);
    let params = scrypt::Params::new(log_n, r, p).ok()?;
    scrypt::scrypt(given.as_bytes(), salt, &params, &mut output).ok()?;
    Some(output)
}

#[cfg(test)]
mod tests {
    use auth_domain::Timestamp;

    use super::*;
    use crate::key_ring::MasterKey;

    #[test]
    fn every_scheme_opens_as_it_was_sealed_for_its_account_only() {
        let ring = KeyRing::new(&MasterKey::new([1; 32]), &[]);
        let [ann, bob] = [1, 2].map(|byte| AccountId::generate(Timestamp::from_seconds(1), [byte; 32]));
        let (salt, hash) = (vec![3; 8], vec![4; 32]);
        for foreign in [
            ForeignHash::Bcrypt { cost: 10, salt: [1; 16], hash: [2; 23], of_sha256: true },
            ForeignHash::Argon2 {
                variant: Argon2Variant::D,
                version: 16,
                memory_kib: 64,
                passes: 2,
                lanes: 3,
                salt: salt.clone(),
                hash: hash.clone(),
            },
            ForeignHash::Scrypt { log_n: 4, r: 5, p: 6, salt: salt.clone(), hash: hash.clone(), of_nfkc: true },
            ForeignHash::Pbkdf2 { digest: Digest::Sha512, iterations: 7, salt: salt.clone(), hash: hash.clone() },
            ForeignHash::FirebaseScrypt {
                log_n: 8,
                rounds: 9,
                signer_key: vec![5; 32],
                salt_separator: vec![6],
                salt: salt.clone(),
                hash: hash.clone(),
            },
        ] {
            let sealed = seal_foreign(&ring, ann, &foreign, &[7; 32]);
            assert_eq!(open_foreign(&ring, ann, &sealed), Some(foreign));
            assert_eq!(open_foreign(&ring, bob, &sealed), None);
            let other = KeyRing::new(&MasterKey::new([2; 32]), &[]);
            assert_eq!(open_foreign(&other, ann, &sealed), None);
        }
    }

    /// RFC 7914 section 12, and RFC 6070 for SHA-1.
    #[test]
    fn the_vectors_of_the_standards() {
        let hash = hex(
            "fdbabe1c9d3472007856e7190d01e9fe7c6ad7cbc8237830e77376634b3731622eaf30d92e22a3886ff109279d9830dac727afb94a83ee6d8360cbdfa2cc0640",
        );
        let scrypt = ForeignHash::Scrypt { log_n: 10, r: 8, p: 16, salt: b"NaCl".to_vec(), hash, of_nfkc: false };
        let hash = hex("4b007901b765489abead49d926f721d065a429c1");
        let pbkdf2 = ForeignHash::Pbkdf2 { digest: Digest::Sha1, iterations: 4096, salt: b"salt".to_vec(), hash };
        for foreign in [scrypt, pbkdf2] {
            assert_eq!(matches(&Password::new("password"), &foreign), Some(true), "{foreign:?}");
            assert_eq!(matches(&Password::new("passwort"), &foreign), Some(false), "{foreign:?}");
        }
    }

    fn hex(text: &str) -> Vec<u8> {
        data_encoding::HEXLOWER.decode(text.as_bytes()).unwrap()
    }
}
