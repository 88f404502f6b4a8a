//! Access tokens: JWTs (RFC 7519) of type `at+jwt` (RFC 9068) signed with EdDSA (RFC 8037).

use std::sync::{Arc, PoisonError, RwLock};

use auth_domain::access_token::{AccessClaims, BearerToken, TokenFault, TokenRejection};
use auth_domain::account::Roles;
use auth_domain::ports::{AccessTokens, NoSigningKey};
use auth_domain::session::{AuthenticationMethod, Generation};
use auth_domain::signing_key::{SigningKey, signing_at};
use auth_domain::{AccountId, SessionId, SigningKeyId, Timestamp};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::jwt_header;
use crate::key_ring::KeyRing;
use crate::signing_keys::unseal;

const TYPE: &str = "at+jwt";

/// The claims as they stand in the token. Every one is required, with its type.
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
}

struct LoadedKey {
    id: String,
    sequence: i64,
    active_from: Timestamp,
    signing: EncodingKey,
    verifying: DecodingKey,
}

/// A stored signing key is of no use here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "signing key {0} does not open with any configured master key: is AUTH_SECRET_KEY the one this database was set up with?"
)]
pub struct UnusableSigningKey(pub SigningKeyId);

/// Signs and verifies access tokens with the keys that were last loaded.
pub struct AccessTokenSigner {
    ring: KeyRing,
    issuer: String,
    audience: String,
    validation: Validation,
    keys: RwLock<Arc<Vec<LoadedKey>>>,
}

impl AccessTokenSigner {
    /// For tokens with this `iss` and `aud`; of no use before [`Self::load`].
    pub fn new(ring: KeyRing, issuer: String, audience: String) -> Self {
        let mut validation = Validation::new(Algorithm::EdDSA);
        validation.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
        validation.set_issuer(&[&issuer]);
        validation.set_audience(&[&audience]);
        // Against the clock port, below.
        validation.validate_exp = false;
        Self { ring, issuer, audience, validation, keys: RwLock::default() }
    }

    /// Replaces the keys. Nothing changes when one of them does not open.
    pub fn load(&self, keys: &[SigningKey]) -> Result<(), UnusableSigningKey> {
        let load = |key: &SigningKey| {
            let signing = unseal(&self.ring, key).ok_or(UnusableSigningKey(key.id))?;
            let verifying = DecodingKey::from_ed_der(&key.public_key);
            Ok(LoadedKey {
                id: key.id.to_string(),
                sequence: key.sequence,
                active_from: key.active_from,
                signing,
                verifying,
            })
        };
        let loaded = Arc::new(keys.iter().map(load).collect::<Result<_, _>>()?);
        *self.keys.write().unwrap_or_else(PoisonError::into_inner) = loaded;
        Ok(())
    }

    fn keys(&self) -> Arc<Vec<LoadedKey>> {
        Arc::clone(&self.keys.read().unwrap_or_else(PoisonError::into_inner))
    }
}

impl AccessTokens for AccessTokenSigner {
    fn issue(&self, claims: &AccessClaims) -> Result<BearerToken, NoSigningKey> {
        let keys = self.keys();
        let signing = signing_at(&keys, claims.issued_at, |key| (key.sequence, key.active_from));
        let key = signing.ok_or(NoSigningKey)?;
        let mut header = Header::new(Algorithm::EdDSA);
        header.typ = Some(TYPE.to_owned());
        header.kid = Some(key.id.clone());
        let wire = WireClaims {
            iss: self.issuer.clone(),
            aud: self.audience.clone(),
            sub: claims.account_id.as_uuid(),
            exp: claims.expires_at.as_seconds(),
            iat: claims.issued_at.as_seconds(),
            jti: encode_jti(claims),
            sid: claims.session_id.as_uuid(),
            roles: claims.roles.iter().map(str::to_owned).collect(),
            amr: claims.method.amr().iter().map(|value| (*value).to_owned()).collect(),
            auth_time: claims.authenticated_at.as_seconds(),
        };
        jsonwebtoken::encode(&header, &wire, &key.signing).map(BearerToken::new).map_err(|error| {
            tracing::error!(%error, kid = key.id, "an access token cannot be signed");
            NoSigningKey
        })
    }

    fn verify(&self, token: &str, now: Timestamp) -> Result<AccessClaims, TokenRejection> {
        let header = jwt_header::read(token, |typ| typ == Some(TYPE))?;
        let keys = self.keys();
        let key = keys.iter().find(|key| Some(&key.id) == header.kid.as_ref()).ok_or(TokenFault::Key)?;
        let decoded = jsonwebtoken::decode::<WireClaims>(token, &key.verifying, &self.validation);
        let wire = decoded.map_err(|error| jwt_header::fault(&error))?.claims;
        let claims = from_wire(&wire).ok_or(TokenFault::Claims)?;
        if now >= claims.expires_at {
            return Err(TokenRejection::Expired);
        }
        Ok(claims)
    }
}

fn from_wire(wire: &WireClaims) -> Option<AccessClaims> {
    let (generation, nonce) = decode_jti(&wire.jti)?;
    Some(AccessClaims {
        account_id: AccountId::from(wire.sub),
        session_id: SessionId::from(wire.sid),
        generation,
        nonce,
        roles: Roles::parse(&wire.roles).ok()?,
        method: AuthenticationMethod::from_amr(&wire.amr)?,
        authenticated_at: Timestamp::from_seconds(wire.auth_time),
        issued_at: Timestamp::from_seconds(wire.iat),
        expires_at: Timestamp::from_seconds(wire.exp),
    })
}

/// The refresh generation rides in the token's id, so that using the token proves that generation's
/// answer arrived, without a claim of its own.
fn encode_jti(claims: &AccessClaims) -> String {
    URL_SAFE_NO_PAD.encode([&claims.generation.as_number().to_be_bytes()[..], &claims.nonce].concat())
}

fn decode_jti(jti: &str) -> Option<(Generation, [u8; 12])> {
    let bytes = <[u8; 16]>::try_from(URL_SAFE_NO_PAD.decode(jti).ok()?).ok()?;
    let (generation, nonce) = bytes.split_at(4);
    let generation = Generation::from_number(u32::from_be_bytes(generation.try_into().ok()?));
    Some((generation, nonce.try_into().ok()?))
}
