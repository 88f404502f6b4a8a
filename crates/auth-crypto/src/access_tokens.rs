//! Access tokens: JWTs (RFC 7519) of type `at+jwt` (RFC 9068) signed with EdDSA (RFC 8037).
//!
//! jsonwebtoken decodes an Ed25519 key for each token again, which takes a good part of the time of a signature.
//! Therefore the keys are decoded once, when they are loaded, and the compact form (RFC 7515 section 3.1) is assembled
//! and parsed here.

use std::sync::{Arc, PoisonError, RwLock};

use auth_domain::access_token::{AccessClaims, BearerToken, TokenFault, TokenRejection};
use auth_domain::account::Roles;
use auth_domain::audience::{Audience, Audiences};
use auth_domain::ports::{AccessTokens, NoSigningKey};
use auth_domain::session::{AuthenticationMethod, Generation};
use auth_domain::signing_key::{SigningKey, signing_at};
use auth_domain::token_exchange::Actors;
use auth_domain::{AccountId, SessionId, SigningKeyId, Timestamp};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ed25519_dalek::{Signature, Signer as _, Verifier as _, VerifyingKey};
use jsonwebtoken::{Algorithm, Header};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::jwt_header;
use crate::key_ring::KeyRing;
use crate::signing_keys::unseal;
use crate::verified_tokens::{TokenDigest, VerifiedTokens};

const TYPE: &str = "at+jwt";

/// The claims as the token contains them. Every one is required, with its type.
#[derive(Serialize, Deserialize)]
struct WireClaims {
    iss: String,
    aud: String,
    sub: Uuid,
    exp: i64,
    iat: i64,
    jti: String,
    sid: Uuid,
    roles: Vec<String>,
    amr: Vec<String>,
    auth_time: i64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    act: Option<Box<WireActor>>,
}

/// A service that passed the token on, and the one that did before (RFC 8693 section 4.1).
#[derive(Serialize, Deserialize)]
struct WireActor {
    sub: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    act: Option<Box<WireActor>>,
}

fn nested(actors: &Actors) -> Option<Box<WireActor>> {
    actors.names().iter().rev().fold(None, |act, sub| Some(Box::new(WireActor { sub: sub.clone(), act })))
}

fn flat(mut actor: Option<&WireActor>) -> Option<Actors> {
    let mut names = Vec::new();
    while let Some(WireActor { sub, act }) = actor {
        names.push(sub.clone());
        actor = act.as_deref();
    }
    Actors::of(names)
}

struct LoadedKey {
    id: String,
    sequence: i64,
    active_from: Timestamp,
    signing: ed25519_dalek::SigningKey,
    verifying: VerifyingKey,
    /// The header of the tokens that the key signs.
    header: String,
}

impl LoadedKey {
    fn open(ring: &KeyRing, key: &SigningKey) -> Option<Self> {
        let signing = unseal(ring, key)?;
        let id = key.id.to_string();
        let mut header = Header::new(Algorithm::EdDSA);
        header.typ = Some(TYPE.to_owned());
        header.kid = Some(id.clone());
        let header = URL_SAFE_NO_PAD.encode(serde_json::to_vec(&header).ok()?);
        let (sequence, active_from, verifying) = (key.sequence, key.active_from, signing.verifying_key());
        Some(Self { id, sequence, active_from, signing, verifying, header })
    }

    /// Tells whether both sign and verify a token in the same way.
    fn is_same_as(&self, other: &Self) -> bool {
        (&self.id, self.sequence, self.active_from) == (&other.id, other.sequence, other.active_from)
            && self.verifying == other.verifying
    }
}

/// Keys that were loaded together, and the tokens that they verified.
struct LoadedKeys {
    keys: Vec<LoadedKey>,
    verified: VerifiedTokens,
}

impl LoadedKeys {
    fn new(keys: Vec<LoadedKey>) -> Self {
        Self { keys, verified: VerifiedTokens::new() }
    }

    fn are_same_as(&self, others: &[LoadedKey]) -> bool {
        self.keys.len() == others.len() && self.keys.iter().zip(others).all(|(one, other)| one.is_same_as(other))
    }
}

/// A stored signing key cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "no configured master key can decrypt signing key {0}: is AUTH_SECRET_KEY the one this database was set up with?"
)]
pub struct UnusableSigningKey(pub SigningKeyId);

/// Signs and verifies access tokens with the keys that were last loaded.
pub struct AccessTokenSigner {
    ring: KeyRing,
    issuer: String,
    audiences: Audiences,
    /// Replaced as a whole, so that what is verified with old keys while new ones are loaded stays with the old ones.
    loaded: RwLock<Arc<LoadedKeys>>,
}

impl AccessTokenSigner {
    /// Creates a signer for tokens with this `iss` and one of these `aud`. It cannot be used before [`Self::load`].
    pub fn new(ring: KeyRing, issuer: String, audiences: Audiences) -> Self {
        Self { ring, issuer, audiences, loaded: RwLock::new(Arc::new(LoadedKeys::new(Vec::new()))) }
    }

    /// Replaces the keys. If one of them cannot be opened, nothing changes. If any differs from before, no token counts
    /// as verified any more.
    pub fn load(&self, keys: &[SigningKey]) -> Result<(), UnusableSigningKey> {
        let open = |key: &SigningKey| LoadedKey::open(&self.ring, key).ok_or(UnusableSigningKey(key.id));
        let keys = keys.iter().map(open).collect::<Result<Vec<_>, _>>()?;
        let mut loaded = self.loaded.write().unwrap_or_else(PoisonError::into_inner);
        if !loaded.are_same_as(&keys) {
            *loaded = Arc::new(LoadedKeys::new(keys));
        }
        Ok(())
    }

    fn loaded(&self) -> Arc<LoadedKeys> {
        Arc::clone(&self.loaded.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Checks everything except the expiry.
    fn verify_anew(&self, keys: &[LoadedKey], token: &str) -> Result<AccessClaims, TokenFault> {
        let header = jwt_header::read(token, |typ| typ == Some(TYPE))?;
        let key = keys.iter().find(|key| Some(&key.id) == header.kid.as_ref()).ok_or(TokenFault::Key)?;
        if header.alg != Algorithm::EdDSA {
            return Err(TokenFault::Algorithm);
        }
        let (message, signature) = token.rsplit_once('.').ok_or(TokenFault::Malformed)?;
        let (_, claims) = message.split_once('.').ok_or(TokenFault::Malformed)?;
        let signature = URL_SAFE_NO_PAD.decode(signature).map_err(|_| TokenFault::Malformed)?;
        let signature = Signature::from_slice(&signature).map_err(|_| TokenFault::Signature)?;
        key.verifying.verify(message.as_bytes(), &signature).map_err(|_| TokenFault::Signature)?;
        let claims = URL_SAFE_NO_PAD.decode(claims).map_err(|_| TokenFault::Malformed)?;
        let wire: WireClaims = serde_json::from_slice(&claims).map_err(|_| TokenFault::Claims)?;
        if wire.iss != self.issuer {
            return Err(TokenFault::Issuer);
        }
        let audience = self.audiences.find(&wire.aud).ok_or(TokenFault::Audience)?;
        from_wire(&wire, audience).ok_or(TokenFault::Claims)
    }
}

impl AccessTokens for AccessTokenSigner {
    fn issue(&self, claims: &AccessClaims) -> Result<BearerToken, NoSigningKey> {
        let loaded = self.loaded();
        let signing = signing_at(&loaded.keys, claims.issued_at, |key| (key.sequence, key.active_from));
        let key = signing.ok_or(NoSigningKey)?;
        let wire = WireClaims {
            iss: self.issuer.clone(),
            aud: self.audiences.text(&claims.audience).to_owned(),
            sub: claims.account_id.as_uuid(),
            exp: claims.expires_at.as_seconds(),
            iat: claims.issued_at.as_seconds(),
            jti: encode_jti(claims),
            sid: claims.session_id.as_uuid(),
            roles: claims.roles.iter().map(str::to_owned).collect(),
            amr: claims.method.amr().iter().map(|value| (*value).to_owned()).collect(),
            auth_time: claims.authenticated_at.as_seconds(),
            act: nested(&claims.actors),
        };
        let claims = serde_json::to_vec(&wire).map_err(|error| {
            tracing::error!(%error, kid = key.id, "an access token could not be signed");
            NoSigningKey
        })?;
        let mut token = key.header.clone();
        token.push('.');
        URL_SAFE_NO_PAD.encode_string(claims, &mut token);
        let signature = key.signing.sign(token.as_bytes());
        token.push('.');
        URL_SAFE_NO_PAD.encode_string(signature.to_bytes(), &mut token);
        Ok(BearerToken::new(token))
    }

    fn verify(&self, token: &str, now: Timestamp) -> Result<AccessClaims, TokenRejection> {
        let loaded = self.loaded();
        let digest = TokenDigest::of(token);
        let found = loaded.verified.find(&digest, now);
        let is_new = found.is_none();
        let claims = found.map_or_else(|| self.verify_anew(&loaded.keys, token), Ok)?;
        if now >= claims.expires_at {
            return Err(TokenRejection::Expired);
        }
        if is_new {
            loaded.verified.keep(digest, claims.clone());
        }
        Ok(claims)
    }
}

fn from_wire(wire: &WireClaims, audience: Audience) -> Option<AccessClaims> {
    // A time before 1970 is not a valid expiry.
    u64::try_from(wire.exp).ok()?;
    let (generation, nonce) = decode_jti(&wire.jti)?;
    Some(AccessClaims {
        audience,
        account_id: AccountId::from(wire.sub),
        session_id: SessionId::from(wire.sid),
        generation,
        nonce,
        roles: Roles::parse(&wire.roles).ok()?,
        method: AuthenticationMethod::from_amr(&wire.amr)?,
        authenticated_at: Timestamp::from_seconds(wire.auth_time),
        issued_at: Timestamp::from_seconds(wire.iat),
        expires_at: Timestamp::from_seconds(wire.exp),
        actors: flat(wire.act.as_deref())?,
    })
}

/// Encodes the refresh generation in the token's id, so that using the token proves, without a claim of its own, that
/// the answer with this generation arrived.
fn encode_jti(claims: &AccessClaims) -> String {
    URL_SAFE_NO_PAD.encode([&claims.generation.as_number().to_be_bytes()[..], &claims.nonce].concat())
}

fn decode_jti(jti: &str) -> Option<(Generation, [u8; 12])> {
    let bytes = <[u8; 16]>::try_from(URL_SAFE_NO_PAD.decode(jti).ok()?).ok()?;
    let (generation, nonce) = bytes.split_at(4);
    let generation = Generation::from_number(u32::from_be_bytes(generation.try_into().ok()?));
    Some((generation, nonce.try_into().ok()?))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use auth_domain::audience::AudienceName;
    use auth_domain::ports::SigningKeyMaker as _;

    use super::*;
    use crate::{MasterKey, SealedSigningKeys};

    const NOW: Timestamp = Timestamp::from_seconds(1_800_000_000);

    fn ring() -> KeyRing {
        KeyRing::new(&MasterKey::new([1; 32]), &[])
    }

    fn key(sequence: i64, nonce: u8) -> SigningKey {
        let seed = [u8::try_from(sequence).unwrap(); 32];
        let id = SigningKeyId::generate(NOW, seed);
        let pair = SealedSigningKeys::new(ring()).make(id, seed, [nonce; 32]);
        let (public_key, sealed_private_key) = (pair.public_key, pair.sealed_private_key);
        SigningKey { id, sequence, active_from: NOW, public_key, sealed_private_key }
    }

    fn signer(keys: &[SigningKey]) -> AccessTokenSigner {
        let audiences = Audiences::new("https://b.example".to_owned(), [orders()].into());
        let signer = AccessTokenSigner::new(ring(), "https://a.example".to_owned(), audiences);
        signer.load(keys).unwrap();
        signer
    }

    fn orders() -> AudienceName {
        AudienceName::parse("orders").unwrap()
    }

    fn token(signer: &AccessTokenSigner) -> BearerToken {
        token_for(signer, Audience::Default)
    }

    fn token_for(signer: &AccessTokenSigner, audience: Audience) -> BearerToken {
        let claims = AccessClaims {
            audience,
            account_id: AccountId::generate(NOW, [1; 32]),
            session_id: SessionId::generate(NOW, [2; 32]),
            generation: Generation::from_number(7),
            nonce: [3; 12],
            roles: Roles::of_new_account(),
            method: AuthenticationMethod::Password,
            authenticated_at: NOW,
            issued_at: NOW,
            expires_at: NOW + Duration::from_secs(600),
            actors: Actors::default(),
        };
        signer.issue(&claims).unwrap()
    }

    #[test]
    fn a_token_is_verified_once_and_expires_all_the_same() {
        let signer = signer(&[key(1, 1)]);
        let token = token(&signer);
        let at = |seconds| signer.verify(token.reveal(), NOW + Duration::from_secs(seconds));
        let first = at(0).unwrap();
        assert_eq!((at(599), signer.loaded().verified.len()), (Ok(first), 1));
        assert_eq!((at(600), signer.loaded().verified.len()), (Err(TokenRejection::Expired), 0));
        assert_eq!((at(601), signer.loaded().verified.len()), (Err(TokenRejection::Expired), 0), "by its signature");
    }

    #[test]
    fn a_token_keeps_its_audience_and_is_unknown_once_that_is_removed() {
        let keys = [key(1, 1)];
        let signer = signer(&keys);
        let token = token_for(&signer, Audience::Other(orders()));
        for _ in ["anew", "from the cache"] {
            assert_eq!(signer.verify(token.reveal(), NOW).unwrap().audience, Audience::Other(orders()));
        }
        assert_eq!(signer.verify(self::token(&signer).reveal(), NOW).unwrap().audience, Audience::Default);
        let without = Audiences::new("https://b.example".to_owned(), [].into());
        let without = AccessTokenSigner::new(ring(), "https://a.example".to_owned(), without);
        without.load(&keys).unwrap();
        assert_eq!(without.verify(token.reveal(), NOW), Err(TokenFault::Audience.into()));
    }

    #[test]
    fn actors_are_nested_with_the_last_one_outside() {
        let signer = signer(&[key(1, 1)]);
        let plain = signer.verify(token(&signer).reveal(), NOW).unwrap();
        let actors = Actors::default().then("orders").unwrap().then("mail").unwrap();
        let token = signer.issue(&AccessClaims { actors: actors.clone(), ..plain }).unwrap();
        let claims = token.reveal().split('.').nth(1).unwrap();
        let claims: serde_json::Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(claims).unwrap()).unwrap();
        assert_eq!(claims["act"], serde_json::json!({ "sub": "mail", "act": { "sub": "orders" } }));
        assert_eq!(signer.verify(token.reveal(), NOW).unwrap().actors, actors);
    }

    #[test]
    fn what_does_not_verify_is_not_kept() {
        let signer = signer(&[key(1, 1)]);
        let token = token(&signer);
        assert!(signer.verify(&format!("{}A", token.reveal()), NOW).is_err());
        assert!(signer.verify(&token.reveal()[1..], NOW).is_err());
        assert_eq!(signer.loaded().verified.len(), 0);
    }

    #[test]
    fn a_key_that_was_withdrawn_verifies_nothing_from_then_on() {
        let signer = signer(&[key(1, 1)]);
        let token = token(&signer);
        assert!(signer.verify(token.reveal(), NOW).is_ok());
        signer.load(&[key(2, 1)]).unwrap();
        assert_eq!(signer.verify(token.reveal(), NOW), Err(TokenFault::Key.into()));
        signer.load(&[]).unwrap();
        assert_eq!(signer.verify(token.reveal(), NOW), Err(TokenFault::Key.into()));
    }

    #[test]
    fn keys_that_are_the_same_leave_what_was_verified() {
        let signer = signer(&[key(1, 1)]);
        assert!(signer.verify(token(&signer).reveal(), NOW).is_ok());
        // For example because it was resealed.
        signer.load(&[key(1, 2)]).unwrap();
        assert_eq!(signer.loaded().verified.len(), 1);
        signer.load(&[key(1, 2), key(2, 1)]).unwrap();
        assert_eq!(signer.loaded().verified.len(), 0);
    }
}
