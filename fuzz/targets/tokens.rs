//! Tokens. What is signed with a key of ours is never forged by an edit; what is in it is another question, so the
//! claims are fuzzed inside of a good signature.

use std::time::Duration;

use auth_crypto::{DerivedInvitations, DerivedRefreshTokens};
use auth_domain::invitation::{InvitationChannel, InvitationClaims};
use auth_domain::ports::{
    AccessTokens, AuthorizationStates, InternalTokens, InvitationTokens, RefreshTokenClaims, RefreshTokens, TempTokens,
};
use auth_domain::session::Generation;
use auth_domain::temp_token::TempStep;
use auth_domain::{AccountId, InvitationId, SessionId, Timestamp};
use auth_fuzz::{Verdict, check_text};
use serde_json::{Map, Value};

use crate::jwt::{
    AUDIENCE, ISSUER, NOW, SERVICE, Service, parts, read, ring, signed_as_access, signed_as_derived, signed_as_internal,
};

/// A refresh token has one spelling, and only the service makes it.
#[test]
fn refresh_token() {
    let tokens = DerivedRefreshTokens::new(ring());
    let key = tokens.current_key();
    let claims = |account_id, generation| RefreshTokenClaims {
        account_id,
        session_id: SessionId::generate(NOW, [8; 32]),
        generation: Generation::from_number(generation),
    };
    let account = Some(AccountId::generate(NOW, [7; 32]));
    let forms = [(None, 0), (None, u32::MAX), (account, 0), (account, 1), (account, u32::MAX)];
    let genuine =
        forms.map(|(account, generation)| tokens.issue(&claims(account, generation), &key).reveal().to_owned());
    check_text("refresh_token", &genuine, |text| {
        let verified = tokens.verify(text, NOW);
        if let Some(claims) = verified {
            assert!(genuine.iter().any(|token| token == text), "forged");
            assert_eq!(tokens.issue(&claims, &key).reveal(), text);
        }
        verified.into()
    });
}

/// The text of an invitation has one spelling, and only the service makes it.
#[test]
fn invitation() {
    let tokens = DerivedInvitations::new(ring());
    let key = tokens.current_key();
    let claims = |channel| InvitationClaims { id: InvitationId::generate(NOW, [8; 32]), channel };
    let issue = |claims: &InvitationClaims| tokens.issue(claims, &key).map(|token| token.reveal().to_owned());
    let genuine = InvitationChannel::ALL.map(|channel| issue(&claims(channel)).unwrap());
    check_text("invitation", &genuine, |text| {
        let verified = tokens.verify(text);
        if let Some(claims) = verified {
            assert!(genuine.iter().any(|token| token == text), "forged");
            assert_eq!(issue(&claims).as_deref(), Some(text));
        }
        verified.into()
    });
}

/// A JWT that was issued is good for its own kind, letter by letter, and nothing else is good for any.
#[test]
fn jwt() {
    let service = Service::new();
    let genuine = [service.access_token(), service.temp_token(), service.internal_token(), service.state()];
    check_text("jwt", &genuine, |text| {
        let accepted = [
            service.access.verify(text, NOW).is_ok(),
            service.temp.verify(text, NOW).is_ok(),
            service.internal.verify(text, NOW).is_ok(),
            service.states.verify(text, None, NOW).is_ok(),
        ];
        assert_eq!(accepted, genuine.each_ref().map(|token| token == text));
        accepted.contains(&true).then_some(()).into()
    });
}

fn text<'a>(claims: &'a Map<String, Value>, name: &str) -> &'a str {
    claims[name].as_str().unwrap()
}

/// What holds of every accepted token of our own: nothing is left out, and nothing critical is overlooked.
fn assert_ours(header: &Map<String, Value>, claims: &Map<String, Value>, typ: &str, audience: &str) {
    assert_eq!(header["typ"], typ);
    assert!(!header.contains_key("crit"), "RFC 7515 section 4.1.11: what is critical and not understood is refused");
    assert_eq!((text(claims, "iss"), text(claims, "aud")), (ISSUER, audience));
    assert!(claims["exp"].as_i64().unwrap() > NOW.as_seconds());
    assert!(claims["iat"].is_i64() || claims["iat"].is_u64());
}

/// The parts of a genuine token, and the same with an extension that nobody here understands.
fn seeds(token: &str) -> [String; 2] {
    let plain = parts(token);
    let critical = plain.replacen('{', r#"{"crit":["b64"],"b64":false,"#, 1);
    [plain, critical]
}

#[test]
fn access_claims() {
    let service = Service::new();
    check_text("access_claims", &seeds(&service.access_token()), |input| {
        let Some(token) = signed_as_access(input) else { return Verdict::Refused };
        let verified = service.access.verify(&token, NOW).ok();
        if let Some(verified) = &verified {
            let (header, claims) = read(input);
            assert_ours(&header, &claims, "at+jwt", AUDIENCE);
            assert_eq!((text(&header, "alg"), text(&header, "kid")), ("EdDSA", &*service.signing_key.to_string()));
            assert_eq!(Timestamp::from_seconds(claims["auth_time"].as_i64().unwrap()), verified.authenticated_at);
            let claimed = |name: &str| -> Vec<&str> {
                claims[name].as_array().unwrap().iter().map(|value| value.as_str().unwrap()).collect()
            };
            assert!(verified.roles.iter().all(|role| claimed("roles").contains(&role)));
            assert_eq!(verified.method.amr(), claimed("amr"));
        }
        verified.into()
    });
}

#[test]
fn temp_claims() {
    let service = Service::new();
    check_text("temp_claims", &seeds(&service.temp_token()), |input| {
        let Some(token) = signed_as_derived("temp-tokens", input) else { return Verdict::Refused };
        let verified = service.temp.verify(&token, NOW).ok();
        if let Some(verified) = verified {
            let (header, claims) = read(input);
            assert_ours(&header, &claims, "temp+jwt", ISSUER);
            let named = TempStep::parse(text(&claims, "purpose"), text(&claims, "stage"), verified.step.session_id());
            assert_eq!(named, Some(verified.step));
        }
        verified.into()
    });
}

#[test]
fn state_claims() {
    let service = Service::new();
    check_text("state_claims", &seeds(&service.state()), |input| {
        let Some(token) = signed_as_derived("authorization-states", input) else { return Verdict::Refused };
        let verified = service.states.verify(&token, None, NOW).ok();
        if let Some(verified) = &verified {
            let (header, claims) = read(input);
            assert_ours(&header, &claims, "oauth-state+jwt", ISSUER);
            assert_eq!(text(&claims, "provider"), verified.state.provider.as_str());
            assert!(verified.state.expires_at > NOW);
        }
        verified.into()
    });
}

/// The claims of another service: the only ones that somebody else writes.
#[test]
fn internal_claims() {
    const LEEWAY: Duration = Duration::from_secs(5);
    let service = Service::new();
    check_text("internal_claims", &seeds(&service.internal_token()), |input| {
        let Some(token) = signed_as_internal(input) else { return Verdict::Refused };
        let verified = service.internal.verify(&token, NOW).ok();
        if let Some(verified) = &verified {
            let (header, claims) = read(input);
            assert_eq!(text(&header, "alg"), "HS256");
            assert!(header.get("typ").is_none_or(|typ| typ.is_null() || typ == "JWT" || typ == "jwt"));
            assert!(!header.contains_key("crit"), "RFC 7515 section 4.1.11");
            assert_eq!((text(&claims, "iss"), &*verified.name), (SERVICE, SERVICE));
            let audience = &claims["aud"];
            assert!(audience == "auth-service" || audience.as_array().unwrap().contains(&"auth-service".into()));
            assert!(!text(&claims, "jti").is_empty());
            let time = |name: &str| claims.get(name).and_then(Value::as_f64);
            let (issued, expires) = (time("iat").unwrap(), time("exp").unwrap());
            assert!(expires - issued > 0.0 && expires - issued <= 300.0, "{issued} to {expires}");
            let now = NOW.as_seconds() as f64;
            let leeway = LEEWAY.as_secs_f64();
            assert!(now < expires + leeway && issued <= now + leeway);
            assert!(time("nbf").is_none_or(|not_before| not_before <= now + leeway));
            let granted = ["credentials:read", "events:read"];
            let named = claims.get("scope").and_then(Value::as_str);
            for scope in &verified.scopes {
                assert!(granted.contains(&scope.as_str()));
                assert!(named.is_none_or(|named| named.split(' ').any(|name| name == scope.as_str())));
            }
        }
        verified.into()
    });
}
