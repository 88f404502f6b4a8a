//! Logs a user in with a password, which opens a session.

use std::sync::Arc;

use crate::account::{Account, Blocked, LoginName, Password};
use crate::audience::Audience;
use crate::disclosure::Disclosure;
use crate::error_code::{ErrorCode, Refusal};
use crate::password_limit::PasswordLimit;
use crate::ports::{Change, NoSigningKey, StoreError};
use crate::rate_limit::RateLimited;
use crate::services::{
    Challenges, Decision, Environment, LoggedIn, PasswordCheck, PasswordCheckError, PasswordMatched,
    RequireVerificationError, SecondFactorRequired, SessionTokens, Success,
};
use crate::session::{AuthenticationMethod, Client};
use crate::temp_token::{IssuedTempToken, TempStep};

use super::RestoreAccount;
use super::all::{EmailVerification, Parts};

/// The credentials, and who sent them.
#[derive(Clone, Debug)]
pub struct LoginRequest {
    /// An e-mail address or a username.
    pub name: LoginName,
    /// The password.
    pub password: Password,
    /// For whom the access token is to be.
    pub audience: Audience,
    /// Whether to keep an account that is to be deleted.
    pub restore: bool,
    /// Who is calling.
    pub client: Client,
}

/// What the right password leads to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LoginOutcome {
    /// A session was opened.
    LoggedIn(Box<LoggedIn>),
    /// The address must be verified first, with this token and the code that was mailed.
    EmailVerificationRequired(IssuedTempToken),
    /// A second factor must be given first.
    SecondFactorRequired(SecondFactorRequired),
}

/// Why no session was opened.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LoginError {
    /// The password was not accepted.
    #[error(transparent)]
    Password(#[from] PasswordCheckError),
    /// No account has the name, or the password is wrong; the caller is not told which.
    #[error("no account has this e-mail address or username, or the password is wrong")]
    Concealed,
    /// The limit for mails is reached.
    #[error("too many mails: try again in {} s", .0.retry_after.as_secs())]
    MailsLimited(RateLimited),
    /// No access token could be signed.
    #[error(transparent)]
    NoSigningKey(#[from] NoSigningKey),
    /// The database did not answer, or failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<RequireVerificationError> for LoginError {
    fn from(error: RequireVerificationError) -> Self {
        match error {
            RequireVerificationError::MailsLimited(limited) => Self::MailsLimited(limited),
            RequireVerificationError::Store(error) => error.into(),
        }
    }
}

impl From<LoginError> for Refusal {
    fn from(error: LoginError) -> Self {
        match error {
            LoginError::Password(error) => error.into(),
            LoginError::Concealed => ErrorCode::InvalidCredentials.into(),
            LoginError::MailsLimited(limited) => Self::retry_after(ErrorCode::RateLimited, limited.retry_after),
            LoginError::NoSigningKey(error) => error.into(),
            LoginError::Store(error) => error.into(),
        }
    }
}

/// Logs users in with a password.
pub struct Login {
    env: Environment,
    password_check: Arc<PasswordCheck>,
    session_tokens: Arc<SessionTokens>,
    challenges: Arc<Challenges>,
    restore_account: RestoreAccount,
    disclosure: Disclosure,
    email_verification: EmailVerification,
}

impl Login {
    pub(super) fn new(parts: &Parts) -> Self {
        Self {
            env: parts.env.clone(),
            password_check: parts.password_check.clone(),
            session_tokens: parts.session_tokens.clone(),
            challenges: parts.challenges.clone(),
            restore_account: RestoreAccount::new(parts.env.clone(), parts.announcements.clone()),
            disclosure: parts.policy.disclosure,
            email_verification: parts.policy.email_verification,
        }
    }

    /// Opens a session for the user who proves to be `request.name`.
    pub async fn execute(&self, request: LoginRequest) -> Result<LoginOutcome, LoginError> {
        let LoginRequest { name, password, audience, restore, client } = request;
        let mut checked = self.password_check.by_name(&name, password.clone(), client.network()).await;
        if let (true, Err(PasswordCheckError::Blocked(Blocked::DeletionScheduled { .. }))) = (restore, &checked) {
            // The password was right.
            self.restore_account.by_owner(&name, &client).await?;
            checked = self.password_check.by_name(&name, password.clone(), client.network()).await;
        }
        let matched = checked.map_err(|error| self.concealed(error))?;
        let account = matched.account();
        let renewed = self.password_check.renewed_hash(&matched, password, client.network()).await;
        if self.email_verification == EmailVerification::BeforeLogin && !account.email_verified {
            self.password_check.accept(&matched, renewed).await.map_err(|error| self.concealed(error))?;
            let token = self.challenges.require_verification(account, &client).await;
            return Ok(LoginOutcome::EmailVerificationRequired(token?));
        }
        let outcome = self.after_password(&matched, renewed, (&client, &audience)).await?;
        if matches!(outcome, LoginOutcome::LoggedIn(_)) {
            self.session_tokens.opened(&client, self.env.now());
        }
        Ok(outcome)
    }

    /// Returns a session, or the second factor that must come first. The verdict on the password is counted, and its
    /// hash renewed, in the same commit.
    async fn after_password(
        &self,
        matched: &PasswordMatched,
        renewed: Option<Change>,
        (client, audience): (&Client, &Audience),
    ) -> Result<LoginOutcome, LoginError> {
        self.env
            .decide(async |lost| {
                let (account, limit) = match lost {
                    None => (matched.account().clone(), matched.limit().clone()),
                    Some(_) => self.unchanged(matched).await?,
                };
                let now = self.env.now();
                let pending = self.challenges.begin_login(&account, TempStep::GiveSecondFactor, client, now).await?;
                if let Some((required, mut changes)) = pending {
                    changes.extend(Success::FirstFactor.changes(&limit, now).into_iter().chain(renewed.clone()));
                    return Ok(Decision::commit(LoginOutcome::SecondFactorRequired(required), changes));
                }
                let known = limit.attempts.last_success_at.is_some();
                let told = self.env.tell_of_login(&account, known, client, now).await?;
                let method = AuthenticationMethod::Password;
                let (logged_in, open) = self.session_tokens.open(account, method, (client, audience), now)?;
                let mut changes = Success::Login.changes(&limit, now);
                changes.extend(std::iter::once(open).chain(told).chain(renewed.clone()));
                Ok(Decision::commit(LoginOutcome::LoggedIn(Box::new(logged_in)), changes))
            })
            .await
    }

    /// Returns the account and the limit as they are now, if the password is still the one that was compared and the
    /// verdict may still be given.
    async fn unchanged(&self, matched: &PasswordMatched) -> Result<(Account, PasswordLimit), LoginError> {
        let limit = self.password_check.limit_again(matched.limit()).await?;
        let compared = matched.account();
        let now = self.env.store.find_account(compared.id).await?;
        match now {
            Some(account) if account.credential_version == compared.credential_version => Ok((account, limit)),
            account => {
                let blocked = account.as_ref().and_then(Account::blocked);
                let error = blocked.map_or(PasswordCheckError::WrongPassword, PasswordCheckError::Blocked);
                Err(self.concealed(error))
            }
        }
    }

    fn concealed(&self, error: PasswordCheckError) -> LoginError {
        match (error, self.disclosure) {
            (
                PasswordCheckError::NobodyByThatName
                | PasswordCheckError::NoPassword
                | PasswordCheckError::Blocked(_)
                | PasswordCheckError::WrongPassword,
                Disclosure::Concealed,
            ) => LoginError::Concealed,
            (error, _) => error.into(),
        }
    }
}
