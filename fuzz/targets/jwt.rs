//! A service with fixed keys: its verifiers, the tokens that it issued, and its keys to sign others with.

use std::time::Duration;

use auth_crypto::{
    AccessTokenSigner, AuthorizationStateSigner, InternalTokenVerifier, KeyRing, MasterKey, SealedSigningKeys,
    ServiceKey, ServiceRegistration, TempTokenSigner, mint_internal_token,
};
use auth_domain::access_token::AccessClaims;
use auth_domain::account::Roles;
use auth_domain::audience::{Audience, Audiences};
use auth_domain::authorization::{AuthorizationPurpose, AuthorizationState};
use auth_domain::identity::ProviderName;
use auth_domain::internal::Scope;
use auth_domain::ports::{AccessTokens, AuthorizationStates, SigningKeyMaker, TempTokens};
use auth_domain::session::{AuthenticationMethod, Generation};
use auth_domain::signing_key::SigningKey;
use auth_domain::temp_token::{TempClaims, TempStep};
use auth_domain::token_exchange::Actors;
use auth_domain::{AccountId, AuthorizationId, ChallengeId, SessionId, SigningKeyId, Timestamp};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ed25519_dalek::Signer as _;
use hkdf::Hkdf;
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde_json::{Map, Value};
use sha2::Sha256;

pub(crate) const NOW: Timestamp = Timestamp::from_seconds(1_800_000_000);
pub(crate) const ISSUER: &str = "https://auth.example.org";
pub(crate) const AUDIENCE: &str = "https://api.example.org";
pub(crate) const SERVICE: &str = "backups";

const MASTER: [u8; 32] = [1; 32];
const SIGNING_SEED: [u8; 32] = [42; 32];
const SERVICE_SECRET: &[u8] = b"any-text-of-at-least-32-characters";
const LIFE: Duration = Duration::from_secs(300);

pub(crate) struct Service {
    pub(crate) access: AccessTokenSigner,
    pub(crate) temp: TempTokenSigner,
    pub(crate) internal: InternalTokenVerifier,
    pub(crate) states: AuthorizationStateSigner,
    pub(crate) signing_key: SigningKeyId,
    neighbour: ServiceRegistration,
}

pub(crate) fn ring() -> KeyRing {
    KeyRing::new(&MasterKey::new(MASTER), &[])
}

impl Service {
    pub(crate) fn new() -> Self {
        let id = SigningKeyId::generate(NOW, [7; 32]);
        let pair = SealedSigningKeys::new(ring()).make(id, SIGNING_SEED, [9; 32]);
        let key = SigningKey {
            id,
            sequence: 1,
            active_from: NOW,
            public_key: pair.public_key,
            sealed_private_key: pair.sealed_private_key,
        };
        let access = AccessTokenSigner::new(ring(), ISSUER.to_owned(), Audiences::new(AUDIENCE.to_owned(), [].into()));
        access.load(&[key]).unwrap();
        let neighbour = ServiceRegistration {
            name: SERVICE.to_owned(),
            key: ServiceKey::Secret(SERVICE_SECRET.to_vec().into()),
            scopes: [Scope::CredentialsRead, Scope::EventsRead].into(),
        };
        Self {
            access,
            temp: TempTokenSigner::new(ring(), ISSUER.to_owned()),
            internal: InternalTokenVerifier::new(std::slice::from_ref(&neighbour)).unwrap(),
            states: AuthorizationStateSigner::new(ring(), ISSUER.to_owned()),
            signing_key: id,
            neighbour,
        }
    }

    pub(crate) fn access_token(&self) -> String {
        let claims = AccessClaims {
            audience: Audience::Default,
            account_id: AccountId::generate(NOW, [1; 32]),
            session_id: SessionId::generate(NOW, [2; 32]),
            generation: Generation::from_number(7),
            nonce: [3; 12],
            roles: Roles::of_new_account(),
            method: AuthenticationMethod::PasswordAndSecondFactor,
            authenticated_at: NOW,
            issued_at: NOW,
            expires_at: NOW + LIFE,
            actors: Actors::default(),
        };
        self.access.issue(&claims).unwrap().reveal().to_owned()
    }

    pub(crate) fn temp_token(&self) -> String {
        let challenge_id = ChallengeId::generate(NOW, [4; 32]);
        let claims = TempClaims { challenge_id, step: TempStep::SetPassword, issued_at: NOW, expires_at: NOW + LIFE };
        self.temp.issue(&claims).reveal().to_owned()
    }

    pub(crate) fn internal_token(&self) -> String {
        mint_internal_token(&self.neighbour, &[Scope::EventsRead], NOW, [5; 32]).unwrap().reveal().to_owned()
    }

    pub(crate) fn state(&self) -> String {
        let state = AuthorizationState {
            id: AuthorizationId::generate(NOW, [6; 32]),
            provider: ProviderName::parse("google").unwrap(),
            purpose: AuthorizationPurpose::SignIn,
            redirect: Some("https://app.example.org/in".to_owned()),
            audience: Audience::Default,
            invitation: None,
            issued_at: NOW,
            expires_at: NOW + LIFE,
        };
        self.states.issue(&state, None).state.reveal().to_owned()
    }
}

/// A token as its parts: header and claims on a line each, in JSON.
pub(crate) fn parts(token: &str) -> String {
    let part = |text: &str| String::from_utf8(URL_SAFE_NO_PAD.decode(text).unwrap()).unwrap();
    token.split('.').take(2).map(part).collect::<Vec<_>>().join("\n")
}

/// The message that [`parts`] would be of, whatever they are.
fn message(parts: &str) -> Option<String> {
    let (header, claims) = parts.split_once('\n')?;
    Some(format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(claims)))
}

/// Signs `parts` as this service signs access tokens.
pub(crate) fn signed_as_access(parts: &str) -> Option<String> {
    let message = message(parts)?;
    let signature = ed25519_dalek::SigningKey::from_bytes(&SIGNING_SEED).sign(message.as_bytes());
    Some(format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature.to_bytes())))
}

/// Signs `parts` as the neighbour would.
pub(crate) fn signed_as_internal(parts: &str) -> Option<String> {
    hs256(SERVICE_SECRET, parts)
}

/// Signs `parts` with the key that is derived from the master key under `label`.
pub(crate) fn signed_as_derived(label: &str, parts: &str) -> Option<String> {
    let mut key = [0; 32];
    Hkdf::<Sha256>::new(Some(b"auth-service/v1"), &MASTER).expand(label.as_bytes(), &mut key).unwrap();
    hs256(&key, parts)
}

fn hs256(key: &[u8], parts: &str) -> Option<String> {
    let message = message(parts)?;
    let mut mac = Hmac::<Sha256>::new_from_slice(key).unwrap();
    mac.update(message.as_bytes());
    Some(format!("{message}.{}", URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes())))
}

/// The header and the claims of an accepted token: two JSON objects, read by another parser than the verifier's.
pub(crate) fn read(parts: &str) -> (Map<String, Value>, Map<String, Value>) {
    let (header, claims) = parts.split_once('\n').unwrap();
    (serde_json::from_str(header).unwrap(), serde_json::from_str(claims).unwrap())
}
