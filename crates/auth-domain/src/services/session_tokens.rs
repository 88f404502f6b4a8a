//! Creates the pair of tokens that a session issues.

use std::sync::Arc;
use std::time::Duration;

use crate::access_token::{AccessClaims, BearerToken};
use crate::account::{Account, Roles};
use crate::audience::Audience;
use crate::ports::{
    AccessTokens, Change, Entropy, KnownNetworks, NoSigningKey, RefreshTokenClaims, RefreshTokens, Store, StoreError,
};
use crate::session::{AuthenticationMethod, Client, Generation, Rotation, Session, SessionLifetimes};
use crate::token_exchange::Actors;
use crate::{AccountId, SessionId, Timestamp};

/// The tokens that a client receives at login and at each refresh.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IssuedTokens {
    /// The access token, for the `Authorization` header.
    pub access: BearerToken,
    /// The refresh token, for the next refresh.
    pub refresh: BearerToken,
    /// How long the access token is valid.
    pub access_expires_in: Duration,
    /// How long the refresh token is valid.
    pub refresh_expires_in: Duration,
}

/// The token that a client receives when its user has reauthenticated; the refresh token does not change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IssuedAccessToken {
    /// The access token, for the `Authorization` header.
    pub token: BearerToken,
    /// How long it is valid.
    pub expires_in: Duration,
}

/// A session that was opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoggedIn {
    /// The account.
    pub account: Account,
    /// Its tokens.
    pub tokens: IssuedTokens,
}

/// The session that a refresh token names, with its account.
pub(crate) async fn session_of(
    store: &dyn Store,
    claims: &RefreshTokenClaims,
) -> Result<Option<(Session, Account)>, StoreError> {
    match claims.account_id {
        Some(account_id) => store.find_session(account_id, claims.session_id).await,
        None => store.find_session_by_id(claims.session_id).await,
    }
}

/// Issues tokens.
pub(crate) struct SessionTokens {
    pub(crate) access: Arc<dyn AccessTokens>,
    pub(crate) refresh: Arc<dyn RefreshTokens>,
    pub(crate) entropy: Arc<dyn Entropy>,
    pub(crate) known_networks: Arc<dyn KnownNetworks>,
    pub(crate) lifetimes: SessionLifetimes,
}

impl SessionTokens {
    /// Opens a session of the account. Returns it with its tokens, of which the access token is for `audience`, and the
    /// change that inserts it.
    pub(crate) fn open(
        &self,
        account: Account,
        method: AuthenticationMethod,
        (client, audience): (&Client, &Audience),
        now: Timestamp,
    ) -> Result<(LoggedIn, Change), NoSigningKey> {
        let session = self.begin(account.id, method, client.clone(), now);
        let tokens = self.issue(&session, &account.roles, audience, now)?;
        let (credential_version, two_factor_version) = (account.credential_version, account.two_factor.version);
        let open = Change::InsertSession { session, credential_version, two_factor_version };
        Ok((LoggedIn { account: account.as_of(now), tokens }, open))
    }

    /// Records, after the commit of the session, that someone has logged in from this network.
    pub(crate) fn opened(&self, client: &Client, now: Timestamp) {
        self.known_networks.learn(client.network(), now);
    }

    fn begin(&self, account_id: AccountId, method: AuthenticationMethod, client: Client, now: Timestamp) -> Session {
        Session {
            id: SessionId::generate(now, self.entropy.bytes()),
            account_id,
            rotation: Rotation::first(client, now),
            key_id: self.refresh.current_key(),
            method,
            created_at: now,
            authenticated_at: now,
            idle_expires_at: now + self.lifetimes.idle,
            absolute_expires_at: now + self.lifetimes.absolute,
            revocation: None,
        }
    }

    /// Issues the tokens of the session's current generation.
    pub(crate) fn issue(
        &self,
        session: &Session,
        roles: &Roles,
        audience: &Audience,
        now: Timestamp,
    ) -> Result<IssuedTokens, NoSigningKey> {
        let generation = session.rotation.generation;
        let access = self.access_token(session, generation, (roles, audience), now)?;
        let claims = RefreshTokenClaims { account_id: Some(session.account_id), session_id: session.id, generation };
        Ok(IssuedTokens {
            access,
            refresh: self.refresh.issue(&claims, &session.key_id),
            access_expires_in: self.lifetimes.access,
            refresh_expires_in: session.refresh_expires_at().since(now),
        })
    }

    /// Issues another access token of a session whose user has reauthenticated, with the change that records it. The
    /// token does not prove a refresh whose answer the client may not have received.
    pub(crate) fn reauthenticated(
        &self,
        session: Session,
        account: &Account,
        (method, audience): (AuthenticationMethod, &Audience),
        now: Timestamp,
    ) -> Result<(IssuedAccessToken, Change), NoSigningKey> {
        let session = Session { method, authenticated_at: now, ..session };
        let token = self.access_token(&session, session.rotation.newest_proved(), (&account.roles, audience), now)?;
        let change = Change::reauthenticate(&session, account);
        Ok((IssuedAccessToken { token, expires_in: self.lifetimes.access }, change))
    }

    fn access_token(
        &self,
        session: &Session,
        generation: Generation,
        (roles, audience): (&Roles, &Audience),
        now: Timestamp,
    ) -> Result<BearerToken, NoSigningKey> {
        self.access.issue(&AccessClaims {
            audience: audience.clone(),
            account_id: session.account_id,
            session_id: session.id,
            generation,
            nonce: AccessClaims::nonce_from(self.entropy.bytes()),
            roles: roles.clone(),
            method: session.method,
            authenticated_at: session.authenticated_at,
            issued_at: now,
            expires_at: now + self.lifetimes.access,
            actors: Actors::default(),
        })
    }
}
