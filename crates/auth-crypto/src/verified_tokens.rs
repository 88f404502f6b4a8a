//! Access tokens that were verified recently: a token is presented with each request, and its signature stays valid.

use auth_domain::Timestamp;
use auth_domain::access_token::AccessClaims;
use auth_domain::audience::Audience;
use quick_cache::Weighter;
use quick_cache::sync::Cache;
use sha2::{Digest as _, Sha256};

/// The maximum size of the cache, in bytes. A token of an account with two roles takes about 330.
const MOST_BYTES: u64 = 8 * 1024 * 1024;
/// The size of an entry besides its texts: the digest, the claims, and the map's own record.
const ENTRY_BYTES: u64 = 256;

/// Identifies a token by its whole text, so that only this very token is recognised.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct TokenDigest([u8; 32]);

impl TokenDigest {
    pub(crate) fn of(token: &str) -> Self {
        Self(Sha256::digest(token.as_bytes()).into())
    }
}

#[derive(Clone)]
struct Weight;

impl Weighter<TokenDigest, AccessClaims> for Weight {
    fn weight(&self, _: &TokenDigest, claims: &AccessClaims) -> u64 {
        let texts: usize = claims.roles.iter().map(|role| size_of::<String>() + role.len()).sum();
        let audience = match &claims.audience {
            Audience::Default => 0,
            Audience::Other(name) => name.as_str().len(),
        };
        let actors: usize = claims.actors.names().iter().map(|name| size_of::<String>() + name.len()).sum();
        ENTRY_BYTES + u64::try_from(texts + audience + actors).unwrap_or(u64::MAX / 2)
    }
}

/// The claims of tokens that were verified with one set of keys. With other keys none of it counts. It contains only
/// what was verified, so a stranger cannot fill it.
pub(crate) struct VerifiedTokens(Cache<TokenDigest, AccessClaims, Weight>);

impl VerifiedTokens {
    pub(crate) fn new() -> Self {
        Self::of_most(MOST_BYTES)
    }

    fn of_most(bytes: u64) -> Self {
        let entries = usize::try_from(bytes / ENTRY_BYTES).unwrap_or(usize::MAX);
        Self(Cache::with_weighter(entries, bytes, Weight))
    }

    /// Returns the claims of a token that was verified. A token that has expired is found once more and then forgotten.
    pub(crate) fn find(&self, digest: &TokenDigest, now: Timestamp) -> Option<AccessClaims> {
        let claims = self.0.get(digest)?;
        if now >= claims.expires_at {
            self.0.remove(digest);
        }
        Some(claims)
    }

    /// Stores the claims of a token that was verified and has not expired.
    pub(crate) fn keep(&self, digest: TokenDigest, claims: AccessClaims) {
        self.0.insert(digest, claims);
    }

    #[cfg(test)]
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use auth_domain::account::Roles;
    use auth_domain::session::{AuthenticationMethod, Generation};
    use auth_domain::token_exchange::Actors;
    use auth_domain::{AccountId, SessionId};

    use super::*;

    const NOW: Timestamp = Timestamp::from_seconds(1_800_000_000);

    fn claims(roles: &[String]) -> AccessClaims {
        AccessClaims {
            audience: Audience::Default,
            account_id: AccountId::generate(NOW, [1; 32]),
            session_id: SessionId::generate(NOW, [2; 32]),
            generation: Generation::from_number(7),
            nonce: [3; 12],
            roles: Roles::parse(roles).unwrap(),
            method: AuthenticationMethod::Password,
            authenticated_at: NOW,
            issued_at: NOW,
            expires_at: NOW + Duration::from_secs(600),
            actors: Actors::default(),
        }
    }

    #[test]
    fn one_that_has_expired_is_forgotten() {
        let (tokens, digest) = (VerifiedTokens::new(), TokenDigest::of("a.b.c"));
        tokens.keep(digest, claims(&[]));
        let last = NOW + Duration::from_secs(599);
        assert!(tokens.find(&digest, last).is_some() && tokens.len() == 1);
        assert!(tokens.find(&TokenDigest::of("a.b.C"), last).is_none(), "another token");
        assert!(tokens.find(&digest, NOW + Duration::from_secs(600)).is_some(), "once more, for its expiry");
        assert_eq!(tokens.len(), 0);
    }

    #[test]
    fn it_is_bounded_in_bytes_and_so_in_number() {
        let tokens = VerifiedTokens::of_most(64 * 1024);
        let many: Vec<String> = (0..20).map(|number| format!("a-role-of-some-length-{number}")).collect();
        for number in 0_u32..2_000 {
            let digest = TokenDigest::of(&number.to_string());
            tokens.keep(digest, claims(if number % 2 == 0 { &[] } else { &many }));
            assert!(tokens.0.weight() <= 64 * 1024 && tokens.len() <= 256, "{} of {}", tokens.0.weight(), tokens.len());
        }
        assert!(tokens.len() > 32, "and it keeps some");
    }
}
