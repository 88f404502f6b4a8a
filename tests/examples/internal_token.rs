//! The Rust part of `docs/internal-calls.md`, which prints all below this. Run it as:
//! `INTERNAL_KEY=… cargo run --package auth-black-box --example internal_token SERVICE`
#![expect(clippy::disallowed_methods, reason = "another service has no ports of ours")]

use std::error::Error;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode, get_current_timestamp};
use serde_json::json;

/// Signs with the secret of `AUTH_INTERNAL__<SERVICE>__SECRET`, or with an Ed25519 private key in PEM. A scope limits
/// the token to some of the service's scopes, separated by spaces.
fn internal_token(service: &str, key: &str, scope: Option<&str>) -> Result<String, Box<dyn Error>> {
    let mut random = [0; 16];
    getrandom::fill(&mut random)?;
    let (now, jti) = (get_current_timestamp(), URL_SAFE_NO_PAD.encode(random));
    let mut claims = json!({ "iss": service, "aud": "auth-service", "iat": now, "exp": now + 60, "jti": jti });
    if let Some(scope) = scope {
        claims["scope"] = json!(scope);
    }
    let (algorithm, key) = if key.starts_with("-----BEGIN") {
        (Algorithm::EdDSA, EncodingKey::from_ed_pem(key.as_bytes())?)
    } else {
        (Algorithm::HS256, EncodingKey::from_secret(key.as_bytes()))
    };
    Ok(encode(&Header::new(algorithm), &claims, &key)?)
}

fn main() -> Result<(), Box<dyn Error>> {
    let service = std::env::args().nth(1).ok_or("which service?")?;
    println!("{}", internal_token(&service, &std::env::var("INTERNAL_KEY")?, None)?);
    Ok(())
}
