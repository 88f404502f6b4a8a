//! The master keys and the keys derived from each (HKDF-SHA-256, RFC 5869, one label per use).

use std::fmt;
use std::time::Duration;

use crate::sealing::{Purpose, open};
use auth_domain::Timestamp;
use auth_domain::retired_key::RetiredKey;
use auth_domain::session::KeyId;
use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use hkdf::Hkdf;
use sha2::Sha256;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

/// Accepts padded and unpadded text.
const LENIENT: GeneralPurposeConfig =
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);

/// A master key: 32 random bytes on which all secrets depend.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct MasterKey([u8; 32]);

/// Why a text is not a list of master keys. Keys are counted from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "a field whose name says it needs no comment")]
pub enum InvalidMasterKey {
    /// There is no key in it.
    #[error("it is empty")]
    Empty,
    /// A key is not base64.
    #[error("key {number} is not base64")]
    NotBase64 { number: usize },
    /// A key does not have 32 bytes.
    #[error("key {number} has {bytes} bytes, not 32")]
    Length { number: usize, bytes: usize },
}

impl MasterKey {
    /// Creates a key from 32 random bytes.
    pub const fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Returns the key as an operator writes it: standard base64.
    pub fn to_base64(&self) -> Zeroizing<String> {
        Zeroizing::new(base64::engine::general_purpose::STANDARD.encode(self.0))
    }

    fn derive(&self, label: &str) -> [u8; 32] {
        let mut derived = [0; 32];
        let expanded = Hkdf::<Sha256>::new(Some(b"auth-service/v1"), &self.0).expand(label.as_bytes(), &mut derived);
        debug_assert!(expanded.is_ok(), "32 bytes are far below HKDF's limit");
        derived
    }
}

impl fmt::Debug for MasterKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MasterKey(…)")
    }
}

/// How long after its retirement a key is accepted for temp tokens and authorization requests: the longest that any of
/// them may live (`AUTH_TEMP_TTL`).
const STEPS: Duration = Duration::from_secs(86_400);

/// The keys derived from one master key that recognise what it made, and outlive it.
#[derive(Clone, ZeroizeOnDrop)]
pub(crate) struct DerivedKeys {
    #[zeroize(skip)]
    pub(crate) id: KeyId,
    /// The id as sealed rows and PHC strings contain it.
    pub(crate) id_bytes: [u8; 4],
    pub(crate) refresh_tokens: [u8; 32],
    pub(crate) pepper: [u8; 32],
    pub(crate) mailed_codes: [u8; 32],
    pub(crate) temp_tokens: [u8; 32],
    pub(crate) recovery_codes: [u8; 32],
    pub(crate) authorization_states: [u8; 32],
    pub(crate) authorization_secrets: [u8; 32],
    /// `None` if its master key is configured.
    #[zeroize(skip)]
    retirement: Option<Retirement>,
}

/// How long a retired key is accepted for what nothing in the database limits.
#[derive(Clone, Copy)]
struct Retirement {
    steps_until: Timestamp,
    sessions_until: Timestamp,
}

/// A configured master key, which also seals and opens.
#[derive(Clone, ZeroizeOnDrop)]
struct ConfiguredKey {
    derived: DerivedKeys,
    sealing: [u8; 32],
    names: [u8; 32],
}

impl DerivedKeys {
    fn of(master: &MasterKey) -> Self {
        let id = master.derive("key-id");
        let id_bytes = [id[0], id[1], id[2], id[3]];
        Self {
            id: KeyId::new(id_bytes.iter().map(|byte| format!("{byte:02x}")).collect()),
            id_bytes,
            refresh_tokens: master.derive("refresh-tokens"),
            pepper: master.derive("password-pepper"),
            mailed_codes: master.derive("mailed-codes"),
            temp_tokens: master.derive("temp-tokens"),
            recovery_codes: master.derive("recovery-codes"),
            authorization_states: master.derive("authorization-states"),
            authorization_secrets: master.derive("authorization-secrets"),
            retirement: None,
        }
    }

    /// Returns what is kept of the key when its master key is gone; [`Self::from_remainder`] reads it.
    pub(crate) fn remainder(&self) -> Zeroizing<Vec<u8>> {
        let Self { refresh_tokens, pepper, mailed_codes, temp_tokens, recovery_codes, .. } = self;
        let Self { authorization_states: states, authorization_secrets: secrets, .. } = self;
        let keys = [refresh_tokens, pepper, mailed_codes, temp_tokens, recovery_codes, states, secrets];
        Zeroizing::new(keys.into_iter().flatten().copied().collect())
    }

    fn from_remainder(id: &KeyId, remainder: &[u8], retirement: Retirement) -> Option<Self> {
        let mut id_bytes = [0; 4];
        for (byte, digits) in id_bytes.iter_mut().zip(id.as_str().as_bytes().chunks(2)) {
            *byte = u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()?;
        }
        let (keys, rest) = remainder.as_chunks::<32>();
        let (&[refresh_tokens, pepper, mailed_codes, temp_tokens, recovery_codes, states, secrets], []) = (keys, rest)
        else {
            return None;
        };
        Some(Self {
            id: id.clone(),
            id_bytes,
            refresh_tokens,
            pepper,
            mailed_codes,
            temp_tokens,
            recovery_codes,
            authorization_states: states,
            authorization_secrets: secrets,
            retirement: Some(retirement),
        })
    }
}

impl ConfiguredKey {
    fn of(master: &MasterKey) -> Self {
        Self {
            derived: DerivedKeys::of(master),
            sealing: master.derive("sealing"),
            names: master.derive("unknown-login-names"),
        }
    }
}

/// What is kept of a master key cannot be read, because its seal does not open.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the retired master key {0} cannot be decrypted: the master key that encrypted it is not configured")]
pub struct UnusableRetiredKey(pub String);

/// The master keys, newest first: the newest one creates, all of them verify, and the configured ones open. What is
/// kept of retired keys verifies for as long as it may.
#[derive(Clone)]
pub struct KeyRing {
    newest: ConfiguredKey,
    older: Vec<ConfiguredKey>,
    retired: Vec<DerivedKeys>,
}

impl KeyRing {
    /// Creates a ring of `newest` and the keys that it replaced.
    pub fn new(newest: &MasterKey, older: &[MasterKey]) -> Self {
        Self {
            newest: ConfiguredKey::of(newest),
            older: older.iter().map(ConfiguredKey::of).collect(),
            retired: Vec::new(),
        }
    }

    /// Adds what is kept of retired keys, except of those that are configured. No session is older than
    /// `longest_session`.
    pub fn with_retired(
        mut self,
        retired: &[RetiredKey],
        longest_session: Duration,
    ) -> Result<Self, UnusableRetiredKey> {
        for key in retired {
            if self.configured().any(|configured| configured.derived.id == key.key_id) {
                continue;
            }
            let retirement =
                Retirement { steps_until: key.retired_at + STEPS, sessions_until: key.retired_at + longest_session };
            let remainder = open(&self, Purpose::RetiredKey, key.id.as_uuid(), &key.sealed_keys);
            let derived =
                remainder.and_then(|remainder| DerivedKeys::from_remainder(&key.key_id, &remainder, retirement));
            self.retired.push(derived.ok_or_else(|| UnusableRetiredKey(key.key_id.as_str().to_owned()))?);
        }
        Ok(self)
    }

    /// Parses `AUTH_SECRET_KEY`: base64 (either alphabet, padded or not) of 32 bytes each, separated
    /// by commas, newest first.
    pub fn parse(text: &str) -> Result<Self, InvalidMasterKey> {
        let text = text.trim();
        if text.is_empty() {
            return Err(InvalidMasterKey::Empty);
        }
        let parts = text.split(',').enumerate().map(|(index, part)| parse_key(index + 1, part.trim()));
        let keys = parts.collect::<Result<Vec<_>, _>>()?;
        let (newest, older) = keys.split_first().ok_or(InvalidMasterKey::Empty)?;
        Ok(Self::new(newest, older))
    }

    /// Returns the ids of the keys, newest first: eight hexadecimal digits each.
    pub fn ids(&self) -> impl Iterator<Item = &str> {
        self.configured().map(|key| key.derived.id.as_str())
    }

    fn configured(&self) -> impl Iterator<Item = &ConfiguredKey> {
        std::iter::once(&self.newest).chain(&self.older)
    }

    pub(crate) const fn newest(&self) -> &DerivedKeys {
        &self.newest.derived
    }

    /// Returns the configured keys except the newest.
    pub(crate) fn older(&self) -> impl Iterator<Item = &DerivedKeys> {
        self.older.iter().map(|key| &key.derived)
    }

    /// Returns the keys for what rows of the database limit: a password, a recovery code, a mailed code.
    pub(crate) fn all(&self) -> impl Iterator<Item = &DerivedKeys> {
        self.configured().map(|key| &key.derived).chain(&self.retired)
    }

    /// Returns the keys that may have made temp tokens and authorization requests.
    pub(crate) fn good_for_steps(&self, now: Timestamp) -> impl Iterator<Item = &DerivedKeys> {
        self.all().filter(move |key| key.retirement.is_none_or(|retirement| now <= retirement.steps_until))
    }

    /// Returns the keys that may have made refresh tokens.
    pub(crate) fn good_for_sessions(&self, now: Timestamp) -> impl Iterator<Item = &DerivedKeys> {
        self.all().filter(move |key| key.retirement.is_none_or(|retirement| now <= retirement.sessions_until))
    }

    /// Returns the id and the key with which to seal.
    pub(crate) fn sealing_newest(&self) -> (&[u8], &[u8; 32]) {
        (&self.newest.derived.id_bytes, &self.newest.sealing)
    }

    /// Returns the ids and keys with which to open.
    pub(crate) fn sealing(&self) -> impl Iterator<Item = (&[u8], &[u8; 32])> {
        self.configured().map(|key| (key.derived.id_bytes.as_slice(), &key.sealing))
    }

    pub(crate) const fn names(&self) -> &[u8; 32] {
        &self.newest.names
    }
}

/// Shows the ids of the keys, newest first.
impl fmt::Display for KeyRing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.ids().collect::<Vec<_>>().join(", "))
    }
}

impl fmt::Debug for KeyRing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.ids()).finish()
    }
}

fn parse_key(number: usize, text: &str) -> Result<MasterKey, InvalidMasterKey> {
    let url_safe = text.contains(['-', '_']);
    let alphabet = if url_safe { &alphabet::URL_SAFE } else { &alphabet::STANDARD };
    let decoded = GeneralPurpose::new(alphabet, LENIENT).decode(text);
    let bytes = Zeroizing::new(decoded.map_err(|_| InvalidMasterKey::NotBase64 { number })?);
    let key = <[u8; 32]>::try_from(bytes.as_slice());
    key.map(MasterKey).map_err(|_| InvalidMasterKey::Length { number, bytes: bytes.len() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parses_what_operators_write() {
        let standard = MasterKey::new([0xfb; 32]).to_base64();
        let url_safe = standard.replace('+', "-").replace('/', "_");
        let unpadded = standard.trim_end_matches('=');
        let id = |text: &str| KeyRing::parse(text).unwrap().newest().id.clone();
        assert_eq!(id(&standard), id(&url_safe));
        assert_eq!(id(&standard), id(&format!("{unpadded}\n")));
        let two = format!("{}, {}", *standard, *MasterKey::new([1; 32]).to_base64());
        assert_eq!(KeyRing::parse(&two).unwrap().all().count(), 2);
    }

    #[test]
    fn says_what_is_wrong_with_a_key() {
        let error = |text: &str| KeyRing::parse(text).unwrap_err();
        assert_eq!(error("  "), InvalidMasterKey::Empty);
        assert_eq!(error("not base64!"), InvalidMasterKey::NotBase64 { number: 1 });
        assert_eq!(error("c2hvcnQ="), InvalidMasterKey::Length { number: 1, bytes: 5 });
        let second = format!("{},", *MasterKey::new([1; 32]).to_base64());
        assert_eq!(error(&second), InvalidMasterKey::Length { number: 2, bytes: 0 });
    }

    #[test]
    fn every_use_has_a_key_of_its_own() {
        let key = ConfiguredKey::of(&MasterKey::new([7; 32]));
        let keys = &key.derived;
        let all = [
            keys.refresh_tokens,
            keys.pepper,
            key.sealing,
            key.names,
            keys.mailed_codes,
            keys.temp_tokens,
            keys.recovery_codes,
            keys.authorization_states,
            keys.authorization_secrets,
        ];
        for (index, key) in all.iter().enumerate() {
            assert!(!all[index + 1..].contains(key));
        }
    }

    #[test]
    fn debug_shows_nothing() {
        assert_eq!(format!("{:?}", MasterKey::new([7; 32])), "MasterKey(…)");
    }
}
