//! Sealing: authenticated encryption (XChaCha20-Poly1305) bound to a purpose and a row, so that a sealed value cannot
//! be opened in another row or column.
//!
//! Layout: version `1` (1 byte) ‖ key id (4) ‖ nonce (24) ‖ ciphertext and tag (plain + 16).

use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use uuid::Uuid;
use zeroize::Zeroizing;

use crate::key_ring::KeyRing;

const VERSION: u8 = 1;
const HEADER: usize = 1 + 4;
const NONCE: usize = 24;

/// What a sealed value is for.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Purpose {
    SigningKey,
    TotpSecret,
    RetiredKey,
    ForeignHash,
}

impl Purpose {
    const fn label(self) -> &'static str {
        match self {
            Self::SigningKey => "signing-key",
            Self::TotpSecret => "totp-secret",
            Self::RetiredKey => "retired-key",
            Self::ForeignHash => "foreign-hash",
        }
    }
}

fn associated_data(purpose: Purpose, row: Uuid) -> Vec<u8> {
    [purpose.label().as_bytes(), &[0], row.as_bytes()].concat()
}

/// Seals `plain` with the newest key. The first 24 bytes of `nonce` must be fresh and random.
pub(crate) fn seal(ring: &KeyRing, purpose: Purpose, row: Uuid, nonce: &[u8; 32], plain: &[u8]) -> Vec<u8> {
    let (key, sealing) = ring.sealing_newest();
    let mut xnonce = [0; NONCE];
    xnonce.copy_from_slice(&nonce[..NONCE]);
    let aad = associated_data(purpose, row);
    let cipher = XChaCha20Poly1305::new(&(*sealing).into());
    let sealed = cipher.encrypt(&XNonce::from(xnonce), Payload { msg: plain, aad: &aad });
    let ciphertext = sealed.unwrap_or_else(|_| unreachable!("only messages of 256 GiB fail to encrypt"));
    [&[VERSION][..], key, &xnonce, &ciphertext].concat()
}

/// Opens what [`seal`] made for the same purpose and row; `None` if it is something else, or its key is not in the
/// ring.
pub(crate) fn open(ring: &KeyRing, purpose: Purpose, row: Uuid, sealed: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let (header, rest) = sealed.split_at_checked(HEADER)?;
    let (nonce, ciphertext) = rest.split_at_checked(NONCE)?;
    let (version, id) = header.split_first()?;
    if *version != VERSION {
        return None;
    }
    let (_, sealing) = ring.sealing().find(|(key, _)| *key == id)?;
    let nonce = XNonce::from(<[u8; NONCE]>::try_from(nonce).ok()?);
    let aad = associated_data(purpose, row);
    let cipher = XChaCha20Poly1305::new(&(*sealing).into());
    cipher.decrypt(&nonce, Payload { msg: ciphertext, aad: &aad }).ok().map(Zeroizing::new)
}

/// Tells whether the newest key of the ring sealed it.
pub(crate) fn is_sealed_with_newest(ring: &KeyRing, sealed: &[u8]) -> bool {
    sealed.get(1..HEADER) == Some(ring.sealing_newest().0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::key_ring::MasterKey;

    #[test]
    fn opens_only_what_was_sealed_for_that_row_with_a_key_of_the_ring() {
        let (old, new) = (MasterKey::new([1; 32]), MasterKey::new([2; 32]));
        let before = KeyRing::new(&old, &[]);
        let rotated = KeyRing::new(&new, &[old]);
        let retired = KeyRing::new(&new, &[]);
        let row = Uuid::from_u128(7);
        let sealed = seal(&before, Purpose::SigningKey, row, &[9; 32], b"secret");

        let open_with = |ring: &KeyRing, row| open(ring, Purpose::SigningKey, row, &sealed);
        assert_eq!(open_with(&rotated, row).unwrap().as_slice(), b"secret");
        assert!(open_with(&retired, row).is_none());
        assert!(open_with(&before, Uuid::from_u128(8)).is_none());
        for index in 0..sealed.len() {
            let mut broken = sealed.clone();
            broken[index] ^= 1;
            assert!(open(&before, Purpose::SigningKey, row, &broken).is_none(), "byte {index}");
            assert!(open(&before, Purpose::SigningKey, row, &sealed[..index]).is_none(), "cut at {index}");
        }
    }
}
