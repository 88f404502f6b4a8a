//! Temp tokens: JWTs of type `temp+jwt`, signed with HS256 and a key derived from the master key. Nobody else needs to
//! verify them, so they are independent of the published key set for access tokens.

use auth_domain::access_token::{BearerToken, TokenFault, TokenRejection};
use auth_domain::ports::TempTokens;
use auth_domain::temp_token::{TempClaims, TempStep};
use auth_domain::{ChallengeId, SessionId, Timestamp};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::jwt_header;
use crate::key_ring::KeyRing;

const TYPE: &str = "temp+jwt";

/// The claims as the token contains them. Every one is required, with its type, except the session of a step that
/// concerns none.
#[derive(Serialize, Deserialize)]
struct WireClaims {
    iss: String,
    aud: String,
    jti: Uuid,
    purpose: String,
    stage: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    sid: Option<Uuid>,
    iat: i64,
    exp: i64,
}

/// Signs and verifies temp tokens with the key ring. Issuer and audience are this service.
pub struct TempTokenSigner {
    ring: KeyRing,
    issuer: String,
    validation: Validation,
}

impl TempTokenSigner {
    /// Creates a signer for tokens with this `iss`, which is also their `aud`.
    pub fn new(ring: KeyRing, issuer: String) -> Self {
        let mut validation = Validation::new(Algorithm::HS256);
        validation.set_required_spec_claims(&["exp", "iss", "aud"]);
        validation.set_issuer(&[&issuer]);
        validation.set_audience(&[&issuer]);
        // The clock port is used below.
        validation.validate_exp = false;
        Self { ring, issuer, validation }
    }
}

impl TempTokens for TempTokenSigner {
    /// # Panics
    /// Never: an HMAC key of 32 bytes can sign any claims. The signer is tried at start.
    #[expect(clippy::expect_used, reason = "HMAC-SHA-256 cannot fail")]
    fn issue(&self, claims: &TempClaims) -> BearerToken {
        let key = self.ring.newest();
        let mut header = Header::new(Algorithm::HS256);
        header.typ = Some(TYPE.to_owned());
        header.kid = Some(key.id.as_str().to_owned());
        let (purpose, stage) = claims.step.claims();
        let wire = WireClaims {
            iss: self.issuer.clone(),
            aud: self.issuer.clone(),
            jti: claims.challenge_id.as_uuid(),
            purpose: purpose.to_owned(),
            stage: stage.to_owned(),
            sid: claims.step.session_id().map(SessionId::as_uuid),
            iat: claims.issued_at.as_seconds(),
            exp: claims.expires_at.as_seconds(),
        };
        let signed = jsonwebtoken::encode(&header, &wire, &EncodingKey::from_secret(&key.temp_tokens));
        BearerToken::new(signed.expect("an HMAC signs anything"))
    }

    fn verify(&self, token: &str, now: Timestamp) -> Result<TempClaims, TokenRejection> {
        let header = jwt_header::read(token, |typ| typ == Some(TYPE))?;
        let key = self.ring.good_for_steps(now).find(|key| Some(key.id.as_str()) == header.kid.as_deref());
        let key = DecodingKey::from_secret(&key.ok_or(TokenFault::Key)?.temp_tokens);
        let decoded = jsonwebtoken::decode::<WireClaims>(token, &key, &self.validation);
        let wire = decoded.map_err(|error| jwt_header::fault(&error))?.claims;
        let claims = TempClaims {
            challenge_id: ChallengeId::from(wire.jti),
            step: TempStep::parse(&wire.purpose, &wire.stage, wire.sid.map(SessionId::from))
                .ok_or(TokenFault::Claims)?,
            issued_at: Timestamp::from_seconds(wire.iat),
            expires_at: Timestamp::from_seconds(wire.exp),
        };
        if now >= claims.expires_at { Err(TokenRejection::Expired) } else { Ok(claims) }
    }
}

#[cfg(test)]
mod tests {
    use auth_domain::temp_token::Reauthentication;
    use base64::Engine as _;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;

    use super::*;
    use crate::key_ring::MasterKey;

    const NOW: Timestamp = Timestamp::from_seconds(1_800_000_000);

    fn signer(key: u8, issuer: &str) -> TempTokenSigner {
        TempTokenSigner::new(KeyRing::new(&MasterKey::new([key; 32]), &[]), issuer.to_owned())
    }

    fn claims(step: TempStep) -> TempClaims {
        let expires_at = Timestamp::from_seconds(1_800_000_600);
        TempClaims { challenge_id: ChallengeId::generate(NOW, [7; 32]), step, issued_at: NOW, expires_at }
    }

    #[test]
    fn what_was_issued_verifies_until_it_expires() {
        let signer = signer(1, "https://a");
        let session_id = SessionId::generate(NOW, [8; 32]);
        for step in [
            TempStep::GivePasswordResetCode,
            TempStep::SetPassword,
            TempStep::GiveVerifyEmailCode,
            TempStep::Reauthenticate(Reauthentication::ByMailedCode, session_id),
            TempStep::Reauthenticate(Reauthentication::AfterPassword, session_id),
        ] {
            let token = signer.issue(&claims(step));
            assert_eq!(signer.verify(token.reveal(), NOW), Ok(claims(step)));
            let expiry = claims(step).expires_at;
            assert_eq!(signer.verify(token.reveal(), expiry), Err(TokenRejection::Expired));
        }
    }

    #[test]
    fn a_key_that_was_rotated_out_of_the_front_still_verifies() {
        let (old, new) = (MasterKey::new([1; 32]), MasterKey::new([2; 32]));
        let token = signer(1, "https://a").issue(&claims(TempStep::SetPassword));
        let rotated = TempTokenSigner::new(KeyRing::new(&new, &[old]), "https://a".to_owned());
        assert!(rotated.verify(token.reveal(), NOW).is_ok());
    }

    #[test]
    fn anything_else_is_refused() {
        let signer = signer(1, "https://a");
        let genuine = signer.issue(&claims(TempStep::SetPassword));
        let (header, rest) = genuine.reveal().split_once('.').unwrap();
        let (payload, signature) = rest.split_once('.').unwrap();
        let encode = |json: &str| URL_SAFE_NO_PAD.encode(json);
        let none = encode(r#"{"alg":"none","typ":"temp+jwt"}"#);
        let swapped = String::from_utf8(URL_SAFE_NO_PAD.decode(payload).unwrap()).unwrap();
        let swapped = encode(&swapped.replace("verified", "code"));
        let forgeries = [
            String::new(),
            "x".to_owned(),
            format!("{none}.{payload}."),
            format!("{none}.{payload}.{signature}"),
            format!("{header}.{swapped}.{signature}"),
            format!("{header}.{payload}."),
            self::signer(2, "https://a").issue(&claims(TempStep::SetPassword)).reveal().to_owned(),
            self::signer(1, "https://b").issue(&claims(TempStep::SetPassword)).reveal().to_owned(),
        ];
        for forgery in forgeries {
            assert!(matches!(signer.verify(&forgery, NOW), Err(TokenRejection::Invalid(_))), "{forgery}");
        }
    }
}
