//! Access, refresh and internal tokens: their claims as text. Text that was not created here does not verify.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use auth_domain::Timestamp;
use auth_domain::access_token::{AccessClaims, BearerToken, TokenFault, TokenRejection};
use auth_domain::account::Roles;
use auth_domain::audience::{Audience, AudienceName};
use auth_domain::internal::{InternalService, Scope};
use auth_domain::ports::{AccessTokens, InternalTokens, NoSigningKey, RefreshTokenClaims, RefreshTokens};
use auth_domain::session::{AuthenticationMethod, Generation, KeyId};
use auth_domain::token_exchange::Actors;

use super::{TestKeys, hex, id, join, micros, split, timestamp};

/// Returns the claims that verified, unless they have expired.
pub(super) fn until<T>(claims: Option<(T, Timestamp)>, now: Timestamp) -> Result<T, TokenRejection> {
    match claims {
        None => Err(TokenFault::Malformed.into()),
        Some((_, expires_at)) if now >= expires_at => Err(TokenRejection::Expired),
        Some((claims, _)) => Ok(claims),
    }
}

/// `access|<audience>|<account>|<session>|<generation>|<nonce>|<roles>|<amr>|<auth_time>|<iat>|<exp>|<actors>`. The audience is empty for the default one; any other is taken for one of
/// ours.
#[derive(Debug, Default)]
pub struct TestAccessTokens {
    unable: AtomicBool,
}

impl TestAccessTokens {
    /// Sets whether there is a signing key; initially there is.
    pub fn set_signing_key(&self, is_there: bool) {
        self.unable.store(!is_there, Ordering::SeqCst);
    }
}

impl AccessTokens for TestAccessTokens {
    fn issue(&self, claims: &AccessClaims) -> Result<BearerToken, NoSigningKey> {
        if self.unable.load(Ordering::SeqCst) {
            return Err(NoSigningKey);
        }
        Ok(BearerToken::new(join(&[
            "access",
            match &claims.audience {
                Audience::Default => "",
                Audience::Other(name) => name.as_str(),
            },
            &claims.account_id.to_string(),
            &claims.session_id.to_string(),
            &claims.generation.as_number().to_string(),
            &hex(&claims.nonce),
            &claims.roles.to_string(),
            &claims.method.amr().join(" "),
            &micros(claims.authenticated_at),
            &micros(claims.issued_at),
            &micros(claims.expires_at),
            &claims.actors.names().join(" "),
        ])))
    }

    fn verify(&self, token: &str, now: Timestamp) -> Result<AccessClaims, TokenRejection> {
        until(access_claims(token).map(|claims| (claims.clone(), claims.expires_at)), now)
    }
}

fn access_claims(token: &str) -> Option<AccessClaims> {
    let [audience, account, session, generation, nonce, roles, amr, authenticated_at, issued_at, expires_at, actors] =
        split("access", token)?;
    let bytes = u128::from_str_radix(nonce, 16).ok()?.to_be_bytes();
    let roles: Vec<String> = roles.split_whitespace().map(str::to_owned).collect();
    let amr: Vec<&str> = amr.split(' ').collect();
    let audience = match audience {
        "" => Audience::Default,
        name => Audience::Other(AudienceName::parse(name)?),
    };
    Some(AccessClaims {
        audience,
        account_id: id(account)?,
        session_id: id(session)?,
        generation: Generation::from_number(generation.parse().ok()?),
        nonce: bytes[4..].try_into().ok()?,
        roles: Roles::parse(&roles).ok()?,
        method: AuthenticationMethod::from_amr(&amr)?,
        authenticated_at: timestamp(authenticated_at)?,
        issued_at: timestamp(issued_at)?,
        expires_at: timestamp(expires_at)?,
        actors: Actors::of(actors.split_whitespace().map(str::to_owned).collect())?,
    })
}

/// `refresh|<key>|<account>|<session>|<generation>`, the account empty where it is not named. One of a key that is gone is not genuine.
#[derive(Debug)]
pub struct TestRefreshTokens(pub Arc<TestKeys>);

impl RefreshTokens for TestRefreshTokens {
    fn current_key(&self) -> KeyId {
        self.0.newest()
    }

    fn issue(&self, claims: &RefreshTokenClaims, key_id: &KeyId) -> BearerToken {
        let key_id = if self.0.has(key_id.as_str()) { key_id.clone() } else { self.0.newest() };
        let account = claims.account_id.map(|id| id.to_string()).unwrap_or_default();
        let (session, generation) = (claims.session_id.to_string(), claims.generation.as_number().to_string());
        BearerToken::new(join(&["refresh", key_id.as_str(), &account, &session, &generation]))
    }

    fn verify(&self, token: &str, _now: Timestamp) -> Option<RefreshTokenClaims> {
        let [key_id, account, session, generation] = split("refresh", token)?;
        let generation = Generation::from_number(generation.parse().ok()?);
        let account_id = if account.is_empty() { None } else { Some(id(account)?) };
        let claims = RefreshTokenClaims { account_id, session_id: id(session)?, generation };
        self.0.has(key_id).then_some(claims)
    }
}

/// `internal|<service>|<scopes>|<exp>`.
#[derive(Debug)]
pub struct TestInternalTokens;

impl TestInternalTokens {
    /// Creates the token of a service with these scopes, valid until then.
    pub fn issue(&self, service: &str, scopes: &[Scope], expires_at: Timestamp) -> String {
        let scopes: Vec<&str> = scopes.iter().map(|scope| scope.as_str()).collect();
        join(&["internal", service, &scopes.join(" "), &micros(expires_at)])
    }
}

impl InternalTokens for TestInternalTokens {
    fn verify(&self, token: &str, now: Timestamp) -> Result<InternalService, TokenRejection> {
        let service = split("internal", token).and_then(|[name, scopes, expires_at]| {
            let scopes = scopes.split_whitespace().map(Scope::parse).collect::<Option<_>>()?;
            Some((InternalService { name: name.to_owned(), scopes }, timestamp(expires_at)?))
        });
        until(service, now)
    }
}
