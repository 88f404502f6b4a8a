//! Logging in by password: opens a session.

use std::sync::Arc;

use crate::account::{Account, LoginName, Password};
use crate::budget::Spent;
use crate::disclosure::Disclosure;
use crate::error_code::{ErrorCode, Refusal};
use crate::ports::{Change, CommitError, HashingError, NoSigningKey, PasswordHasher, StoreUnavailable};
use crate::session::{AuthenticationMethod, Client};
use crate::temp_token::{IssuedTempToken, TempStep};

use super::challenges::Challenges;
use super::password_check::{PasswordAccepted, PasswordCheck, PasswordCheckError};
use super::register::salt;
use super::second_factor::SecondFactorRequired;
use super::session_tokens::{LoggedIn, SessionTokens};
use super::verify_email::{self, RequireVerificationError};
use super::{MAX_ATTEMPTS, second_factor};

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

/// What a right password leads to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LoginOutcome {
    /// A session was opened.
    LoggedIn(Box<LoggedIn>),
    /// The address is to be proved first: with this token and the code that was mailed.
    EmailVerificationRequired(IssuedTempToken),
    /// A second factor is to be given first.
    SecondFactorRequired(SecondFactorRequired),
}

/// Why no session was opened.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LoginError {
    /// The password was not accepted.
    #[error(transparent)]
    Password(#[from] PasswordCheckError),
    /// Nobody has that name, or the password is wrong; which, is not told.
    #[error("nobody has that name, or the password is wrong")]
    Concealed,
    /// The budget for mails is spent.
    #[error("the budget for mails is spent for {:?}", .0.retry_after)]
    MailsSpent(Spent),
    /// No access token could be signed.
    #[error(transparent)]
    NoSigningKey(#[from] NoSigningKey),
    /// The database is away.
    #[error(transparent)]
    Unavailable(#[from] StoreUnavailable),
}

impl From<RequireVerificationError> for LoginError {
    fn from(error: RequireVerificationError) -> Self {
        match error {
            RequireVerificationError::MailsSpent(spent) => Self::MailsSpent(spent),
            RequireVerificationError::Unavailable(error) => error.into(),
        }
    }
}

impl From<LoginError> for Refusal {
    fn from(error: LoginError) -> Self {
        match error {
            LoginError::Password(error) => error.into(),
            LoginError::Concealed => ErrorCode::InvalidCredentials.into(),
            LoginError::MailsSpent(spent) => Self::retry_after(ErrorCode::RateLimited, spent.retry_after),
            LoginError::NoSigningKey(error) => error.into(),
            LoginError::Unavailable(error) => error.into(),
        }
    }
}

/// The use case.
pub struct Login {
    /// Compares the password under the account's budget.
    pub password_check: Arc<PasswordCheck>,
    /// Issues the tokens.
    pub session_tokens: Arc<SessionTokens>,
    /// Mails a code to an address that is to be proved first; brings store, clock and entropy.
    pub challenges: Arc<Challenges>,
    /// Makes an outdated hash anew.
    pub hasher: Arc<dyn PasswordHasher>,
    /// Whether strangers are told who has an account.
    pub disclosure: Disclosure,
    /// Whether an address must be proved before its owner may log in.
    pub require_verified_email: bool,
}

impl Login {
    /// Opens a session for whoever proves to be `request.name`.
    pub async fn execute(&self, request: LoginRequest) -> Result<LoginOutcome, LoginError> {
        let LoginRequest { name, password, client } = request;
        let checked = self.password_check.by_name(&name, password.clone(), client.network()).await;
        let accepted = checked.map_err(|error| self.concealed(error))?;
        let account = accepted.account().clone();
        if self.require_verified_email && !account.email_verified {
            let token = verify_email::require_verification(&self.challenges, &account, &client).await;
            return Ok(LoginOutcome::EmailVerificationRequired(token?));
        }
        self.after_password(accepted, password, client).await
    }

    /// A session, or the second factor before it.
    async fn after_password(
        &self,
        accepted: PasswordAccepted,
        password: Password,
        client: Client,
    ) -> Result<LoginOutcome, LoginError> {
        let mut account = accepted.account().clone();
        for _ in 0..MAX_ATTEMPTS {
            let now = self.challenges.clock.now();
            let pending =
                second_factor::begin_login(&self.challenges, &account, TempStep::GiveSecondFactor, &client, now)
                    .await?;
            let (outcome, changes) = match pending.map_err(LoginError::MailsSpent)? {
                Some((required, changes)) => (LoginOutcome::SecondFactorRequired(required), changes),
                None => {
                    let (entropy, method) = (&*self.challenges.entropy, AuthenticationMethod::Password);
                    let (logged_in, open) = self.session_tokens.open(account.clone(), method, &client, now, entropy)?;
                    (LoginOutcome::LoggedIn(Box::new(logged_in)), vec![open])
                }
            };
            match self.challenges.store.commit(changes).await {
                Ok(()) => {
                    self.rehash(&accepted, password).await;
                    return Ok(outcome);
                }
                Err(CommitError::Conflict { .. }) => account = self.unchanged(&accepted).await?,
                Err(_) => break,
            }
        }
        Err(StoreUnavailable.into())
    }

    /// The account as it is now, if its password is still the one that was compared.
    async fn unchanged(&self, accepted: &PasswordAccepted) -> Result<Account, LoginError> {
        let compared = accepted.account();
        let now = self.challenges.store.find_account(compared.id).await?;
        let same = now.filter(|account| account.credential_version == compared.credential_version);
        same.ok_or_else(|| self.concealed(PasswordCheckError::WrongPassword))
    }

    fn concealed(&self, error: PasswordCheckError) -> LoginError {
        match (error, self.disclosure) {
            (
                PasswordCheckError::NobodyByThatName
                | PasswordCheckError::NoPassword
                | PasswordCheckError::WrongPassword,
                Disclosure::Concealed,
            ) => LoginError::Concealed,
            (error, _) => error.into(),
        }
    }

    /// An outdated hash is made anew while its password is at hand. When that fails nothing is lost:
    /// the next login tries again.
    async fn rehash(&self, accepted: &PasswordAccepted, password: Password) {
        if !accepted.outdated_hash() {
            return;
        }
        let hashed: Result<_, HashingError> = self.hasher.hash(password, salt(self.challenges.entropy.bytes())).await;
        if let Ok(password_hash) = hashed {
            let Account { id, credential_version, .. } = *accepted.account();
            let change = Change::RehashPassword { account_id: id, credential_version, password_hash };
            let _: Result<(), CommitError> = self.challenges.store.commit(vec![change]).await;
        }
    }
}
