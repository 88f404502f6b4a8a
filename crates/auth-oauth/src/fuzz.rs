//! A fuzz target for the claims of an id_token, as a malicious provider would sign them. `auth_fuzz` runs it.

use auth_domain::Timestamp;
use auth_fuzz::check_text;
use serde_json::Value;

use crate::claims::ClaimNames;
use crate::id_token::{Claims, Expected, Nonce, check, header};

const NOW: Timestamp = Timestamp::from_seconds(1_800_000_000);

/// Checks that every accepted token is for this service, current, and of the kind that it claims.
#[test]
fn id_token_claims() {
    let (clients, issuer, nonce) = (["us".to_owned()], "https://idp.example.org", "n-0S6");
    let expected = Expected { issuer, clients: &clients, nonce: Nonce::Exactly(nonce), now: NOW };
    check_text("id_token_claims", &[], |text| {
        let claims: Option<Claims> = serde_json::from_str(text).ok();
        let accepted = claims.filter(|claims| check(claims, &expected).is_ok());
        if let Some(claims) = &accepted {
            let value: Value = serde_json::from_str(text).unwrap();
            assert_eq!(
                (&value["iss"], &value["nonce"], &value["sub"]),
                (&issuer.into(), &nonce.into(), &claims.sub.as_str().into())
            );
            assert!(value["aud"] == "us" || value["aud"].as_array().unwrap().iter().all(|audience| audience == "us"));
            assert!(value["exp"].as_i64().unwrap().saturating_add(5) > NOW.as_seconds());
            assert!(value["iat"].as_i64().unwrap() <= NOW.as_seconds() + 5);
            let email = ClaimNames::default().email(&claims.all());
            let proved = email.is_ok_and(|email| email.is_some_and(|email| email.proved));
            assert!(!proved || value["email_verified"] == true);
        }
        accepted.into()
    });
}

/// Checks that every accepted header is signed with a key pair and contains nothing critical.
#[test]
fn id_token_header() {
    check_text("id_token_header", &[], |text| {
        let accepted = header(text).ok();
        if let Some(header) = &accepted {
            assert_eq!(text.matches('.').count(), 2);
            assert!(!matches!(
                header.alg,
                jsonwebtoken::Algorithm::HS256 | jsonwebtoken::Algorithm::HS384 | jsonwebtoken::Algorithm::HS512
            ));
            assert!(header.crit.is_none());
        }
        accepted.into()
    });
}
