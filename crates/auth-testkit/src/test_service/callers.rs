//! Permissions: only their verifiers create them, so each is obtained with a token.

use std::time::Duration;

use auth_domain::SessionId;
use auth_domain::access_token::AccessClaims;
use auth_domain::account::Account;
use auth_domain::audience::Audience;
use auth_domain::challenge::Challenge;
use auth_domain::internal::{Granted, InternalCaller};
use auth_domain::ports::{AccessTokens as _, Change, Entropy as _, TempTokens as _};
use auth_domain::session::{AuthenticationMethod, Rotation, Session};
use auth_domain::temp_token::{IssuedTempToken, TempClaims, TempStep};
use auth_domain::token_exchange::Actors;
use auth_domain::use_cases::{Authenticated, FreshLogin, LoggedIn, PendingStep};

use super::{TestService, client};
use crate::doubles::TestInternalTokens;

impl TestService {
    /// Returns the bearer of the access token of a login.
    pub async fn authenticated(&self, logged_in: &LoggedIn) -> Authenticated {
        let token = logged_in.tokens.access.reveal();
        self.use_cases.authenticate.execute(token).await.expect("a live session")
    }

    /// Returns the owner of an account with a session that begins now, as after a login by password, and a second
    /// factor if the account has one. Neither is asked for.
    pub async fn caller(&self, account: &Account) -> Authenticated {
        let method = match self.account(account).two_factor.primary() {
            Some(_) => AuthenticationMethod::PasswordAndSecondFactor,
            None => AuthenticationMethod::Password,
        };
        self.caller_by(account, method).await
    }

    /// Returns the owner with a fresh login.
    pub async fn fresh_caller(&self, account: &Account) -> FreshLogin {
        self.fresh(&self.caller(account).await)
    }

    /// Returns a login as a fresh one, which it must be.
    pub fn fresh(&self, caller: &Authenticated) -> FreshLogin {
        self.use_cases.require_fresh_login.execute(caller.clone()).expect("a fresh login")
    }

    /// Returns the owner as after another kind of login.
    pub async fn caller_by(&self, account: &Account, method: AuthenticationMethod) -> Authenticated {
        let (account, session) = (self.account(account), self.new_session(account, method));
        let open = Change::InsertSession {
            session: session.clone(),
            credential_version: account.credential_version,
            two_factor_version: account.two_factor.version,
        };
        self.store.commit_now(vec![open]).expect("a session");
        let claims = AccessClaims {
            audience: Audience::Default,
            account_id: account.id,
            session_id: session.id,
            generation: session.rotation.generation,
            nonce: AccessClaims::nonce_from(self.entropy.bytes()),
            roles: account.roles,
            method,
            authenticated_at: session.authenticated_at,
            issued_at: self.now(),
            expires_at: self.now() + self.policy.session_lifetimes.access,
            actors: Actors::default(),
        };
        let token = self.access_tokens.issue(&claims).expect("a signing key");
        self.use_cases.authenticate.execute(token.reveal()).await.expect("a live session")
    }

    /// Returns an access token of the caller's session that is valid now.
    pub fn access_token_of(&self, caller: &Authenticated) -> String {
        let (issued_at, expires_at) = (self.now(), self.now() + self.policy.session_lifetimes.access);
        let claims = AccessClaims { issued_at, expires_at, ..caller.claims().clone() };
        self.access_tokens.issue(&claims).expect("a signing key").reveal().to_owned()
    }

    fn new_session(&self, account: &Account, method: AuthenticationMethod) -> Session {
        let (now, lifetimes) = (self.now(), self.policy.session_lifetimes);
        Session {
            id: SessionId::generate(now, self.entropy.bytes()),
            account_id: account.id,
            rotation: Rotation::first(client(), now),
            key_id: self.keys.newest(),
            method,
            created_at: now,
            authenticated_at: now,
            idle_expires_at: now + lifetimes.idle,
            absolute_expires_at: now + lifetimes.absolute,
            revocation: None,
        }
    }

    /// Returns the step for which a temp token is valid.
    pub fn step(&self, token: &IssuedTempToken) -> PendingStep {
        self.use_cases.authenticate_step.execute(token.token.reveal()).expect("a temp token")
    }

    /// Returns the step of the temp token that was issued last.
    pub fn latest_step(&self) -> PendingStep {
        let token = self.temp_tokens.latest().expect("a temp token");
        self.use_cases.authenticate_step.execute(token.reveal()).expect("a temp token that has not expired")
    }

    /// Returns a step of any challenge, for which no use case made a token.
    pub fn forged_step(&self, challenge: &Challenge, step: TempStep) -> PendingStep {
        let (issued_at, expires_at) = (self.now(), self.now() + self.policy.challenge_lifetimes.temp);
        let token = self.temp_tokens.issue(&TempClaims { challenge_id: challenge.id, step, issued_at, expires_at });
        self.use_cases.authenticate_step.execute(token.reveal()).expect("a temp token")
    }

    /// Returns a service with this name and scope `S`.
    pub fn service_caller<S: Granted>(&self, name: &str) -> InternalCaller<S> {
        let token = TestInternalTokens.issue(name, &[S::SCOPE], self.now() + Duration::from_secs(300));
        self.use_cases.authenticate_service.execute(&token).expect("a service with that scope")
    }
}
