//! Reauthentication: what a new login is for a user who is already logged in.

use std::sync::Arc;

use crate::account::{Account, CredentialVersion, Password};
use crate::audience::Audience;
use crate::challenge::{ChallengePurpose, Challenged};
use crate::error_code::{ErrorCode, FieldError, FieldReason, Refusal};
use crate::ports::{Change, NoSigningKey, StoreError};
use crate::rate_limit::{AttemptSubject, RateLimited};
use crate::services::{
    Challenges, Decision, Environment, IssuedAccessToken, PasswordCheck, PasswordCheckError, SecondFactorRequired,
    SessionTokens,
};
use crate::session::{AuthenticationMethod, Client, Session};
use crate::temp_token::{Reauthentication, TempStep};
use crate::two_factor::Method;
use crate::{AccountId, SessionId, Timestamp};

use super::all::Parts;
use super::authenticate::Authenticated;

/// The outcome of a reauthentication.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ReauthenticationOutcome {
    /// The session counts as freshly logged in with this token; its refresh token does not change.
    Reauthenticated(IssuedAccessToken),
    /// A second factor, or the mailed code, must be given first.
    SecondFactorRequired(SecondFactorRequired),
}

/// Why the user was not reauthenticated.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReauthenticateError {
    /// The password was not accepted.
    #[error(transparent)]
    Password(#[from] PasswordCheckError),
    /// The account has a password, and none was given.
    #[error("a password is required")]
    PasswordRequired,
    /// The account has neither a password, nor a second factor, nor a verified address.
    #[error("the account has no password and no other way to confirm who is calling: log in through a provider")]
    OnlyByProvider,
    /// The limit for mails is reached.
    #[error("too many mails: try again in {} s", .0.retry_after.as_secs())]
    MailsLimited(RateLimited),
    /// The session has ended, or its account was deleted.
    #[error("the session has ended")]
    SessionGone,
    /// No access token could be signed.
    #[error(transparent)]
    NoSigningKey(#[from] NoSigningKey),
    /// The database did not answer, or failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<ReauthenticateError> for Refusal {
    fn from(error: ReauthenticateError) -> Self {
        match error {
            // An account without a password has none that could be right.
            ReauthenticateError::Password(PasswordCheckError::NoPassword) => ErrorCode::InvalidPassword.into(),
            ReauthenticateError::Password(error) => error.into(),
            ReauthenticateError::PasswordRequired => {
                Self::invalid(vec![FieldError::new("/password", FieldReason::Required, "is required")])
            }
            ReauthenticateError::OnlyByProvider => ErrorCode::UserLinked.into(),
            ReauthenticateError::MailsLimited(limited) => {
                Self::retry_after(ErrorCode::RateLimited, limited.retry_after)
            }
            ReauthenticateError::SessionGone => ErrorCode::Unauthorized.into(),
            ReauthenticateError::NoSigningKey(error) => error.into(),
            ReauthenticateError::Store(error) => error.into(),
        }
    }
}

/// What the user has shown so far.
#[derive(Clone, Copy)]
pub(super) enum Shown {
    /// The password of that version.
    Password(CredentialVersion),
    /// An identity that is linked to the account.
    Identity,
    /// Nothing but the access token.
    Nothing,
}

/// Reauthenticates the user of a session.
pub struct Reauthenticate {
    env: Environment,
    password_check: Arc<PasswordCheck>,
    challenges: Arc<Challenges>,
    session_tokens: Arc<SessionTokens>,
}

type Round = Result<Decision<ReauthenticationOutcome, ReauthenticateError>, ReauthenticateError>;

impl Reauthenticate {
    pub(super) fn new(parts: &Parts) -> Self {
        Self {
            env: parts.env.clone(),
            password_check: parts.password_check.clone(),
            challenges: parts.challenges.clone(),
            session_tokens: parts.session_tokens.clone(),
        }
    }

    /// Proves with the password that the user is calling, and with a second factor if the account has one. An account
    /// without a password needs only a second factor, or a code to its verified address.
    pub async fn execute(
        &self,
        caller: &Authenticated,
        password: Option<Password>,
        client: &Client,
    ) -> Result<ReauthenticationOutcome, ReauthenticateError> {
        let account = caller.account();
        let shown = match password {
            Some(password) => {
                let checked = self.password_check.of_account(account.clone(), password, client.network()).await?;
                Shown::Password(checked.account().credential_version)
            }
            None if account.password_hash.is_some() => return Err(ReauthenticateError::PasswordRequired),
            None => Shown::Nothing,
        };
        self.env.decide(async |_| self.round((account.id, caller.session().id), shown, client).await).await
    }

    /// Returns what follows from what was shown, based on the session as it is now.
    pub(super) async fn round(
        &self,
        (account_id, session_id): (AccountId, SessionId),
        shown: Shown,
        client: &Client,
    ) -> Round {
        let now = self.env.now();
        let found = self.env.store.find_session(account_id, session_id).await?;
        let alive = found.filter(|(session, _)| session.is_alive(now));
        let (session, account) = alive.ok_or(ReauthenticateError::SessionGone)?;
        let (before_factor, method) = match shown {
            Shown::Password(version) if version != account.credential_version => {
                return Err(PasswordCheckError::WrongPassword.into());
            }
            Shown::Password(_) => (Reauthentication::AfterPassword, Some(AuthenticationMethod::Password)),
            Shown::Identity => (Reauthentication::AfterProvider, Some(AuthenticationMethod::IdentityProvider)),
            Shown::Nothing => (Reauthentication::BySecondFactor, None),
        };
        let step = TempStep::Reauthenticate(before_factor, session_id);
        if let Some((required, changes)) = self.challenges.begin_login(&account, step, client, now).await? {
            return Ok(Decision::commit(ReauthenticationOutcome::SecondFactorRequired(required), changes));
        }
        match method {
            Some(method) => {
                let (token, change) =
                    self.session_tokens.reauthenticated(session, &account, (method, &Audience::Default), now)?;
                Ok(Decision::commit(ReauthenticationOutcome::Reauthenticated(token), vec![change]))
            }
            None => self.mail_code(&session, &account, client, now).await,
        }
    }

    async fn mail_code(&self, session: &Session, account: &Account, client: &Client, now: Timestamp) -> Round {
        if !account.email_verified {
            return Err(ReauthenticateError::OnlyByProvider);
        }
        let subject = AttemptSubject::Account(account.id);
        let mails = self.challenges.mails_for_owner(subject).await?;
        mails.check(now).map_err(ReauthenticateError::MailsLimited)?;
        let purpose = ChallengePurpose::TwoFactorLogin;
        let (challenge, begun) = self.challenges.begin(subject, Challenged::of(account), purpose, client, now);
        let step = TempStep::Reauthenticate(Reauthentication::ByMailedCode, session.id);
        let token = self.challenges.temp_token(challenge.id, step, now);
        let required = SecondFactorRequired { token, methods: vec![Method::Email], primary: Method::Email };
        let changes = begun.into_iter().chain([Change::count_mail(mails, now)]).collect();
        Ok(Decision::commit(ReauthenticationOutcome::SecondFactorRequired(required), changes))
    }
}
