//! The master keys and what is derived from each (HKDF-SHA-256, RFC 5869, one label a use).

use std::fmt;

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

/// One master key: 32 random bytes that everything secret depends on.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct MasterKey([u8; 32]);

/// Why a text is no list of master keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidMasterKey {
    /// No key at all.
    #[error("it is empty")]
    Empty,
    /// Not base64.
    #[error("key {number} is not base64")]
    NotBase64 {
        /// Which, from 1.
        number: usize,
    },
    /// Not 32 bytes.
    #[error("key {number} has {bytes} bytes, not 32")]
    Length {
        /// Which, from 1.
        number: usize,
        /// How many bytes it has.
        bytes: usize,
    },
}

impl MasterKey {
    /// From 32 random bytes.
    pub const fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The key as an operator writes it: standard base64.
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

/// What is derived from one master key.
#[derive(Clone, ZeroizeOnDrop)]
pub(crate) struct DerivedKeys {
    #[zeroize(skip)]
    pub(crate) id: KeyId,
    /// The id as it travels in sealed rows and PHC strings.
    pub(crate) id_bytes: [u8; 4],
    pub(crate) refresh_tokens: [u8; 32],
    pub(crate) pepper: [u8; 32],
    pub(crate) sealing: [u8; 32],
    pub(crate) names: [u8; 32],
    pub(crate) mailed_codes: [u8; 32],
    pub(crate) temp_tokens: [u8; 32],
    pub(crate) recovery_codes: [u8; 32],
    pub(crate) authorization_states: [u8; 32],
    pub(crate) authorization_secrets: [u8; 32],
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
            sealing: master.derive("sealing"),
            names: master.derive("unknown-login-names"),
            mailed_codes: master.derive("mailed-codes"),
            temp_tokens: master.derive("temp-tokens"),
            recovery_codes: master.derive("recovery-codes"),
            authorization_states: master.derive("authorization-states"),
            authorization_secrets: master.derive("authorization-secrets"),
        }
    }
}

/// The master keys, newest first: the newest makes, all of them verify.
#[derive(Clone)]
pub struct KeyRing {
    newest: DerivedKeys,
    older: Vec<DerivedKeys>,
}

impl KeyRing {
    /// A ring of `newest` and the keys it replaced.
    pub fn new(newest: &MasterKey, older: &[MasterKey]) -> Self {
        Self { newest: DerivedKeys::of(newest), older: older.iter().map(DerivedKeys::of).collect() }
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

    /// The ids of the keys, newest first: eight hexadecimal digits each.
    pub fn ids(&self) -> impl Iterator<Item = &str> {
        self.all().map(|key| key.id.as_str())
    }

    pub(crate) fn newest(&self) -> &DerivedKeys {
        &self.newest
    }

    pub(crate) fn all(&self) -> impl Iterator<Item = &DerivedKeys> {
        std::iter::once(&self.newest).chain(&self.older)
    }
}

impl fmt::Debug for KeyRing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.all().map(|key| key.id.as_str())).finish()
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
        let keys = DerivedKeys::of(&MasterKey::new([7; 32]));
        let all = [
            keys.refresh_tokens,
            keys.pepper,
            keys.sealing,
            keys.names,
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
