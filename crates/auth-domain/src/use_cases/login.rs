//! Logging in by password: opens a session.

use std::sync::Arc;

use crate::account::{Account, LoginName, Password};
use crate::error_code::Refusal;
use crate::ports::{
    Change, Clock, CommitError, Entropy, HashingError, NoSigningKey, PasswordHasher, Store, StoreUnavailable,
};
use crate::session::{AuthenticationMethod, Client, Generation, Rotation, Session};
use crate::{SessionId, Timestamp};

use super::password_check::{PasswordAccepted, PasswordCheck, PasswordCheckError};
use super::register::salt;
use super::session_tokens::{IssuedTokens, SessionTokens};

/// What somebody typed, and from where.
#[derive(Clone, Debug)]
pub struct LoginRequest {
    /// An e-mail address or a username.
    pub name: LoginName,
    /// The password.
    pub password: Password,
    /// Who is calling.
    pub client: Client,
}

/// A session was opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoggedIn {
    /// Whose.
    pub account: Account,
    /// Its tokens.
    pub tokens: IssuedTokens,
}

/// Why no session was opened.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LoginError {
    /// The password was not accepted.
    #[error(transparent)]
    Password(#[from] PasswordCheckError),
    /// No access token could be signed.
    #[error(transparent)]
    NoSigningKey(#[from] NoSigningKey),
    /// The database is away.
    #[error(transparent)]
    Unavailable(#[from] StoreUnavailable),
}

impl From<LoginError> for Refusal {
    fn from(error: LoginError) -> Self {
        match error {
            LoginError::Password(error) => error.into(),
            LoginError::NoSigningKey(error) => error.into(),
            LoginError::Unavailable(error) => error.into(),
        }
    }
}

/// The use case.
pub struct Login {
    /// Compares the password under the account's budget.
    pub password_check: PasswordCheck,
    /// Issues the tokens.
    pub session_tokens: Arc<SessionTokens>,
    /// Where sessions are kept.
    pub store: Arc<dyn Store>,
    /// Makes an outdated hash anew.
    pub hasher: Arc<dyn PasswordHasher>,
    /// Dates the session.
    pub clock: Arc<dyn Clock>,
    /// Names the session.
    pub entropy: Arc<dyn Entropy>,
}

impl Login {
    /// Opens a session for whoever proves to be `request.name`.
    pub async fn execute(&self, request: LoginRequest) -> Result<LoggedIn, LoginError> {
        let LoginRequest { name, password, client } = request;
        let accepted = self.password_check.by_name(&name, password.clone(), client.network()).await?;
        let account = accepted.account().clone();

        let now = self.clock.now();
        let session = self.new_session(&account, client, now);
        let tokens = self.session_tokens.issue(&session, &account.roles, now, self.entropy.bytes())?;
        let open = Change::InsertSession { session, credential_version: account.credential_version };
        match self.store.commit(vec![open]).await {
            Ok(()) => {}
            // The password was changed or the account deleted since it was compared.
            Err(CommitError::Conflict { .. }) => return Err(PasswordCheckError::WrongPassword.into()),
            Err(_) => return Err(StoreUnavailable.into()),
        }
        self.rehash(&accepted, password).await;
        Ok(LoggedIn { account, tokens })
    }

    fn new_session(&self, account: &Account, client: Client, now: Timestamp) -> Session {
        let lifetimes = &self.session_tokens.lifetimes;
        Session {
            id: SessionId::generate(now, self.entropy.bytes()),
            account_id: account.id,
            rotation: Rotation {
                generation: Generation::FIRST,
                parent: None,
                served_at: now,
                proved: false,
                client,
                left_behind: None,
            },
            key_id: self.session_tokens.refresh.current_key(),
            method: AuthenticationMethod::Password,
            created_at: now,
            idle_expires_at: now + lifetimes.idle,
            absolute_expires_at: now + lifetimes.absolute,
            revocation: None,
        }
    }

    /// An outdated hash is made anew while its password is at hand. When that fails nothing is lost:
    /// the next login tries again.
    async fn rehash(&self, accepted: &PasswordAccepted, password: Password) {
        if !accepted.outdated_hash() {
            return;
        }
        let hashed: Result<_, HashingError> = self.hasher.hash(password, salt(self.entropy.bytes())).await;
        if let Ok(password_hash) = hashed {
            let Account { id, credential_version, .. } = *accepted.account();
            let change = Change::RehashPassword { account_id: id, credential_version, password_hash };
            let _: Result<(), CommitError> = self.store.commit(vec![change]).await;
        }
    }
}
