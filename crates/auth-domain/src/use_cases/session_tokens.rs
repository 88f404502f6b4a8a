//! The pair of tokens that a session hands out, made from where it stands.

use std::sync::Arc;
use std::time::Duration;

use crate::access_token::{AccessClaims, BearerToken};
use crate::account::{Account, Roles};
use crate::ports::{AccessTokens, Change, Entropy, NoSigningKey, RefreshTokenClaims, RefreshTokens};
use crate::session::{AuthenticationMethod, Client, Generation, Rotation, Session, SessionLifetimes};
use crate::{AccountId, Randomness, SessionId, Timestamp};

/// What a client gets at login and at each refresh.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IssuedTokens {
    /// For the `Authorization` header.
    pub access: BearerToken,
    /// For the next refresh.
    pub refresh: BearerToken,
    /// How long the access token is good for.
    pub access_expires_in: Duration,
    /// How long the refresh token is good for.
    pub refresh_expires_in: Duration,
}

/// A session was opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoggedIn {
    /// Whose.
    pub account: Account,
    /// Its tokens.
    pub tokens: IssuedTokens,
}

/// Issues tokens.
pub struct SessionTokens {
    /// Signs access tokens.
    pub access: Arc<dyn AccessTokens>,
    /// Derives refresh tokens.
    pub refresh: Arc<dyn RefreshTokens>,
    /// How long they live.
    pub lifetimes: SessionLifetimes,
}

impl SessionTokens {
    /// A session of the account as it is, with its tokens, and the change that inserts it.
    pub(super) fn open(
        &self,
        account: Account,
        method: AuthenticationMethod,
        client: &Client,
        now: Timestamp,
        entropy: &dyn Entropy,
    ) -> Result<(LoggedIn, Change), NoSigningKey> {
        let session = self.begin(account.id, method, client.clone(), now, entropy.bytes());
        let tokens = self.issue(&session, &account.roles, now, entropy.bytes())?;
        let (credential_version, two_factor_version) = (account.credential_version, account.two_factor.version);
        let open = Change::InsertSession { session, credential_version, two_factor_version };
        Ok((LoggedIn { account, tokens }, open))
    }

    fn begin(
        &self,
        account_id: AccountId,
        method: AuthenticationMethod,
        client: Client,
        now: Timestamp,
        randomness: Randomness,
    ) -> Session {
        Session {
            id: SessionId::generate(now, randomness),
            account_id,
            rotation: Rotation {
                generation: Generation::FIRST,
                parent: None,
                served_at: now,
                proved: false,
                client,
                left_behind: None,
            },
            key_id: self.refresh.current_key(),
            method,
            created_at: now,
            idle_expires_at: now + self.lifetimes.idle,
            absolute_expires_at: now + self.lifetimes.absolute,
            revocation: None,
        }
    }

    /// The tokens of the session's current generation.
    pub fn issue(
        &self,
        session: &Session,
        roles: &Roles,
        now: Timestamp,
        randomness: Randomness,
    ) -> Result<IssuedTokens, NoSigningKey> {
        let generation = session.rotation.generation;
        let access = self.access.issue(&AccessClaims {
            account_id: session.account_id,
            session_id: session.id,
            generation,
            nonce: AccessClaims::nonce_from(randomness),
            roles: roles.clone(),
            method: session.method,
            authenticated_at: session.created_at,
            issued_at: now,
            expires_at: now + self.lifetimes.access,
        })?;
        let claims = RefreshTokenClaims { session_id: session.id, generation };
        Ok(IssuedTokens {
            access,
            refresh: self.refresh.issue(&claims, &session.key_id),
            access_expires_in: self.lifetimes.access,
            refresh_expires_in: session.refresh_expires_at().since(now),
        })
    }
}
