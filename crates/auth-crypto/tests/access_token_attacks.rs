//! What an attacker would try with access tokens, signed with the service's own key where it takes
//! one to get past the signature.

#![expect(clippy::unwrap_used, reason = "a test that cannot be set up is to fail")]

use std::time::Duration;

use auth_crypto::{AccessTokenSigner, KeyRing, MasterKey, SealedSigningKeys};
use auth_domain::access_token::{AccessClaims, TokenRejection};
use auth_domain::account::Roles;
use auth_domain::audience::{Audience, Audiences};
use auth_domain::ports::{AccessTokens, SigningKeyMaker};
use auth_domain::session::{AuthenticationMethod, Generation};
use auth_domain::signing_key::SigningKey;
use auth_domain::token_exchange::Actors;
use auth_domain::{AccountId, SessionId, SigningKeyId, Timestamp};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::{Value, json};

const ISSUER: &str = "https://auth.example.org";
const AUDIENCE: &str = "https://api.example.org";
const NOW: Timestamp = Timestamp::from_seconds(1_800_000_000);
const SEED: [u8; 32] = [42; 32];

struct Service {
    signer: AccessTokenSigner,
    key: SigningKey,
}

fn ring() -> KeyRing {
    KeyRing::new(&MasterKey::new([1; 32]), &[])
}

fn service() -> Service {
    let id = SigningKeyId::generate(NOW, [7; 32]);
    let pair = SealedSigningKeys::new(ring()).make(id, SEED, [9; 32]);
    let key = SigningKey {
        id,
        sequence: 1,
        active_from: NOW,
        public_key: pair.public_key,
        sealed_private_key: pair.sealed_private_key,
    };
    let signer = AccessTokenSigner::new(ring(), ISSUER.to_owned(), audiences());
    signer.load(std::slice::from_ref(&key)).unwrap();
    Service { signer, key }
}

fn audiences() -> Audiences {
    Audiences::new(AUDIENCE.to_owned(), [].into())
}

fn claims() -> AccessClaims {
    AccessClaims {
        audience: Audience::Default,
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
    }
}

/// The parts of a genuine token: header and claims.
fn parts(token: &str) -> (Value, Value) {
    let part =
        |index| serde_json::from_slice(&URL_SAFE_NO_PAD.decode(token.split('.').nth(index).unwrap()).unwrap()).unwrap();
    (part(0), part(1))
}

/// Signs any header and claims with the service's own key.
fn sign(header: &Value, claims: &Value) -> String {
    let encode = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let message = format!("{}.{}", encode(header), encode(claims));
    // PKCS#8 (RFC 8410): the fixed prefix of an Ed25519 private key, then the seed.
    let mut der = vec![0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 0x22, 4, 0x20];
    der.extend(SEED);
    let signature =
        jsonwebtoken::crypto::sign(message.as_bytes(), &EncodingKey::from_ed_der(&der), Algorithm::EdDSA).unwrap();
    format!("{message}.{signature}")
}

#[test]
fn a_genuine_token_says_what_it_was_issued_for() {
    let Service { signer, key } = service();
    let token = signer.issue(&claims()).unwrap();
    assert_eq!(signer.verify(token.reveal(), NOW), Ok(claims()));
    let (header, body) = parts(token.reveal());
    assert_eq!(header, json!({ "alg": "EdDSA", "typ": "at+jwt", "kid": key.id.to_string() }));
    let mut names: Vec<&String> = body.as_object().unwrap().keys().collect();
    names.sort();
    assert_eq!(names, ["amr", "aud", "auth_time", "exp", "iat", "iss", "jti", "roles", "sid", "sub"]);
    assert_eq!(signer.verify(&sign(&header, &body), NOW), Ok(claims()), "the test can sign");
}

#[test]
fn it_expires_to_the_second() {
    let Service { signer, .. } = service();
    let token = signer.issue(&claims()).unwrap();
    let at = |seconds| signer.verify(token.reveal(), NOW + Duration::from_secs(seconds));
    assert!(at(599).is_ok());
    assert_eq!(at(600), Err(TokenRejection::Expired));
}

#[test]
fn claims_that_are_missing_foreign_or_of_another_type_are_refused() {
    let Service { signer, .. } = service();
    let (header, body) = parts(signer.issue(&claims()).unwrap().reveal());
    for name in body.as_object().unwrap().keys() {
        for wrong in [None, Some(Value::Null), Some(json!(1.5)), Some(json!({})), Some(json!([[1]])), Some(json!(true))]
        {
            let mut changed = body.clone();
            match &wrong {
                None => drop(changed.as_object_mut().unwrap().remove(name)),
                Some(value) => changed[name] = value.clone(),
            }
            let verdict = signer.verify(&sign(&header, &changed), NOW);
            assert!(matches!(verdict, Err(TokenRejection::Invalid(_))), "{name}: {wrong:?}");
        }
    }
    for (name, foreign) in [
        ("iss", json!("https://evil.example.org")),
        ("iss", json!([ISSUER])),
        ("aud", json!("https://other.example.org")),
        ("aud", json!([AUDIENCE, "https://other.example.org"])),
        ("sub", json!("root")),
        ("exp", json!("1900000000")),
        ("amr", json!([])),
        ("amr", json!(["pwd", "otp"])),
        ("roles", json!(["ROOT"])),
        ("jti", json!("short")),
    ] {
        let mut changed = body.clone();
        changed[name] = foreign.clone();
        let verdict = signer.verify(&sign(&header, &changed), NOW);
        assert!(matches!(verdict, Err(TokenRejection::Invalid(_))), "{name}: {foreign}");
    }
}

#[test]
fn headers_that_say_something_else_are_refused() {
    let Service { signer, .. } = service();
    let (header, body) = parts(signer.issue(&claims()).unwrap().reveal());
    for (name, wrong) in [
        ("typ", json!("JWT")),
        ("typ", json!("temp+jwt")),
        ("typ", json!("AT+JWT")),
        ("typ", Value::Null),
        ("alg", json!("none")),
        ("alg", json!("HS256")),
        ("alg", json!("RS256")),
        ("kid", json!("another")),
        ("kid", Value::Null),
        // RFC 7515 section 4.1.11.
        ("crit", json!(["b64"])),
    ] {
        let mut changed = header.clone();
        changed[name] = wrong.clone();
        let verdict = signer.verify(&sign(&changed, &body), NOW);
        assert!(matches!(verdict, Err(TokenRejection::Invalid(_))), "{name}: {wrong}");
    }
}

#[test]
fn no_signature_a_broken_one_and_the_public_key_as_secret_are_refused() {
    let Service { signer, key } = service();
    let token = signer.issue(&claims()).unwrap();
    let (header, body) = parts(token.reveal());
    let message = token.reveal().rsplit_once('.').unwrap().0.to_owned();

    let mut none = header.clone();
    none["alg"] = json!("none");
    let unsigned =
        format!("{}.{}.", URL_SAFE_NO_PAD.encode(none.to_string()), URL_SAFE_NO_PAD.encode(body.to_string()));
    let mut hmac = Header::new(Algorithm::HS256);
    hmac.typ = Some("at+jwt".to_owned());
    hmac.kid = Some(key.id.to_string());
    let confused = jsonwebtoken::encode(&hmac, &body, &EncodingKey::from_secret(&key.public_key)).unwrap();
    let of_another_key = {
        let other = SealedSigningKeys::new(ring()).make(key.id, [43; 32], [9; 32]);
        let other =
            SigningKey { public_key: other.public_key, sealed_private_key: other.sealed_private_key, ..key.clone() };
        let imposter = AccessTokenSigner::new(ring(), ISSUER.to_owned(), audiences());
        imposter.load(&[other]).unwrap();
        imposter.issue(&claims()).unwrap().reveal().to_owned()
    };
    for forged in [
        unsigned,
        confused,
        of_another_key,
        format!("{message}."),
        format!("{message}.AAAA"),
        message,
        "a.b.c".to_owned(),
        String::new(),
    ] {
        assert!(matches!(signer.verify(&forged, NOW), Err(TokenRejection::Invalid(_))), "{forged}");
    }
}

#[test]
fn a_key_sealed_with_another_master_key_is_named() {
    let Service { key, .. } = service();
    let other = KeyRing::new(&MasterKey::new([2; 32]), &[]);
    let signer = AccessTokenSigner::new(other, ISSUER.to_owned(), audiences());
    let error = signer.load(std::slice::from_ref(&key)).unwrap_err().to_string();
    assert!(error.contains(&key.id.to_string()) && error.contains("AUTH_SECRET_KEY"), "{error}");
    assert!(signer.issue(&claims()).is_err(), "and nothing is signed");
}
