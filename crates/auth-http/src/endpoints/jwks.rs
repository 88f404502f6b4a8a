//! `GET /.well-known/jwks.json`: the keys that access tokens verify with (RFC 7517, RFC 8037).

use actix_web::HttpResponse;
use actix_web::http::{Method, header};
use actix_web::web::{self, Data};
use auth_domain::error_code::ErrorCode;
use auth_domain::signing_key::SigningKey;
use auth_domain::use_cases::UseCases;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Serialize;
use utoipa::ToSchema;

use crate::answer::ApiError;
use crate::endpoint::{Answer, Endpoint, NamedSchema, Permission};
use crate::network_limits::Cost;
use crate::tag::Tag;

#[derive(Serialize, ToSchema)]
struct Jwks {
    keys: Vec<Jwk>,
}

#[derive(Serialize, ToSchema)]
struct Jwk {
    kty: &'static str,
    crv: &'static str,
    alg: &'static str,
    r#use: &'static str,
    kid: String,
    /// The public key: 32 bytes in base64url.
    x: String,
}

impl From<&SigningKey> for Jwk {
    fn from(key: &SigningKey) -> Self {
        let x = URL_SAFE_NO_PAD.encode(&key.public_key);
        Self { kty: "OKP", crv: "Ed25519", alg: "EdDSA", r#use: "sig", kid: key.id.to_string(), x }
    }
}

pub(super) fn endpoint() -> Endpoint {
    Endpoint::new(Method::GET, "/.well-known/jwks.json", || web::to(jwks))
        .operation("getJwks", Tag::Keys, "Get the public keys of access tokens")
        .description("May be cached for ten minutes.")
        .permission(Permission::Anyone(Cost::Nothing))
        .answers_plain(Answer::Plain {
            media_type: "application/json",
            schema: NamedSchema::of::<Jwks>(),
            description: "A JWK Set (RFC 7517).",
        })
        .errors(&[ErrorCode::Unavailable])
}

/// *Permissions:* anyone.
async fn jwks(use_cases: Data<UseCases>) -> Result<HttpResponse, ApiError> {
    let keys = use_cases.publish_signing_keys.list().await?.iter().map(Jwk::from).collect();
    let cacheable = (header::CACHE_CONTROL, "public, max-age=600");
    // The keys are public: a page of any origin may verify tokens with them.
    let readable = (header::ACCESS_CONTROL_ALLOW_ORIGIN, "*");
    Ok(HttpResponse::Ok().insert_header(cacheable).insert_header(readable).json(Jwks { keys }))
}
