//! The `state` of authorization requests: a JWT of type `oauth-state+jwt`, signed with HS256 and a key derived from the
//! master key. The code verifier, the nonce and the mark of the browser are the HMAC-SHA-256 of label ‖ what they
//! belong to under another such key, in base64url without padding (43 characters). Nothing of a request is stored, and
//! reading a `state` does not reveal its secrets.

use auth_domain::access_token::{BearerToken, TokenFault, TokenRejection};
use auth_domain::audience::{Audience, AudienceName};
use auth_domain::authorization::{AuthorizationPurpose, AuthorizationState, BrowserBinding};
use auth_domain::identity::ProviderName;
use auth_domain::invitation::{InvitationChannel, InvitationClaims};
use auth_domain::ports::{AuthorizationRequest, AuthorizationSecrets, AuthorizationStates, VerifiedState};
use auth_domain::{AuthorizationId, InvitationId, Timestamp};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::Mac as _;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use crate::jwt_header;
use crate::key_ring::{DerivedKeys, KeyRing};
use crate::name_digest::hmac_sha256;

const TYPE: &str = "oauth-state+jwt";

/// The claims as the token contains them.
#[derive(Serialize, Deserialize)]
struct WireClaims {
    iss: String,
    aud: String,
    jti: Uuid,
    provider: String,
    /// The session that wants to link; absent in a sign-in.
    #[serde(skip_serializing_if = "Option::is_none")]
    link: Option<Uuid>,
    /// The session whose user must reauthenticate; absent in a sign-in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    reauthenticate: Option<Uuid>,
    /// The mark of the browser.
    #[serde(skip_serializing_if = "Option::is_none")]
    browser: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    redirect: Option<String>,
    /// The audience of the access token at the end; absent for the default one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    resource: Option<String>,
    /// The invitation, by its id: whoever sees the state cannot use it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    invitation: Option<WireInvitation>,
    iat: i64,
    exp: i64,
}

#[derive(Serialize, Deserialize)]
struct WireInvitation {
    id: Uuid,
    channel: String,
}

impl From<InvitationClaims> for WireInvitation {
    fn from(claims: InvitationClaims) -> Self {
        Self { id: claims.id.as_uuid(), channel: claims.channel.as_str().to_owned() }
    }
}

impl TryFrom<WireInvitation> for InvitationClaims {
    type Error = TokenFault;

    fn try_from(wire: WireInvitation) -> Result<Self, TokenFault> {
        let channel = InvitationChannel::parse(&wire.channel).ok_or(TokenFault::Claims)?;
        Ok(Self { id: InvitationId::from(wire.id), channel })
    }
}

/// Signs and verifies states with the key ring. Issuer and audience are this service.
pub struct AuthorizationStateSigner {
    ring: KeyRing,
    issuer: String,
    validation: Validation,
}

impl AuthorizationStateSigner {
    /// Creates a signer for states with this `iss`, which is also their `aud`.
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

fn derive(key: &DerivedKeys, label: &str, of: &[u8]) -> String {
    let mut mac = hmac_sha256(&key.authorization_secrets);
    mac.update(label.as_bytes());
    mac.update(&[0]);
    mac.update(of);
    URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes())
}

fn secrets(key: &DerivedKeys, id: AuthorizationId) -> AuthorizationSecrets {
    let id = id.as_uuid();
    let of_request = |label| derive(key, label, id.as_bytes());
    AuthorizationSecrets { code_verifier: BearerToken::new(of_request("code-verifier")), nonce: of_request("nonce") }
}

fn mark(key: &DerivedKeys, browser: &BearerToken) -> String {
    derive(key, "browser", browser.reveal().as_bytes())
}

impl AuthorizationStates for AuthorizationStateSigner {
    /// # Panics
    /// Never: an HMAC key of 32 bytes can sign any claims.
    #[expect(clippy::expect_used, reason = "HMAC-SHA-256 cannot fail")]
    fn issue(&self, state: &AuthorizationState, browser: Option<BearerToken>) -> AuthorizationRequest {
        let key = self.ring.newest();
        let mut header = Header::new(Algorithm::HS256);
        header.typ = Some(TYPE.to_owned());
        header.kid = Some(key.id.as_str().to_owned());
        let wire = WireClaims {
            iss: self.issuer.clone(),
            aud: self.issuer.clone(),
            jti: state.id.as_uuid(),
            provider: state.provider.as_str().to_owned(),
            link: match state.purpose {
                AuthorizationPurpose::Link(session_id) => Some(session_id.as_uuid()),
                AuthorizationPurpose::SignIn | AuthorizationPurpose::Reauthenticate(_) => None,
            },
            reauthenticate: match state.purpose {
                AuthorizationPurpose::Reauthenticate(session_id) => Some(session_id.as_uuid()),
                AuthorizationPurpose::SignIn | AuthorizationPurpose::Link(_) => None,
            },
            browser: browser.map(|browser| mark(key, &browser)),
            redirect: state.redirect.clone(),
            resource: match &state.audience {
                Audience::Default => None,
                Audience::Other(name) => Some(name.as_str().to_owned()),
            },
            invitation: state.invitation.map(WireInvitation::from),
            iat: state.issued_at.as_seconds(),
            exp: state.expires_at.as_seconds(),
        };
        let signed = jsonwebtoken::encode(&header, &wire, &EncodingKey::from_secret(&key.authorization_states));
        let AuthorizationSecrets { code_verifier, nonce } = secrets(key, state.id);
        AuthorizationRequest {
            state: BearerToken::new(signed.expect("an HMAC signs anything")),
            code_challenge: URL_SAFE_NO_PAD.encode(Sha256::digest(code_verifier.reveal())),
            nonce,
        }
    }

    fn verify(
        &self,
        state: &str,
        browser: Option<BearerToken>,
        now: Timestamp,
    ) -> Result<VerifiedState, TokenRejection> {
        let header = jwt_header::read(state, |typ| typ == Some(TYPE))?;
        let key = self.ring.good_for_steps(now).find(|key| Some(key.id.as_str()) == header.kid.as_deref());
        let key = key.ok_or(TokenFault::Key)?;
        let decoding_key = DecodingKey::from_secret(&key.authorization_states);
        let decoded = jsonwebtoken::decode::<WireClaims>(state, &decoding_key, &self.validation);
        let wire = decoded.map_err(|error| jwt_header::fault(&error))?.claims;
        let id = AuthorizationId::from(wire.jti);
        let state = AuthorizationState {
            id,
            provider: ProviderName::parse(&wire.provider).ok_or(TokenFault::Claims)?,
            purpose: match (wire.link, wire.reauthenticate) {
                (None, None) => AuthorizationPurpose::SignIn,
                (Some(id), None) => AuthorizationPurpose::Link(id.into()),
                (None, Some(id)) => AuthorizationPurpose::Reauthenticate(id.into()),
                (Some(_), Some(_)) => return Err(TokenFault::Claims.into()),
            },
            redirect: wire.redirect,
            audience: match wire.resource {
                None => Audience::Default,
                Some(text) => Audience::Other(AudienceName::parse(&text).ok_or(TokenFault::Claims)?),
            },
            invitation: wire.invitation.map(InvitationClaims::try_from).transpose()?,
            issued_at: Timestamp::from_seconds(wire.iat),
            expires_at: Timestamp::from_seconds(wire.exp),
        };
        if now >= state.expires_at {
            return Err(TokenRejection::Expired);
        }
        let browser = match (wire.browser, browser.map(|browser| mark(key, &browser))) {
            (None, _) => BrowserBinding::Unbound,
            (Some(began), Some(came)) if began == came => BrowserBinding::Same,
            (Some(_), _) => BrowserBinding::Other,
        };
        Ok(VerifiedState { state, browser, secrets: secrets(key, id) })
    }
}

#[cfg(test)]
mod tests {
    use auth_domain::SessionId;

    use super::*;
    use crate::key_ring::MasterKey;

    const NOW: Timestamp = Timestamp::from_seconds(1_800_000_000);

    fn signer(key: u8, issuer: &str) -> AuthorizationStateSigner {
        AuthorizationStateSigner::new(KeyRing::new(&MasterKey::new([key; 32]), &[]), issuer.to_owned())
    }

    fn state(number: u8, purpose: AuthorizationPurpose) -> AuthorizationState {
        AuthorizationState {
            id: AuthorizationId::generate(NOW, [number; 32]),
            provider: ProviderName::parse("google").unwrap(),
            purpose,
            redirect: (number == 2).then(|| "https://app.example.org/in".to_owned()),
            audience: match number {
                2 => Audience::Other(AudienceName::parse("orders").unwrap()),
                _ => Audience::Default,
            },
            invitation: (number == 1).then(|| InvitationClaims {
                id: InvitationId::generate(NOW, [number; 32]),
                channel: InvitationChannel::Mailed,
            }),
            issued_at: NOW,
            expires_at: Timestamp::from_seconds(1_800_000_600),
        }
    }

    fn browser(secret: &str) -> Option<BearerToken> {
        Some(BearerToken::new(secret.to_owned()))
    }

    #[test]
    fn what_was_issued_comes_back_with_its_secrets_until_it_expires() {
        let (signer, session) = (signer(1, "https://a"), SessionId::generate(NOW, [9; 32]));
        for state in [state(1, AuthorizationPurpose::SignIn), state(2, AuthorizationPurpose::Link(session))] {
            let request = signer.issue(&state, None);
            let verified = signer.verify(request.state.reveal(), browser("any"), NOW).unwrap();
            assert_eq!((&verified.state, verified.browser), (&state, BrowserBinding::Unbound));
            assert_eq!(verified.secrets.nonce, request.nonce);
            let verifier = verified.secrets.code_verifier.reveal();
            assert_eq!(URL_SAFE_NO_PAD.encode(Sha256::digest(verifier)), request.code_challenge);
            assert_eq!((verifier.len(), request.nonce.len(), request.code_challenge.len()), (43, 43, 43));
            assert_ne!(verifier, request.nonce);
            assert_eq!(signer.verify(request.state.reveal(), None, state.expires_at), Err(TokenRejection::Expired));
        }
        let nonce = |number| signer.issue(&state(number, AuthorizationPurpose::SignIn), None).nonce;
        assert_ne!(nonce(1), nonce(2));
    }

    #[test]
    fn a_browser_is_told_from_others() {
        let signer = signer(1, "https://a");
        let request = signer.issue(&state(1, AuthorizationPurpose::SignIn), browser("ours"));
        assert!(!request.state.reveal().contains("ours"));
        let from = |browser| signer.verify(request.state.reveal(), browser, NOW).unwrap().browser;
        assert_eq!(from(browser("ours")), BrowserBinding::Same);
        assert_eq!(from(browser("theirs")), BrowserBinding::Other);
        assert_eq!(from(None), BrowserBinding::Other);
    }

    #[test]
    fn secrets_outlive_a_rotation_of_the_master_key() {
        let (old, new) = (MasterKey::new([1; 32]), MasterKey::new([2; 32]));
        let request = signer(1, "https://a").issue(&state(1, AuthorizationPurpose::SignIn), browser("ours"));
        let rotated = AuthorizationStateSigner::new(KeyRing::new(&new, &[old]), "https://a".to_owned());
        let verified = rotated.verify(request.state.reveal(), browser("ours"), NOW).unwrap();
        assert_eq!((verified.secrets.nonce, verified.browser), (request.nonce, BrowserBinding::Same));
    }

    #[test]
    fn anything_else_is_refused() {
        let signer = signer(1, "https://a");
        let genuine = signer.issue(&state(1, AuthorizationPurpose::SignIn), None).state;
        let (header, rest) = genuine.reveal().split_once('.').unwrap();
        let (payload, signature) = rest.split_once('.').unwrap();
        let claims = String::from_utf8(URL_SAFE_NO_PAD.decode(payload).unwrap()).unwrap();
        let swapped = URL_SAFE_NO_PAD.encode(claims.replace("google", "42"));
        let none = URL_SAFE_NO_PAD.encode(r#"{"alg":"none","typ":"oauth-state+jwt"}"#);
        let of = |key, issuer| self::signer(key, issuer).issue(&state(1, AuthorizationPurpose::SignIn), None).state;
        let forgeries = [
            String::new(),
            "x".to_owned(),
            format!("{none}.{payload}."),
            format!("{header}.{swapped}.{signature}"),
            format!("{header}.{payload}."),
            of(2, "https://a").reveal().to_owned(),
            of(1, "https://b").reveal().to_owned(),
        ];
        for forgery in forgeries {
            assert!(matches!(signer.verify(&forgery, None, NOW), Err(TokenRejection::Invalid(_))), "{forgery}");
        }
    }
}
