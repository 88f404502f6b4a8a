//! Cryptography behind the ports of the domain: Argon2id in a bounded lane, and there the hashes of other systems, access and internal JWTs, temp tokens, the
//! state of authorization requests, derived refresh tokens and mailed codes, sealing, the key ring, and the operating
//! system's clock and entropy.
//!
//! `auth-domain` decides what a token or a password means; the stores keep the keys.

mod access_tokens;
mod authorization_states;
mod foreign_hashes;
mod hashing_lane;
mod imports;
mod internal_tokens;
mod invitation_tokens;
mod jwt_header;
mod key_ring;
mod mailed_codes;
mod name_digest;
mod recovery_codes;
mod refresh_tokens;
mod resealing;
mod sealing;
mod signing_keys;
mod system;
mod temp_tokens;
mod totp;
mod verified_tokens;

pub use access_tokens::{AccessTokenSigner, UnusableSigningKey};
pub use authorization_states::AuthorizationStateSigner;
pub use hashing_lane::{HashParameters, HashingLane, LaneError};
pub use imports::SealedImports;
pub use internal_tokens::{
    InternalTokenVerifier, InvalidServiceKey, MintError, ServiceKey, ServiceRegistration, mint_internal_token,
};
pub use invitation_tokens::DerivedInvitations;
pub use key_ring::{InvalidMasterKey, KeyRing, MasterKey, UnusableRetiredKey};
pub use mailed_codes::DerivedCodes;
pub use name_digest::KeyedNameDigest;
pub use recovery_codes::HashedRecoveryCodes;
pub use refresh_tokens::DerivedRefreshTokens;
pub use resealing::RingResealing;
pub use signing_keys::SealedSigningKeys;
pub use system::{SystemClock, SystemEntropy};
pub use temp_tokens::TempTokenSigner;
pub use totp::SealedTotp;
